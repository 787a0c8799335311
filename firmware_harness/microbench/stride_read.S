// Reads of WALKED, WALKED_BYTES of flash or RAM, in steps of STRIDE_BYTES: more than any cache of data holds.
  ldr r5, =WALKED
REPEATED
  mov r0, r5
  ldr r2, =WALKED_BYTES / STRIDE_BYTES / 16
8:
  .rept 16
  ldr r1, [r0]
  adds r0, #STRIDE_BYTES
  .endr
  subs r2, #1
  bne 8b
UNTIL_DONE

// Reads of flash in steps of STRIDE_BYTES through a table larger than any cache of data.
  ldr r5, =microbench_table
REPEATED
  mov r0, r5
  ldr r2, =TABLE_BYTES / STRIDE_BYTES / 16
8:
  .rept 16
  ldr r1, [r0]
  adds r0, #STRIDE_BYTES
  .endr
  subs r2, #1
  bne 8b
UNTIL_DONE

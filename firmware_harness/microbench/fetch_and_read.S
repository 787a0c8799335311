// Reads of flash between sequential fetches of flash: what the two cost each other.
  ldr r5, =microbench_table
  movs r3, #1
REPEATED
  mov r0, r5
  .rept CODE_BYTES / 16
  ldr r1, [r0]
  adds r0, #8
  .rept 6
  adds r2, r2, r3
  .endr
  .endr
UNTIL_DONE

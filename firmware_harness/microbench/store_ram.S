// Stores to RAM.
  ldr r0, =model_arena
  movs r1, #0
REPEATED
  .rept 16
  str r1, [r0, #0]
  str r1, [r0, #4]
  str r1, [r0, #8]
  str r1, [r0, #12]
  .endr
UNTIL_DONE

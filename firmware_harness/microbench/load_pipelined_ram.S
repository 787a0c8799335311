// Independent loads of RAM.
  ldr r0, =model_arena
REPEATED
  .rept 16
  ldr r1, [r0, #0]
  ldr r2, [r0, #4]
  ldr r3, [r0, #8]
  ldr r4, [r0, #12]
  .endr
UNTIL_DONE

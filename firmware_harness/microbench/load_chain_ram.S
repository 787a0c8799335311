// A word of RAM that holds its own address: each load waits for the one before.
  ldr r0, =model_arena
  str r0, [r0]
REPEATED
  .rept 64
  ldr r0, [r0]
  .endr
UNTIL_DONE

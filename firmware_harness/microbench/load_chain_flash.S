// A word of flash that holds its own address: each load waits for the one before, and the line is there.
  ldr r0, =microbench_self
REPEATED
  .rept 64
  ldr r0, [r0]
  .endr
UNTIL_DONE

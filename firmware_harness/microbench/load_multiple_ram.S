// Loads of several words of RAM.
  ldr r0, =model_arena
REPEATED
  .rept 16
  ldmia r0!, {r1, r2, r3, r4}
  subs r0, #16
  .endr
UNTIL_DONE

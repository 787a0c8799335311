// Dependent divisions, of operands that need a middling number of quotient bits.
  ldr r2, =0x00012345
  movs r1, #7
REPEATED
  .rept 16
  udiv r0, r2, r1
  ands r0, r0, r3
  adds r0, r0, r2
  .endr
UNTIL_DONE

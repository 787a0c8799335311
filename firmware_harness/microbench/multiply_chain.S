// Dependent multiplications.
  movs r1, #3
  movs r0, #1
REPEATED
  .rept 64
  muls r0, r1, r0
  .endr
UNTIL_DONE

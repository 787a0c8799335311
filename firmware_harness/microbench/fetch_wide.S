// 32-bit instructions in a straight line longer than any instruction cache: sequential fetches at twice the rate.
  movs r1, #1
  movs r0, #0
REPEATED
  .rept CODE_BYTES / 4
  add.w r0, r0, r1
  .endr
UNTIL_DONE

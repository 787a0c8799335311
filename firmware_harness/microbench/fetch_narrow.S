// 16-bit instructions in a straight line longer than any instruction cache: sequential fetches.
  movs r1, #1
  movs r0, #0
REPEATED
  .rept CODE_BYTES / 2
  adds r0, r0, r1
  .endr
UNTIL_DONE

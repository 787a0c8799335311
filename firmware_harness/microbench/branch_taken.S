// Taken branches within a few lines: what refilling the pipeline costs.
REPEATED
  .rept 32
  b 8f
  nop
8:
  .endr
UNTIL_DONE

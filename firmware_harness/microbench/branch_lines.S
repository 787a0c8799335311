// A taken branch into each line of code longer than any instruction cache: fetches that no prefetcher expects.
REPEATED
  .rept CODE_BYTES / LINE_BYTES
  b 8f
  .balign LINE_BYTES
8:
  .endr
UNTIL_DONE

// A taken branch into every second line: the line that a prefetcher fetches is the wrong one.
REPEATED
  .rept CODE_BYTES / LINE_BYTES / 2
  b 8f
  .balign 2 * LINE_BYTES
8:
  .endr
UNTIL_DONE

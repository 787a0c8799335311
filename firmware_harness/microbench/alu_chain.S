// Dependent additions that fit any cache: what issuing costs.
  movs r1, #1
  movs r0, #0
REPEATED
  .rept 64
  adds r0, r0, r1
  .endr
UNTIL_DONE

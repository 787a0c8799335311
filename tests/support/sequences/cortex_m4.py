"""Cortex-M4: what it shares with Cortex-M3, its DSP and floating-point tables, and measurements on STM32 parts."""

from __future__ import annotations

from tests.support.sequences.case import Table
from tests.support.sequences.cortex_m3 import MEASURED_BY_BOTH, SHARED

TABLE: Table = SHARED | MEASURED_BY_BOTH | {
    "TRM 100166 table 3-1, multiply": [
        ("mla r0, r1, r2, r3", 1),
        ("mls r0, r1, r2, r3", 1),
        ("smull r0, r1, r2, r3", 1),
        ("umull r0, r1, r2, r3", 1),
        ("smlal r0, r1, r2, r3", 1),
        ("umlal r0, r1, r2, r3", 1),
        ("umaal r0, r1, r2, r3", 1),
        ("smulbb r0, r1, r2", 1),
        ("smulwt r0, r1, r2", 1),
        ("smlabt r0, r1, r2, r3", 1),
        ("smlawb r0, r1, r2, r3", 1),
        ("smlaltb r0, r1, r2, r3", 1),
        ("smuad r0, r1, r2", 1),
        ("smusdx r0, r1, r2", 1),
        ("smlad r0, r1, r2, r3", 1),
        ("smlsdx r0, r1, r2, r3", 1),
        ("smlald r0, r1, r2, r3", 1),
        ("smmul r0, r1, r2", 1),
        ("smmlar r0, r1, r2, r3", 1),
        ("smlad r0, r1, r2, r0; smlad r0, r3, r4, r0", 2),
        ("mul r0, r1, r2; add r3, r0, r4", 2),
        ("smull r0, r1, r2, r3; smlal r0, r1, r4, r5; asr r6, r1, #3", 3),
    ],
    "TRM 100166 table 3-1, parallel and saturating arithmetic": [
        ("sadd16 r0, r1, r2", 1),
        ("uqsub8 r0, r1, r2", 1),
        ("shasx r0, r1, r2", 1),
        ("sel r0, r1, r2", 1),
        ("usad8 r0, r1, r2", 1),
        ("usada8 r0, r1, r2, r3", 1),
        ("qadd r0, r1, r2", 1),
        ("qdsub r0, r1, r2", 1),
        ("pkhbt r0, r1, r2, lsl #16", 1),
        ("sxtab16 r0, r1, r2, ror #8", 1),
        ("uxtah r0, r1, r2", 1),
        ("sxtb16 r0, r1, ror #8", 1),
        ("ssat16 r0, #8, r1", 1),
    ],
    "TRM 100166 table 7-1: FPU instructions": [
        ("vabs.f32 s0, s1", 1),
        ("vneg.f32 s0, s1", 1),
        ("vmov.f32 s0, s1", 1),
        ("vmov.f32 s0, #1.0", 1),
        ("vmov r0, s0", 1),
        ("vmov s0, r0", 1),
        ("vmov r0, r1, s0, s1", 2),
        ("vmov s0, s1, r0, r1", 2),
        ("vmrs r0, fpscr", 1),
        ("vmsr fpscr, r0", 1),
        ("vcmp.f32 s0, s1", 1),
        ("vadd.f32 s0, s1, s2; vsub.f32 s3, s4, s5", 2),
        ("vadd.f32 s0, s1, s2; vsub.f32 s3, s0, s5", 3),  # one more when the next instruction consumes the result
        ("vadd.f32 s0, s1, s2; nop; vsub.f32 s3, s0, s5", 3),
        ("vmul.f32 s0, s1, s2; vmul.f32 s3, s0, s5", 3),
        ("vnmul.f32 s0, s1, s2; vadd.f32 s3, s4, s0", 3),
        ("vcvt.s32.f32 s0, s1; vmov r0, s0", 3),
        ("vcvt.f32.s32 s0, s1; vmul.f32 s2, s0, s3", 3),
        ("vmla.f32 s0, s1, s2", 3),
        ("vnmls.f32 s0, s1, s2", 3),
        ("vfma.f32 s0, s1, s2", 3),
        ("vfnms.f32 s0, s1, s2", 3),
        ("vmul.f32 s0, s1, s2; vfma.f32 s0, s3, s4", 4),  # the addend is consumed a cycle later
        ("vmul.f32 s0, s1, s2; vfma.f32 s3, s0, s4", 5),  # a factor is not
        ("vfma.f32 s0, s1, s2; vfma.f32 s0, s3, s4", 6),
        ("vdiv.f32 s0, s1, s2; vadd.f32 s3, s0, s4", 16),
        ("vdiv.f32 s0, s1, s2; vmul.f32 s3, s5, s4", 15),
        ("vsqrt.f32 s0, s1; vadd.f32 s3, s5, s4", 15),
        ("vsqrt.f32 s0, s1; add r0, r1, r2", 2),  # integer instructions go on meanwhile
        ("vdiv.f32 s0, s1, s2; mul r0, r1, r2; ldr r3, [r4]", 4),
        ("vldr s0, [r0]", 2),
        ("vldr d0, [r0]", 3),
        ("vstr s0, [r0]", 2),
        ("vstr d0, [r0]", 3),
        ("vldm r0, {s0, s1, s2, s3}", 5),
        ("vldm r0!, {d0, d1, d2}", 7),
        ("vstm r0!, {s0, s1, s2}", 4),
        ("vpush {d8, d9}", 5),
        ("vpop {d8}", 3),
    ],
    "TRM 100166 section 3.3.3: LDR [any] are pipelined; its address does not depend on what the first one loads": [
        ("ldr r0, [r1], #4; ldr r2, [r1], #4", 3),
        ("ldr r0, [r1, #4]!; ldr r2, [r1, #4]!; ldr r3, [r1, #4]!", 4),
    ],
    "github.com/jnk0le/random, pipeline cycle test: the same base cannot be chained, measured on STM32F407": [
        ("ldr r0, [r1], #4; ldr r2, [r1], #4", 4, "the manual says otherwise, as do firmwares on STM32L4R5"),
    ],
    "eprint 2025/523, quoted by jnk0le: a multi-cycle instruction followed by three unaligned 32-bit instructions": [
        ("ldr r0, [r1]; mov.w r8, r9; mov.w r8, r9; mov.w r8, r9", 6),
        ("ldr r0, [r1]; mov.w r8, r9; mov.w r8, r9; nop", 5),
        ("nop; mov.w r8, r9; mov.w r8, r9; mov.w r8, r9; ldr.w r0, [r1]; mov.w r8, r9; mov.w r8, r9; mov.w r8, r9", 11),
    ],
    "TRM 100166 section 3.3.3 names no exception for base updates; jnk0le: they pipeline on this core": [
        ("ldr r0, [r1], #4; ldr r2, [r3]", 3),
        ("ldr r0, [r1], #4; ldr r2, [r3], #4", 3),
        ("str r0, [r1], #4", 1),
        ("str r0, [r1, #4]!", 1),
    ],
    "compendium.i-0.nl: FPU registers; instruction alignment rules, measured": [
        ("vmov s0, r0; vmov s1, r1", 2),
        ("vmov d0, r0, r1", 2),
        ("nop; mov.w r8, r9; mov.w r8, r9", 3),  # wide instructions across word boundaries: free up to two
        ("nop; mov.w r8, r9; mov.w r8, r9; mov.w r8, r9", 5),  # one cycle from three on
        ("nop; mov.w r8, r9; mov.w r8, r9; mov.w r8, r9; mov.w r8, r9", 6),
        ("mov.w r8, r9; mov.w r8, r9; mov.w r8, r9", 3),
        ("nop; mov.w r8, r9; mov.w r8, r9; nop; mov.w r8, r9; mov.w r8, r9", 6),
        ("nop; str.w r8, [r9]; str.w r8, [r9]; str.w r8, [r9]", 4, "stores pay from a length of four on, not three"),
        ("nop; str.w r8, [r9]; str.w r8, [r9]; str.w r8, [r9]; str.w r8, [r9]", 6),
        ("b .+8 ~> mov.w r8, r9", 4),  # a branch to one takes a cycle more
        ("b .+8 => mov.w r8, r9", 3),
    ],
}  # fmt: skip

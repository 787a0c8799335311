"""Cortex-M7: Arm publishes no cycle table. [LLVM] = its scheduling model, the others measured.

Cycles run from the issue of the first instruction, in the older slot, to the end of the last one's issue.
"""

from __future__ import annotations

from tests.support.sequences.case import Table

_EARLY = "measured on silicon: an addition with early operands has its result a cycle earlier than in LLVM's model"

TABLE: Table = {
    "LLVM ARMScheduleM7.td, two ALUs and one early shifter": [
        ("add r0, r1, r2; add r3, r4, r5", 1),
        ("add r0, r1, r2; add r3, r0, r5", 2, _EARLY),
        ("add r0, r1, r2; add r3, r4, r5; add r6, r7, r8", 2),
        ("add r0, r1, r2; eor.w r3, r4, r5; and.w r6, r7, r8; orr.w r9, r10, r11", 2),
        ("mov r0, r1; mvn.w r2, r3", 1),
        ("add.w r0, r1, r2, lsl #2; add.w r3, r4, r5, lsl #2", 2),
        ("add.w r0, r1, r2, lsl #2; add r3, r4, r5", 1),
        ("eor.w r0, r1, r2, ror #3; orr.w r3, r4, r5, asr #1", 2),
        ("add r0, r1, r2; add.w r3, r4, r0, lsl #1", 3, _EARLY),  # the shifted operand is needed a cycle early
        ("add r0, r1, r2; add.w r3, r0, r4, lsl #1", 2, _EARLY),  # the other one is not
        ("cmp r0, r1; add r2, r3, r4", 1),
    ],
    "LLVM ARMScheduleM7.td, extends, bit fields and SIMD: older slot only": [
        ("uxtb r0, r1; add r3, r4, r5", 1),
        ("add r3, r4, r5; uxtb r0, r1", 2),
        ("sxth r0, r1; uxtb r2, r3", 2),
        ("clz r0, r1; add r2, r3, r4", 1),
        ("clz r0, r1; clz r2, r3", 2),
        ("bfi r0, r1, #4, #8; add r2, r3, r4", 1),
        ("sadd16 r0, r1, r2; uhadd8 r3, r4, r5", 2),
        ("sel r0, r1, r2; add r3, r4, r5", 1),
        ("ubfx r0, r1, #2, #3; add.w r2, r3, r4, lsl #1", 2),  # both want the early shifter
        ("uxtb r0, r1; add.w r2, r3, r4, lsl #1", 1),  # an extend alone does not
        ("add r0, r1, r2; ubfx r3, r0, #2, #3", 3, _EARLY),  # its operand is needed a cycle early
        ("add r0, r1, r2; uxtb r3, r0", 2),
        ("add r0, r1, r2; ssat r3, #8, r0", 3, _EARLY),
        ("ssat r0, #8, r1; add r2, r0, r3", 3),
        ("qadd r0, r1, r2; add r3, r0, r4", 3),
        ("pkhbt r0, r1, r2, lsl #16; add r3, r0, r4", 2),
        ("sadd16 r0, r1, r2; add r3, r0, r4", 2),
        ("add r0, r1, r2; sxtab r3, r4, r0", 3, _EARLY),  # the extended operand early
        ("add r0, r1, r2; sxtab r3, r0, r4", 2),  # the addend not
    ],
    "LLVM ARMScheduleM7.td, multiply and divide": [
        ("mul r0, r1, r2; mul r3, r4, r5", 2),
        ("mul r0, r1, r2; add r3, r4, r5", 1),
        ("mul r0, r1, r2; add r3, r0, r5", 3),
        ("mul r0, r1, r2; mul r3, r0, r4", 3),
        ("smull r0, r1, r2, r3; add r4, r1, r5", 3),
        ("smlal r0, r1, r2, r3; smlal r0, r1, r4, r5", 2),
        ("smlad r0, r1, r2, r0; smlad r0, r3, r4, r0", 2),
        ("mla r0, r1, r2, r3; mla r4, r0, r5, r6", 3),
        ("mul r0, r1, r2; mla r3, r4, r5, r0", 2),
        ("add r0, r1, r2; mla r3, r4, r5, r0", 1),  # the addend is read a cycle late
        ("sdiv r0, r1, r2", 7),
        ("udiv r0, r1, r2; add r3, r4, r5", 8),
    ],
    "LLVM ARMScheduleM7.td, load and store": [
        ("ldr r0, [r1]; add r2, r3, r4", 1),
        ("ldr r0, [r1]; ldr r2, [r3, #4]", 1),
        ("ldr r0, [r1]; add r2, r0, r4", 2),
        ("ldr r0, [r1]; add r2, r3, r4; add r5, r0, r6", 2),
        ("ldrb r0, [r1]; add r2, r0, r4", 3),
        ("ldrsh r0, [r1, r2]; add r2, r0, r4", 3),
        ("ldr r0, [r1]; ldr r2, [r0]", 3),
        ("ldrb r0, [r1]; ldr r2, [r0]", 4),
        ("add r0, r1, r2; ldr r3, [r0]", 3, _EARLY),
        ("add r0, r1, r2; str r0, [r3]", 1),  # data late
        ("add r0, r1, r2; str r3, [r0]", 3, _EARLY),  # address early
        ("ldr r0, [r1]; add.w r2, r3, r0, lsl #1", 3),
        ("ldr r0, [r1], #4; ldr r2, [r1], #4", 2),  # the base is bypassed out of the address stage
        ("str r0, [r1]; str r2, [r3]", 2),
        ("ldr r0, [r1]; str r2, [r3]", 1),
        ("ldrd r0, r1, [r2]; add r3, r4, r5", 2),
        ("strd r0, r1, [r2]; add r3, r4, r5", 2),
        ("ldm r0, {r1, r2}; add r3, r4, r5", 2),
        ("strex r0, r1, [r2]; add r3, r4, r5", 2),
        ("tbb [pc, r0]", 2),
    ],
    "LLVM ARMScheduleM7.td, branch and system": [
        ("subs r0, #1; bne .-2 => subs r0, #1", 2),
        ("cmp r0, r1; beq .+8", 1),
        ("mrs r0, primask; add r1, r2, r3", (2, 4)),
        ("dmb", (1, 3)),
    ],
    "LLVM ARMScheduleM7.td, floating point": [
        ("vadd.f32 s0, s1, s2; add r0, r1, r2", 1),
        ("vadd.f32 s0, s1, s2; vadd.f32 s3, s4, s5", 2),
        ("vadd.f32 s0, s1, s2; vadd.f32 s3, s0, s4", 4),
        ("vmul.f32 s0, s1, s2; vadd.f32 s3, s0, s4", 4),
        ("vmla.f32 s0, s1, s2; vmla.f32 s0, s3, s4", 4),
        ("vmla.f32 s0, s1, s2; vmul.f32 s3, s0, s4", 7),
        ("vfma.f32 s0, s1, s2; vfma.f32 s0, s3, s4", 4),
        (
            "vfma.f32 s0, s1, s2; vmul.f32 s3, s0, s4",
            6,
            "fused or not, the result comes after six cycles",
        ),
        ("vcvt.s32.f32 s0, s1; vcvt.f32.s32 s2, s0", 4),
        ("vldr s0, [r0]; vadd.f32 s1, s0, s2", 2),
        ("vldr s0, [r0]; add r0, r1, r2", 1),
        ("vldr d0, [r0]; add r0, r1, r2", 2),
        ("vadd.f32 s0, s1, s2; vstr s0, [r0]", 2),
        ("vdiv.f32 s0, s1, s2; vadd.f32 s3, s0, s4", 17),
        ("vmov r0, r1, s0, s1; add r2, r3, r4", 2),
    ],
    "github.com/jnk0le/random, pipeline cycle test, cortex_m7.md, measured on STM32H743": [
        ("eor r0, r1, #0x1fc0; eor.w r2, r3, r4, ror #3", 2),  # a constant made by shifting takes the early shifter
        ("eor r0, r1, #0x1b1b1b1b; eor.w r2, r3, r4, ror #3", 1),
        ("mul r0, r1, r2; str r3, [r4]", 2),  # multiplies issue with no store
        ("str r0, [r1]; smlad r2, r3, r4, r2", 2),
        ("ldr r0, [r1]; str r0, [r2]", 1),  # a store takes any result of its own cycle
        ("ldrh r0, [r1]; str r0, [r2]", 1, "a narrow load's result arrives two cycles later in the model"),
        ("ldrb r0, [r1]; mla r2, r3, r4, r0", 2),  # as an addend in the next cycle
        ("ldm r0, {r1, r2, r3, r4}", 2),  # ceil(N / 2)
        ("ldm r0, {r1, r2, r3, r4, r5}", 3),
        ("stm r0, {r1, r2, r3, r4, r5, r6}", 3),
        ("push {r4, r5, r6, r7, r8, r9, r10, lr}", 4),
        ("vldm r0, {s0, s1, s2, s3}", 2),
        ("uxtb r0, r1; ldr r2, [r0]", 3),
        ("ldr r0, [r1]; mul r2, r0, r3", 3),  # no multiply takes a loaded word in the next cycle
        ("ldr r0, [r1]; smlad r2, r0, r3, r2", 3),
        ("ldr r0, [r1]; add r4, r5, r6; add r7, r8, r9; mul r2, r0, r3", 3),
        ("movw r0, #4660; movt r0, #4660", 1),
        ("add r0, r1, r2; eor.w r3, r4, r0, ror #22", 2),
        ("add r0, r1, r2; eor.w r3, r0, r4", 1),  # from the early ALU to the late one
        ("add r0, r1, r2; ldr r3, [r0]", 2),  # and to an address in the next cycle
        ("mul r0, r1, r2; add r0, r0, r3; eor.w r4, r0, r5", 4),  # no operand early, no result early
        ("lsl.w r0, r1, #2; lsl.w r2, r3, #2", 1, "LLVM gives shifts the one early shifter"),
        ("vadd.f32 s0, s1, s2; vmla.f32 s0, s3, s4", 3, "LLVM reads the addend three cycles late, so at once"),
        ("vmla.f32 s0, s1, s2; vldr s3, [r0]", 2),  # a multiply-accumulate pairs with no VLDR, VSTR or VMOV
        ("vldr s3, [r0]; vmla.f32 s0, s1, s2", 2),
        ("vfma.f32 s0, s1, s2; vstr s3, [r0]", 2),
        ("vfma.f32 s0, s1, s2; vmov.f32 s3, s4", 2),
        ("vadd.f32 s0, s1, s2; vldr s3, [r0]", 1),
        ("vfma.f32 s0, s1, s2; add r0, r1, r2", 1),
        ("vfma.f32 s0, s1, s2; vfma.f32 s3, s4, s5; vfma.f32 s6, s7, s8; vfma.f32 s0, s9, s10", 4),
        ("vfma.f32 s0, s1, s2; vadd.f32 s3, s4, s5", 5),  # nor a VADD or VLDM in the three cycles behind it
        ("vfma.f32 s0, s1, s2; vmul.f32 s3, s4, s5", 2),
        ("vfma.f32 s0, s1, s2; vldm r0!, {s3}", 5),
        ("vfma.f32 s0, s1, s2; mov r0, r1; mov r2, r3; mov r4, r5; vldm r6!, {s3}", 5),
        ("vsqrt.f32 s0, s1; vadd.f32 s3, s0, s4", 15, "LLVM: 16 cycles like a divide, measured 14"),
    ],
    "quinapalus.com/cm7cycles.html, measured on STM32H730": [
        ("eor.w r0, r1, r2; eor.w r3, r4, r5", 1),
        ("umull r0, r1, r2, r3; adc.w r4, r5, r6", 1),
        ("umlal r0, r1, r2, r3; umlal r0, r1, r4, r5", 2),
        ("ldr r0, [r1]; mul r2, r3, r4", 1),
        ("ldr r0, [r1]; mla r2, r3, r4, r5", 1),
        ("vfma.f32 s0, s1, s2; vfma.f32 s0, s3, s4; vfma.f32 s0, s5, s6", 7),  # every third cycle
    ],
}

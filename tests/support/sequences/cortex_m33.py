"""Cortex-M33: Arm publishes no cycle table; two people measured the one in an RP2350.

A latency of n between two instructions that follow each other is n + 1 cycles for both; a throughput of 1, two.
"""

from __future__ import annotations

from tests.support.sequences.case import Table

TABLE: Table = {
    "github.com/slothy-optimizer/slothy cortex_m33.py, latency 1, measured on RP2350": [
        ("adds r0, r1, r2; adds r3, r0, r4", 2),
        ("add.w r0, r1, r2; add.w r0, r0, r2", 2),
        ("add r0, r1, #1; add r0, r0, #1", 2),
        ("sub.w r0, r1, r2; sub.w r3, r0, r4", 2),
        ("subs r0, #1; subs r0, #1", 2),
        ("neg r0, r1; neg r0, r0", 2),
        ("and.w r0, r1, r2; and.w r3, r0, r4", 2),
        ("and r0, r1, #255; and r0, r0, #15", 2),
        ("orr.w r0, r1, r2; orr.w r3, r0, r4", 2),
        ("eor.w r0, r1, r2; eor.w r3, r0, r4", 2),
        ("eors r0, r1; eors r0, r2", 2),
        ("bic.w r0, r1, r2; bics r0, r3", 2),
        ("ror.w r0, r1, #5; ror.w r0, r0, #5", 2),
        ("rors r0, r1; rors r0, r1", 2),
        ("lsl.w r0, r1, #3; lsl.w r0, r0, #3", 2),
        ("asr.w r0, r1, #3; asr.w r0, r0, #3", 2),
        ("lsr.w r0, r1, #3; lsr.w r0, r0, #3", 2),
        ("ubfx r0, r1, #2, #3; ubfx r0, r0, #1, #2", 2),
        ("bfi r0, r1, #4, #8; bfi r0, r2, #12, #8", 2),
        ("bfc r0, #4, #8; bfc r0, #12, #4", 2),
        ("movw r0, #4660; movt r0, #4660", 2),
        ("mov r0, r1; mov r2, r0", 2),
        ("vmov s0, r0; vmov r1, s0", 2),
    ],
    "github.com/slothy-optimizer/slothy cortex_m33.py, multiplies, measured on RP2350": [
        ("mul r0, r1, r2; mul r3, r4, r5", 2),
        ("mul r0, r1, r2; mul r3, r0, r4", 3),
        ("mul r0, r1, r2; nop; mul r3, r0, r4", 3),
        ("smull r0, r1, r2, r3; smull r4, r5, r6, r7", 2),
        ("smull r0, r1, r2, r3; smull r4, r5, r0, r3", 3),
        ("smulbb r0, r1, r2; smulbb r3, r0, r4", 3),
        ("smultb r0, r1, r2; smultt r3, r0, r4", 3),
        ("smulwb r0, r1, r2; smulwt r3, r0, r4", 3),
        ("smuad r0, r1, r2; smuadx r3, r0, r4", 3),
        ("smmulr r0, r1, r2; smmulr r3, r0, r4", 3),
        ("mla r0, r1, r2, r3; mla r4, r0, r5, r6", 3),  # through a factor
        ("mla r0, r1, r2, r3; mla r4, r5, r6, r0", 2),  # through the addend
        ("mls r0, r1, r2, r3; mls r4, r5, r6, r0", 2),
        ("smlabb r0, r1, r2, r3; smlatt r4, r5, r6, r0", 2),
        ("smlabt r0, r1, r2, r3; smlatb r4, r0, r6, r7", 3),
        ("smlad r0, r1, r2, r0; smlad r0, r3, r4, r0", 2),
        ("smladx r0, r1, r2, r3; smladx r4, r0, r5, r6", 3),
        ("smlal r0, r1, r2, r3; smlal r0, r1, r4, r5", 2),
        ("smlal r0, r1, r2, r3; smull r4, r5, r0, r3", 3),
    ],
    "github.com/slothy-optimizer/slothy cortex_m33.py, parallel and shifted operands, measured on RP2350": [
        ("uadd16 r0, r1, r2; uadd16 r3, r0, r4", 3),
        ("usub16 r0, r1, r2; usub16 r3, r0, r4", 3),
        ("sadd16 r0, r1, r2; ssub16 r3, r4, r0", 3),
        ("pkhbt r0, r1, r2; pkhtb r3, r0, r4, asr #1", 3),
        ("uadd16 r0, r1, r2; add r3, r4, r5; usub16 r6, r0, r7", 3),
        ("add.w r0, r1, r2, lsl #3; add r3, r0, r4", 2),
        ("eor.w r0, r1, r2, lsl #3; eor.w r3, r0, r4, lsl #1", 2),
        ("add.w r0, r1, r2, lsr #3; add r3, r0, r4", 3),
        ("sub.w r0, r1, r2, asr #3; add r3, r0, r4", 3),
        ("eor.w r0, r1, r2, ror #3; eor.w r3, r0, r4, ror #3", 3),
        ("bic.w r0, r1, r2, ror #3; and.w r3, r0, r4", 3),
        ("orr.w r0, r1, r2, ror #3; mov r5, r6; add r3, r0, r4", 3),
    ],
    "github.com/slothy-optimizer/slothy cortex_m33.py, memory and branches, measured on RP2350": [
        ("ldr r0, [r1]; ldr r2, [r3]; ldr r4, [r5]", 3),
        ("ldr r0, [r0]; ldr r0, [r0]", 3),
        ("ldr r0, [r1]; add r2, r0, r3", 3),
        ("ldr r0, [r1]; add r4, r5, r6; add r2, r0, r3", 3),  # gone at a distance of two
        ("ldrb r0, [r1]; add r2, r0, r3", 3),
        ("ldrh r0, [r1, #2]; ldrb r2, [r0]", 3),
        ("ldr r0, [r1], #4; ldr r2, [r1], #4", 2),
        ("ldr r0, [r1, #4]!; add r2, r0, r3", 3),
        ("vldr s0, [r0]; vldr s1, [r0, #4]", 2),
        ("str r0, [r1]; str r2, [r1, #4]", 2),
        ("str r0, [r1]; ldr r2, [r1]", 2),  # no conflict between a store and the load behind it
        ("strh r0, [r1], #2; strh r2, [r1], #2", 2),
        ("bne.w .+8 => add.w r0, r1, r2", 4, "the other measurement, on the same part: two cycles, not three"),
        ("bne.w .+8", 1),
    ],
    "github.com/jnk0le/random, pipeline cycle test, cortex_m33.md, measured on RP2350": [
        ("ldrd r0, r1, [r2]", 2),
        ("strd r0, r1, [r2]", 2),
        ("ldm r0!, {r1, r2, r3}", 3),
        ("ldm r0!, {r1, r2, r3, r4, r5, r6, r7}", 7),
        ("stm r0!, {r1, r2, r3, r4}", 4),
        ("push {r4, r5}", 2),
        ("ldr r0, [r1]; str r0, [r2]", 2),  # load to store: 1
        ("ldr r0, [r1]; mla r2, r3, r4, r0", 2),  # as an addend: 1
        ("mla r0, r1, r2, r3; str r0, [r4]", 2),  # out of the accumulating stage: 1
        ("sxtab r0, r1, r2; sxtab r0, r0, r3", 2, "the addend of an extending add is needed as early as its operand"),
        ("sxtab r0, r1, r2; add r3, r0, r4", 3),
        ("uxtab r0, r1, r2; mla r3, r4, r5, r0", 2),
        ("eor r0, r1, #0x1fc0; add r3, r0, r4", 3),  # a constant made by shifting: latency 2
        ("eor r0, r1, #0x1b1b1b1b; add r3, r0, r4", 2),  # one of repeated bytes not
        ("addw r0, r1, #4081; add r3, r0, r4", 2),
        ("adds.w r0, r1, #0x1fc0; add r3, r4, r5", 3),  # and a cycle more with flags
        ("muls r0, r1, r0", 2),
        ("vfma.f32 s0, s1, s2; add r0, r1, r2; add r3, r4, r5; vfma.f32 s3, s0, s4", 4),
        ("vfma.f32 s0, s1, s2; vadd.f32 s3, s4, s5", 4),  # no other FP instruction in the two cycles behind it
        ("vmla.f32 s0, s1, s2; vmla.f32 s0, s3, s4", 4),
        ("vmla.f32 s0, s1, s2; mov r0, r1", 2),
        ("subs r0, #1; bne .-2 => subs r0, #1", 4),
        ("adds r3, r4; beq .+8", 1),  # two 16-bit instructions, the younger one a branch not taken, a nop or an IT
        ("add.w r3, r4, r5; beq .+8", 2),
        ("subs r0, #1; add r1, r2; bne .-4 => nop", 4),  # taken, the flags not from the instruction before it
        ("mov r0, r1; nop", 1),
        ("mov r0, r1; it eq; moveq r2, r3", 2),
        ("mov r0, r1; mov r2, r3", 2),
        ("ldm r6!, {r0, r1, r2, r3}; beq .+8", 4),
    ],
}

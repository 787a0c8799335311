"""Micro-sequences with the cycles a manual or a measurement states for them, one table a core."""

from __future__ import annotations

import pytest

from profiler.timing.block_cost import block_timer
from tests.support.thumb import assemble

_M3_AND_M4 = [  # TRM table 3-1 and the section on load/store timings, which both manuals share
    ("mov r0, r1", 1),
    ("add.w r0, r1, r2, lsl #3", 1),
    ("cmp r0, #3", 1),
    ("mul r0, r1, r2", 1),
    ("ubfx r0, r1, #2, #3", 1),
    ("ldr r0, [r1]", 2),
    ("ldrsb r0, [r1, r2]", 2),
    ("ldr r0, [r1]; ldr r1, [r2]", 3),
    ("ldr r0, [r1, r2]; str r0, [r3, #20]", 3),
    ("ldr r0, [r1, r2]; str r1, [r3, r2]", 3),
    ("ldr r0, [r1, r5]; ldr r1, [r2]; ldr r2, [r3, #4]", 4),
    ("ldr r0, [r1]; ldr r2, [r0]", 4),  # "the destination of the first is not used to compute the address"
    ("ldr r0, [r1]; add r2, r0, r3", 3),
    ("str r0, [r1, #4]", 1),
    ("str r0, [r1, r2]", 2),
    ("ldm r0, {r1, r2, r3}", 4),  # "a three element LDM takes 2+1+1"
    ("stm r0, {r1, r2, r3, r4, r5, r6, r7, r8}", 9),  # "an eight-element store takes 9 cycles"
    ("push {r4, r5, lr}", 4),
    ("ldrd r0, r1, [r2]", 3),  # "this operation requires three cycles"
    ("strd r0, r1, [r2]", 3),
    ("ldr r0, [r1]; ldrd r2, r3, [r4]", 5),  # LDRD does not pipeline with its neighbours
    ("add r0, r0, #4; ldr r1, [r0]", 4),  # address from the preceding data-processing result: one stall
    ("add r0, r0, #4; mov r2, r3; ldr r1, [r0]", 4),
    ("ldr pc, [r0]", 2),  # five with the three of the reload
    ("tbb [pc, r0]", 3),  # six with the three of the reload
    ("sdiv r0, r1, r2", 7),  # 2 to 12: the middle
    ("it eq; moveq r0, r1", 2),
]
SEQUENCES = {
    "cortex-m0plus": [  # TRM DDI0484 table 3-1
        ("movs r0, #1", 1),
        ("adds r0, r1, r2", 1),
        ("add r0, r8", 1),
        ("subs r0, r1, #3", 1),
        ("muls r0, r1, r0", 1),
        ("cmp r0, r1", 1),
        ("lsls r0, r1, #3", 1),
        ("rors r0, r1", 1),
        ("sxtb r0, r1", 1),
        ("rev r0, r1", 1),
        ("ldr r0, [r1]", 2),
        ("ldrb r0, [r1, #1]", 2),
        ("ldrsh r0, [r1, r2]", 2),
        ("ldr r0, [r1]; ldr r2, [r3]", 4),
        ("ldr r0, [r1]; adds r0, r0, r2", 3),
        ("adds r0, r0, #4; ldr r1, [r0]", 3),
        ("str r0, [r1, #4]", 2),
        ("strb r0, [r1, r2]", 2),
        ("ldm r0!, {r1, r2, r3}", 4),
        ("stm r0!, {r1, r2}", 3),
        ("push {r4, r5, lr}", 4),
        ("pop {r4, r5}", 3),
        ("pop {r4, pc}", 3),  # 3 + N with the refill
        ("mrs r0, primask", 3),
        ("dmb", 3),
        ("nop", 1),
        ("bx lr", 1),  # 2 with the refill
    ],
    "cortex-m3": [
        *_M3_AND_M4,
        ("mla r0, r1, r2, r3", 2),
        ("smull r0, r1, r2, r3", 4),  # 3 to 5: the middle
        ("smlal r0, r1, r2, r3", 6),  # 4 to 7: the middle, rounded up
        ("ldr r0, [r1], #4; ldr r2, [r3]", 4),  # a base update does not pipeline
    ],
    "cortex-m4": [
        *_M3_AND_M4,
        ("mla r0, r1, r2, r3", 1),
        ("smull r0, r1, r2, r3", 1),
        ("smlal r0, r1, r2, r3", 1),
        ("smlad r0, r1, r2, r0; smlad r0, r3, r4, r0", 2),
        ("sxtb16 r0, r1, ror #8", 1),
        ("ldr r0, [r1], #4; ldr r2, [r3]", 3),
        ("ldr r0, [r1], #4; ldr r2, [r3], #4", 3),
        ("ldr r0, [r1], #4; ldr r2, [r1], #4", 4),  # measured: not with the same base
        ("str r0, [r1]; ldr r2, [r3]", 4),  # measured: a load after a store takes a cycle more
        ("vadd.f32 s0, s1, s2; vadd.f32 s3, s4, s5", 2),  # TRM table 7-1 from here
        ("vadd.f32 s0, s1, s2; vadd.f32 s3, s0, s5", 3),
        ("vmul.f32 s0, s1, s2; vfma.f32 s0, s3, s4", 4),  # the addend is consumed a cycle later
        ("vmla.f32 s0, s1, s2", 3),
        ("vdiv.f32 s0, s1, s2; vadd.f32 s3, s0, s4", 16),
        ("vdiv.f32 s0, s1, s2; vmul.f32 s3, s5, s4", 15),
        ("vsqrt.f32 s0, s1; add r0, r1, r2", 2),
        ("vldr s0, [r0]", 2),
        ("vldr d0, [r0]", 3),
        ("vldm r0, {s0, s1, s2, s3}", 5),
        ("vpush {d8, d9}", 5),
        ("vstr s0, [r0]", 2),
        ("vmov r0, s0", 1),
        ("nop; mov.w r8, r9; mov.w r8, r9", 3),  # wide instructions across word boundaries: free up to two
        ("nop; mov.w r8, r9; mov.w r8, r9; mov.w r8, r9; mov.w r8, r9", 6),  # one cycle from three on
        ("mov.w r8, r9; mov.w r8, r9; mov.w r8, r9", 3),
    ],
    "cortex-m33": [  # measurements on RP2350, named in cores/cortex-m33.toml
        ("add r0, r1, r2; add r3, r4, r5", 2),
        ("add r0, r1, r2; add r3, r0, r5", 2),
        ("ldr r0, [r1]; add r2, r3, r4", 2),
        ("ldr r0, [r1]; add r2, r0, r4", 3),
        ("ldr r0, [r0]; ldr r0, [r0]", 3),
        ("ldr r0, [r1]; ldr r2, [r3]; ldr r4, [r5]", 3),
        ("mul r0, r1, r2; add r3, r0, r4", 3),
        ("smull r0, r1, r2, r3; smull r4, r5, r0, r3", 3),
        ("smlad r0, r1, r2, r0; smlad r0, r3, r4, r0", 2),
        ("smlal r0, r1, r2, r3; smlal r0, r1, r4, r5", 2),
        ("eor r0, r1, r2, ror #3; add r3, r0, r4", 3),
        ("add.w r0, r1, r2, lsl #3; add r3, r0, r4", 2),
        ("uadd16 r0, r1, r2; uadd16 r3, r0, r4", 3),
        ("ldrd r0, r1, [r2]", 2),
        ("vldr s0, [r0]; vldr s1, [r0, #4]", 2),
    ],
    "cortex-m7": [  # LLVM's ARMScheduleM7.td, named in cores/cortex-m7.toml
        ("add r0, r1, r2; add r3, r4, r5", 1),
        ("add r0, r1, r2; add r3, r0, r5", 2),
        ("add r0, r1, r2; add r3, r4, r5; add r6, r7, r8", 2),
        ("add.w r0, r1, r2, lsl #2; add.w r3, r4, r5, lsl #2", 2),  # one EX1 shifter
        ("ldr r0, [r1]; add r2, r3, r4", 1),
        ("ldr r0, [r1]; ldr r2, [r3]", 1),
        ("str r0, [r1]; str r2, [r3]", 2),
        ("ldr r0, [r1]; add r2, r0, r4", 2),
        ("ldrb r0, [r1]; add r2, r0, r4", 3),
        ("ldr r0, [r1]; ldr r2, [r0]", 3),
        ("add r0, r1, r2; ldr r3, [r0]", 3),
        ("mul r0, r1, r2; mul r3, r4, r5", 2),
        ("mul r0, r1, r2; add r3, r0, r5", 3),
        ("smlad r0, r1, r2, r0; smlad r0, r3, r4, r0", 2),
        ("uxtb r0, r1; add r3, r4, r5", 1),
        ("add r3, r4, r5; uxtb r0, r1", 2),  # extends take the older slot only
        ("vadd.f32 s0, s1, s2; vadd.f32 s3, s0, s4", 4),
        ("vmla.f32 s0, s1, s2; vmla.f32 s0, s3, s4", 4),
        ("sdiv r0, r1, r2", 7),
        ("subs r0, #1; bne .", 1),
    ],
}
CASES = [(core, text, cycles) for core, table in SEQUENCES.items() for text, cycles in table]


@pytest.mark.parametrize(("core", "text", "cycles"), CASES, ids=[f"{core}: {text}" for core, text, _ in CASES])
def test_a_sequence_takes_the_cycles_its_source_states(core, text, cycles):
    code = assemble(core, tuple(text for text, _ in SEQUENCES[core]))[text]
    timing = block_timer(core).time(code)
    assert sum(timing.cycles) + timing.exit_state.load_cycles == cycles
    assert timing.unknown_instructions == 0

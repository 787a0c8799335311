"""Cortex-M3: the manual's table, its section on pairing loads and stores, and measurements on an STM32F103.

Where the manual gives a range, the model must stay inside it. 1 + P is 2 to 4 cycles, and the target's one.
"""

from __future__ import annotations

from tests.support.sequences.case import Table

_TAKEN = (3, 5)

SHARED: Table = {
    "TRM table 3-1, data processing": [
        ("mov r0, r1", 1),
        ("movw r0, #4660", 1),
        ("movt r0, #4660", 1),
        ("add.w r0, r1, r2", 1),
        ("add.w r0, r1, r2, lsl #3", 1),
        ("add.w r0, r1, r2, ror #7", 1),
        ("adc.w r0, r1, r2", 1),
        ("add r0, pc, #8", 1),
        ("sub.w r0, r1, #3", 1),
        ("sbc.w r0, r1, r2", 1),
        ("rsb r0, r1, #9", 1),
        ("cmp r0, #3", 1),
        ("cmn r0, r1", 1),
        ("and.w r0, r1, r2", 1),
        ("eor.w r0, r1, #0x1fc0", 1),
        ("orn r0, r1, r2", 1),
        ("bic.w r0, r1, r2, asr #2", 1),
        ("mvn.w r0, r1", 1),
        ("tst.w r0, r1, lsl #1", 1),
        ("teq r0, r1", 1),
        ("lsl.w r0, r1, #3", 1),
        ("lsr.w r0, r1, r2", 1),
        ("asr.w r0, r1, r2", 1),
        ("ror.w r0, r1, #5", 1),
        ("rrx r0, r1", 1),
        ("clz r0, r1", 1),
        ("ubfx r0, r1, #2, #3", 1),
        ("sbfx r0, r1, #2, #3", 1),
        ("bfi r0, r1, #4, #8", 1),
        ("bfc r0, #4, #8", 1),
        ("sxtb r0, r1", 1),
        ("uxth.w r0, r1, ror #8", 1),
        ("rev r0, r1", 1),
        ("rbit r0, r1", 1),
        ("ssat r0, #8, r1, asr #2", 1),
        ("usat r0, #8, r1", 1),
        ("mul r0, r1, r2", 1),
        ("sdiv r0, r1, r2", (2, 12)),
        ("udiv r0, r1, r2", (2, 12)),
    ],
    "TRM table 3-1, load and store": [
        ("ldr r0, [r1]", 2),
        ("ldr.w r0, [r1, r2, lsl #2]", 2),
        ("ldr r0, [pc, #8]", 2),
        ("ldrh r0, [r1, #2]", 2),
        ("ldrsb r0, [r1, r2]", 2),
        ("ldrsh.w r0, [r1, #-4]", 2),
        ("ldrbt r0, [r1, #4]", 2),
        ("ldrex r0, [r1]", 2),
        ("strex r0, r1, [r2]", 2),
        ("strexb r0, r1, [r2]", 2),
        ("clrex", 1),
        ("ldrd r0, r1, [r2]", 3),
        ("strd r0, r1, [r2]", 3),
        ("ldm r0!, {r1, r2}", 3),
        ("ldmdb r0, {r1, r2, r3, r4, r5}", 6),
        ("stm r0!, {r1, r2}", 3),
        ("stmdb r0!, {r1, r2, r3, r4}", 5),
        ("push {r4, r5, lr}", 4),
        ("pop {r4, r5}", 3),
        ("str r0, [r1, r2]", 2),
        ("strb.w r0, [r1, r2, lsl #1]", 2),
    ],
    "TRM table 3-1, branch and system: 1 + P, P from 1 to 3": [
        ("beq .+8", 1),
        ("beq .+8 => nop", _TAKEN),
        ("b .+8 => nop", _TAKEN),
        ("b.w .+8 => nop", _TAKEN),
        ("bl .+8 => nop", _TAKEN),
        ("bx lr => nop", _TAKEN),
        ("blx r3 => nop", _TAKEN),
        ("mov pc, r3 => nop", _TAKEN),
        ("cbz r0, .+8", 1),
        ("cbnz r0, .+8 => nop", _TAKEN),
        ("b .+8 ~> nop", _TAKEN),
        ("b .+8 ~> mov.w r8, r9", _TAKEN),
        ("pop {r4, r5, pc} => nop", (6, 8)),  # 1 + N + P
        ("ldm r0, {r4, pc} => nop", (5, 7)),
        ("it eq; moveq r0, r1", 2),
        ("itte ne; movne r0, r1; movne r2, r3; moveq r4, r5", 4),
        ("cpsid i", (1, 2)),
        ("mrs r0, primask", (1, 2)),
        ("msr primask, r0", (1, 2)),
        ("nop", 1),
        ("sev", 1),
        ("dmb", (1, 5)),  # 1 + B
        ("dsb", (1, 5)),
    ],
    "TRM, load/store timings": [
        ("str r0, [r1, #4]", 1),  # always one cycle
        ("strh r0, [r1, #4]; strb r0, [r1, #8]", 2),
        ("ldr r0, [r1]; ldr r1, [r2]", 3),
        ("ldr r0, [r1, r2]; str r0, [r3, #20]", 3),
        ("ldr r0, [r1, r2]; str r1, [r3, r2]", 3),
        ("ldr r0, [r1, r5]; ldr r1, [r2]; ldr r2, [r3, #4]", 4),
        ("ldrb r0, [r1]; ldrh r2, [r3]; ldrsb r4, [r5, r6]; ldr r7, [r1]", 5),
        ("ldr r0, [r1]; ldr r2, [r0]", 4),  # the first computes the address of the second
        ("ldrex r0, [r1]; ldr r2, [r3]", 3),  # LDREX and STREX pipeline like LDR
        ("ldr r0, [r1]; strex r2, r3, [r4]", 3),
        ("strex r2, r3, [r4]; ldr r0, [r1]", 3),
        ("str r0, [r1, r2]; ldr r3, [r4]", 4, "measured: a load behind a store takes a cycle more"),
        ("ldm r0, {r1, r2, r3}", 4),  # 2 + 1 + 1
        ("stm r0, {r1, r2, r3, r4, r5, r6, r7, r8}", 9),
        ("ldr r0, [r1]; ldrd r2, r3, [r4]", 5),  # LDRD and STRD pipeline with nothing
        ("ldrd r2, r3, [r4]; ldr r0, [r1]", 5),
        ("ldr r0, [r1]; strd r2, r3, [r4]", 5),
        ("ldr r0, [r1]; ldm r2, {r3, r4}", 5),
        ("ldm r2, {r3, r4}; ldr r0, [r1]", 5),
        ("add r0, r0, #4; ldr r1, [r0]", 4),  # no forwarding from data processing to an address
        ("add r0, r0, #4; str r1, [r0]", 3),
        ("lsl r0, r0, #2; ldr r1, [r2, r0]", 4),
        ("add r0, r0, #4; mov r2, r3; ldr r1, [r0]", 4),
        ("add r0, r0, #4; str r0, [r1]", 2),  # data, not address
        ("ldr pc, [r0] => nop", 6),  # 2 and 3 of reload
        ("tbb [pc, r0] => nop", 7),  # 2, 1 for the add, 3
        ("tbh [pc, r0, lsl #1] => nop", 7),
    ],
}
_MEASURED_BY_BOTH: Table = {
    "github.com/jnk0le/random, pipeline cycle test, measured on STM32F103 and STM32F407": [
        ("ldr r0, [r1]; nop", 2),  # the load eats the nop
        ("ldr r0, [r1]; cmp r2, r3", 3),  # but not these
        ("ldr r0, [r1]; tst r2, r3", 3),
        ("ldr r0, [r1]; mov r2, r3", 3),
        ("str r0, [r1, r2]; mov r3, r4", 3),
        ("str r0, [r1, r2]; nop", 2, "the nop behind such a store costs a cycle in the model, on silicon none"),
        ("str r0, [r1]; ldr r2, [r3]", 4),  # a load behind a store takes a cycle more
        ("str r0, [r1]; mov r4, r5; ldr r2, [r3]", 4),
        ("ldr r0, [r1]; str r4, [r2]; mov r3, r4", 3),  # a store hides the load's last cycle
    ],
}
TABLE: Table = SHARED | _MEASURED_BY_BOTH | {
    "TRM DDI0337I table 3-1, multiply": [
        ("mla r0, r1, r2, r3", 2),
        ("mls r0, r1, r2, r3", 2),
        ("smull r0, r1, r2, r3", (3, 5)),
        ("umull r0, r1, r2, r3", (3, 5)),
        ("smlal r0, r1, r2, r3", (4, 7)),
        ("umlal r0, r1, r2, r3", (4, 7)),
        ("mul r0, r1, r2; mul r0, r0, r2; mul r0, r0, r2", 3),
        ("mla r0, r1, r2, r0; mla r0, r3, r4, r0", 4),
    ],
    "TRM DDI0337I section 3.3.2: a load with base update does not pipeline": [
        ("ldr r0, [r1], #4; ldr r2, [r3]", 4),
        ("ldr r0, [r1, #4]!; ldr r2, [r3]", 4),
        ("ldr r0, [r1], #4; mov r2, r3", 3),
    ],
    "compendium.i-0.nl, instruction alignment rules": [
        ("b .+8 ~> mov.w r8, r9", 4),
    ],
}  # fmt: skip
MEASURED_BY_BOTH = _MEASURED_BY_BOTH

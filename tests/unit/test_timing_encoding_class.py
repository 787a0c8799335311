"""Encodings of one class, which share the cost of one of them, are the same instruction but for a number."""

from __future__ import annotations

import dataclasses

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from profiler.timing.disassemble import Instruction, decode, encoding_size_bytes
from profiler.timing.native_timer import encoding_class
from tests.support.thumb import assemble

_FIRST_HALVES = (0xE840, 0xE860, 0xE940, 0xED00, 0xF000, 0xF200, 0xF240, 0xF380, 0xF800, 0xF880, 0xF900, 0xF980)


def _without_text(encoding: bytes) -> Instruction:
    return dataclasses.replace(decode(encoding), text="")


def test_narrow_encodings_of_one_class_are_one_instruction():
    first: dict[int, Instruction] = {}
    for number in range(0, 0xE800, 5):
        instruction = _without_text(number.to_bytes(2, "little"))
        assert first.setdefault(encoding_class(number.to_bytes(2, "little")), instruction) == instruction, hex(number)
    assert len(first) < 0xE800 // 10


@settings(max_examples=500, deadline=None)
@given(
    half=st.sampled_from(_FIRST_HALVES),
    variant=st.integers(0, 0x7FF),
    second=st.integers(0, 0xFFFF),
    other_first=st.integers(0, 0x7FF),
    other_second=st.integers(0, 0xFFFF),
)
def test_wide_encodings_of_one_class_are_one_instruction(half, variant, second, other_first, other_second):
    one = (half ^ variant).to_bytes(2, "little") + second.to_bytes(2, "little")
    assume(encoding_size_bytes(one, 0) == 4)
    others = [
        (half ^ variant ^ first_bits).to_bytes(2, "little") + (second ^ bits).to_bytes(2, "little")
        for first_bits in (0, other_first, other_first & 0x43F)
        for bits in (other_second & 0xFFF, other_second & 0xFF, other_second & 0x70FF, other_second & 0x2FFF)
    ]
    for other in others:
        if encoding_size_bytes(other, 0) == 4 and encoding_class(other) == encoding_class(one):
            assert _without_text(other) == _without_text(one)


@settings(max_examples=300, deadline=None)
@given(encoding=st.binary(min_size=4, max_size=4))
def test_any_four_bytes_are_decoded_or_unknown(encoding):
    assert decode(encoding).size_bytes == 4


def test_calls_and_loads_share_a_class_whatever_their_offset():
    near, far = "bl #0x100", "bl #0x12344"
    load, store, other = "ldr.w r0, [r1, #4]", "str.w r0, [r1, #4]", "ldr.w r0, [r1, #0x7f0]"
    constant, shifted = "add.w r0, r1, #0xff", "add.w r0, r1, #0x3fc00"
    code = assemble("cortex-m4", (near, far, load, store, other, constant, shifted))
    assert encoding_class(code[near]) == encoding_class(code[far])
    assert encoding_class(code[load]) == encoding_class(code[other]) != encoding_class(code[store])
    assert encoding_class(code[constant]) != encoding_class(code[shifted])  # the second costs more on a Cortex-M7

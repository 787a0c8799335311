"""What is counted at single instructions: misses, unaligned reads, operands of divides."""

from __future__ import annotations

import pytest

from profiler.run.model import SHORTER_DIVIDEND, ZERO_OPERAND, DivideCount, LayerExecution, UnalignedCount
from tests.bare.firmware import board, build, power_up

# Labels of instructions are symbols, so that the tests can name them.
PROGRAM = """
#include "bare.h"
#define LAYER(name, body) \\
  ".type " name ",%function\\n.balign 64\\n" name ":\\n" body " bx lr\\n.size " name ", .-" name "\\n"
__asm__(
  ".syntax unified\\n.thumb\\n.global a_halfword, a_word, a_odd_word, a_last, a_signed, a_unsigned, a_line, a_table\\n"
  LAYER("layer_00_unaligned",
    "movs r0, #1\\n lsls r0, r0, #29\\n adds r0, #64\\n push {r4-r6}\\n"
    "ldrd r4, r5, [r0, #4]\\n ldr r4, [r0]\\n"
    "a_halfword: ldrh.w r1, [r0, #1]\\n a_word: ldr.w r1, [r0, #2]\\n ldrh r1, [r0, #2]\\n"
    "str.w r1, [r0, #3]\\n a_odd_word: ldr.w r1, [r0, #3]\\n pop {r4-r6}\\n a_last: ldr.w r1, [r0, #5]\\n")
  LAYER("layer_01_divide",
    "movs r0, #100\\n movs r1, #7\\n mvns r2, r0\\n movs r3, #0\\n"
    "a_signed: sdiv r12, r2, r1\\n"
    "a_unsigned: udiv r12, r2, r1\\n udiv r12, r1, r0\\n udiv r12, r3, r0\\n udiv r12, r0, r3\\n")
  LAYER("layer_02_misses",
    "adr r0, a_table\\n nop\\n nop\\n nop\\n nop\\n nop\\n movs r1, #0\\n"
    "a_line: mov.w r2, #4096\\n ldr r1, [r0]\\n ldr r1, [r0, #4]\\n ldr r1, [r0, #16]\\n")
  ".balign 64\\na_table: .space 64\\n");
void layer_00_unaligned(void); void layer_01_divide(void); void layer_02_misses(void);
__attribute__((noinline)) void model_invoke(void) {
  layer_00_unaligned(); layer_01_divide(); layer_02_misses(); __asm volatile("");
}
void test_main(void) { model_invoke(); }
"""


class Counted:
    """A run of the program: its layers, and where an instruction is."""

    def __init__(self, folder):
        target = board(flash_wait_cycles=3)
        self._firmware = build(folder, target, source=PROGRAM)
        self._layers = power_up(self._firmware, target).profile.layers

    def layer(self, number) -> LayerExecution:
        return next(layer for layer in self._layers if layer.layer == number)

    def at(self, name) -> int:
        return self._firmware.symbol_address(name) & ~1


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    return Counted(tmp_path_factory.mktemp("program"))


def test_unaligned_reads_are_told_by_instruction_and_writes_are_not(counted):
    assert counted.layer(0).unaligned == (
        UnalignedCount(address=counted.at("a_halfword"), halfwords=1),
        UnalignedCount(address=counted.at("a_word"), words=1),
        UnalignedCount(address=counted.at("a_odd_word"), odd_words=1),
        UnalignedCount(address=counted.at("a_last"), odd_words=1),
    )
    assert counted.layer(1).unaligned == ()


def test_divides_are_told_by_how_much_longer_the_dividend_is(counted):
    start, last = counted.at("a_signed"), counted.at("a_unsigned")
    assert counted.layer(1).divides == (
        DivideCount(address=start, extra_bits=7 - 3, count=1),  # -101 / 7, by magnitude
        DivideCount(address=last, extra_bits=32 - 3, count=1),
        DivideCount(address=last + 4, extra_bits=SHORTER_DIVIDEND, count=1),  # 7 / 100
        DivideCount(address=last + 8, extra_bits=ZERO_OPERAND, count=1),
        DivideCount(address=last + 12, extra_bits=ZERO_OPERAND, count=1),
    )


def test_misses_are_at_the_instruction_that_reaches_into_the_line_and_at_the_load(counted):
    layer = counted.layer(2)
    line = counted.at("a_line")
    assert line % 16 == 14  # crosses into the next line
    fetched = {miss.address: miss.fetch_misses for miss in layer.misses if miss.fetch_misses}
    assert fetched == {counted.at("layer_02_misses"): 1, line: 1}
    reads = {miss.address - line: (miss.read_misses, miss.read_sequential_misses) for miss in layer.misses}
    assert {offset: found for offset, found in reads.items() if found[0]} == {4: (1, 0), 8: (1, 1)}


def test_misses_of_instructions_sum_to_those_of_the_layer(counted):
    for number in (-1, 0, 1, 2):
        layer = counted.layer(number)
        (flash,) = (memory for memory in layer.memory if memory.region == "flash")
        for name in ("fetch_misses", "fetch_sequential_misses", "read_misses", "read_sequential_misses"):
            assert sum(getattr(miss, name) for miss in layer.misses) == getattr(flash, name)

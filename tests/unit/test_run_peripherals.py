"""Peripheral space and the core's own registers, as firmware sees them."""

from dataclasses import replace

import pytest

from profiler.boards.model import EmulatedRegister
from profiler.run.native_types import StopReason
from tests.bare.firmware import board, build, power_up

PROBE = """
#include "bare.h"
void model_invoke(void) {}
static void show(uint32_t value) { for (int i = 24; i >= 0; i -= 8) put((uint8_t)(value >> i)); }
void test_main(void) { %s }
"""


def words(folder, code, *, target=None):
    """The words that `code` shows."""
    target = target or board("cortex-m3")
    run = power_up(build(folder, target, source=PROBE % code), target)
    assert run.reason is StopReason.SCRIPT_DONE
    return [int.from_bytes(run.output[start : start + 4], "big") for start in range(0, len(run.output), 4)]


def test_a_register_reads_back_what_was_written_in_any_width(tmp_path):
    code = """
      REG(0x40020000) = 0x11223344; show(REG(0x40020000));
      *(volatile uint8_t*)0x40020001 = 0xAB; show(REG(0x40020000));
      *(volatile uint16_t*)0x40020002 = 0xCDEF; show(REG(0x40020000));
      show(*(volatile uint8_t*)0x40020003); show(*(volatile uint16_t*)0x40020000); show(REG(0x40020004));
    """
    assert words(tmp_path, code) == [0x11223344, 0x1122AB44, 0xCDEFAB44, 0xCD, 0xAB44, 0]


def test_rules_of_the_board_file_set_clear_and_mirror_bits(tmp_path):
    register = EmulatedRegister(
        name="CLOCK",
        address=0x4002_0000,
        reset_value=0x40,
        set_bits=0x100,
        clear_bits=0x1,
        mirrors=((24, 25, 1), (0, 2, 2)),
    )
    target = replace(board("cortex-m3"), emulated_registers=(register,))
    code = "show(REG(0x40020000)); REG(0x40020000) = 1 << 24 | 3; show(REG(0x40020000));"
    # bit 0 reads clear, so its mirror in bit 2 does too; bit 1 shows in bit 3, bit 24 in bit 25
    assert words(tmp_path, code, target=target) == [0x140, 1 << 25 | 1 << 24 | 0x100 | 0b1010]


def test_rp2040_registers_have_xor_set_and_clear_aliases(tmp_path):
    code = """
      REG(0x40008000) = 0xF0; REG(0x40009000) = 0xFF; show(REG(0x40008000));
      REG(0x4000A000) = 0x100; show(REG(0x40008000)); REG(0x4000B000) = 0x00F; show(REG(0x40008000));
    """
    assert words(tmp_path, code, target=board("cortex-m0plus", uart="pl011")) == [0x0F, 0x10F, 0x100]


def test_other_parts_have_no_such_aliases(tmp_path):
    assert words(tmp_path, "REG(0x4000A000) = 0x100; show(REG(0x40008000));") == [0]


def test_the_cycle_counter_counts_instructions_once_it_is_enabled(tmp_path):
    code = """
      show(REG(0xE0001004)); REG(0xE000EDFC) |= 1 << 24; REG(0xE0001000) |= 1; REG(0xE0001004) = 0;
      uint32_t before = REG(0xE0001004);
      __asm volatile("movs r0, #100\\n 1: subs r0, #1\\n bne 1b" ::: "r0", "cc");
      show(REG(0xE0001004) - before);
    """
    before_enabled, counted = words(tmp_path, code)
    assert before_enabled == 0
    assert 200 <= counted <= 220


def test_systick_counts_down_and_tells_of_its_wrap_once(tmp_path):
    code = """
      REG(0xE000E014) = 999; REG(0xE000E018) = 0; REG(0xE000E010) = 5;
      uint32_t first = REG(0xE000E018);
      __asm volatile("movs r0, #100\\n 1: subs r0, #1\\n bne 1b" ::: "r0", "cc");
      show(first - REG(0xE000E018)); show(REG(0xE000E010) >> 16);
      __asm volatile("movs r0, #255\\n 1: subs r0, #1\\n nop\\n nop\\n bne 1b" ::: "r0", "cc");
      show(REG(0xE000E010) >> 16); show(REG(0xE000E010) >> 16);
    """
    counted, wrapped, after, again = words(tmp_path, code)
    assert 200 <= counted <= 220 or 200 <= counted - 2**32 + 1000 <= 220
    assert (wrapped, after, again) == (0, 1, 0)


def test_registers_without_end_are_refused(tmp_path):
    code = "for (uint32_t i = 0; i < 0x100000; i += 4) REG(0x40100000 + i) = i;"
    target = board("cortex-m3")
    run = power_up(build(tmp_path, target, source=PROBE % code), target)
    assert run.reason is StopReason.TABLE_FULL


@pytest.mark.parametrize("address", [0xE000_E100, 0xE000_ED08, 0xE000_ED94, 0xE000_ED90])
def test_the_rest_of_the_system_control_space_is_storage(tmp_path, address):
    assert words(tmp_path, f"REG({address}u) = 0x1234; show(REG({address}u));") == [0x1234]

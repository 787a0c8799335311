"""UART models: a polling driver written from the part's manual can talk through each of them."""

import pytest

from profiler.run.native_types import StopReason
from profiler.run.unicorn_runner import UnicornRunner
from tests.bare.firmware import ECHO, MONITOR, UARTS, board, build, power_up


def _core_for(uart):
    return "cortex-m0plus" if uart == "pl011" else "cortex-m4"


@pytest.mark.parametrize("uart", sorted(UARTS))
def test_every_byte_is_received_and_answered(tmp_path, uart):
    target = board(_core_for(uart), uart=uart)
    sent = bytes(range(256))
    run = power_up(build(tmp_path, target, source=ECHO), target, script=sent)
    assert run.output == bytes((byte + 1) % 256 for byte in sent)
    assert run.reason is StopReason.SCRIPT_DONE


@pytest.mark.parametrize("uart", sorted(UARTS))
def test_a_whole_conversation_gives_the_outputs(tmp_path, uart):
    target = board(_core_for(uart), uart=uart)
    result = UnicornRunner().run(
        build(tmp_path, target, source=MONITOR), target, [[bytes([1, 2, 3, 4])], [bytes([0, 0, 0, 90])]]
    )
    assert result.outputs == ((bytes([3, 7, 11, 15]),), (bytes([0, 1, 2, (270 + 3) % 256]),))


TRANSMITTER_OFF = """
#include "bare.h"
void model_invoke(void) {}
void test_main(void) { REG(UART) = 1 | 1 << 2; put('x'); REG(UART) |= 1 << 3; put('y'); }
"""


def test_what_is_written_while_the_transmitter_is_off_is_lost(tmp_path):
    target = board()
    run = power_up(build(tmp_path, target, source=TRANSMITTER_OFF), target)
    assert run.output == b"y"
    assert run.status.lost_transmit_bytes == 1


DMA_FROM_FLASH = """
#include "bare.h"
void model_invoke(void) {}
static const char text[] = "flash";
void test_main(void) {
  REG(UART + 0x544) = (uint32_t)(uintptr_t)text;
  REG(UART + 0x548) = 5;
  REG(UART + 0x008) = 1;
}
"""


def test_easydma_cannot_read_flash(tmp_path):
    target = board(uart="nrf_uarte")
    assert power_up(build(tmp_path, target, source=DMA_FROM_FLASH), target).reason is StopReason.DMA

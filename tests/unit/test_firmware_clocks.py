"""What board support writes into clock, flash and UART registers, decoded with the manuals' formulas."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from profiler.boards.loader import board_names, load_board
from profiler.boards.memory_config import parse_memory_config
from profiler.boards.memory_controls import board_to_build
from profiler.boards.model import Board
from tests.support.fake_firmware import HAS_CROSS_COMPILER, build_fake_firmware, shared_cache
from tests.support.register_trace import RegisterTrace, trace_start_up

pytestmark = pytest.mark.skipif(not HAS_CROSS_COMPILER, reason="arm-none-eabi-gcc is not installed")

Traces = Callable[..., RegisterTrace]
MHZ = 1_000_000


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Traces:
    done: dict[tuple[str, str], RegisterTrace] = {}

    def trace(name: str, config: str = "") -> RegisterTrace:
        if (name, config) not in done:
            board = board_to_build(load_board(name), parse_memory_config([config] if config else []))
            done[name, config] = trace_start_up(board, build_fake_firmware(board, shared_cache(tmp_path_factory)))
        return done[name, config]

    return trace


def _bits(value: int, low: int, width: int) -> int:
    return value >> low & (1 << width) - 1


def _stm32l4(trace: RegisterTrace) -> float:
    assert _bits(trace.last(0x40021008), 4, 4) == 0, "AHB undivided in the end"
    pll = trace.last(0x4002100C)
    assert _bits(pll, 0, 2) == 2, "from HSI16"
    return 16 * MHZ / (_bits(pll, 4, 4) + 1) * _bits(pll, 8, 7) / (2 * (_bits(pll, 25, 2) + 1))


def _stm32f(trace: RegisterTrace) -> float:
    pll = trace.last(0x40023804)
    assert _bits(pll, 22, 1) == 0, "from HSI"
    return 16 * MHZ / _bits(pll, 0, 6) * _bits(pll, 6, 9) / (2 * (_bits(pll, 16, 2) + 1))


def _stm32h7(trace: RegisterTrace) -> float:
    divider = _bits(trace.last(0x58024428), 4, 6)
    pll = trace.last(0x58024430)
    return 64 * MHZ / divider * (_bits(pll, 0, 9) + 1) / (_bits(pll, 9, 7) + 1)


def _stm32u5(trace: RegisterTrace) -> float:
    configuration, pll = trace.last(0x46020C28), trace.last(0x46020C34)
    assert _bits(configuration, 0, 2) == 2, "from HSI16"
    return 16 * MHZ / (_bits(configuration, 8, 4) + 1) * (_bits(pll, 0, 9) + 1) / (_bits(pll, 24, 7) + 1)


def _stm32g0(trace: RegisterTrace) -> float:
    pll = trace.last(0x4002100C)
    assert _bits(pll, 0, 2) == 2, "from HSI16"
    return 16 * MHZ / (_bits(pll, 4, 3) + 1) * _bits(pll, 8, 7) / (_bits(pll, 29, 3) + 1)


def _rp2040(trace: RegisterTrace) -> float:
    assert trace.last(0x40028000) & 0x3F == 1, "reference undivided"
    post = trace.last(0x4002800C)
    return 12 * MHZ * trace.last(0x40028008) / _bits(post, 16, 3) / _bits(post, 12, 3)


def _nrf53(trace: RegisterTrace) -> float:
    return float(128 * MHZ >> trace.last(0x50005558))


CORE_CLOCKS = {
    "nucleo_l4r5zi": _stm32l4,
    "stm32f4_discovery": _stm32f,
    "disco_f746ng": _stm32f,
    "nucleo_h7a3zi": _stm32h7,
    "nucleo_u575zi": _stm32u5,
    "nucleo_g0b1re": _stm32g0,
    "raspberry_pi_pico": _rp2040,
    "nrf5340_dk": _nrf53,
}


def test_every_board_with_a_choice_of_clock_is_checked() -> None:
    fixed = {"nrf52840_dk", "arduino_nano33_ble", "mps3_an547", "mps3_an555"}  # 64 MHz always, or an FPGA image's clock
    without_clock_tree = {name for name in board_names() if load_board(name).bsp_family == "generic"}
    assert set(board_names()) - set(CORE_CLOCKS) == fixed | without_clock_tree


@pytest.mark.parametrize("name", CORE_CLOCKS)
def test_clock_registers_give_the_board_s_clock(name: str, traced: Traces) -> None:
    assert CORE_CLOCKS[name](traced(name)) == load_board(name).clock_hz


# FLASH_ACR with the mask of LATENCY, then the register and value that select the PLL.
SWITCHES = {
    "nucleo_l4r5zi": (0x40022000, 0xF, 0x40021008, 0x3, 3),
    "stm32f4_discovery": (0x40023C00, 0x7, 0x40023808, 0x3, 2),
    "disco_f746ng": (0x40023C00, 0xF, 0x40023808, 0x3, 2),
    "nucleo_h7a3zi": (0x52002000, 0xF, 0x58024410, 0x7, 3),
    "nucleo_u575zi": (0x40022000, 0xF, 0x46020C1C, 0x3, 3),
    "nucleo_g0b1re": (0x40022000, 0x7, 0x40021008, 0x7, 2),
}


@pytest.mark.parametrize("name", SWITCHES)
def test_flash_waits_before_the_clock_rises(name: str, traced: Traces) -> None:
    acr, latency_mask, cfgr, switch_mask, switch = SWITCHES[name]
    trace, wait_cycles = traced(name), load_board(name).boot_flash.read_wait_cycles
    assert trace.position(acr, latency_mask, wait_cycles) < trace.position(cfgr, switch_mask, switch)
    assert trace.last(acr) & latency_mask == wait_cycles


_CCR = 0xE000ED14
# What start-up leaves in the registers: board, configuration → register, mask, value. Positions are the manuals'.
MEMORY_SET_UPS = [
    ("nucleo_l4r5zi", "", 0x40022000, 0x70F, 0x705),
    ("nucleo_l4r5zi", "prefetch=off", 0x40022000, 0x70F, 0x605),
    ("nucleo_l4r5zi", "icache=off,dcache=off,wait_states=15", 0x40022000, 0x70F, 0x10F),
    ("stm32f4_discovery", "", 0x40023C00, 0x707, 0x705),
    ("stm32f4_discovery", "prefetch=off,dcache=off,wait_states=7", 0x40023C00, 0x707, 0x207),
    ("disco_f746ng", "", 0x40023C00, 0xF, 7),
    ("disco_f746ng", "", _CCR, 0x30000, 0x30000),
    ("disco_f746ng", "icache=off,wait_states=9", 0x40023C00, 0xF, 9),
    ("disco_f746ng", "icache=off,wait_states=9", _CCR, 0x30000, 0x10000),
    ("nucleo_h7a3zi", "", _CCR, 0x30000, 0x30000),
    ("nucleo_h7a3zi", "dcache=off,wait_states=7", _CCR, 0x30000, 0x20000),
    ("nucleo_h7a3zi", "dcache=off,wait_states=7", 0x52002000, 0x3F, 0x37),
    ("nucleo_u575zi", "", 0x40022000, 0x10F, 0x104),
    ("nucleo_u575zi", "prefetch=off,icache=off,wait_states=5", 0x40022000, 0x10F, 0x005),
    ("nucleo_u575zi", "prefetch=off,icache=off,wait_states=5", 0x40030400, 1, 0),
    ("nucleo_g0b1re", "", 0x40022000, 0x307, 0x302),
    ("nucleo_g0b1re", "prefetch=off,icache=off", 0x40022000, 0x307, 0x002),
    ("nrf52840_dk", "", 0x4001E540, 1, 1),
    ("nrf52840_dk", "icache=off", 0x4001E540, 1, 0),
    ("arduino_nano33_ble", "icache=off", 0x4001E540, 1, 0),
    ("nrf5340_dk", "", 0x50001500, 1, 1),
    ("nrf5340_dk", "icache=off", 0x50001500, 1, 0),
    ("raspberry_pi_pico", "icache=off", 0x14000000, 1, 0),
    ("mps3_an555", "", _CCR, 0x30000, 0x30000),
    ("mps3_an555", "icache=off,dcache=off", _CCR, 0x30000, 0),
]


@pytest.mark.parametrize(("name", "config", "register", "mask", "value"), MEMORY_SET_UPS)
def test_start_up_leaves_the_memory_system_as_it_was_asked_for(
    name: str, config: str, register: int, mask: int, value: int, traced: Traces
) -> None:
    assert traced(name, config).last(register) & mask == value


def test_every_board_with_memory_controls_is_configured() -> None:
    tried = {name for name, config, *_ in MEMORY_SET_UPS if config}
    assert tried == {name for name in board_names() if load_board(name).memory_controls}


def _usart(offset: int, bus_divider: int, factor: int = 1) -> Callable[[Board, RegisterTrace], float]:
    def baud(board: Board, trace: RegisterTrace) -> float:
        return factor * board.clock_hz / bus_divider / trace.last(board.uart.base_address + offset)

    return baud


def _pl011(board: Board, trace: RegisterTrace) -> float:
    base = board.uart.base_address
    return board.clock_hz / 16 / (trace.last(base + 0x24) + trace.last(base + 0x28) / 64)


def _nrf(board: Board, trace: RegisterTrace) -> float:
    return trace.last(board.uart.base_address + 0x524) * 16 * MHZ / 2**32


def _cmsdk(board: Board, trace: RegisterTrace) -> float:
    return 25e6 / trace.last(board.uart.base_address + 0x10)  # the peripheral clock by BAUDDIV


BAUD_RATES = {
    "nucleo_l4r5zi": _usart(0x0C, 1, factor=256),  # LPUART
    "stm32f4_discovery": _usart(0x08, 4),
    "disco_f746ng": _usart(0x0C, 2),
    "nucleo_h7a3zi": _usart(0x0C, 2),
    "nucleo_u575zi": _usart(0x0C, 1),
    "nucleo_g0b1re": _usart(0x0C, 1),
    "raspberry_pi_pico": _pl011,
    "nrf52840_dk": _nrf,
    "arduino_nano33_ble": _nrf,
    "nrf5340_dk": _nrf,
    "mps3_an547": _cmsdk,
    "mps3_an555": _cmsdk,
    **{name: _pl011 for name in board_names() if name.startswith("generic_")},
}


@pytest.mark.parametrize("name", board_names())
def test_baud_rate_is_right_within_one_percent(name: str, traced: Traces) -> None:
    board = load_board(name)
    assert BAUD_RATES[name](board, traced(name)) == pytest.approx(board.uart.baud, rel=0.01)


# GPIO mode registers of the UART's pins: (port A, stride, alternate function).
STM32_PINS = {
    "nucleo_l4r5zi": (0x48000000, 8),
    "stm32f4_discovery": (0x40020000, 7),
    "disco_f746ng": (0x40020000, 7),
    "nucleo_h7a3zi": (0x58020000, 7),
    "nucleo_u575zi": (0x42020000, 7),
    "nucleo_g0b1re": (0x50000000, 1),
}


@pytest.mark.parametrize("name", STM32_PINS)
def test_both_uart_pins_get_their_alternate_function(name: str, traced: Traces) -> None:
    port_a, function = STM32_PINS[name]
    uart = load_board(name).uart
    for pin_name in (uart.tx_pin, uart.rx_pin):
        port, pin = port_a + 0x400 * (ord(pin_name[1]) - ord("A")), int(pin_name[2:])
        assert _bits(traced(name).last(port), 2 * pin, 2) == 2, "MODER: alternate function"
        assert _bits(traced(name).last(port + 0x20 + 4 * (pin // 8)), 4 * (pin % 8), 4) == function

"""Facts of the boards that come with the profiler."""

from __future__ import annotations

from itertools import pairwise

import pytest
import unicorn.arm_const

from profiler.boards.loader import board_names, core_names, load_board, load_core
from profiler.boards.model import Board, CoreFeature, MemoryKind
from profiler.resources import firmware_harness_folder

BOARDS = {name: load_board(name) for name in board_names()}
each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS.keys())

# Rated maximum clocks: the data sheets' feature lists.
RATED_HZ = {
    "STM32L4R5ZI": 120_000_000,
    "STM32F407VG": 168_000_000,
    "STM32F746NG": 216_000_000,
    "STM32H7A3ZIT6Q": 280_000_000,
    "STM32U575ZIT6Q": 160_000_000,
    "STM32G0B1RE": 64_000_000,
    "nRF52840": 64_000_000,
    "nRF5340": 128_000_000,
    "RP2040": 133_000_000,
    "SSE-300 AN547": 32_000_000,  # what the FPGA image runs at
    "SSE-310 AN555": 25_000_000,
    **{f"generic {core}": 100_000_000 for core in ("M0", "M0+", "M3", "M4", "M7", "M33", "M55", "M85")},  # chosen
}

# Totals of the data sheets, tightly coupled memories included: flash and RAM in KiB.
MEMORY_KIB = {
    "nucleo_l4r5zi": (2048, 640),
    "stm32f4_discovery": (1024, 192),
    "disco_f746ng": (1024, 336),
    "nucleo_h7a3zi": (2048, 128 + 1024 + 128 + 32 + 64),
    "nucleo_u575zi": (2048, 784),
    "nucleo_g0b1re": (512, 144),
    "nrf52840_dk": (1024, 256),
    "nrf5340_dk": (1024, 512),
    "raspberry_pi_pico": (2048, 264),
    "mps3_an547": (512, 512),
    "mps3_an555": (2048, 32 + 4096),
    "arduino_nano33_ble": (1024, 256),
    **{f"generic_cortex_{core}": (4096, 4096) for core in ("m0", "m0plus", "m3", "m4", "m7", "m33", "m55", "m85")},
}


def test_the_promised_boards_are_there() -> None:
    assert set(board_names()) == set(MEMORY_KIB)


def test_every_core_has_a_generic_board_but_for_variants_of_its_multiplier() -> None:
    generic = {board.core.name for board in BOARDS.values() if board.bsp_family == "generic"}
    assert generic == {name for name in core_names() if not name.endswith("small-multiplier")}


@each_board
def test_file_name_is_the_board_s_name(board: Board) -> None:
    assert BOARDS[board.name] is board


@each_board
def test_clock_is_the_rated_maximum(board: Board) -> None:
    assert board.clock_hz == RATED_HZ[board.soc]


@each_board
def test_memories_add_up_to_the_data_sheet(board: Board) -> None:
    totals = tuple(
        sum(memory.size_bytes for memory in board.memories if memory.kind is kind) // 1024
        for kind in (MemoryKind.FLASH, MemoryKind.RAM)
    )
    assert totals == MEMORY_KIB[board.name]


@each_board
def test_no_address_belongs_to_two_things(board: Board) -> None:
    spans = [
        (address, address + memory.size_bytes)
        for memory in board.memories
        for address in (memory.address, *memory.aliases)
    ]
    spans += [(address, address + size) for address, size in board.peripheral_ranges]
    for (_, end), (start, _) in pairwise(sorted(spans)):
        assert end <= start


@each_board
def test_every_fact_has_a_source(board: Board) -> None:
    sources = [board.core.source, board.uart.source]
    sources += [item.source for item in (*board.memories, *board.caches)]
    assert all(len(source) > 8 for source in sources)
    assert any(source.startswith("clock: ") for source in board.sources)


@each_board
def test_uart_and_waited_registers_lie_in_peripheral_space(board: Board) -> None:
    addresses = [board.uart.base_address, *(register.address for register in board.emulated_registers)]
    for address in addresses:
        assert any(start <= address < start + size for start, size in board.peripheral_ranges), hex(address)


@each_board
def test_peripheral_ranges_are_whole_pages(board: Board) -> None:
    for address, size in board.peripheral_ranges:
        assert address % 4096 == 0
        assert size % 4096 == 0


@each_board
def test_cache_lines_are_whole_reads_of_the_flash(board: Board) -> None:
    regions = {memory.name: memory for memory in board.memories}
    for cache in board.caches:
        for name in cache.regions:
            assert cache.line_bytes % regions[name].line_bytes == 0


@each_board
def test_a_board_support_package_exists(board: Board) -> None:
    assert (firmware_harness_folder() / "bsp" / board.bsp_family / "bsp.cc").is_file()


@each_board
def test_vector_table_offset_suits_vtor(board: Board) -> None:
    assert board.vector_table_offset_bytes % 128 == 0  # 16 entries of 4 bytes, rounded up to VTOR's granularity


@pytest.mark.parametrize("name", core_names())
def test_the_emulator_has_the_core(name: str) -> None:
    assert hasattr(unicorn.arm_const, f"UC_CPU_ARM_{load_core(name).unicorn_model}")


@pytest.mark.parametrize("name", core_names())
def test_features_and_compiler_flags_agree(name: str) -> None:
    core = load_core(name)
    assert (CoreFeature.FPU in core.features) == ("-mfloat-abi=hard" in core.gcc_flags)
    cpu = name.replace("-small-multiplier", ".small-multiply")
    # The emulator executes Armv8-M Mainline, not the Armv8.1-M of these two.
    scalar = "-march=armv8-m.main+dsp+fp" if name in ("cortex-m55", "cortex-m85") else f"-mcpu={cpu}"
    assert scalar in core.gcc_flags


def test_digest_depends_on_facts_and_not_on_when_it_is_loaded() -> None:
    digests = [board.digest for board in BOARDS.values()]
    assert len(set(digests)) == len(digests)
    assert load_board("nucleo_l4r5zi").digest == BOARDS["nucleo_l4r5zi"].digest

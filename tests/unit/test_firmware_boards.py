"""Start-up, linker script and board support: built for every board and booted in the emulator."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import UC_ARM_REG_SP, UC_CPU_ARM_CORTEX_M4

from profiler.boards.loader import board_names, load_board
from profiler.boards.model import Board, CoreFeature, EmulatedRegister
from profiler.build.firmware import harness_sources
from profiler.build.model import Firmware
from profiler.codegen.board_files import HARNESS_RAM_BYTES
from profiler.errors import FirmwareFault, LimitExceeded, ToolchainError
from profiler.run import unicorn_runner
from profiler.run.unicorn_runner import UnicornRunner
from tests.support.fake_firmware import (
    FAKE_ARENA_BYTES,
    HAS_CROSS_COMPILER,
    STACK_BYTES,
    build_fake_firmware,
    compile_file,
    shared_cache,
    write_board_files,
)

pytestmark = pytest.mark.skipif(not HAS_CROSS_COMPILER, reason="arm-none-eabi-gcc is not installed")

INPUT = bytes(index * 7 % 256 for index in range(490))
EXPECTED = bytes((byte + 1) % 256 for byte in INPUT[:12])
each_board = pytest.mark.parametrize("board", [load_board(name) for name in board_names()], ids=board_names())

Builds = Callable[[Board], Firmware]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """The fake model's firmware for a board, built once."""
    done: dict[str, Firmware] = {}

    def build(board: Board) -> Firmware:
        if board.name not in done:
            done[board.name] = build_fake_firmware(board, shared_cache(tmp_path_factory))
        return done[board.name]

    return build


def _sizes(firmware: Firmware) -> dict[str, int]:
    return {section.name: section.size_bytes for section in firmware.sections}


@each_board
def test_firmware_boots_and_answers_over_the_board_s_uart(board: Board, built: Builds) -> None:
    result = UnicornRunner(wall_limit_seconds=60).run(built(board), board, [[INPUT]])
    assert result.outputs[0][0] == EXPECTED
    assert f"m-name-dut-[{board.name}]" in result.transcript
    assert "e-[" not in result.transcript
    assert 100 < result.stack_high_water_bytes < 512


@each_board
def test_board_support_compiles_without_a_warning_at_o2(board: Board, tmp_path: Path) -> None:
    write_board_files(board, tmp_path)
    for source in harness_sources(board):
        if "bsp" in source.parts:
            compile_file(source, board, tmp_path, "O2")


@each_board
def test_harness_stays_small(board: Board, built: Builds) -> None:
    sizes = _sizes(built(board))
    assert sizes.get(".data", 0) + sizes[".bss"] <= 160
    features = board.core.features
    large = CoreFeature.HARDWARE_DIVIDE not in features or CoreFeature.LEVEL1_CACHES in features
    limit_kib = 9.0 if large else 8.75  # Thumb-1 and libgcc's division, or the maintenance of caches
    assert sizes[".vectors"] + sizes[".text"] + sizes[".rodata"] <= limit_kib * 1024


@each_board
def test_arena_and_stack_have_the_planned_sizes(board: Board, built: Builds) -> None:
    sizes = _sizes(built(board))
    assert sizes[".arena"] == FAKE_ARENA_BYTES
    assert sizes[".stack"] == STACK_BYTES


@each_board
def test_vector_table_is_where_the_board_boots(board: Board, built: Builds) -> None:
    vectors = next(section for section in built(board).sections if section.name == ".vectors")
    assert vectors.address == board.boot_flash.address + board.vector_table_offset_bytes


@each_board
def test_sections_lie_in_the_board_s_memories(board: Board, built: Builds) -> None:
    for section in built(board).sections:
        assert any(
            memory.address <= section.address
            and section.address + section.size_bytes <= memory.address + memory.size_bytes
            for memory in board.memories
        ), section


def _linker_symbols(firmware: Firmware) -> dict[str, int]:
    with firmware.elf_path.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        return {symbol.name: symbol["st_value"] for symbol in table.iter_symbols()}


def _assert_free_ram_is_free(board: Board, firmware: Firmware) -> int:
    """Bytes of RAM the linker script calls free, none of them in any section or outside the board's RAM."""
    symbols = _linker_symbols(firmware)
    start, end = symbols["__free_ram_start"], symbols["__free_ram_end"]
    assert start % 8 == 0
    for section in firmware.sections:
        assert end <= section.address or section.address + section.size_bytes <= start, section
    inside = sum(
        max(0, min(end, memory.address + memory.size_bytes) - max(start, memory.address))
        for memory in board.ram_regions
    )
    assert inside == end - start
    return end - start


def _is_a_fact(register: EmulatedRegister) -> bool:
    """Nothing that start-up brings about and waits for."""
    return not (register.mirrors or register.set_bits)


@pytest.mark.parametrize(
    "board",
    [board for board in map(load_board, board_names()) if board.emulated_registers],
    ids=lambda board: board.name,
)
def test_start_up_that_waits_in_vain_is_told_with_the_register(
    board: Board, built: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a board whose file does not have it yet: soon, not when the run's time is over."""
    monkeypatch.setattr(unicorn_runner, "START_INSTRUCTIONS", 1_000_000)
    silent = replace(board, emulated_registers=tuple(filter(_is_a_fact, board.emulated_registers)))
    with pytest.raises(LimitExceeded, match=rf"said nothing on {board.uart.name} within .*instructions") as error:
        UnicornRunner().run(built(board), silent, [[INPUT]])
    told = re.search(r"waits for the register at (0x[0-9A-F]{8})", str(error.value.hint))
    assert told, error.value.hint
    assert int(told[1], 16) in {register.address for register in board.emulated_registers}


@each_board
def test_free_ram_belongs_to_nothing_else(board: Board, built: Builds) -> None:
    assert _assert_free_ram_is_free(board, built(board)) > len(INPUT)


def test_arena_in_a_memory_of_its_own(tmp_path: Path) -> None:
    board = load_board("stm32f4_discovery")
    firmware = build_fake_firmware(board, tmp_path, arena_bytes=100 * 1024)
    places = {section.name: section.address for section in firmware.sections}
    assert places[".arena"] == 0x20000000
    assert places[".bss"] == 0x10000000
    assert _assert_free_ram_is_free(board, firmware) > 60 * 1024  # behind .bss: more than behind the arena
    result = UnicornRunner(wall_limit_seconds=60).run(firmware, board, [[INPUT]])
    assert result.outputs[0][0] == EXPECTED


def test_an_input_that_the_arena_s_memory_has_no_room_for_is_kept_in_another(tmp_path: Path) -> None:
    board = load_board("disco_f746ng")  # 64 KiB of DTCM, beside 240 KiB of SRAM1
    dtcm = next(memory for memory in board.memories if memory.name == "dtcm")
    firmware = build_fake_firmware(board, tmp_path, arena_bytes=dtcm.size_bytes - STACK_BYTES - HARNESS_RAM_BYTES)
    assert next(section for section in firmware.sections if section.name == ".arena").address < 0x20010000
    assert _assert_free_ram_is_free(board, firmware) == 240 * 1024
    result = UnicornRunner(wall_limit_seconds=60).run(firmware, board, [[INPUT]])
    assert "m-warmup-start-1" in result.transcript


@pytest.mark.parametrize("name", ["nucleo_l4r5zi", "nucleo_g0b1re"])
def test_a_model_that_needs_more_stack_than_there_is_is_told(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    enough = build_fake_firmware(board, tmp_path, stack_use=STACK_BYTES - 600)
    assert UnicornRunner().run(enough, board, [[INPUT]]).outputs[0][0] == EXPECTED
    with pytest.raises(FirmwareFault, match="the stack overflowed"):
        UnicornRunner().run(build_fake_firmware(board, tmp_path, stack_use=STACK_BYTES), board, [[INPUT]])


def test_ram_full_to_the_brim_still_runs_one_inference(tmp_path: Path) -> None:
    board = load_board("nucleo_g0b1re")
    spare_bytes = 144 * 1024 - STACK_BYTES - HARNESS_RAM_BYTES
    firmware = build_fake_firmware(board, tmp_path, arena_bytes=spare_bytes)
    assert _assert_free_ram_is_free(board, firmware) < len(INPUT)
    result = UnicornRunner(wall_limit_seconds=60).run(firmware, board, [[INPUT]])
    assert result.outputs[0][0] == EXPECTED


def _link_error(board: Board, folder: Path, source: str) -> str:
    with pytest.raises(ToolchainError) as error:
        build_fake_firmware(board, folder, extra_source=source)
    return error.value.message


def test_a_static_constructor_is_refused_by_the_linker(tmp_path: Path) -> None:
    source = "volatile int seed; struct S { S() : value(seed) {} int value; }; S instance;"
    assert "runs no static constructors" in _link_error(load_board("nucleo_l4r5zi"), tmp_path, source)


def test_data_beyond_what_was_set_aside_is_refused_by_the_linker(tmp_path: Path) -> None:
    source = "__attribute__((used)) volatile char large[600];  char f() { return large[0]; }"
    keep = 'extern "C" void SysTick_Handler(); char f(); extern "C" void SysTick_Handler() { f(); }'
    message = _link_error(load_board("nucleo_l4r5zi"), tmp_path, source + keep)
    assert "more than 512 bytes of data" in message


@pytest.mark.parametrize("name", ["nucleo_l4r5zi", "nucleo_u575zi"])
def test_a_fault_is_reported_with_the_registers_the_core_stacked(name: str, built: Builds) -> None:
    board = load_board(name)
    said = _run_fault_handler(board, built(board), frame=[0x10, 0x11, 0x12, 0x13, 0xC, 0x14, 0x08001234, 0x01000000])
    assert "e-[fault " in said
    assert "pc=08001234 lr=00000014 xpsr=01000000 r0=00000010 r1=00000011 r2=00000012 r3=00000013" in said


def _run_fault_handler(board: Board, firmware: Firmware, frame: list[int]) -> str:
    """What the HardFault handler prints when it is entered with `frame` on the stack."""
    flash, ram, uart = board.boot_flash, board.ram_regions[0], board.uart
    stack_pointer = ram.address + 0x1000
    said = bytearray()
    emulator = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
    emulator.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_M4)
    emulator.mem_map(flash.address, flash.size_bytes)
    emulator.mem_map(ram.address, ram.size_bytes)
    emulator.mem_map(0xE0000000, 0x100000)
    for section, data in _flash_contents(firmware):
        emulator.mem_write(section, data)
    emulator.mem_write(stack_pointer, b"".join(word.to_bytes(4, "little") for word in frame))

    def on_write(_uc: Uc, offset: int, _size: int, value: int, _data: object) -> None:
        if offset == uart.base_address % 0x1000 + 0x28:  # TDR
            said.append(value)

    emulator.mmio_map(uart.base_address & ~0xFFF, 0x1000, lambda *_: 0xFF, None, on_write, None)
    emulator.reg_write(UC_ARM_REG_SP, stack_pointer)
    handler = int.from_bytes(emulator.mem_read(flash.address + 3 * 4, 4), "little")
    emulator.emu_start(handler, 0xFFFFFFFE, count=20_000)
    return said.decode()


def _flash_contents(firmware: Firmware) -> list[tuple[int, bytes]]:
    with firmware.elf_path.open("rb") as file:
        return [
            (segment["p_paddr"], segment.data()) for segment in ELFFile(file).iter_segments() if segment["p_filesz"]
        ]

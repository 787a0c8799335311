"""Firmware built elsewhere: counted region, interrupts, its own flash configuration, and what a user is told."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from profiler.boards.memory_controls import config_from_registers, control_registers
from profiler.boards.model import Board, MemoryControl, MemorySetting
from profiler.cli.main import app
from profiler.errors import FirmwareFault, LimitExceeded, RunError, SettingsError
from profiler.run.foreign import CountedRegion, ImageRun, ImageRunner
from profiler.run.image import load_any_image
from profiler.timing.accuracy import run_configured
from tests.bare.firmware import board, build

TIMER, FLASH_CONTROL = 0x4000_0024, 0x4002_2000
PROGRAM = """
#include "bare.h"
void model_invoke(void) {}
static void say(const char* text) { while (*text) put((uint8_t)*text++); }
__attribute__((noinline)) static void work(uint32_t rounds) {
  __asm volatile("1: subs %0, #1\\n bne 1b" : "+r"(rounds));
}
void test_main(void) {
  REG(0x40022000) = 0x103;  // three wait states and the prefetcher
  say("boot lap\\r\\n");
  while (get() != 'g') {}
  work(5000);
  say("run\\r\\n");
  say("lap\\r\\n");
  work(1000);
  (void)REG(0x40000024);
  work(70000);
  say("end\\r\\n");
  for (;;) {}
}
"""
INTERRUPTED = """
#include "bare.h"
void model_invoke(void) {}
static volatile uint32_t received, ticks;
static void say(const char* text) { while (*text) put((uint8_t)*text++); }
static void on_byte(void) { received = REG(UART + 0x24); }
static void on_tick(void) { ticks++; }
__attribute__((aligned(512))) void (*const table[16 + 8])(void) = {[15] = on_tick, [16 + 5] = on_byte};
void test_main(void) {
  REG(0xE000ED08) = (uint32_t)table;
  REG(0xE000E010) = 7;
  REG(UART) |= 1 << 5;
  while (ticks < 3) {}
  while (received != 'g') {}
  say("lap\\r\\n");
  for (volatile uint32_t i = 0; i < 1000; i++) {}
  say("end\\r\\n");
}
"""
BY_REGISTER = CountedRegion(start=("run", "lap"), end_register=TIMER)


def runner(target: Board, *, limit: int = 20_000_000) -> ImageRunner:
    return ImageRunner(board=target, instruction_limit=limit, wall_limit_seconds=60.0)


def run(target: Board, path: Path, region: CountedRegion = BY_REGISTER, script: bytes = b"g", **more: int) -> ImageRun:
    return runner(target, **more).run(load_any_image(path, target), script, b"", region)


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("foreign"), board(), source=PROGRAM).elf_path


@pytest.fixture(scope="module")
def raw(elf: Path) -> Path:
    path = elf.with_suffix(".bin")
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", str(elf), str(path)], check=True)
    return path


def test_the_region_is_from_the_last_of_its_lines_to_the_register(elf: Path) -> None:
    found = run(board(), elf)
    assert 2 * 1000 <= found.profile.instructions < 2 * 1000 + 100
    assert found.transcript.endswith("run\r\nlap\r\n")


def test_a_text_ends_the_region_as_well(elf: Path) -> None:
    found = run(board(), elf, CountedRegion(start=("run", "lap"), end_text="end"))
    assert 2 * 71_000 <= found.profile.instructions < 2 * 71_000 + 300


def test_a_raw_image_counts_what_its_elf_counts(elf: Path, raw: Path) -> None:
    assert run(board(), raw).profile == run(board(), elf).profile


def test_an_intel_hex_file_counts_what_its_elf_counts(elf: Path) -> None:
    path = elf.with_suffix(".hex")
    subprocess.run(["arm-none-eabi-objcopy", "-O", "ihex", str(elf), str(path)], check=True)
    assert run(board(), path).profile == run(board(), elf).profile


def test_a_damaged_intel_hex_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "damaged.hex"
    path.write_text(":10000000000000000000000000000000000000000FF\n")
    with pytest.raises(RunError, match="Intel HEX"):
        load_any_image(path, board())


def test_two_runs_are_equal(raw: Path) -> None:
    assert run(board(), raw).profile == run(board(), raw).profile


def test_commands_in_a_handler_and_waiting_by_ticks_work(tmp_path: Path) -> None:
    target = board()
    target = replace(target, uart=replace(target.uart, interrupt=5))
    path = build(tmp_path, target, source=INTERRUPTED).elf_path
    found = run(target, path, CountedRegion(start=("lap",), end_text="end"))
    assert found.profile.instructions > 3000


def test_memory_is_modelled_as_the_firmware_sets_it_up(elf: Path) -> None:
    controls = (
        MemoryControl(setting=MemorySetting.WAIT_STATES, address=FLASH_CONTROL, lsb=0, width=4, source="test"),
        MemoryControl(setting=MemorySetting.PREFETCH, address=FLASH_CONTROL, lsb=8, width=1, source="test"),
    )
    target = board(flash_wait_cycles=9)
    flash, ram = target.memories
    target = replace(target, memories=(replace(flash, prefetch=True), ram), memory_controls=controls)
    configured, config, found = run_configured(load_any_image(elf, target), target, b"g", b"", BY_REGISTER)
    assert str(config) == "prefetch=on,wait_states=3"
    assert configured.memories[0].read_wait_cycles == 3
    assert found.profile.layers[0].memory


def test_a_setting_the_board_does_not_tell_of_stays_unset() -> None:
    target = board()
    assert control_registers(target) == ()
    assert str(config_from_registers(target, {FLASH_CONTROL: 0x103})) == ""


def test_a_region_that_is_never_reached_says_what_the_firmware_last_said(raw: Path) -> None:
    with pytest.raises(LimitExceeded, match="was not reached") as caught:
        run(board(), raw, CountedRegion(start=("never",), end_text="end"), limit=2_000_000)
    assert "end" in str(caught.value.hint)


def test_a_fault_of_a_raw_image_is_told_by_address(tmp_path: Path) -> None:
    source = '#include "bare.h"\nvoid model_invoke(void) {}\nvoid test_main(void) { REG(0x90000000) = 1; }\n'
    elf_path = build(tmp_path, board(), source=source).elf_path
    raw_path = tmp_path / "fault.bin"
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", str(elf_path), str(raw_path)], check=True)
    with pytest.raises(FirmwareFault, match="0x0800"):
        run(board(), raw_path)


def test_an_image_larger_than_the_flash_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(65 * 1024))
    with pytest.raises(RunError, match="no memory"):
        load_any_image(path, board())


@pytest.mark.parametrize("end", ["register:24", ""])
def test_an_end_that_is_none_is_refused(raw: Path, end: str) -> None:
    arguments = ["image", str(raw), "--board", "nucleo_l4r5zi", "--start", "lap", "--end", end]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, SettingsError)

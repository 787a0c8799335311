"""Firmware around a fake model, for testing the harness without the rest of the pipeline."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from profiler import resources
from profiler.boards.model import Board
from profiler.build.compile import COMMON_FLAGS
from profiler.build.firmware import harness_sources, link_flags_of
from profiler.build.model import Firmware
from profiler.build.sizes import read_sections, read_symbols
from profiler.codegen.board_files import HARNESS_RAM_BYTES, emit_board
from profiler.plan.fit import place

SOURCES = Path(__file__).parent / "firmware"
FAKE_ARENA_BYTES = 1024
STACK_BYTES = 1024
HAS_CROSS_COMPILER = shutil.which("arm-none-eabi-gcc") is not None
HAS_HOST_COMPILER = shutil.which("g++") is not None


def compile_file(
    source: Path, board: Board, folder: Path, optimization: str, arena_bytes: int = FAKE_ARENA_BYTES
) -> Path:
    """Object file of one harness source for `board`, with the flags of a real build. `folder` holds board_config.h."""
    target = folder / f"{source.parent.name}_{source.name}.o"
    flags = [flag for flag in COMMON_FLAGS if not (source.suffix == ".S" and flag.startswith("-std"))]
    includes = [f"-I{folder}", f"-I{resources.firmware_harness_folder()}"]
    defines = [f"-DFAKE_ARENA_BYTES={arena_bytes}"]
    command = [*board.core.gcc_flags, f"-{optimization}", *flags, *includes, *defines, "-c", str(source)]
    subprocess.run(["arm-none-eabi-gcc", *command, "-o", str(target)], check=True)
    return target


def write_board_files(board: Board, folder: Path, arena_bytes: int = FAKE_ARENA_BYTES) -> None:
    """`board_config.h` and `firmware.ld` for the fake model."""
    placement = place(
        board,
        arena_bytes=arena_bytes,
        other_ram_bytes=HARNESS_RAM_BYTES,
        stack_bytes=STACK_BYTES,
        flash_bytes=16 * 1024,
    )
    for path, data in emit_board(board, placement, stack_bytes=STACK_BYTES).files.items():
        (folder / Path(path).name).write_bytes(data)


def build_fake_firmware(
    board: Board,
    folder: Path,
    *,
    optimization: str = "Os",
    extra_sources: tuple[Path, ...] = (),
    arena_bytes: int = FAKE_ARENA_BYTES,
) -> Firmware:
    """The harness with the fake model, linked as a real firmware is."""
    write_board_files(board, folder, arena_bytes)
    sources = [SOURCES / "fake_model.cc", *extra_sources, *harness_sources(board)]
    objects = [compile_file(source, board, folder, optimization, arena_bytes).name for source in sources]
    command = ["arm-none-eabi-gcc", *board.core.gcc_flags, *link_flags_of(board), *objects, "-lm", "-o", "firmware.elf"]
    subprocess.run(command, check=True, cwd=folder, capture_output=True, text=True)
    elf, map_file = folder / "firmware.elf", folder / "firmware.map"
    return Firmware(
        elf_path=elf,
        map_path=map_file,
        build_digest="fake",
        toolchain="arm-none-eabi-gcc",
        flags=(*board.core.gcc_flags, f"-{optimization}"),
        sections=read_sections(elf),
        symbols=read_symbols(elf, map_file),
    )


def build_host_harness(folder: Path, free_ram_bytes: int) -> Path:
    """The protocol as a program of the host that talks over stdin and stdout, with sanitizers."""
    harness = resources.firmware_harness_folder()
    (folder / "board_config.h").write_text(
        '#pragma once\n#define PROFILER_BOARD_NAME "host"\n#define PROFILER_CORE_CLOCK_HZ 1000000\n'
    )
    device_only = {"main.cc", "cycle_counter.cc"}
    runtime = [path for path in sorted((harness / "runtime").glob("*.cc")) if path.name not in device_only]
    program = folder / f"harness_{free_ram_bytes}"
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", f"-DFREE_RAM_BYTES={free_ram_bytes}"]
    includes = [f"-I{folder}", f"-I{harness}"]
    sources = [str(SOURCES / "host_harness.cc"), *map(str, runtime)]
    subprocess.run(["g++", *flags, *sanitizers, *includes, *sources, "-o", str(program)], check=True)
    return program

"""Firmware around a fake model, for testing the harness without the rest of the pipeline."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from profiler import resources
from profiler.boards.model import Board
from profiler.build.compile import COMMON_FLAGS
from profiler.build.firmware import build_firmware
from profiler.build.model import Firmware, Optimization
from profiler.build.toolchain import find_toolchain
from profiler.codegen.board_files import HARNESS_RAM_BYTES, emit_board
from profiler.codegen.emit import join, tree
from profiler.codegen.model import SourceTree
from profiler.plan.fit import place

SOURCES = Path(__file__).parent / "firmware"
FAKE_ARENA_BYTES = 1024
STACK_BYTES = 1024
HAS_CROSS_COMPILER = shutil.which("arm-none-eabi-gcc") is not None
HAS_HOST_COMPILER = shutil.which("g++") is not None


def compile_file(source: Path, board: Board, folder: Path, optimization: str) -> Path:
    """Object file of one harness source for `board`, with the flags of a real build. `folder` holds board_config.h."""
    target = folder / f"{source.parent.name}_{source.name}.o"
    flags = [flag for flag in COMMON_FLAGS if not (source.suffix == ".S" and flag.startswith("-std"))]
    includes = [f"-I{folder}", f"-I{resources.firmware_harness_folder()}"]
    command = [*board.core.gcc_flags, f"-{optimization}", *flags, *includes, "-c", str(source)]
    subprocess.run(["arm-none-eabi-gcc", *command, "-o", str(target)], check=True)
    return target


def write_board_files(board: Board, folder: Path) -> None:
    """`board_config.h` and `firmware.ld` for the fake model."""
    for path, data in _board_files(board, FAKE_ARENA_BYTES).files.items():
        (folder / Path(path).name).write_bytes(data)


def _board_files(board: Board, arena_bytes: int) -> SourceTree:
    placement = place(
        board,
        arena_bytes=arena_bytes,
        other_ram_bytes=HARNESS_RAM_BYTES,
        stack_bytes=STACK_BYTES,
        flash_bytes=16 * 1024,
    )
    return emit_board(board, placement, stack_bytes=STACK_BYTES)


def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all tests of a run share, other processes included: what one of them built, none builds again."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if base.name.startswith("popen-") else base) / "fake-firmware"


def build_fake_firmware(
    board: Board, cache_folder: Path, *, extra_source: str = "", arena_bytes: int = FAKE_ARENA_BYTES, stack_use: int = 0
) -> Firmware:
    """The harness with the fake model, and with more code after it, built as a real firmware is."""
    defines = f"#define FAKE_ARENA_BYTES {arena_bytes}\n" + f"#define FAKE_STACK_BYTES {stack_use}\n" * bool(stack_use)
    model = f"{defines}{(SOURCES / 'fake_model.cc').read_text()}{extra_source}"
    files = {"model/fake_model.cc": model.encode(), "model/model.json": b"{}"}
    return build_firmware(
        join(tree(files), _board_files(board, arena_bytes)),
        board,
        find_toolchain("arm-none-eabi-"),
        optimization=Optimization.SIZE,
        cache_folder=cache_folder,
        jobs=1,
    )


def build_host_harness(folder: Path, free_ram_bytes: int) -> Path:
    """The protocol as a program of the host that talks over stdin and stdout, with sanitizers."""
    harness = resources.firmware_harness_folder()
    (folder / "board_config.h").write_text(
        '#pragma once\n#define PROFILER_BOARD_NAME "host"\n#define PROFILER_CORE_CLOCK_HZ 1000000\n'
        "#define PROFILER_LEVEL1_CACHES 0\n"
    )
    device_only = {"main.cc", "core_id.cc", "cycle_counter.cc"}
    runtime = [path for path in sorted((harness / "runtime").glob("*.cc")) if path.name not in device_only]
    program = folder / f"harness_{free_ram_bytes}"
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", f"-DFREE_RAM_BYTES={free_ram_bytes}"]
    includes = [f"-I{folder}", f"-I{harness}"]
    sources = [str(SOURCES / "host_harness.cc"), *map(str, runtime)]
    subprocess.run(["g++", *flags, *sanitizers, *includes, *sources, "-o", str(program)], check=True)
    return program

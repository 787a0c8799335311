"""Source tree + harness → ELF, cached by content."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from profiler import resources
from profiler.boards.model import Board
from profiler.build.cache import ContentCache, digest_of
from profiler.build.compile import COMMON_FLAGS, Unit, compile_units
from profiler.build.model import Firmware, Optimization
from profiler.build.sizes import read_sections, read_symbols
from profiler.build.toolchain import Toolchain
from profiler.codegen.model import SourceTree
from profiler.errors import BoardError, DoesNotFitError, ToolchainError

LINK_FLAGS = (
    "-nostartfiles",
    "--specs=nano.specs",
    "-Wl,--gc-sections",
    "-Wl,--build-id=none",
    "-Wl,--no-warn-rwx-segments",
    "-Wl,-z,noexecstack",
    "-Wl,--fatal-warnings",
    "-Wl,-Map=firmware.map",
    "-Tfirmware.ld",
)


def build_firmware(
    tree: SourceTree,
    board: Board,
    toolchain: Toolchain,
    *,
    optimization: Optimization,
    cache_folder: Path,
    jobs: int,
) -> Firmware:
    """Compile and link `tree` (`model/…` and `board/…`) with the harness for `board`.

    Raises ToolchainError with the compiler's words, DoesNotFitError when the linker runs out of a memory, BoardError
    when the board's support package is missing.
    """
    store = ContentCache(cache_folder)
    flags = (*board.core.gcc_flags, *COMMON_FLAGS)
    units = [*_model_units(tree, optimization), *_harness_units(tree, board)]
    script, link_flags = tree.files["board/firmware.ld"], link_flags_of(board)
    digest = digest_of(
        toolchain.build,
        optimization,
        *flags,
        *link_flags,
        tree.digest,
        *(part for unit in units for part in (unit.path, unit.source, unit.context)),
    )

    def make(folder: Path) -> None:
        objects = compile_units(units, toolchain, flags, cache=store, jobs=jobs)
        (folder / "firmware.ld").write_bytes(script)
        (folder / "model.json").write_bytes(tree.files["model/model.json"])
        _link(objects, folder, board, toolchain)

    folder = store.entry("firmware", digest, make)
    elf_path, map_path = folder / "firmware.elf", folder / "firmware.map"
    return Firmware(
        elf_path=elf_path,
        map_path=map_path,
        build_digest=digest,
        toolchain=toolchain.title,
        flags=(*flags, f"-{optimization}"),
        sections=read_sections(elf_path),
        symbols=read_symbols(elf_path, map_path),
    )


def link_flags_of(board: Board) -> tuple[str, ...]:
    """With a memory configuration, memory_config.cc goes in front of the runtime's main function."""
    return (*LINK_FLAGS, "-Wl,--wrap=runtime_main") if board.as_filed else LINK_FLAGS


def harness_sources(board: Board) -> list[Path]:
    """Start-up, board support and runtime of a board's firmware. Raises BoardError as `support_folder`."""
    harness = resources.firmware_harness_folder()
    more = [harness / "memory_config"] if board.as_filed else []
    folders = [harness / "startup", support_folder(board), harness / "runtime", *more]
    sources = [path for folder in folders for path in sorted(folder.iterdir())]
    return [path for path in sources if path.suffix in (".cc", ".S")]


def support_folder(board: Board) -> Path:
    """Where the board support package of a board is. Raises BoardError when there is none of that name."""
    folder = resources.firmware_harness_folder() / "bsp" / board.bsp_family
    if not (folder / "bsp.cc").is_file():
        known = sorted(path.parent.name for path in folder.parent.glob("*/bsp.cc"))
        raise BoardError(
            f"there is no board support package firmware_harness/bsp/{board.bsp_family}/bsp.cc",
            hint=f"choose of: {', '.join(known)}; or write one that implements bsp/bsp.h",
        )
    return folder


def _link(objects: Sequence[Path], folder: Path, board: Board, toolchain: Toolchain) -> None:
    """Objects are linked by bare name from `folder`, so that nothing of the cache's path reaches ELF or map."""
    names = []
    for source in objects:
        shutil.copyfile(source, folder / source.name)
        names.append(source.name)
    try:
        toolchain.run(
            "gcc", [*board.core.gcc_flags, *link_flags_of(board), *names, "-lm", "-o", "firmware.elf"], folder=folder
        )
    except ToolchainError as error:
        overflow = re.search(r"region [`'](\w+)' overflowed by (\d+) bytes", error.message)
        if overflow is None:
            raise
        region, excess_bytes = overflow.group(1), int(overflow.group(2))
        raise DoesNotFitError(
            f"the firmware needs {excess_bytes / 1024:.1f} KiB more {region} than {board.name} has",
            hint="try --optimize Os, an int8 variant of the model, or a larger board",
        ) from error
    finally:
        for name in names:
            (folder / name).unlink()


def _model_units(tree: SourceTree, optimization: Optimization) -> list[Unit]:
    visible = {name: data for name, data in tree.files.items() if name.startswith("model/")}
    harness = resources.firmware_harness_folder()
    return [
        Unit(
            path=name,
            source=data,
            visible=visible,
            context=_headers_digest(harness),
            include_folders=(str(harness),),
            optimization=optimization,
        )
        for name, data in sorted(visible.items())
        if name.endswith((".cc", ".S"))
    ]


def _harness_units(tree: SourceTree, board: Board) -> list[Unit]:
    """Start-up, board support and runtime, which see the generated `board/*.h` beside them.

    Always built for size: none of it runs within an inference, and only the model's layers are the user's to tune.
    """
    harness = resources.firmware_harness_folder()
    units = []
    for path in harness_sources(board):
        name = path.relative_to(harness).as_posix()
        parent = name.rpartition("/")[0]
        visible = {
            f"{parent}/{generated.removeprefix('board/')}": data
            for generated, data in tree.files.items()
            if generated.startswith("board/") and generated.endswith(".h")
        }
        units.append(
            Unit(
                path=name,
                source=path.read_bytes(),
                visible=visible,
                context=_headers_digest(harness),
                include_folders=(str(harness), str(path.parent)),
                optimization=Optimization.SIZE,
            )
        )
    return units


@cache
def _headers_digest(harness: Path) -> str:
    headers = sorted(path for path in harness.rglob("*.h"))
    return digest_of(*(part for path in headers for part in (path.relative_to(harness).as_posix(), path.read_bytes())))

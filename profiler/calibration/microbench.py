"""Microbenchmarks: a firmware whose "layers" each wait for one thing, for measuring a board's memory system.

The firmware is like one of a model, so whatever runs models runs it: the emulator counts each benchmark as a layer, and
the command `layers` of the serial protocol (docs/protocol.md) reports the cycles of each by the core's own counter.
Lengths of code and tables come from the board's caches, so that what is to miss does miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from profiler.boards.model import Board, CacheServes, CoreFeature, MemoryKind
from profiler.build.firmware import build_firmware
from profiler.build.model import Firmware, Optimization
from profiler.build.toolchain import find_toolchain
from profiler.calibration.model import CalibrationPoint, counted_layers
from profiler.codegen.board_files import HARNESS_RAM_BYTES, emit_board
from profiler.codegen.emit import join, render_template, tree
from profiler.codegen.model import SourceTree
from profiler.errors import CalibrationError
from profiler.plan.fit import place
from profiler.resources import firmware_harness_folder
from profiler.run.cached import CachedRunner
from profiler.run.runners import AROUND_LAYERS, emulator_around_layers
from profiler.settings import Settings
from profiler.timing.code_image import code_image

INPUT = b"\x00\x00\x00\x00"  # the firmware's only input; nothing reads it
_LEAST_BYTES, _MOST_BYTES = 2048, 1 << 16
_EXECUTED = 1 << 15  # about so many instructions or loads of each benchmark


@dataclass(frozen=True, slots=True, kw_only=True)
class Microbenchmark:
    """One benchmark: `source` is a file of firmware_harness/microbench, `function_name` that of its "layer"."""

    index: int
    name: str
    source: str
    stride_bytes: int
    repetitions: int

    @property
    def function_name(self) -> str:
        return f"layer_{self.index:02d}_{self.name}"


_STRIDES = (4, 8, 16, 32, 64)
_IN_CACHE = ("alu_chain", "branch_taken", "load_chain_ram", "load_chain_flash", "load_pipelined_ram")
_MORE_IN_CACHE = ("load_multiple_ram", "store_ram", "multiply_chain")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lengths:
    line_bytes: int
    code_bytes: int
    table_bytes: int
    ram_bytes: int


def microbenchmarks(board: Board) -> tuple[Microbenchmark, ...]:
    """The benchmarks of a board, in order. The same board gives the same ones."""
    lengths = _lengths(board)
    passes = max(2, 2 * _EXECUTED // lengths.code_bytes)
    rows = [(name, name, 0, _EXECUTED // 64) for name in (*_IN_CACHE, *_MORE_IN_CACHE)]
    if CoreFeature.HARDWARE_DIVIDE in board.core.features:
        rows.append(("divide_chain", "divide_chain", 0, _EXECUTED // 256))
    rows.append(("fetch_narrow", "fetch_narrow", 0, passes))
    if CoreFeature.UNALIGNED_ACCESS in board.core.features:  # Armv7-M and later: wide instructions
        rows.append(("fetch_wide", "fetch_wide", 0, passes))
    rows += [("branch_lines", "branch_lines", 0, passes), ("branch_far", "branch_far", 0, passes)]
    rows.append(("fetch_and_read", "fetch_and_read", 0, passes))
    for kind, size_bytes in (("flash", lengths.table_bytes), ("ram", lengths.ram_bytes)):
        for stride in _STRIDES:
            repetitions = max(2, _EXECUTED // 4 * stride // size_bytes)
            rows.append((f"{kind}_read_stride_{stride}", "stride_read", stride, repetitions))
    return tuple(
        Microbenchmark(index=index, name=name, source=f"{source}.S", stride_bytes=stride, repetitions=repetitions)
        for index, (name, source, stride, repetitions) in enumerate(rows)
    )


def _lengths(board: Board) -> _Lengths:
    """Twice the largest cache in front of the boot flash, for code, and for data; for RAM likewise."""
    flash = board.boot_flash
    ram = [memory.name for memory in board.memories if memory.kind is MemoryKind.RAM]

    def twice(kinds: tuple[CacheServes, ...], regions: list[str]) -> int:
        sizes = [
            2 * cache.size_bytes
            for cache in board.caches
            if cache.serves in kinds and set(regions) & set(cache.regions)
        ]
        return min(_MOST_BYTES, max([_LEAST_BYTES, *sizes]))

    instruction, data = (CacheServes.INSTRUCTION, CacheServes.UNIFIED), (CacheServes.DATA, CacheServes.UNIFIED)
    lines = [cache.line_bytes for cache in board.caches if cache.serves in instruction and flash.name in cache.regions]
    return _Lengths(
        line_bytes=max([flash.line_bytes, *lines]),
        code_bytes=twice(instruction, [flash.name]),
        table_bytes=twice(data, [flash.name]),
        ram_bytes=twice(data, ram),
    )


def emit(board: Board, stack_bytes: int) -> SourceTree:
    """All generated files of the firmware. Raises DoesNotFitError when the board is too small for it."""
    benchmarks, lengths = microbenchmarks(board), _lengths(board)
    files = {f"model/{each.function_name}.S": _assembly(each, lengths) for each in benchmarks}
    files["model/table.S"] = render_template("microbench_table.S.j2", table_bytes=lengths.table_bytes)
    files["model/arena.h"] = render_template("arena.h.j2")
    files["model/model.json"] = b"{}\n"
    tensor = {"offset": 0, "size_bytes": len(INPUT), "scale": "1.0", "zero_point": 0, "dtype": "INT8"}
    files["model/model.cc"] = render_template(
        "model.cc.j2",
        layers=benchmarks,
        inputs=[tensor],
        outputs=[{**tensor, "offset": lengths.ram_bytes}],
        arena_bytes=lengths.ram_bytes + len(INPUT),
        build_id=tree(files).digest[:16],
    )
    files["model/model_profiled.cc"] = render_template("model_profiled.cc.j2", layers=benchmarks)
    placement = place(
        board,
        arena_bytes=lengths.ram_bytes + len(INPUT),
        other_ram_bytes=HARNESS_RAM_BYTES,
        stack_bytes=stack_bytes,
        flash_bytes=lengths.table_bytes + 8 * lengths.code_bytes,
    )
    return join(tree(files), emit_board(board, placement, stack_bytes=stack_bytes))


def _assembly(benchmark: Microbenchmark, lengths: _Lengths) -> bytes:
    path = firmware_harness_folder() / "microbench" / benchmark.source
    in_ram = benchmark.name.startswith("ram")
    walked, walked_bytes = ("model_arena", lengths.ram_bytes) if in_ram else ("microbench_table", lengths.table_bytes)
    return render_template(
        "microbench.S.j2",
        source=benchmark.source,
        function_name=benchmark.function_name,
        line_bytes=lengths.line_bytes,
        code_bytes=lengths.code_bytes,
        walked=walked,
        walked_bytes=walked_bytes,
        stride_bytes=benchmark.stride_bytes,
        repetitions=benchmark.repetitions,
        body=path.read_text("utf-8").rstrip("\n"),
    )


def build(board: Board, settings: Settings) -> Firmware:
    """The microbenchmark firmware of a board. Raises ToolchainError, DoesNotFitError."""
    return build_firmware(
        emit(board, settings.stack_bytes),
        board,
        find_toolchain(settings.toolchain_prefix),
        optimization=Optimization.SIZE,
        cache_folder=settings.cache_folder,
        jobs=settings.jobs,
    )


def points(board: Board, firmware: Firmware, names: Sequence[str], settings: Settings) -> tuple[CalibrationPoint, ...]:
    """Benchmarks by name with their counts from the emulator; what was measured is the caller's to fill in.

    Until then `measured_cycles` is what the model says. Raises CalibrationError for a name that is none of the board's.
    """
    benchmarks = {each.name: each for each in microbenchmarks(board)}
    unknown = sorted(set(names) - benchmarks.keys())
    if unknown:
        raise CalibrationError(
            f"{board.name} has no microbenchmark {unknown[0][:80]!r}", hint=f"it has: {', '.join(benchmarks)}"
        )
    runner = CachedRunner(
        runner=emulator_around_layers(settings), cache_folder=settings.cache_folder, variant=AROUND_LAYERS
    )
    run = runner.run(firmware, board, [[INPUT]])
    layers = {each[0].layer: each for each in counted_layers(run.profile, board, code_image(firmware.elf_path))}
    modelled = (
        CalibrationPoint(
            name=name,
            digest=firmware.build_digest,
            measured_cycles=1,
            fitted=True,
            board=board,
            layers=(layers[benchmarks[name].index],),
        )
        for name in names
    )
    return tuple(replace(point, measured_cycles=round(point.cycles((), {}))) for point in modelled)

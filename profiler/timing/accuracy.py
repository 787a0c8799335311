"""The cycle model against published measurements of the very same firmware."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from profiler.boards.loader import load_board
from profiler.boards.memory_config import MemoryConfig, with_memory_config
from profiler.boards.memory_controls import config_from_registers, control_registers
from profiler.boards.model import Board
from profiler.errors import ProfilerError
from profiler.run.foreign import CountedRegion, ImageRun, ImageRunner
from profiler.run.image import Image, load_any_image
from profiler.timing.code_image import image_of
from profiler.timing.estimate import estimate
from profiler.timing.model import CycleEstimate
from profiler.timing.published import PublishedPoint

SCRIPT, PROMPT = b"infer 1 1%", b"m-ready"  # one inference after one to warm up; the monitor of MLPerf Tiny
START = ("m-infer-start", "m-lap-us")
INSTRUCTION_LIMIT, WALL_LIMIT_SECONDS = 2_000_000_000, 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One point: what was measured and what the model says."""

    point: PublishedPoint
    core: str
    instructions: int
    estimate: CycleEstimate
    memory_config: MemoryConfig

    @property
    def error_fraction(self) -> float:
        """Modelled against measured cycles, 0.01 for one percent too many."""
        return self.estimate.total_cycles / self.point.measured_cycles - 1

    @property
    def instruction_error_fraction(self) -> float:
        """The same for "one instruction is one cycle"."""
        return self.instructions / self.point.measured_cycles - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCompared:
    """One point whose firmware did not get through the emulator, and why."""

    point: PublishedPoint
    reason: str


def compare(point: PublishedPoint, firmware: Path) -> Comparison | NotCompared:
    """Runs the firmware of a point and times it with the memory system as the firmware itself sets it up."""
    board = as_measured(load_board(point.board), point)
    try:
        image, region = load_any_image(firmware, board), region_of_point(point)
        configured, config, run = run_configured(image, board, SCRIPT, PROMPT, region)
        result = estimate(run.profile, configured, image_of(run.code))
    except ProfilerError as error:
        return NotCompared(point=point, reason=error.message)
    return Comparison(
        point=point,
        core=board.core.name,
        instructions=run.profile.instructions,
        estimate=result,
        memory_config=config,
    )


def region_of_point(point: PublishedPoint) -> CountedRegion:
    """What of a point's firmware was measured."""
    return CountedRegion(start=START, end_register=point.end_register, end_text=point.end_text)


def as_measured(board: Board, point: PublishedPoint) -> Board:
    """The board with the flash width of the measurement; data lines that hold one read of the array hold one of it."""
    flash, read_bytes = board.boot_flash, point.flash_read_bytes
    if not read_bytes:
        return board
    caches = tuple(
        replace(cache, line_bytes=read_bytes, size_bytes=cache.size_bytes * read_bytes // cache.line_bytes)
        if flash.name in cache.regions and cache.line_bytes == flash.line_bytes
        else cache
        for cache in board.caches
    )
    memories = tuple(replace(memory, line_bytes=read_bytes) if memory is flash else memory for memory in board.memories)
    return replace(board, memories=memories, caches=caches)


def run_configured(
    image: Image,
    board: Board,
    script: bytes,
    prompt: bytes,
    region: CountedRegion,
    *,
    instruction_limit: int = INSTRUCTION_LIMIT,
    wall_limit_seconds: float = WALL_LIMIT_SECONDS,
) -> tuple[Board, MemoryConfig, ImageRun]:
    """Runs an image twice: to learn how it sets up flash and caches, then with the memory system set up like that.

    Returns the board as configured, the configuration and the second run. Raises as ImageRunner.run.
    """
    limits = {"instruction_limit": instruction_limit, "wall_limit_seconds": wall_limit_seconds}
    first = ImageRunner(board=board, memory_simulation=False, **limits)  # type: ignore[arg-type]
    registers = first.run(image, script, prompt, region, control_registers(board)).registers
    config = config_from_registers(board, registers)
    configured = with_memory_config(board, config)
    second = ImageRunner(board=configured, **limits)  # type: ignore[arg-type]
    return configured, config, second.run(image, script, prompt, region)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSummary:
    """Absolute errors of a group of points."""

    count: int
    mean: float
    worst: float


def summarize(errors: Sequence[float]) -> ErrorSummary:
    """Mean and worst of the errors' sizes; zero for none."""
    sizes = [abs(error) for error in errors]
    return ErrorSummary(count=len(sizes), mean=sum(sizes) / len(sizes) if sizes else 0.0, worst=max(sizes, default=0.0))

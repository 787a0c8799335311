"""What calibration takes and gives: measured points, free parameters, what the fit found."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.boards.calibration import with_parameters
from profiler.boards.model import Board, FittedParameter, FreeParameter
from profiler.run.model import ExecutionProfile, LayerExecution
from profiler.timing.code_image import CodeImage
from profiler.timing.estimate import estimate
from profiler.timing.memory import memory_wait


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPoint:
    """One measured execution with its exact counts; `fitted` False: it only judges the fit.

    `layers` are counts with the cycles the core takes when memory answers at once, which no parameter changes. `board`
    is the board without calibration, its memory system set up as it was when measured.
    """

    name: str
    digest: str
    measured_cycles: int
    fitted: bool
    board: Board
    layers: tuple[tuple[LayerExecution, int], ...]

    def cycles(self, declared: tuple[FreeParameter, ...], values: dict[str, float]) -> float:
        """The model's cycles with free parameters set to values."""
        board = with_parameters(self.board, declared, values)
        total = 0.0
        for layer, core_cycles in self.layers:
            wait = memory_wait(layer, board, core_cycles)
            total += core_cycles + wait.fetch_wait_cycles + wait.data_wait_cycles
        return total


def counted_layers(profile: ExecutionProfile, board: Board, code: CodeImage) -> tuple[tuple[LayerExecution, int], ...]:
    """Each layer's counts with its cycles apart from waiting for memory. Raises as `estimate`."""
    cycles = estimate(profile, board, code).layers
    return tuple(
        (execution, layer.total - layer.fetch_wait - layer.data_wait)
        for execution, layer in zip(profile.layers, cycles, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """A point before and after the fit."""

    point: CalibrationPoint
    cycles_before: int
    cycles_after: int

    @property
    def error_before(self) -> float:
        """Modelled against measured cycles, 0.01 for one percent too many."""
        return self.cycles_before / self.point.measured_cycles - 1

    @property
    def error_after(self) -> float:
        """The same with the fitted values."""
        return self.cycles_after / self.point.measured_cycles - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Fitted parameters, those that were left as they are, and every point, held-out ones included."""

    parameters: tuple[FittedParameter, ...]
    fixed: tuple[str, ...]
    points: tuple[PointResult, ...]

    def errors(self, *, fitted: bool, after: bool) -> tuple[float, ...]:
        """Errors of the points of one kind."""
        return tuple(
            result.error_after if after else result.error_before
            for result in self.points
            if result.point.fitted is fitted
        )

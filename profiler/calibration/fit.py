"""Free parameters of a board from measured cycles: bounded least squares of relative errors.

Continuous parameters come from scipy's trust-region method within their bounds. Parameters in whole cycles are fitted
as if they were continuous first; then the whole numbers around that optimum are tried, continuous ones fitted anew for
each, and single steps are taken as long as they help. Standard errors are those of the continuous optimum: s² (JᵀJ)⁻¹
with s² = Σ r² / (points − parameters).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from profiler.boards.calibration import field_value, is_whole
from profiler.boards.model import Board, FittedParameter, FreeParameter
from profiler.calibration.model import CalibrationPoint, Fit, PointResult
from profiler.errors import CalibrationError

POINTS_PER_PARAMETER = 4  # fewer points a parameter, and a fit says more of their noise than of the board
SENSITIVITY = 1e-4  # of a point's cycles, over a parameter's whole range: less cannot be told from rounding
INDEPENDENCE = 1e-4  # smallest singular value of the Jacobian by its largest
_STEP = 1e-3  # of a parameter's range
_AT_BOUND = 1e-6

Vector = npt.NDArray[np.float64]


def allowed_parameters(points: int) -> int:
    """How many free parameters so many fitted points may decide."""
    return points // POINTS_PER_PARAMETER


def declared_parameters(board: Board, names: Sequence[str]) -> dict[str, FreeParameter]:
    """All free parameters of a board by name. Raises CalibrationError without any, or without one of `names`."""
    declared = {parameter.name: parameter for parameter in board.free_parameters}
    if not declared:
        raise CalibrationError(
            f"{board.name} declares no free parameters", hint="add [[free_parameters]] to its file; see docs/boards.md"
        )
    unknown = [name for name in names if name not in declared]
    if unknown:
        raise CalibrationError(
            f"{board.name} has no free parameter {unknown[0][:80]!r}", hint=f"it declares: {', '.join(declared)}"
        )
    return declared


def choose_parameters(board: Board, names: Sequence[str], points: int) -> tuple[FreeParameter, ...]:
    """The parameters to fit: those named, or as many of those the board declares, in its order, as points allow.

    Raises CalibrationError: the board declares none, no such parameter, or more than the points can decide.
    """
    declared = declared_parameters(board, names)
    allowed, wanted = allowed_parameters(points), len(set(names)) or 1
    if wanted > allowed:
        raise CalibrationError(
            f"{points} measured points for fitting cannot decide {wanted} free parameter{'s' if wanted > 1 else ''}: "
            f"at most points // {POINTS_PER_PARAMETER} = {allowed} may be fitted",
            hint="measure more, or name fewer with --parameter",
        )
    chosen = [declared[name] for name in dict.fromkeys(names)] or list(declared.values())[:allowed]
    return tuple(chosen)


def fit(board: Board, parameters: tuple[FreeParameter, ...], points: Sequence[CalibrationPoint]) -> Fit:
    """Parameters that make the fitted points' relative errors smallest in the sense of least squares.

    Raises CalibrationError naming a parameter that no point is sensitive to, or parameters that only show together.
    """
    problem = _Problem(board, parameters, tuple(point for point in points if point.fitted))
    problem.require_sensitive()
    optimum = problem.minimize(problem.start, frozenset())
    errors = problem.standard_errors(optimum)
    whole = problem.whole_numbers(optimum)
    values = problem.values(whole)
    before = problem.values(problem.start)
    return Fit(
        parameters=tuple(
            FittedParameter(
                name=parameter.name,
                fields=parameter.fields,
                value=values[parameter.name],
                initial=before[parameter.name],
                low=parameter.low,
                high=parameter.high,
                standard_error=error,
            )
            for parameter, error in zip(parameters, errors, strict=True)
        ),
        fixed=tuple(each.name for each in board.free_parameters if each not in parameters),
        points=tuple(
            PointResult(
                point=point,
                cycles_before=round(point.cycles(board.free_parameters, {})),
                cycles_after=round(point.cycles(board.free_parameters, values)),
            )
            for point in points
        ),
    )


@dataclass(frozen=True, slots=True)
class _Problem:
    """Everything in units of the parameters' ranges: 0 is the lower bound, 1 the upper one."""

    board: Board
    parameters: tuple[FreeParameter, ...]
    points: tuple[CalibrationPoint, ...]

    @property
    def start(self) -> Vector:
        now = [field_value(self.board, parameter.fields[0]) for parameter in self.parameters]
        return np.array([(x - p.low) / (p.high - p.low) for x, p in zip(now, self.parameters, strict=True)])

    def values(self, x: Vector) -> dict[str, float]:
        """Values by parameter; ten digits are more than any fit knows."""
        return {p.name: round(p.low + float(u) * (p.high - p.low), 10) for u, p in zip(x, self.parameters, strict=True)}

    def residuals(self, x: Vector) -> Vector:
        values = self.values(x)
        cycles = [point.cycles(self.board.free_parameters, values) for point in self.points]
        return np.array([c / point.measured_cycles - 1 for c, point in zip(cycles, self.points, strict=True)])

    def jacobian(self, x: Vector) -> Vector:
        """Central differences, one-sided at a bound."""
        columns = []
        for index in range(len(x)):
            low, high = x.copy(), x.copy()
            low[index], high[index] = max(0.0, x[index] - _STEP), min(1.0, x[index] + _STEP)
            columns.append((self.residuals(high) - self.residuals(low)) / (high[index] - low[index]))
        return np.stack(columns, axis=1)

    def cost(self, x: Vector) -> float:
        return float(np.sum(self.residuals(x) ** 2))

    def minimize(self, start: Vector, held: frozenset[int]) -> Vector:
        """The best point with the parameters of indices `held` as they are in `start`."""
        free = [index for index in range(len(start)) if index not in held]
        if not free:
            return start

        from scipy.optimize import least_squares  # takes half a second to load, which no other command should wait for

        def whole(x: Vector) -> Vector:
            complete = start.copy()
            complete[free] = x
            return complete

        found = least_squares(
            lambda x: self.residuals(whole(x)),
            np.clip(start[free], 1e-3, 1 - 1e-3),  # the method wants to begin inside
            jac=lambda x: self.jacobian(whole(x))[:, free],
            bounds=(0.0, 1.0),
            xtol=1e-10,
            ftol=1e-12,
        )
        best = whole(np.clip(found.x, 0.0, 1.0))
        for index in free:  # it never quite reaches a bound
            for bound in (0.0, 1.0):
                moved = best.copy()
                moved[index] = bound
                if abs(best[index] - bound) < _STEP and self.cost(moved) <= self.cost(best):
                    best = moved
        return best

    def whole_numbers(self, optimum: Vector) -> Vector:
        """The best point at which parameters in whole cycles are whole."""
        indices = [i for i, parameter in enumerate(self.parameters) if is_whole(parameter.fields[0])]
        if not indices:
            return optimum
        raw = [self._cycles(optimum, i) for i in indices]
        choices = [
            (self._bounded(i, math.floor(v)), self._bounded(i, math.ceil(v))) for i, v in zip(indices, raw, strict=True)
        ]
        tried = [self._with_cycles(optimum, indices, combination) for combination in itertools.product(*choices)]
        best = min(tried, key=self.cost)
        while True:
            now = [round(self._cycles(best, i)) for i in indices]
            steps = [
                self._with_cycles(
                    best, indices, [*now[:place], self._bounded(index, now[place] + step), *now[place + 1 :]]
                )
                for place, index in enumerate(indices)
                for step in (-1, 1)
            ]
            better = min(steps, key=self.cost)
            if self.cost(better) >= self.cost(best):
                return best
            best = better

    def _cycles(self, x: Vector, index: int) -> float:
        parameter = self.parameters[index]
        return parameter.low + float(x[index]) * (parameter.high - parameter.low)

    def _bounded(self, index: int, cycles: int) -> int:
        parameter = self.parameters[index]
        return min(math.floor(parameter.high), max(math.ceil(parameter.low), cycles))

    def _with_cycles(self, x: Vector, indices: Sequence[int], cycles: Sequence[int]) -> Vector:
        start = x.copy()
        for index, value in zip(indices, cycles, strict=True):
            parameter = self.parameters[index]
            start[index] = (value - parameter.low) / (parameter.high - parameter.low)
        return self.minimize(start, frozenset(indices))

    def require_sensitive(self) -> None:
        """Raises CalibrationError for what these points cannot decide."""
        for index, parameter in enumerate(self.parameters):
            low, high = self.start, self.start
            low[index], high[index] = 0.0, 1.0
            effect = float(np.max(np.abs(self.residuals(high) - self.residuals(low))))
            if effect < SENSITIVITY:
                raise CalibrationError(
                    f"no measured point is sensitive to {parameter.name}: over its whole range, {parameter.low:g} to "
                    f"{parameter.high:g}, none changes by more than {effect:.4%}",
                    hint="measure something that waits for that memory, or leave the parameter out with --parameter",
                )
        _, sizes, directions = np.linalg.svd(self.jacobian(np.full(len(self.parameters), 0.5)))
        if len(sizes) and sizes[-1] < INDEPENDENCE * sizes[0]:
            names = [p.name for p, part in zip(self.parameters, directions[-1], strict=True) if abs(part) > 0.1]
            raise CalibrationError(
                f"the measured points cannot tell {' and '.join(names)} apart: they only ever change together",
                hint="fit one of them with --parameter, or measure something that needs only one",
            )

    def standard_errors(self, optimum: Vector) -> tuple[float | None, ...]:
        """Of each parameter, None at a bound and where points are no more than parameters."""
        degrees = len(self.points) - len(self.parameters)
        inside = [index for index, u in enumerate(optimum) if _AT_BOUND < u < 1 - _AT_BOUND]
        errors: list[float | None] = [None] * len(optimum)
        if degrees <= 0 or not inside:
            return tuple(errors)
        jacobian = self.jacobian(optimum)[:, inside]
        covariance = self.cost(optimum) / degrees * np.linalg.pinv(jacobian.T @ jacobian)
        for position, index in enumerate(inside):
            parameter = self.parameters[index]
            error = math.sqrt(max(0.0, covariance[position, position])) * (parameter.high - parameter.low)
            errors[index] = float(f"{error:.3g}")
        return tuple(errors)

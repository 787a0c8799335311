"""A fit from points to the file that the board loader reads, and whether it may be written."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import asdict

from profiler.boards.calibration import CalibrationFile, FittedTable, PointTable, definition_digest
from profiler.boards.model import Board
from profiler.calibration.fit import choose_parameters, fit
from profiler.calibration.model import Fit
from profiler.calibration.sources import Source
from profiler.errors import CalibrationError
from profiler.timing.accuracy import summarize
from profiler.version import VERSION

_ROUNDING = 5e-5  # of an error: less is no change


def calibrate(board: Board, source: Source, names: Sequence[str]) -> Fit:
    """Fit the named free parameters of a board without calibration, or those that the points allow.

    Raises CalibrationError; see `choose_parameters` and `fit`.
    """
    fitted = sum(point.fitted for point in source.points)
    return fit(board, choose_parameters(board, names, fitted), source.points)


def require_better(found: Fit) -> None:
    """Raises CalibrationError when the fit makes the mean error worse, of fitted or of held-out points.

    Least squares may trade many small errors for a large one; what was not fitted tells whether a fit holds elsewhere.
    """
    for fitted, which in ((True, "fitted"), (False, "held-out")):
        before = summarize(found.errors(fitted=fitted, after=False)).mean
        after = summarize(found.errors(fitted=fitted, after=True)).mean
        if after > before + _ROUNDING:
            raise CalibrationError(
                f"the mean error of the {which} points would rise from {before:.2%} to {after:.2%}: nothing is written",
                hint="the model lacks something that these parameters cannot stand for; fit others with --parameter",
            )


def calibration_file(board: Board, source: Source, found: Fit, date: datetime.date) -> CalibrationFile:
    """What is written beside the board's file."""
    return CalibrationFile(
        board=board.name,
        definition_digest=definition_digest(board),
        date=date,
        provenance=source.provenance,
        engine=f"profiler {VERSION}",
        mean_error_before=_mean(found, after=False),
        mean_error_after=_mean(found, after=True),
        parameters=tuple(FittedTable(**asdict(each)) for each in found.parameters),
        points=tuple(
            PointTable(
                name=result.point.name,
                fitted=result.point.fitted,
                digest=result.point.digest,
                measured_cycles=result.point.measured_cycles,
                cycles_before=result.cycles_before,
                cycles_after=result.cycles_after,
            )
            for result in found.points
        ),
    )


def _mean(found: Fit, *, after: bool) -> float:
    return round(summarize(found.errors(fitted=True, after=after)).mean, 6)

"""The fit of free parameters on measurements that the model itself made, with noise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.boards.model import FreeParameter
from profiler.calibration.calibrate import calibrate, require_better
from profiler.calibration.fit import POINTS_PER_PARAMETER, choose_parameters, fit
from profiler.calibration.model import Fit
from profiler.calibration.sources import Source
from profiler.errors import CalibrationError
from tests.support.calibration_points import (
    CORE_CYCLES,
    DATA,
    EXTRA,
    MISS,
    OVERLAP,
    counted,
    free_board,
    measured_points,
)

NOISE = (0.004, -0.003, 0.002, -0.005, 0.001, 0.003, -0.002, 0.005, -0.004, 0.0, 0.002, -0.001)


def values(found: Fit) -> dict[str, float]:
    return {parameter.name: parameter.value for parameter in found.parameters}


def test_known_parameters_are_recovered_from_noisy_measurements() -> None:
    board = free_board(MISS, OVERLAP, DATA)
    truth = {"miss": 9, "overlap": 0.6, "data": 1.4}
    found = fit(board, board.free_parameters, measured_points(board, truth, NOISE))
    assert values(found)["miss"] == pytest.approx(9, abs=1)
    assert values(found)["overlap"] == pytest.approx(0.6, abs=0.2)
    assert values(found)["data"] == pytest.approx(1.4, abs=0.1)
    for parameter in found.parameters:
        assert parameter.standard_error is not None
        assert abs(parameter.value - truth[parameter.name]) < 4 * parameter.standard_error + 0.5 * (
            parameter.name == "miss"
        )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 20), st.floats(0, 3))
def test_measurements_without_noise_give_the_very_parameters(miss: int, data: float) -> None:
    board = free_board(MISS, DATA)
    found = fit(board, board.free_parameters, measured_points(board, {"miss": miss, "data": data}, (0.0,) * 8))
    assert values(found)["miss"] == miss
    assert values(found)["data"] == pytest.approx(data, abs=0.01)


def test_whole_cycles_stay_whole_however_noisy() -> None:
    board = free_board(MISS)
    found = fit(board, (MISS,), measured_points(board, {"miss": 6.5}, NOISE[:4]))
    assert values(found)["miss"] in (6, 7)


def test_no_whole_number_within_the_bounds_fits_better() -> None:
    board = free_board(MISS, EXTRA)
    points = measured_points(board, {"miss": 4.4, "extra": 2.6}, NOISE[:8])

    def cost(miss: float, extra: float) -> float:
        parameters = {"miss": miss, "extra": extra}
        errors = [point.cycles(board.free_parameters, parameters) / point.measured_cycles - 1 for point in points]
        return sum(error * error for error in errors)

    found = values(fit(board, board.free_parameters, points))
    best = min(cost(miss, extra) for miss in range(21) for extra in range(11))
    assert cost(found["miss"], found["extra"]) == pytest.approx(best)


def test_a_parameter_beyond_its_bounds_stops_there_without_a_standard_error() -> None:
    board = free_board(replace(MISS, high=5))
    found = fit(board, board.free_parameters, measured_points(free_board(MISS), {"miss": 9}, NOISE[:4]))
    assert values(found) == {"miss": 5}
    assert found.parameters[0].standard_error is None


def test_residuals_are_modelled_against_measured_cycles_before_and_after() -> None:
    board = free_board(MISS)
    points = measured_points(board, {"miss": 9}, NOISE[:5])
    for result in fit(board, (MISS,), points).points:
        assert result.cycles_before == round(result.point.cycles((MISS,), {"miss": 0}))
        assert result.cycles_after == round(result.point.cycles((MISS,), {"miss": 9}))
        assert result.error_after == pytest.approx(result.cycles_after / result.point.measured_cycles - 1)
        assert abs(result.error_after) < abs(result.error_before)


def test_held_out_points_decide_nothing_and_are_reported() -> None:
    board = free_board(MISS)
    points = measured_points(board, {"miss": 3}, NOISE[:4])
    others = [replace(point, fitted=False, measured_cycles=point.measured_cycles * 2) for point in points]
    found = fit(board, (MISS,), [*points, *others])
    assert values(found) == {"miss": 3}
    assert len(found.errors(fitted=False, after=True)) == 4
    assert min(found.errors(fitted=False, after=True)) < -0.4


@pytest.mark.parametrize("points", range(3 * POINTS_PER_PARAMETER))
def test_more_parameters_than_a_fraction_of_the_points_are_refused(points: int) -> None:
    board = free_board(MISS, OVERLAP, DATA)
    with pytest.raises(
        CalibrationError, match=rf"{points} measured points .* cannot decide 3 .* // 4 = {points // 4} "
    ):
        choose_parameters(board, ["miss", "overlap", "data"], points)


def test_without_names_as_many_parameters_as_the_points_allow_are_fitted_in_the_order_of_the_board() -> None:
    board = free_board(MISS, OVERLAP, DATA)
    assert choose_parameters(board, [], 9) == (MISS, OVERLAP)
    found = calibrate(board, Source(points=tuple(measured_points(board, {}, NOISE[:9])), provenance="a test"), [])
    assert found.fixed == ("data",)


def test_no_fit_without_enough_points_for_one_parameter() -> None:
    with pytest.raises(CalibrationError, match=r"3 measured points for fitting cannot decide 1 free parameter:"):
        choose_parameters(free_board(MISS), [], 3)


def test_a_parameter_that_no_point_is_sensitive_to_is_named() -> None:
    idle = FreeParameter(name="idle", fields=("memories.sram.extra_wait_cycles",), low=0, high=9, source="test")
    board = free_board(MISS, idle)
    ram = replace(board.memories[1], name="sram")
    board = replace(board, memories=(board.memories[0], ram))
    with pytest.raises(CalibrationError, match="no measured point is sensitive to idle"):
        fit(board, board.free_parameters, measured_points(board, {"miss": 3}, NOISE))


def test_parameters_that_only_change_together_are_named() -> None:
    board = free_board(MISS, EXTRA)
    alike = [  # every miss waits for the array as a whole, and nothing else does
        replace(point, layers=((counted(1_000 * index + 1_000, 0, 0), CORE_CYCLES),))
        for index, point in enumerate(measured_points(board, {}, NOISE))
    ]
    with pytest.raises(CalibrationError, match="cannot tell miss and extra apart"):
        fit(board, board.free_parameters, alike)


def test_unknown_parameters_name_the_choices() -> None:
    with pytest.raises(CalibrationError, match="no free parameter 'speed'") as error:
        choose_parameters(free_board(MISS, DATA), ["speed"], 100)
    assert "miss, data" in (error.value.hint or "")


def test_a_fit_that_makes_held_out_points_worse_is_not_for_writing() -> None:
    board = free_board(MISS)
    points = measured_points(board, {"miss": 9}, NOISE[:4])
    others = [replace(point, fitted=False) for point in measured_points(board, {"miss": 0}, NOISE[:4])]
    with pytest.raises(CalibrationError, match="mean error of the held-out points would rise"):
        require_better(fit(board, (MISS,), [*points, *others]))
    require_better(fit(board, (MISS,), points))

"""Published measurements: the data, the page made of them, and the error each core claims."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from profiler.boards.loader import board_names, load_board
from profiler.boards.memory_config import MemoryConfig
from profiler.timing.accuracy import Comparison, NotCompared, summarize
from profiler.timing.accuracy_page import accuracy_page, core_error_fraction
from profiler.timing.core_model import load_core_model
from profiler.timing.model import CycleEstimate, LayerCycles
from profiler.timing.published import FITTED_ROUND, PublishedPoint, Role, find_firmware, published_points

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "accuracy.md").read_text(encoding="utf-8")
POINTS = published_points()


def _rows(board: str) -> list[list[str]]:
    section = PAGE.split(f"## {board}, ")[1].split("\n## ")[0]
    return [line.split(" | ") for line in section.splitlines() if line.startswith("| v")]


def _comparison(point: PublishedPoint, cycles: int, core: str = "cortex-m4") -> Comparison:
    layer = LayerCycles(
        layer=0, instructions=1, issue=cycles, load_use=0, branch=0, multiply_divide=0, fpu=0, fetch_wait=0,
        data_wait=0, total=cycles, low=cycles, high=cycles,
    )  # fmt: skip
    estimate = CycleEstimate(
        core=core, clock_hz=1, layers=(layer,), error_fraction=0.1, error_source="", validated=False
    )
    return Comparison(point=point, core=core, instructions=cycles // 2, estimate=estimate, memory_config=MemoryConfig())


def test_every_point_names_a_board_and_a_binary_of_its_own() -> None:
    assert {point.board for point in POINTS} <= set(board_names())
    assert len({(point.round, point.path) for point in POINTS}) == len(POINTS)
    assert all(re.fullmatch("[0-9a-f]{64}", point.sha256) for point in POINTS)
    assert all(point.milliseconds > 0 for point in POINTS)


def test_only_the_round_for_fitting_is_fitted() -> None:
    assert {point.round for point in POINTS if point.role is Role.FITTED} == {FITTED_ROUND}
    assert {point.round for point in POINTS if point.role is Role.HELD_OUT}.isdisjoint({FITTED_ROUND})


def test_published_clock_is_the_board_s() -> None:
    assert all(point.clock_hz == load_board(point.board).clock_hz for point in POINTS)


def test_measured_cycles_are_milliseconds_times_clock() -> None:
    point = next(point for point in POINTS if point.board == "nucleo_l4r5zi" and point.task == "kws")
    assert point.measured_cycles == round(point.milliseconds * 120_000)


def test_firmware_is_found_by_digest_wherever_it_lies(tmp_path: Path) -> None:
    data = b"firmware"
    point = PublishedPoint(
        round="v1.1", organisation="A", system="B", board="nucleo_l4r5zi", clock_hz=1, task="ad", milliseconds=1.0,
        path="somewhere/else/code.bin", sha256=hashlib.sha256(data).hexdigest(), end_register=4,
    )  # fmt: skip
    (tmp_path / "deep" / "down").mkdir(parents=True)
    (tmp_path / "code.bin").write_bytes(b"another firmware of that name")
    (tmp_path / "deep" / "down" / "code.bin").write_bytes(data)
    assert find_firmware(tmp_path, [point]) == {point.sha256: tmp_path / "deep" / "down" / "code.bin"}


def test_page_tells_every_point_and_why_one_is_missing() -> None:
    first, second = POINTS[0], POINTS[1]
    page = accuracy_page([_comparison(first, first.measured_cycles * 2), NotCompared(point=second, reason="lost")])
    assert "+100.0%" in page
    assert f"| {second.task} | lost |" in page


def test_interval_of_a_core_covers_its_worst_point() -> None:
    point = POINTS[0]
    results = [_comparison(point, round(point.measured_cycles * 0.935)), _comparison(point, point.measured_cycles)]
    assert core_error_fraction(results, "cortex-m4") == 0.07
    assert core_error_fraction(results, "cortex-m7") is None


def test_summary_is_mean_and_worst_of_absolute_errors() -> None:
    found = summarize([-0.03, 0.01])
    assert (found.count, found.mean, found.worst) == (2, pytest.approx(0.02), 0.03)


@pytest.mark.parametrize("board", sorted({point.board for point in POINTS}))
def test_claimed_error_covers_every_row_of_the_page(board: str) -> None:
    core = load_core_model(load_board(board).core.name)
    errors = [abs(float(row[7].strip("%"))) / 100 for row in _rows(board)]
    assert errors
    assert max(errors) <= core.error_fraction


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4", "cortex-m7", "cortex-m33"])
def test_validated_cores_have_held_out_rows_on_the_parts_they_name(core: str) -> None:
    model = load_core_model(core)
    boards = [load_board(name) for name in sorted({point.board for point in POINTS})]
    of_core = [board for board in boards if board.core.name == core]
    assert model.validated
    assert set(model.compared_socs) == {board.soc for board in of_core}
    for board in of_core:
        assert any(row[4] == "held out" for row in _rows(board.name))

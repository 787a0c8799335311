"""The microbenchmark firmware: every board builds and runs it, each benchmark waits for what it is made for, and free
parameters are recovered from its cycles."""

from __future__ import annotations

import csv
import random
import shutil
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from profiler.boards.calibration import read_calibration, with_parameters
from profiler.boards.loader import board_names, board_path, calibration_path, load_board
from profiler.boards.model import Board
from profiler.calibration import microbench
from profiler.calibration.model import CalibrationPoint
from profiler.cli.main import app
from profiler.errors import CalibrationError, SettingsError
from profiler.settings import load_settings
from profiler.sim.board_sim import BoardSim

pytestmark = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no cross compiler")


@cache
def counted(name: str) -> tuple[Board, dict[str, CalibrationPoint]]:
    board, settings = load_board(name, calibration=False), load_settings()
    names = [each.name for each in microbench.microbenchmarks(board)]
    found = microbench.points(board, microbench.build(board, settings), names, settings)
    return board, {point.name: point for point in found}


def waits(name: str, benchmark: str) -> float:
    """Cycles waited for memory, a fetch or read of the loop's body."""
    _, points = counted(name)
    (layer, core_cycles) = points[benchmark].layers[0]
    return (points[benchmark].cycles((), {}) - core_cycles) / layer.instructions


@pytest.mark.parametrize("name", board_names())
def test_every_board_builds_and_runs_the_benchmarks(name: str) -> None:
    _, points = counted(name)
    assert len(points) >= 20
    assert all(point.measured_cycles > 1_000 for point in points.values())
    assert len({point.digest for point in points.values()}) == 1


@pytest.mark.parametrize("name", ["nucleo_l4r5zi", "nucleo_h7a3zi", "nucleo_u575zi", "nrf52840_dk"])
def test_code_that_no_cache_holds_waits_and_code_in_a_cache_does_not(name: str) -> None:
    assert waits(name, "alu_chain") < 0.01
    assert waits(name, "branch_far") > 1
    assert waits(name, "fetch_wide") > 20 * waits(name, "alu_chain")


def test_a_prefetcher_hides_straight_code_and_not_branches() -> None:
    assert waits("nucleo_g0b1re", "fetch_narrow") < 0.01
    assert waits("nucleo_g0b1re", "branch_far") > 1.5


def test_reads_wait_once_a_line_however_wide_the_stride() -> None:
    def each(stride: int) -> float:
        return waits("nucleo_h7a3zi", f"flash_read_stride_{stride}")

    assert each(8) / each(4) == pytest.approx(2, rel=0.2)
    assert each(32) / each(16) == pytest.approx(2, rel=0.2)
    assert each(64) / each(32) == pytest.approx(1, rel=0.05)
    assert waits("nucleo_h7a3zi", "ram_read_stride_64") < 0.01


def test_chains_take_the_latency_that_independent_instructions_do_not() -> None:
    _, points = counted("nucleo_u575zi")
    assert points["load_chain_ram"].measured_cycles > 1.8 * points["load_pipelined_ram"].measured_cycles


def test_free_parameters_are_recovered_from_noisy_measurements_of_the_benchmarks(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(board_path("nucleo_u575zi").read_text("utf-8"), "utf-8")
    board, points = counted("nucleo_u575zi")
    truth, noise = {"icache_miss": 3.0, "prefetch_overlap": 0.7}, random.Random(1)
    with (tmp_path / "measured.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "microbenchmark", "cycles", "held_out"])
        for index, point in enumerate(points.values()):
            cycles = point.cycles(board.free_parameters, truth) * noise.uniform(0.995, 1.005)
            rows.writerow([f"my {point.name}", point.name, round(cycles), "true" if index % 5 == 4 else ""])
    arguments = ["calibrate", str(path), "-m", str(tmp_path / "measured.csv")]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "mean error" in result.output
    file = read_calibration(calibration_path(path, "nucleo_u575zi"))
    values = {parameter.name: parameter.value for parameter in file.parameters}
    assert values["icache_miss"] == 3
    assert values["prefetch_overlap"] == pytest.approx(0.7, abs=0.05)
    assert file.mean_error_after < 0.004 < file.mean_error_before
    assert load_board(path).caches[0].miss_cycles == 3
    assert [point.fitted for point in file.points].count(False) == len(points) // 5


def test_a_board_that_waits_otherwise_than_its_file_says_is_found_out_over_its_serial_port(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(board_path("nucleo_u575zi").read_text("utf-8"), "utf-8")
    board, _ = counted("nucleo_u575zi")
    truth = {"icache_miss": 4, "prefetch_overlap": 0.5}
    arguments = ["calibrate", str(path), "--write-firmware", str(tmp_path / "flash")]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0
    with BoardSim(board=with_parameters(board, board.free_parameters, truth)) as sim:
        sim.flash(tmp_path / "flash" / "microbench-nucleo_u575zi.elf")
        arguments = ["calibrate", str(path), "--on", sim.port, "--repeat", "2"]
        refused = CliRunner().invoke(app, arguments)
        assert isinstance(refused.exception, SettingsError)
        assert "no board of silicon answered" in str(refused.exception)
        assert not calibration_path(path, "nucleo_u575zi").exists()
        arguments += ["--output", str(calibration_path(path, "nucleo_u575zi"))]
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "held out" in result.output
    file = read_calibration(calibration_path(path, "nucleo_u575zi"))
    values = {parameter.name: parameter.value for parameter in file.parameters}
    assert values["icache_miss"] == 4
    assert values["prefetch_overlap"] == pytest.approx(0.5, abs=0.02)
    assert sim.port in file.provenance
    assert "simulated" in file.provenance
    assert file.mean_error_after < 0.01


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(board_path("nucleo_u575zi").read_text("utf-8"), "utf-8")
    _, points = counted("nucleo_u575zi")
    rows = "".join(f"{name},{name},{point.measured_cycles}\n" for name, point in points.items())
    (tmp_path / "measured.csv").write_text("name,microbenchmark,cycles\n" + rows, "utf-8")
    arguments = ["calibrate", str(path), "-m", str(tmp_path / "measured.csv"), "--dry-run"]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert sorted(found.name for found in tmp_path.iterdir()) == ["measured.csv", "mine.toml"]


def test_an_unknown_benchmark_names_the_choices() -> None:
    board = load_board("nucleo_g0b1re")
    with pytest.raises(CalibrationError, match="no microbenchmark 'divide_chain'") as error:
        microbench.points(board, microbench.build(board, load_settings()), ["divide_chain"], load_settings())
    assert "fetch_narrow" in (error.value.hint or "")

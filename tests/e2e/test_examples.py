"""The examples do what their first lines say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def _run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(_EXAMPLES / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _report(path: Path, *, flash_bytes: int, ram_bytes: int, latency: dict[str, Any]) -> Path:
    """The part of a saved profile that the gate reads."""
    summary = {
        "flash_bytes": {"value": flash_bytes, "basis": "static"},
        "ram_bytes": {"value": ram_bytes, "basis": "static"},
        "latency_ms": latency,
    }
    path.write_text(json.dumps({"schema_version": 1, "summary": summary}))
    return path


@pytest.fixture
def report(tmp_path: Path) -> Path:
    latency = {"value": 40.0, "basis": "emulated+model", "low": 34.0, "high": 46.0}
    return _report(tmp_path / "new.json", flash_bytes=40 * 1024, ram_bytes=10 * 1024, latency=latency)


def test_layers_are_printed_slowest_first() -> None:
    result = _run("layers.py", "zoo:ad", "nucleo_l4r5zi")
    assert result.returncode == 0, result.stderr
    table = result.stdout.split("\n\n")[0].splitlines()[2:]
    assert len(table) == 10
    assert all("FULLY_CONNECTED" in line for line in table)
    cycles = [int(line.split()[4]) for line in table]
    assert cycles == sorted(cycles, reverse=True)


def test_boards_are_ranked_and_refusals_told() -> None:
    result = _run("compare_boards.py", "zoo:ad_float32", "nucleo_g0b1re", "nucleo_h7a3zi", "nucleo_l4r5zi")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()[2:]
    assert [line.split()[0] for line in lines] == ["nucleo_h7a3zi", "nucleo_l4r5zi", "nucleo_g0b1re"]
    assert "model needs" in lines[-1]


@pytest.mark.parametrize(
    ("budget", "exit_code", "word"),
    [
        (("--flash-kib", "40", "--ram-kib", "10", "--latency-ms", "40"), 0, "ok"),
        (("--flash-kib", "39.9"), 1, "OVER"),
        (("--ram-kib", "9"), 1, "OVER"),
        (("--latency-ms", "39.99"), 1, "OVER"),
    ],
)
def test_the_gate_keeps_to_the_budget(report: Path, budget: tuple[str, ...], exit_code: int, word: str) -> None:
    result = _run("ci_gate.py", report, *budget)
    assert result.returncode == exit_code, result.stderr
    assert word in result.stdout


def test_the_gate_compares_with_an_earlier_report(report: Path, tmp_path: Path) -> None:
    earlier = _report(
        tmp_path / "earlier.json", flash_bytes=40_000, ram_bytes=10 * 1024, latency={"value": 41.0, "basis": "measured"}
    )
    assert _run("ci_gate.py", report, "--baseline", earlier, "--growth-percent", "5").returncode == 0
    grown = _run("ci_gate.py", report, "--baseline", earlier, "--growth-percent", "2")
    assert grown.returncode == 1
    assert [line.split()[1] for line in grown.stdout.splitlines() if line.startswith("OVER")] == ["flash_bytes"]


def test_the_gate_never_passes_on_a_figure_that_is_not_there(report: Path, tmp_path: Path) -> None:
    unknown = _report(tmp_path / "unknown.json", flash_bytes=1, ram_bytes=1, latency={"reason": "no cycle model"})
    result = _run("ci_gate.py", unknown, "--latency-ms", "50")
    assert result.returncode == 2
    assert "no cycle model" in result.stderr
    (tmp_path / "broken.json").write_text("{")
    assert _run("ci_gate.py", tmp_path / "broken.json", "--latency-ms", "50").returncode == 2
    assert _run("ci_gate.py", report).returncode == 2  # no budget


def test_the_gate_reads_what_the_command_writes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "profiler", "run", "zoo:ad", "--board", "nucleo_l4r5zi", "--json"]
    saved = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout
    (tmp_path / "profile.json").write_text(saved)
    latency_ms = json.loads(saved)["summary"]["latency_ms"]["value"]
    assert _run("ci_gate.py", tmp_path / "profile.json", "--latency-ms", str(latency_ms)).returncode == 0
    assert _run("ci_gate.py", tmp_path / "profile.json", "--latency-ms", str(latency_ms * 0.99)).returncode == 1

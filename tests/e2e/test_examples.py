"""The examples do what their first lines say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def _run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(_EXAMPLES / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


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

"""Cortex-M55 and Cortex-M85: a whole model, with reports that say what the figures are worth."""

from __future__ import annotations

import shutil

import pytest

from profiler.pipeline import Options, profile
from profiler.report.profile import Correctness

pytestmark = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no cross compiler")


@pytest.mark.parametrize(("board", "core"), [("mps3_an547", "cortex-m55"), ("mps3_an555", "cortex-m85")])
def test_keyword_spotting_runs_and_its_report_is_honest(board: str, core: str) -> None:
    report = profile("zoo:kws", board=board, options=Options(input_sets=1))
    assert report.board.core == core
    assert isinstance(report.correctness, Correctness)
    assert report.correctness.agrees
    latency = report.summary.latency_ms
    assert latency.low is not None
    assert latency.high is not None
    assert latency.high - latency.low == pytest.approx(0.8 * latency.value, rel=0.01)
    assert any("scalar code without Helium" in warning for warning in report.warnings)
    assert any("not validated" in warning for warning in report.warnings)

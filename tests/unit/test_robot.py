"""The keyword library: suites pass on the embedded emulator, and its page in docs/ is what the library says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from profiler.boards.loader import load_board
from profiler.robot import ProfilerLibrary
from profiler.robot.console import Console
from profiler.robot.document import keywords_page
from profiler.run.lease import lease

ROOT = Path(__file__).resolve().parents[2]
SUITES = sorted((ROOT / "tests" / "robot").glob("*.robot"))


def test_there_are_suites():
    assert len(SUITES) >= 2


@pytest.mark.parametrize("suite", SUITES, ids=[path.stem for path in SUITES])
def test_a_suite_passes(suite, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "robot", "--outputdir", tmp_path, "--consolecolors", "off", suite],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_of_keywords_is_what_the_library_says():
    committed = (ROOT / "docs" / "keywords.md").read_text(encoding="utf-8")
    assert committed == keywords_page(), "run: python -m profiler.robot.document docs/keywords.md"


def test_a_keyword_without_a_profile_says_what_to_do_first():
    with pytest.raises(AssertionError, match="Profile Model or Load Profile first"):
        ProfilerLibrary().latency_should_be_below("50 ms")
    with pytest.raises(AssertionError, match="no board"):
        ProfilerLibrary().profile_model("zoo:kws")
    with pytest.raises(AssertionError, match="Start Board Simulator or Open Serial Port"):
        ProfilerLibrary().send_serial_command("name")


def test_an_error_of_the_profiler_fails_the_keyword_with_its_hint(tmp_path):
    with pytest.raises(AssertionError, match=r"no board is called(.|\n)*hint: .*choices"):
        ProfilerLibrary(board="nowhere").profile_model("zoo:kws")
    with pytest.raises(AssertionError, match="cannot be opened"):
        ProfilerLibrary().open_serial_port(str(tmp_path / "no-port"))


def test_a_port_that_somebody_else_uses_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setenv("PROFILER_LEASE_FOLDER", str(tmp_path / "leases"))
    port = str(tmp_path / "port")
    with lease(port, tmp_path / "leases"), pytest.raises(AssertionError, match=f"in use: process {os.getpid()}"):
        ProfilerLibrary().open_serial_port(port)
    with pytest.raises(AssertionError, match="cannot be opened"):
        ProfilerLibrary().open_serial_port(port)
    with lease(port, tmp_path / "leases"):
        pass  # given back though it could not be opened


@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed")
def test_an_answer_as_long_as_the_input_comes_whole():
    console = Console()
    try:
        console.simulate("zoo:ic", load_board("nucleo_l4r5zi"))
        assert console.ask("db load 3072") == ["m-[Expecting 3072 bytes]"]
        assert len(console.ask("db print")) == 3072 // 8
    finally:
        console.close()

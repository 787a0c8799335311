"""`profiler board-sim` in a process of its own, and `profiler run --on` its port, as a user would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from profiler.report.profile import Profile
from profiler.report.renderers import RENDERERS
from profiler.report.serialize import from_json, to_json
from profiler.timing.model import Basis

pytestmark = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed")

BOARD = "nucleo_l4r5zi"
PROFILER = (sys.executable, "-c", "from profiler.cli.main import main; main()")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("user")
    return {
        **os.environ,
        "PROFILER_CACHE_FOLDER": str(folder / "cache"),
        "PROFILER_LEASE_FOLDER": str(folder / "leases"),
        "PROFILER_LAB_FILE": str(folder / "lab.toml"),
    }


@pytest.fixture(scope="module")
def simulated(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """(port, folder of the probe) of a board that runs beside the tests."""
    folder = tmp_path_factory.mktemp("probe")
    command = [*PROFILER, "board-sim", BOARD, "--folder", str(folder), "--fault", "drop=0.001,garble=0.001"]
    with subprocess.Popen(
        command, env={**environment, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True
    ) as sim:
        assert sim.stdout is not None
        port = sim.stdout.readline().split()[1]
        yield port, folder
        sim.send_signal(signal.SIGINT)
        assert sim.wait(timeout=20) == 130


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_simulated_board_leaves_nothing_behind(
    environment: dict[str, str], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    command, more = [*PROFILER, "board-sim", BOARD], {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env={**environment, **more}, stdout=subprocess.PIPE, text=True) as sim:
        assert sim.stdout is not None
        assert sim.stdout.readline().startswith("port")
        while not sim.stdout.readline().startswith("try"):
            pass
        assert list(tmp_path.glob("board-sim-*"))
        sim.send_signal(number)
        assert sim.wait(timeout=60) == code
    assert not list(tmp_path.iterdir())


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROFILER, "run", *arguments], env=environment, capture_output=True, text=True, timeout=200, check=False
    )


@pytest.fixture(scope="module")
def measured(environment: dict[str, str], simulated: tuple[str, Path]) -> Profile:
    port, folder = simulated
    lab = f'[boards.desk]\nboard = "{BOARD}"\nport = "{port}"\nlocation = "<b>desk</b>"\nflash = "sim:{folder}"\n'
    Path(environment["PROFILER_LAB_FILE"]).write_text(lab)
    done = _run(environment, "zoo:ad", "--board", BOARD, "--on", "desk", "--repeat", "3", "--json")
    assert done.returncode == 0, done.stderr
    return from_json(done.stdout)


def test_the_report_has_the_board_beside_the_emulator(measured: Profile) -> None:
    assert measured.targets is not None
    (target,) = measured.targets
    assert (target.name, target.cycles.repetitions, target.outputs_equal) == ("desk", 3, True)
    assert target.basis is Basis.EMULATED_MODEL  # a pseudo-terminal is no silicon
    assert abs(target.difference_fraction) < 0.001
    assert [layer.index for layer in target.layers] == [layer.index for layer in measured.layers]
    assert not target.clock_is_wrong
    assert not [warning for warning in measured.warnings if "desk" in warning]


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_every_report_shows_what_the_board_took(measured: Profile, name: str) -> None:
    assert measured.targets is not None
    text = RENDERERS[name].render(measured)
    median = round(measured.targets[0].cycles.median)
    shown = {
        "json": f'"median": {float(median)}',
        "csv": f",desk,emulated+model,{round(measured.targets[0].layers[0].cycles.median)},",
    }
    assert shown.get(name, f"{median:,}") in text
    if name in ("html", "markdown"):
        assert "<b>desk" not in text
    assert from_json(to_json(measured)) == measured


def test_rows_for_pandas_have_the_board_s_columns(measured: Profile) -> None:
    frame = measured.to_pandas()
    assert frame["target_1_cycles"].notna().all()
    assert (frame["target_1_difference_fraction"].abs() < 0.05).all()


def test_a_board_in_use_is_refused_with_who_uses_it(environment: dict[str, str], simulated: tuple[str, Path]) -> None:
    port, _ = simulated
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, port, environment["PROFILER_LEASE_FOLDER"]], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline()
        done = _run(environment, "zoo:ad", "--board", BOARD, "--on", port)
    finally:
        holder.kill()
        holder.communicate()
    assert done.returncode in (2, 3)
    assert f"in use: process {holder.pid}" in " ".join(done.stderr.split())


_HOLDER = """
import sys, time
from pathlib import Path
from profiler.run.lease import lease
with lease(sys.argv[1], Path(sys.argv[2])):
    print("held", flush=True)
    time.sleep(100)
"""


def test_what_is_no_firmware_for_the_board_is_refused_by_its_probe(
    environment: dict[str, str], simulated: tuple[str, Path]
) -> None:
    _, folder = simulated
    done = _run(
        environment, "zoo:ad", "--board", "raspberry_pi_pico", "--on", "/dev/pts/99999", "--flash", f"sim:{folder}"
    )
    assert done.returncode in (2, 3)
    assert "refused the firmware" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--board", BOARD, "--repeat", "3"], "are of a board to run on"),
        (["--board", BOARD, "--on", "desk", "--memory-config", "wait_states=1"], "cannot have 1 wait states"),
        (["--board", BOARD, "--on", "nowhere"], "there is no board 'nowhere'"),
        (["--board", BOARD, "--on", "sim", "--on", "desk"], "--on names 2 boards: sim, desk"),
        (["--board", BOARD, "--board", "nucleo_g0b1re", "--on", "desk"], "desk is one board"),
        (["--board", BOARD, "--on", "/dev/does-not-exist"], "cannot be opened"),
    ],
)
def test_what_cannot_be_is_told(environment: dict[str, str], arguments: list[str], said: str) -> None:
    done = _run(environment, "zoo:ad", *arguments)
    assert done.returncode in (2, 3)
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_attached_boards_and_those_of_the_lab_are_listed(environment: dict[str, str], measured: Profile) -> None:
    assert measured
    done = subprocess.run(
        [*PROFILER, "boards", "--attached", "--json"], env=environment, capture_output=True, text=True, check=True
    )
    listed = json.loads(done.stdout)
    assert set(listed) == {"attached", "lab"}
    assert listed["lab"]["desk"]["board"] == BOARD

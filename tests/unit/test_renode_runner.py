"""The runner around Renode, against a Renode that replays: what it asks, reads, and says when something goes wrong."""

from __future__ import annotations

import re
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from profiler.errors import FirmwareFault, LimitExceeded, RunError, SettingsError
from profiler.run.agreement import differences, with_memory_of
from profiler.run.architecture import require_instructions_of
from profiler.run.block_table import code_tables
from profiler.run.image import load_image
from profiler.run.model import DivideCount, ExecutionProfile, MissCount, UnalignedCount
from profiler.run.renode_process import RenodeProcess, run_script
from profiler.run.renode_program import find_renode
from profiler.run.renode_runner import RenodeRunner
from profiler.run.runners import RUNNERS, runner
from profiler.run.serialize import to_json
from profiler.run.unicorn_runner import UnicornRunner
from profiler.settings import load_settings
from tests.bare.firmware import MONITOR, board, build

INPUTS = [[bytes([1, 2, 3, 4])], [bytes([9, 9, 9, 9])]]
FAKE = Path(__file__).parents[1] / "support" / "fake_renode.py"


@pytest.fixture(scope="module")
def firmware(tmp_path_factory):
    return build(tmp_path_factory.mktemp("monitor"), board(), source=MONITOR)


@pytest.fixture(scope="module")
def emulated(firmware):
    return UnicornRunner(memory_simulation=False).run(firmware, board(), INPUTS)


@pytest.fixture
def renode(tmp_path, monkeypatch, emulated):
    """Path of a program that behaves like Renode, replaying the emulator's run."""
    saved = tmp_path / "run.json"
    saved.write_bytes(to_json(emulated))
    monkeypatch.setenv("FAKE_RENODE_RUN", str(saved))
    monkeypatch.setenv("PYTHONPATH", str(FAKE.parents[2]))
    launcher = tmp_path / "renode"
    launcher.write_text(f'#!/bin/sh\n{sys.executable} {FAKE} "$@"\n')  # a child, as real Renode is one of its launcher
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    return launcher


def run(renode, firmware, **limits):
    limits = {"wall_limit_seconds": 30.0, **limits}
    return RenodeRunner(program=find_renode(str(renode)), **limits).run(firmware, board(), INPUTS)


def test_outputs_and_every_count_come_back_as_renode_gave_them(renode, firmware, emulated):
    result = run(renode, firmware)
    assert result.profile == emulated.profile
    assert result.outputs == emulated.outputs
    assert result.transcript == emulated.transcript
    assert result.runner == "renode 1.15.1"
    assert differences(result, emulated) == ()


@pytest.mark.parametrize(
    ("does", "error", "said"),
    [
        ("late", FirmwareFault, "4-byte read at 0xDEADBEEF"),  # in the log when the answer has long been read
        ("unmapped", FirmwareFault, r"4-byte read at 0xDEADBEEF.* in [\w.]+ \(0x08000040\) at monitor\.c:\d+"),
        ("abort", FirmwareFault, r"gave up in [\w.]+ \(0x08000040\).*outside RAM"),
        ("halted", FirmwareFault, "program counter is not in memory"),
        ("time", LimitExceeded, "virtual time"),
        ("no_platform", RunError, r"LoadPlatformDescription(.|\n)*Error E21"),
        ("ends", RunError, "ended by itself with code 3"),
        ("hangs_up", RunError, "ended by itself with code 4"),
    ],
)
def test_what_goes_wrong_in_renode_is_told_with_its_place(renode, firmware, monkeypatch, does, error, said):
    monkeypatch.setenv("FAKE_RENODE_DOES", does)
    with pytest.raises(error, match=said) as raised:
        run(renode, firmware)
    assert raised.value.hint


@pytest.mark.parametrize("does", ["silent", "stops", "chatters"])
def test_a_run_that_says_nothing_more_ends_at_the_wall_clock_limit(renode, firmware, monkeypatch, does):
    monkeypatch.setenv("FAKE_RENODE_DOES", does)
    said = {"silent": "the firmware has said nothing", "stops": "", "chatters": "last said '.*blah"}[does]
    for seconds in (3.0, 10.0, 60.0):  # on a busy machine the replay takes its time to start
        with pytest.raises(LimitExceeded) as raised:
            run(renode, firmware, wall_limit_seconds=seconds)
        if "not started yet" not in raised.value.message:
            break
    assert re.search(f"wall-clock limit.*{said}", raised.value.message)


def test_every_process_of_renode_is_gone_after_the_run(renode, firmware, monkeypatch, tmp_path):
    monkeypatch.setenv("FAKE_RENODE_DOES", "silent")
    with pytest.raises(LimitExceeded):
        run(renode, firmware, wall_limit_seconds=2.0)
    assert _running(tmp_path / "renode") == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_renode_does_not_outlive_a_profiler_that_is_killed(tmp_path, how):
    launcher = tmp_path / "renode"
    launcher.write_text("#!/bin/sh\nsleep 600 &\nwait\n")
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    starts = (
        "import sys, time; from pathlib import Path; from profiler.run.process_group import ProcessGroup\n"
        f"ProcessGroup([{str(launcher)!r}], Path({str(tmp_path)!r})); print(flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", starts], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        assert _running(launcher)
        started.send_signal(how)
    deadline = time.monotonic() + 30
    while _running(launcher) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _running(launcher) == []


def _running(program: Path) -> list[Path]:
    """The processes whose command line names the program: itself, and the shells that started it."""
    return [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(program).encode() in _read(path)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_renode_that_is_named_but_not_there_is_an_error_not_passed_over(tmp_path):
    with pytest.raises(RunError, match=r"PROFILER_RENODE is .*nowhere"):
        find_renode(str(tmp_path / "nowhere"))
    with pytest.raises(RunError, match="PYRENODE_BIN is"):
        find_renode(environment={"PYRENODE_BIN": str(tmp_path / "nowhere"), "PATH": ""})


def test_renode_is_found_in_a_folder_by_pyrenodes_variables_and_on_the_path(renode):
    for place in (renode, renode.parent):
        assert find_renode(str(place)).command == (str(renode),)
    found = find_renode(environment={"PYRENODE_BUILD_DIR": str(renode.parent)})
    assert (found.command, found.origin) == ((str(renode),), "PYRENODE_BUILD_DIR")
    assert find_renode(environment={"PATH": str(renode.parent)}).origin == "PATH"
    assert find_renode(str(renode)).version() == "1.16.1"


def test_a_program_that_is_no_renode_is_told(renode, monkeypatch):
    monkeypatch.setenv("FAKE_RENODE_DOES", "nonsense")
    with pytest.raises(RunError, match="is no Renode: it said Usage"):
        find_renode(str(renode)).version()


def test_the_script_names_what_it_reads_without_paths(tmp_path):
    script = run_script(board(), tmp_path, 3725.5)
    assert 'emulation RunFor "01:02:05.500000"' in script
    assert "cpu VectorTableOffset 0x08000000" in script
    assert not [line for line in script.splitlines() if "@/" in line]


def test_a_limit_of_instructions_becomes_one_of_virtual_time(tmp_path):
    script = run_script(board(), tmp_path, 20_000_000_000 / board().clock_hz)
    assert 'emulation RunFor "05:33:20.000000"' in script


def test_thumb_2_code_is_refused_on_a_board_whose_core_lacks_it(firmware, tmp_path):
    with pytest.raises(RunError, match="not compiled for Armv6-M"):
        require_instructions_of(firmware.elf_path, board("cortex-m0plus"))
    require_instructions_of(firmware.elf_path, board())
    small = build(tmp_path, board("cortex-m0plus"), source=MONITOR)
    require_instructions_of(small.elf_path, board("cortex-m0plus"))


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33"])
def test_the_table_ends_blocks_where_the_emulator_does(core, tmp_path):
    target = board(core)
    firmware = build(tmp_path, target, source=MONITOR)
    profile = UnicornRunner(memory_simulation=False).run(firmware, target, INPUTS).profile
    (table,) = (table for table in code_tables(load_image(firmware.elf_path, target)) if table.address == 0x0800_0000)
    blocks = [block for layer in profile.layers for block in layer.blocks]
    assert blocks
    for block in blocks:
        assert table.size_at(block.address) == block.size_bytes
        assert table.instructions_at(block.address) == block.instructions


def test_a_renode_that_is_gone_before_a_message_is_told(renode, firmware, monkeypatch):
    monkeypatch.setenv("FAKE_RENODE_DOES", "hangs_up")
    at_once = RenodeProcess.send

    def late(process, message):
        at_once(process, b"%")
        while process._group.exit_code() is None:
            time.sleep(0.01)
        at_once(process, message)

    monkeypatch.setattr(RenodeProcess, "send", late)
    with pytest.raises(RunError, match="ended by itself with code 4"):
        run(renode, firmware)


def test_runs_that_differ_are_told_apart_by_layer(emulated):
    first, *rest = emulated.profile.layers
    miscounted = replace(first.blocks[0], count=first.blocks[0].count + 1)
    changed = replace(first, blocks=(miscounted, *first.blocks[1:]), edges=first.edges[1:])
    other = replace(
        emulated, profile=ExecutionProfile(layers=(changed, *rest)), outputs=((b"x",), *emulated.outputs[1:])
    )
    told = differences(other, emulated)
    assert len(told) == 3
    assert "outputs of input set 0" in told[0]
    assert "1 blocks" in told[1]
    assert "1 edges" in told[2]
    assert "only one of" in differences(replace(emulated, profile=ExecutionProfile(layers=())), emulated)[0]


def test_accesses_come_from_the_run_that_sees_them(firmware, emulated):
    """All of them: an engine that tells no divides and unaligned reads must not make them cost what is guessed."""
    simulated = UnicornRunner().run(firmware, board(flash_wait_cycles=2), INPUTS)
    seen = {
        "misses": (MissCount(address=2, region="flash", fetch_misses=1),),
        "unaligned": (UnalignedCount(address=4, words=3),),
        "divides": (DivideCount(address=6, extra_bits=1, count=2),),
    }
    layers = tuple(replace(layer, **seen) for layer in simulated.profile.layers)
    joined = with_memory_of(emulated, replace(simulated, profile=ExecutionProfile(layers=layers)))
    for found, expected in zip(joined.profile.layers, layers, strict=True):
        assert found.memory == expected.memory
        assert {name: getattr(found, name) for name in seen} == seen
    assert differences(joined, emulated) == ()


def test_an_unknown_place_to_run_is_refused_with_the_choices():
    with pytest.raises(SettingsError) as raised:
        runner("mars", load_settings())
    assert all(name in (raised.value.hint or "") for name in RUNNERS)

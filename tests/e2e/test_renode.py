"""With a Renode on this machine: every board boots the ELF it would be flashed with, and every count is the emulator's.

PROFILER_RENODE names the program where it is not on the PATH. A run takes some half a minute; with
RENODE_EVERYTHING=1 every model runs on every board it fits.
"""

from __future__ import annotations

import os
import subprocess
import time
from functools import cache
from pathlib import Path

import pytest

from profiler.boards.loader import board_names, load_board
from profiler.errors import DoesNotFitError, FirmwareFault, LimitExceeded, RunError
from profiler.graph.zoo import zoo_models
from profiler.pipeline import Options, build, prepare, seeded_inputs
from profiler.progress import Progress
from profiler.run.agreement import differences
from profiler.run.renode_process import RenodeProcess
from profiler.run.renode_program import find_renode
from profiler.run.renode_runner import RenodeRunner
from profiler.run.unicorn_runner import UnicornRunner
from profiler.settings import load_settings
from tests.bare.firmware import MONITOR, board
from tests.bare.firmware import build as build_bare

ROOT = Path(__file__).parents[2]
_WALL_SECONDS = 3000.0  # float32 on a core without an FPU, with the machine busy


@cache
def _program():
    try:
        program = find_renode(load_settings().renode)
        program.version()
    except RunError as error:
        return error
    return program


@pytest.fixture(scope="module")
def program():
    found = _program()
    if isinstance(found, RunError):
        pytest.skip(f"{found.message} ({found.hint})")
    return found


def _cases():
    names = [model.name for model in zoo_models()]
    if os.environ.get("RENODE_EVERYTHING"):
        return [(name, each) for each in board_names() for name in names]
    return [("kws", each) for each in board_names()] + [(name, "nucleo_u575zi") for name in names if name != "kws"]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("model", "name"), _cases())
def test_outputs_and_all_counts_are_those_of_the_embedded_emulator(program, model, name):
    target, options, settings = load_board(name), Options(), load_settings()
    ready = prepare(f"zoo:{model}", core=target.core, options=options, progress=Progress())
    try:
        firmware = build(ready, target, options=options, settings=settings, progress=Progress())
    except DoesNotFitError:
        pytest.skip(f"{model} does not fit into {name}")
    inputs = seeded_inputs(ready.graph, 1, 0)
    in_renode = RenodeRunner(program=program, wall_limit_seconds=_WALL_SECONDS).run(firmware, target, inputs)
    assert in_renode.transcript.startswith("m-timestamp-mode-performance\r\n")
    emulated = UnicornRunner(memory_simulation=False).run(firmware, target, inputs)
    assert differences(in_renode, emulated) == ()
    assert in_renode.profile == emulated.profile


@pytest.mark.timeout(900)
def test_a_host_that_stalls_in_the_middle_of_its_messages_loses_no_byte(program, monkeypatch):
    """Longer than the 200 ms after which the firmware gives raw bytes up, on the UART model that needs them at once."""
    at_once = RenodeProcess.send

    def stalling(process, message):
        half = len(message) // 2
        at_once(process, message[:half])
        time.sleep(0.5)
        at_once(process, message[half:])

    monkeypatch.setattr(RenodeProcess, "send", stalling)
    target, options, settings = load_board("nrf5340_dk"), Options(), load_settings()
    ready = prepare("zoo:kws", core=target.core, options=options, progress=Progress())
    firmware = build(ready, target, options=options, settings=settings, progress=Progress())
    inputs = seeded_inputs(ready.graph, 1, 0)
    in_renode = RenodeRunner(program=program).run(firmware, target, inputs)
    assert differences(in_renode, UnicornRunner(memory_simulation=False).run(firmware, target, inputs)) == ()


@pytest.mark.timeout(900)
def test_an_access_to_nothing_is_a_fault_with_its_function(program, tmp_path):
    wild = "MISBEHAVIOR=*(volatile int *)0xDEADBEE0 = 1"
    firmware = build_bare(tmp_path, board(), source=MONITOR, defines=(wild,))
    with pytest.raises(FirmwareFault, match=r"write at 0xDEADBEE0.*\(0x0800"):
        RenodeRunner(program=program).run(firmware, board(), [[bytes(4)]])


@pytest.mark.timeout(900)
def test_an_endless_loop_ends_at_the_limit_of_virtual_time(program, tmp_path):
    firmware = build_bare(tmp_path, board(), source=MONITOR, defines=("MISBEHAVIOR=for (;;) ;",))
    with pytest.raises(LimitExceeded, match="virtual time"):
        RenodeRunner(program=program, instruction_limit=2_000_000).run(firmware, board(), [[bytes(4)]])


@pytest.mark.timeout(900)
def test_a_jump_to_nowhere_is_a_fault(program, tmp_path):
    wild = "MISBEHAVIOR=((void (*)(void))0x60000001)()"
    firmware = build_bare(tmp_path, board(), source=MONITOR, defines=(wild,))
    with pytest.raises(FirmwareFault, match="0x60000000"):
        RenodeRunner(program=program).run(firmware, board(), [[bytes(4)]])


@pytest.mark.timeout(900)
def test_firmware_that_says_nothing_more_is_told_with_its_last_words(program, tmp_path):
    firmware = build_bare(tmp_path, board(), source=MONITOR, defines=("SILENT",))
    with pytest.raises(LimitExceeded, match=r"virtual time in Renode; the firmware last said 'm-init-done'"):
        RenodeRunner(program=program, instruction_limit=2_000_000).run(firmware, board(), [[bytes(4)]])


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", board_names() if os.environ.get("RENODE_EVERYTHING") else ["nucleo_l4r5zi"])
def test_the_suites_for_renodes_own_runner_pass(program, name, tmp_path):
    """`python3` on the PATH is what renode-test runs, and needs what Renode's tests/requirements.txt says."""
    renode_test = Path(program.command[-1]).with_name("renode-test")
    if not renode_test.is_file():
        pytest.skip(f"{renode_test} is not there")
    target, options, settings = load_board(name), Options(), load_settings()
    ready = prepare("zoo:kws", core=target.core, options=options, progress=Progress())
    firmware = build(ready, target, options=options, settings=settings, progress=Progress())
    inputs = seeded_inputs(ready.graph, 1, 0)
    outputs = UnicornRunner(memory_simulation=False).run(firmware, target, inputs).outputs
    variables = {
        "BOARD": name,
        "ELF": firmware.elf_path,
        "PLATFORMS": ROOT / "renode_platforms",
        "INPUT": b"".join(inputs[0]).hex(),
        "OUTPUT": outputs[0][0].hex(),
    }
    suites = sorted(map(str, (ROOT / "tests" / "robot" / "renode").glob("*.robot")))
    told = [word for key, value in variables.items() for word in ("--variable", f"{key}:{value}")]
    done = subprocess.run(
        [renode_test, *suites, "-r", tmp_path, *told], capture_output=True, text=True, check=False, timeout=800
    )
    if "ModuleNotFoundError" in done.stderr:
        pytest.skip(f"renode-test cannot run: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Finished test") == 3

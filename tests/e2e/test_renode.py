"""With a Renode on this machine: every board boots the ELF it would be flashed with, and every count is the emulator's.

PROFILER_RENODE names the program where it is not on the PATH. A run takes some half a minute; with
RENODE_EVERYTHING=1 every model runs on every board it fits.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from profiler.boards.loader import board_names, load_board
from profiler.errors import DoesNotFitError, FirmwareFault, LimitExceeded, RunError
from profiler.graph.zoo import zoo_models
from profiler.lab.attach import Attachment
from profiler.pipeline import Options, build, execute, fold_execution, prepare, seeded_inputs
from profiler.progress import Progress
from profiler.run.agreement import differences
from profiler.run.process_group import ProcessGroup
from profiler.run.renode_process import RenodeProcess
from profiler.run.renode_program import find_renode
from profiler.run.renode_runner import RenodeRunner
from profiler.run.unicorn_runner import UnicornRunner
from profiler.settings import load_settings
from profiler.timing.model import Basis
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


@contextmanager
def _served(program, name, elf_path, folder):
    """The URL of the board's UART in a Renode that nobody paces, as `socket://` reaches one on any machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    lines = (
        f"$elf=@{elf_path}",
        f"include @{ROOT / 'renode_platforms' / f'{name}.resc'}",
        f'emulation CreateServerSocketTerminal {number} "served" false',
        "connector Connect sysbus.uart served",
        'emulation RunFor "10:00:00"',
    )
    (folder / "served.resc").write_text("\n".join(lines), encoding="utf-8")
    command = [*program.command, "--disable-xwt", "--console", "--plain", "--config", "renode.config", "served.resc"]
    renode = ProcessGroup(command, folder)
    said = []
    reader = threading.Thread(target=lambda: said.extend(renode.output), daemon=True)
    reader.start()
    try:
        while True:
            assert renode.exit_code() is None, said[-20:]
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", number)):
                break
            time.sleep(0.2)
        yield f"socket://127.0.0.1:{number}"
    finally:
        renode.end()
        reader.join()
        renode.output.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["nucleo_l4r5zi", "raspberry_pi_pico"])  # DWT, SysTick
def test_behind_a_bare_socket_it_is_not_taken_for_silicon(program, name, tmp_path):
    """It has a core's CPUID; its cycle counter is no core's."""
    options, settings = Options(), load_settings()
    done = execute("zoo:ad", board=name, options=options, settings=settings, progress=Progress())
    with _served(program, name, done.firmware.elf_path, tmp_path) as url:
        where = Attachment(on=url, flash="none", lab_file=tmp_path / "lab.toml", lease_folder=tmp_path / "leases")
        found = fold_execution(done, name="ad", options=options, settings=settings, progress=Progress(), on=where)
    (target,) = found.targets
    assert target.outputs_equal
    assert target.basis is Basis.EMULATED
    assert [warning for warning in found.warnings if f"behind {url} is an emulator" in warning]


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

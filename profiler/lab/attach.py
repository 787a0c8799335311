"""From what a user calls a board (`--on`) to a run on it: found, leased, flashed, measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.errors import SettingsError
from profiler.lab.discovery import AttachedBoard, attached_boards, behind, resources_of
from profiler.lab.flash import FlashRequest, best_way, flash
from profiler.lab.lab_file import ALIAS_PATTERN, LabBoard, board_of, read_lab
from profiler.run.board import BoardRunner
from profiler.run.lease import leases
from profiler.run.link import Patience
from profiler.run.model import MeasuredRun
from profiler.settings import Settings
from profiler.sim.board_sim import BoardSim

SIMULATED, ATTACHED = "sim", "board"
_BUSY_INFERENCES = 2.2  # a warm-up and one more, as long as the cycle counter's 32 bits reach, and a little
_PSEUDO_TERMINALS = "/dev/pts/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """How to run on a board. `on`: `sim`, `board` (the one that is plugged in), an alias of the lab file, or a port.

    `flash`: NAME or NAME:ARGUMENT of profiler/lab/flash.py; None: as the lab file or the board file says.
    """

    on: str
    repeat: int = 1
    flash: str | None = None
    lab_file: Path
    lease_folder: Path
    lease_seconds: float = 0.0
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        _require_repeat(self.repeat)


def attachment(
    on: str, settings: Settings, *, repeat: int = 1, flash: str | None = None, lease_seconds: float = 0.0
) -> Attachment:
    """A place as the settings know it: their lab file, their folder of leases. Raises SettingsError."""
    return Attachment(
        on=on,
        repeat=repeat,
        flash=flash,
        lab_file=settings.lab_file,
        lease_folder=settings.lease_folder,
        lease_seconds=lease_seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A board that was found. `silicon` False: cycles are a model's, because there is an emulator behind the port.

    That is known of pseudo-terminals; of any other port once its firmware has said which core it runs on (run_on).
    `usb`: the port is a USB device of the board's; behind any other one may be an emulator that has its CPUID right.
    """

    name: str
    port: str
    way: str  # to flash
    probe_serial: str | None
    location: str
    silicon: bool
    usb: bool = False

    @property
    def resources(self) -> tuple[str, ...]:
        """What is leased."""
        return resources_of(self.port, self.probe_serial)


def require_place(on: str, repeat: int) -> None:
    """What a job may ask for: no port, which only somebody on that host may name. Raises SettingsError."""
    if not re.fullmatch(ALIAS_PATTERN, on):
        raise SettingsError(
            f"{on[:80]!r} is no board to run on",
            hint="emulator, sim, board (an attached one), or an alias of a lab file",
        )
    _require_repeat(repeat)


def _require_repeat(repeat: int) -> None:
    if not 1 <= repeat <= 10_000:
        raise SettingsError(f"{repeat} repetitions were asked for", hint="choose 1 to 10000")


def is_simulated(port: str) -> bool:
    """Whether an emulator is behind the port: a pseudo-terminal, by whatever name."""
    return port.startswith("/") and str(Path(port).resolve()).startswith(_PSEUDO_TERMINALS)


def run_on(
    attachment: Attachment, firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]]
) -> tuple[Place, MeasuredRun]:
    """Flash and run; where, and whether that was silicon. Raises SettingsError, BoardBusyError, FlashError, LinkError,
    RunError.
    """
    with _found(attachment, firmware, board) as place:
        patience = _patience(attachment.patience, place, board)
        runner = BoardRunner(url=place.port, repeat=attachment.repeat, patience=patience)
        run = runner.run(firmware, board, inputs)
        return replace(place, silicon=place.silicon and run.core_id != 0), run


def _patience(given: Patience, place: Place, board: Board) -> Patience:
    """As long as this place may take."""
    if not place.silicon:
        return given.with_an_emulator()
    return replace(given, busy_seconds=max(given.busy_seconds, _BUSY_INFERENCES * 2**32 / board.clock_hz))


@contextmanager
def _found(attachment: Attachment, firmware: Firmware, board: Board) -> Iterator[Place]:
    if attachment.on == SIMULATED:
        with BoardSim(board) as sim:
            sim.flash(firmware.elf_path)
            yield _simulated(sim)
        return
    place = locate(attachment, board)
    with leases(place.resources, attachment.lease_folder, wait_seconds=attachment.lease_seconds):
        flash(place.way, FlashRequest(board=board, elf_path=firmware.elf_path, probe_serial=place.probe_serial))
        yield place


def _simulated(sim: BoardSim) -> Place:
    return Place(
        name="board-sim",
        port=sim.port,
        way="none",
        probe_serial=None,
        location="this process",
        silicon=False,
    )


def locate(attachment: Attachment, board: Board) -> Place:
    """Where the board is. Raises SettingsError when it is nowhere, or in several places."""
    on = attachment.on
    entry = read_lab(attachment.lab_file).get(on)
    if entry is not None:
        return _in_the_lab(on, entry, attachment, board)
    if on == ATTACHED:
        return _plugged_in(_only(attached_boards(boards=[board]), board), attachment, board)
    if "/" in on or on.upper().startswith("COM"):
        return _at_port(on, attachment, board)
    aliases = ", ".join(read_lab(attachment.lab_file)) or "none"
    raise SettingsError(
        f"there is no board {on[:80]!r}: not an alias of {attachment.lab_file} (it has {aliases}), and no port",
        hint="sim, board, an alias of the lab file, a device such as /dev/ttyACM0, or a URL such as socket://host:4000",
    )


def _in_the_lab(alias: str, entry: LabBoard, attachment: Attachment, board: Board) -> Place:
    if board_of(alias, entry).name != board.name:
        raise SettingsError(
            f"{alias} is a {entry.board}, not a {board.name}", hint=f"--board {entry.board}, or another alias"
        )
    plugged = attached_boards(boards=[board])
    if entry.port is None:
        fitting = [each for each in plugged if entry.probe_serial in (None, each.probe_serial)]
        found: AttachedBoard | None = _only(fitting, board)
    else:
        found = behind(entry.port, plugged)
    serial = entry.probe_serial or (found.probe_serial if found else None)
    port = entry.port or (found.port if found else "")
    way = attachment.flash or entry.flash or (best_way(board) if found or serial else "none")
    return Place(
        name=alias,
        port=port,
        way=way,
        probe_serial=serial,
        location=entry.location,
        silicon=not is_simulated(port),
        usb=found is not None,
    )


def _only(found: Sequence[AttachedBoard], board: Board) -> AttachedBoard:
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{each.port} (probe {each.probe_serial})" for each in found)
    raise SettingsError(
        f"{len(found)} ports look like a {board.name}{': ' + listed if listed else ''}",
        hint="plug it in, or name its port or alias with --on; `profiler boards --attached` lists what is there",
    )


def _plugged_in(found: AttachedBoard, attachment: Attachment, board: Board) -> Place:
    return Place(
        name=board.name,
        port=found.port,
        way=attachment.flash or best_way(board),
        probe_serial=found.probe_serial,
        location="this machine",
        silicon=True,
        usb=True,
    )


def _at_port(port: str, attachment: Attachment, board: Board) -> Place:
    """A port by name: the probe is known when it is a USB device that fits the board, else nothing is flashed."""
    found = behind(port, attached_boards(boards=[board]))
    if found is not None:
        return _plugged_in(found, attachment, board)
    return Place(
        name=port,
        port=port,
        way=attachment.flash or "none",
        probe_serial=None,
        location="remote" if "://" in port else "this machine",
        silicon=not is_simulated(port),
    )

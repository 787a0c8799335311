"""Serial ports of this machine, the boards their USB IDs fit, and what the firmware on them says it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from serial.tools import list_ports

from profiler.boards.loader import board_names, load_board
from profiler.boards.model import Board
from profiler.errors import BoardBusyError, RunError
from profiler.run.lease import leases
from profiler.run.link import Patience, SerialLink
from profiler.run.protocol import CORE, NAME, bracketed, hexadecimal

_CURT = Patience(answer_seconds=0.3, attempts=2, silent_attempts=2)


class PortInfo(Protocol):
    """What pyserial says of a port."""

    device: str
    vid: int | None
    pid: int | None
    serial_number: str | None
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedBoard:
    """A serial port whose USB device a board file names. `boards` may be several: a kind of probe is on many."""

    port: str
    usb_id: str  # "0483:374b"
    probe_serial: str | None
    description: str
    boards: tuple[str, ...]
    says: str | None = None  # the firmware's own name; None when nothing answered, or nobody asked
    in_use: str | None = None  # by whom, so that nobody asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a port said when it was asked for its name; `in_use`: by whom, so that it was not asked."""

    says: str | None = None
    in_use: str | None = None


def attached_boards(
    *,
    ask: Path | None = None,
    ports: Callable[[], Iterable[PortInfo]] = list_ports.comports,
    boards: Sequence[Board] = (),
) -> tuple[AttachedBoard, ...]:
    """All of them, by port. `ask`: talk to each that nobody uses, by the leases of that folder. `boards`: those to look
    for, the profiler's own when left out.
    """
    known = boards or [load_board(name) for name in board_names()]
    found = []
    for port in sorted(ports(), key=lambda port: port.device):
        if port.vid is None or port.pid is None:
            continue
        usb_id = f"{port.vid:04x}:{port.pid:04x}"
        fitting = [board for board in known if usb_id in board.probe.usb_ids]
        if fitting:
            bauds = sorted({board.uart.baud for board in fitting})
            heard = Heard() if ask is None else ask_when_free(port.device, port.serial_number, bauds, ask)
            found.append(
                AttachedBoard(
                    port=port.device,
                    usb_id=usb_id,
                    probe_serial=port.serial_number,
                    description=port.description,
                    boards=tuple(board.name for board in fitting),
                    says=heard.says,
                    in_use=heard.in_use,
                )
            )
    return tuple(found)


def resources_of(port: str, probe_serial: str | None) -> tuple[str, ...]:
    """What is leased with a board: its port, by whatever name, and its probe; so two never have either."""
    real = str(Path(port).resolve()) if port.startswith("/") else port
    return (real,) if probe_serial is None else (real, probe_serial)


def probe_serial_of(port: str) -> str | None:
    """The serial number of the probe behind a port of this machine; None where it is no USB device of any board's."""
    found = behind(port, attached_boards())
    return None if found is None else found.probe_serial


def behind(port: str, plugged: Sequence[AttachedBoard]) -> AttachedBoard | None:
    """The USB device that a port is."""
    return next((each for each in plugged if same_port(each.port, port)), None)


def same_port(one: str, other: str) -> bool:
    """Whether two names are of one port: /dev/serial/by-id/… is a link to /dev/ttyACM0."""
    return one == other or ("://" not in one + other and Path(one).resolve() == Path(other).resolve())


def ask_when_free(port: str, probe_serial: str | None, bauds: Iterable[int], lease_folder: Path) -> Heard:
    """The name a port says at one of the rates. One in use is left alone: the question would be in the way."""
    try:
        with leases(resources_of(port, probe_serial), lease_folder):
            return Heard(says=next(filter(None, (ask_name(port, baud) for baud in bauds)), None))
    except BoardBusyError as busy:
        return Heard(in_use=busy.message)


def ask_name(url: str, baud: int, patience: Patience = _CURT) -> str | None:
    """The board the firmware behind a port was built for, " (simulated)" behind it where it runs on the emulator.

    None when nothing of this project answers.
    """
    try:
        with closing(SerialLink.open(url, baud, patience)) as link:
            name = bracketed(link.ask(NAME), "m-name-dut-")[:64]
            return name if hexadecimal(link.ask(CORE), "m-core-") else f"{name} (simulated)"
    except RunError:
        return None

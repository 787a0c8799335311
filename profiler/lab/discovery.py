"""Serial ports of this machine, the boards their USB IDs fit, and what the firmware on them says it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from serial.tools import list_ports

from profiler.boards.loader import board_names, load_board
from profiler.boards.model import Board
from profiler.errors import RunError
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


def attached_boards(
    *, ask: bool, ports: Callable[[], Iterable[PortInfo]] = list_ports.comports, boards: Sequence[Board] = ()
) -> tuple[AttachedBoard, ...]:
    """All of them, by port. `ask`: talk to each. `boards`: those to look for, the profiler's own when left out."""
    known = boards or [load_board(name) for name in board_names()]
    found = []
    for port in sorted(ports(), key=lambda port: port.device):
        if port.vid is None or port.pid is None:
            continue
        usb_id = f"{port.vid:04x}:{port.pid:04x}"
        fitting = [board for board in known if usb_id in board.probe.usb_ids]
        if fitting:
            bauds = sorted({board.uart.baud for board in fitting})
            found.append(
                AttachedBoard(
                    port=port.device,
                    usb_id=usb_id,
                    probe_serial=port.serial_number,
                    description=port.description,
                    boards=tuple(board.name for board in fitting),
                    says=next(filter(None, (ask_name(port.device, baud) for baud in bauds)), None) if ask else None,
                )
            )
    return tuple(found)


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

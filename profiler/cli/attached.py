"""`profiler boards --attached`: the boards that are plugged in, and those of the lab file."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from dataclasses import asdict

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from profiler.boards.model import Board
from profiler.lab.discovery import AttachedBoard, Heard, ask_when_free, attached_boards, same_port
from profiler.lab.lab_file import LabBoard, board_of, read_lab
from profiler.settings import Settings, load_settings


def print_attached(*, json: bool) -> None:
    """Asks every port whose USB device a board file names, and those that the lab file names, what its firmware is."""
    settings = load_settings()
    lab = read_lab(settings.lab_file)
    boards = {alias: board_of(alias, entry) for alias, entry in lab.items()}
    found = attached_boards(ask=settings.lease_folder)
    seen = {alias: _seen(entry, boards[alias], found) for alias, entry in lab.items()}
    heard = {alias: _heard(entry, boards[alias], seen[alias], settings) for alias, entry in lab.items()}
    if json:
        values = {
            "attached": [asdict(each) for each in found],
            "lab": {alias: {**entry.model_dump(), **asdict(heard[alias])} for alias, entry in lab.items()},
        }
        typer.echo(json_module.dumps(values, indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("port", "USB", "probe serial number", "fits", "firmware says", "alias", "location"):
        table.add_column(heading, overflow="fold")
    for each in found:
        alias = next((name for name, board in seen.items() if board is each), "")
        location = lab[alias].location if alias else ""
        says = each.says or each.in_use or "nothing"
        cells = (each.port, each.usb_id, each.probe_serial or "", ", ".join(each.boards), says, alias, location)
        table.add_row(*map(Text, cells))
    for alias, entry in lab.items():
        if seen[alias] is None:
            says = heard[alias].says or heard[alias].in_use or ("nothing" if entry.port else "not seen here")
            cells = (entry.port or "", "", entry.probe_serial or "", entry.board, says, alias, entry.location)
            table.add_row(*map(Text, cells))
    if table.row_count:
        Console().print(table)
    else:
        typer.echo(f"no port of this machine is a board's that is known, and {settings.lab_file} names none")


def _seen(entry: LabBoard, board: Board, found: Sequence[AttachedBoard]) -> AttachedBoard | None:
    """The attached board that an entry of the lab file means."""
    return next((each for each in found if _is_there(entry, board, each)), None)


def _heard(entry: LabBoard, board: Board, seen: AttachedBoard | None, settings: Settings) -> Heard:
    """What the firmware of a board of the lab says; nothing where nobody knows the port."""
    if seen is not None:
        return Heard(says=seen.says, in_use=seen.in_use)
    if entry.port is None:
        return Heard()
    return ask_when_free(entry.port, entry.probe_serial, [board.uart.baud], settings.lease_folder)


def _is_there(entry: LabBoard, board: Board, attached: AttachedBoard) -> bool:
    if entry.probe_serial is not None:
        return entry.probe_serial == attached.probe_serial
    if entry.port is not None:
        return same_port(entry.port, attached.port)
    return board.name in attached.boards

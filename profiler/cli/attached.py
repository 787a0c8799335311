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

from profiler.boards.loader import load_board
from profiler.lab.discovery import AttachedBoard, ask_name, attached_boards
from profiler.lab.lab_file import LabBoard, read_lab
from profiler.settings import load_settings


def print_attached(*, json: bool) -> None:
    """Asks every port whose USB device a board file names, and those that the lab file names, what its firmware is."""
    settings = load_settings()
    found, lab = attached_boards(ask=True), read_lab(settings.lab_file)
    if json:
        values = {
            "attached": [asdict(each) for each in found],
            "lab": {alias: {**entry.model_dump(), "says": _ask(entry, found)} for alias, entry in lab.items()},
        }
        typer.echo(json_module.dumps(values, indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("port", "USB", "probe serial number", "fits", "firmware says", "alias", "location"):
        table.add_column(heading, overflow="fold")
    absent = dict(lab)
    for each in found:
        alias = next((name for name, entry in absent.items() if _is_there(entry, each)), "")
        location = absent.pop(alias).location if alias else ""
        fits, says = ", ".join(each.boards), each.says or "nothing"
        cells = (each.port, each.usb_id, each.probe_serial or "", fits, says, alias, location)
        table.add_row(*map(Text, cells))
    for alias, entry in absent.items():
        says = _ask(entry, ()) or ("not seen here" if entry.port is None else "nothing")
        cells = (entry.port or "", "", entry.probe_serial or "", entry.board, says, alias, entry.location)
        table.add_row(*map(Text, cells))
    if table.row_count:
        Console().print(table)
    else:
        typer.echo(f"no port of this machine is a board's that is known, and {settings.lab_file} names none")


def _ask(entry: LabBoard, found: Sequence[AttachedBoard]) -> str | None:
    """What the firmware of a board of the lab says; None where nothing answers, or nobody knows the port."""
    seen = next((each for each in found if _is_there(entry, each)), None)
    if seen is not None:
        return seen.says
    if entry.port is None:
        return None
    return ask_name(entry.port, load_board(entry.board).uart.baud)


def _is_there(entry: LabBoard, board: AttachedBoard) -> bool:
    if entry.probe_serial is not None:
        return entry.probe_serial == board.probe_serial
    return entry.port == board.port

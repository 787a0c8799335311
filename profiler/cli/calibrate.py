"""`profiler calibrate`: free parameters of a board's timing model from measurements."""

from __future__ import annotations

import datetime
import json as json_module
import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from profiler.boards.calibration import CalibrationFile, calibration_path, write_calibration
from profiler.boards.facts import parameter_text
from profiler.boards.loader import board_path, load_board
from profiler.boards.model import Board
from profiler.calibration import microbench
from profiler.calibration.calibrate import calibrate as calibrate_board
from profiler.calibration.calibrate import calibration_file, require_better
from profiler.calibration.fit import declared_parameters
from profiler.calibration.measurements import read_measurements
from profiler.calibration.model import Fit
from profiler.calibration.sources import Source, Tell, from_file, on_board, published
from profiler.cli.profile_options import BoardArgument
from profiler.errors import SettingsError
from profiler.settings import load_settings
from profiler.timing.accuracy import summarize


def calibrate(
    board: BoardArgument,
    use_published: Annotated[
        bool, typer.Option("--published", help="From the published measurements; needs --firmware-folder.")
    ] = False,
    firmware_folder: Annotated[
        Path | None, typer.Option("--firmware-folder", help="Folder with the published firmware, anywhere below it.")
    ] = None,
    measurements: Annotated[
        Path | None, typer.Option("--measurements", "-m", help="From a measurement file (.toml, .json, .csv).")
    ] = None,
    on: Annotated[
        str, typer.Option("--on", help="From microbenchmarks on the board at this port or URL, flashed already.")
    ] = "",
    repeat: Annotated[int, typer.Option("--repeat", help="Runs of each microbenchmark, for --on.", min=1)] = 5,
    write_firmware: Annotated[
        Path | None, typer.Option("--write-firmware", help="Only write the microbenchmarks' firmware into this folder.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="A free parameter to fit; may be repeated.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write, if not beside the board's.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, but write nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what would be written as JSON and nothing else.")] = False,
) -> None:
    """Fit the free parameters of a board's timing model to measured cycles."""
    target = load_board(board, calibration=False)
    console = Console(highlight=False, soft_wrap=True, quiet=json)

    def tell(line: str) -> None:
        console.print(line, markup=False)

    if write_firmware is not None:
        _write_firmware(target, write_firmware, console)
        return
    names = parameter or []
    declared_parameters(target, names)  # before minutes of counting
    source = _source(board, target, use_published, firmware_folder, measurements, on, repeat, tell)
    found = calibrate_board(target, source, names)
    file = calibration_file(target, source, found, datetime.datetime.now(datetime.UTC).date())
    if json:
        typer.echo(json_module.dumps(file.model_dump(mode="json"), indent=2))
    else:
        _print(console, found, source)
    require_better(found)
    if not dry_run:
        _write(output or calibration_path(board_path(board), target.name), file, console)


def _source(
    name: str,
    board: Board,
    use_published: bool,
    folder: Path | None,
    measurements: Path | None,
    on: str,
    repeat: int,
    tell: Tell,
) -> Source:
    if use_published + (measurements is not None) + bool(on) != 1:
        raise SettingsError(
            "give one source of measurements",
            hint="--published --firmware-folder DIR, --measurements FILE, or --on PORT",
        )
    if on:
        return on_board(board, on, repeat, load_settings(), tell)
    if measurements is not None:
        file = read_measurements(measurements)
        return from_file(board, name, file, measurements.parent, load_settings(), tell)
    if folder is None:
        raise SettingsError("--published needs --firmware-folder", hint="the folder with the published firmware")
    return published(board, folder, tell)


def _print(console: Console, found: Fit, source: Source) -> None:
    points = Table(box=box.SIMPLE_HEAD)
    for heading in ("point", "", "measured", "before", "after", "error before", "after"):
        points.add_column(heading, justify="left" if heading in ("point", "") else "right")
    for result in found.points:
        point = result.point
        role = "fitted" if point.fitted else "held out"
        cycles = (point.measured_cycles, result.cycles_before, result.cycles_after)
        errors = (result.error_before, result.error_after)
        points.add_row(point.name, role, *(f"{value:,}" for value in cycles), *(f"{value:+.2%}" for value in errors))
    console.print(points)
    for fitted, which in ((True, "fitted"), (False, "held out")):
        if found.errors(fitted=fitted, after=True):
            before, after = (summarize(found.errors(fitted=fitted, after=late)) for late in (False, True))
            console.print(
                f"{which}: {after.count} points, mean error {before.mean:.2%} -> {after.mean:.2%}, "
                f"worst {before.worst:.2%} -> {after.worst:.2%}"
            )
    for each in found.parameters:
        console.print(parameter_text(each), markup=False)
    if found.fixed:
        console.print(f"left as in the board's file: {', '.join(found.fixed)}", markup=False)
    for line in source.left_out:
        console.print(f"left out: {line}", markup=False)


def _write_firmware(board: Board, folder: Path, console: Console) -> None:
    firmware = microbench.build(board, load_settings())
    path = folder / f"microbench-{board.name}.elf"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(firmware.elf_path, path)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="choose another folder") from error
    console.print(f"wrote {path}; flash it, then: profiler calibrate {board.name} --on PORT", markup=False)


def _write(path: Path, file: CalibrationFile, console: Console) -> None:
    try:
        write_calibration(path, file)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="choose a place with --output") from error
    console.print(f"wrote {path}", markup=False)

"""`profiler calibrate`: free parameters of a board's timing model from measurements."""

from __future__ import annotations

import datetime
import json as json_module
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from profiler.cli.grouped import grouped
from profiler.cli.profile_options import BoardArgument


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChoices:
    """Where measurements come from: one of three."""

    use_published: Annotated[
        bool, typer.Option("--published", help="From the published measurements; needs --firmware-folder.")
    ] = False
    firmware_folder: Annotated[
        Path | None, typer.Option("--firmware-folder", help="Folder with the published firmware, anywhere below it.")
    ] = None
    measurements: Annotated[
        Path | None, typer.Option("--measurements", "-m", help="From a measurement file (.toml, .json, .csv).")
    ] = None
    on: Annotated[
        str, typer.Option("--on", help="From microbenchmarks on a board: board (attached), an alias, a port, or sim.")
    ] = ""
    repeat: Annotated[int, typer.Option("--repeat", help="Runs of each microbenchmark, for --on.", min=1)] = 5
    flash: Annotated[str | None, typer.Option("--flash", help="How to flash it, as for `profiler run`.")] = None


@grouped
def calibrate(
    board: BoardArgument,
    *,
    source: SourceChoices,
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
    from profiler.boards.calibration import write_calibration  # not above: --help must not wait for scipy
    from profiler.boards.loader import board_path, calibration_path, load_board
    from profiler.calibration.calibrate import calibrate as calibrate_board
    from profiler.calibration.calibrate import calibration_file, require_better
    from profiler.calibration.fit import declared_parameters
    from profiler.cli.calibrate_steps import print_fit, require_silicon, source_of, write_microbenchmarks

    target = load_board(board, calibration=False)
    console = Console(highlight=False, soft_wrap=True, quiet=json)

    def tell(line: str) -> None:
        console.print(line, markup=False)

    if write_firmware is not None:
        path = write_microbenchmarks(target, write_firmware)
        tell(f"wrote {path}; flash it, then: profiler calibrate {target.name} --on PORT --flash none")
        return
    names = parameter or []
    declared_parameters(target, names)  # before minutes of counting
    points = source_of(board, target, source, tell)
    found = calibrate_board(target, points, names)
    file = calibration_file(target, points, found, datetime.datetime.now(datetime.UTC).date())
    if json:
        typer.echo(json_module.dumps(file.model_dump(mode="json"), indent=2))
    else:
        print_fit(console, found, points)
    require_better(found)
    if not (dry_run or output):
        require_silicon(points, target)
    if not dry_run:
        path = output or calibration_path(board_path(board), target.name)
        write_calibration(path, file)
        tell(f"wrote {path}")

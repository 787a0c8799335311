"""What `profiler calibrate` does with its options: measured points from their source, and what is told of a fit."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from profiler.boards.facts import parameter_text
from profiler.boards.model import Board
from profiler.calibration import microbench
from profiler.calibration.measurements import read_measurements
from profiler.calibration.model import Fit
from profiler.calibration.sources import Source, Tell, from_file, on_board, published
from profiler.cli.calibrate import SourceChoices
from profiler.errors import SettingsError
from profiler.lab.attach import attachment
from profiler.output import write_output
from profiler.settings import load_settings
from profiler.timing.accuracy import summarize


def source_of(name: str, board: Board, chosen: SourceChoices, tell: Tell) -> Source:
    """The measured points of a board, by the `name` that the user gave it. Raises SettingsError, CalibrationError."""
    if chosen.use_published + (chosen.measurements is not None) + bool(chosen.on) != 1:
        raise SettingsError(
            "give one source of measurements",
            hint="--published --firmware-folder DIR, --measurements FILE, or --on PORT",
        )
    if chosen.on:
        settings = load_settings()
        return on_board(
            board, attachment(chosen.on, settings, repeat=chosen.repeat, flash=chosen.flash), settings, tell
        )
    if chosen.measurements is not None:
        file = read_measurements(chosen.measurements)
        return from_file(board, name, file, chosen.measurements.parent, load_settings(), tell)
    if chosen.firmware_folder is None:
        raise SettingsError("--published needs --firmware-folder", hint="the folder with the published firmware")
    return published(board, chosen.firmware_folder, tell)


def require_silicon(source: Source, board: Board) -> None:
    """Raises SettingsError when an emulator stood in for the board: nothing of it belongs beside the board's file."""
    if not source.silicon:
        raise SettingsError(
            f"no board of silicon answered, but the emulator: {board.name} stays as it is",
            hint="--dry-run to look only, --output FILE to write it all the same",
        )


def write_microbenchmarks(board: Board, folder: Path) -> Path:
    """Build the microbenchmarks' firmware and write its ELF into the folder. Raises SettingsError, ToolchainError."""
    firmware = microbench.build(board, load_settings())
    return write_output(folder / f"microbench-{board.name}.elf", firmware.elf_path.read_bytes())


def print_fit(console: Console, found: Fit, source: Source) -> None:
    """Each point before and after, each parameter, and what was left out."""
    points = Table(box=box.SIMPLE_HEAD)
    for heading in ("point", "", "measured", "before", "after", "error before", "after"):
        text = heading in ("point", "")
        points.add_column(heading, justify="left" if text else "right", no_wrap=not text)
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

"""`profiler run`: profile a model on one board or several."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar

from profiler.boards.memory_config import parse_memory_config
from profiler.build.model import Optimization
from profiler.cli.profile_options import Inputs, Kernels, MemoryConfigOption, Model, Optimize, Planner, Seed
from profiler.cli.report_files import prepare_folder, write_reports
from profiler.errors import DoesNotFitError, SettingsError
from profiler.lab.attach import SIMULATED, Attachment
from profiler.lab.flash import FLASHERS
from profiler.pipeline import Options, profile
from profiler.progress import STAGES, Progress
from profiler.report.profile import Profile
from profiler.report.renderers import RENDERERS
from profiler.report.renderers.terminal import print_profile
from profiler.run.runners import EMULATOR, RENODE
from profiler.settings import Settings, load_settings


def run(
    model: Model,
    board: Annotated[list[str], typer.Option("--board", "-b", help="Board name (see `profiler boards`) or TOML file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for report files, MODEL-BOARD.EXTENSION.")
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", "-f", help=f"Report files to write, of: {', '.join(RENDERERS)}.")
    ] = "html,json,csv,markdown",
    optimize: Optimize = Optimization.BALANCED,
    kernels: Kernels = "auto",
    planner: Planner = "best",
    seed: Seed = 0,
    memory_config: MemoryConfigOption = None,
    inputs: Inputs = 3,
    on: Annotated[
        str | None,
        typer.Option("--on", help="Run there too: renode, sim, board (attached), an alias of the lab file, or a port."),
    ] = None,
    repeat: Annotated[int, typer.Option("--repeat", help="Inferences timed there.")] = 1,
    flash: Annotated[
        str | None, typer.Option("--flash", help=f"How to flash it, NAME or NAME:ARGUMENT of: {', '.join(FLASHERS)}.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the profile (of several boards, a list) as JSON and nothing else.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    open_report: Annotated[bool, typer.Option("--open", help="Open the HTML report in a browser.")] = False,
) -> None:
    """Build the model's firmware, run it on the emulated board, and report latency and memory, layer by layer.

    With --on the same ELF runs on a board as well, and the report has both side by side.
    """
    names = _formats(formats, with_html=open_report)
    folder = output or (Path("profiler-reports") if open_report else None)
    if folder is not None:
        prepare_folder(folder)
    settings = load_settings()
    options = Options(
        optimization=optimize,
        kernels=kernels,
        planner=planner,
        seed=seed,
        input_sets=inputs,
        engine=RENODE if on == RENODE else EMULATOR,
        memory_config=parse_memory_config(memory_config or ()),
    )
    where = attachment(on, board, repeat=repeat, flash=flash, settings=settings)
    profiles: list[Profile] = []
    refused: list[DoesNotFitError] = []
    for name in board:
        try:
            profiles.append(profile_with_progress(model, name, options, settings, silent=quiet or json, on=where))
        except DoesNotFitError as error:  # the other boards' answers are still wanted
            refused.append(error)
            continue
        if not (json or quiet):
            print_profile(profiles[-1], Console(highlight=False))
        if folder is not None:
            _write(profiles[-1], folder, names, open_report=open_report, silent=quiet or json)
    if json:
        sys.stdout.write(_as_json(profiles, several=len(board) > 1))
    if refused:
        raise refused[0] if len(refused) == 1 else _all_of(refused)


def _formats(text: str, *, with_html: bool) -> Sequence[str]:
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in RENDERERS]
    if unknown:
        raise SettingsError(f"unknown report format {', '.join(unknown)!r}", hint=f"choose of: {', '.join(RENDERERS)}")
    return [*names, "html"] if with_html and "html" not in names else names


def attachment(
    on: str | None, boards: Sequence[str], *, repeat: int, flash: str | None, settings: Settings
) -> Attachment | None:
    """The board that is to be run on. Raises SettingsError when it could not be one of `boards`."""
    if on is None or on == RENODE:
        if flash is not None or repeat != 1:
            raise SettingsError("--flash and --repeat are of a board to run on", hint="name it with --on")
        return None
    if len(boards) > 1 and on != SIMULATED:
        raise SettingsError(
            f"{on} is one board, but {len(boards)} were asked for", hint="give one --board, or --on sim"
        )
    return Attachment(on=on, repeat=repeat, flash=flash, lab_file=settings.lab_file, lease_folder=settings.lease_folder)


def profile_with_progress(
    model: str, board: str, options: Options, settings: Settings, *, silent: bool, on: Attachment | None = None
) -> Profile:
    """`profile` with a bar on standard error that goes away; none when silent or where nobody watches."""
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with ProgressBar(*columns, console=console, transient=True, disable=silent or not console.is_terminal) as bar:
        task = bar.add_task(board, total=len(STAGES))

        def on_stage(stage: str) -> None:
            bar.update(task, description=f"{board}: {stage}", completed=STAGES.index(stage))

        progress = Progress(on_stage=on_stage)
        return profile(model, board=board, options=options, settings=settings, progress=progress, on=on)


def _as_json(profiles: Sequence[Profile], *, several: bool) -> str:
    """The profile; an array of them when several boards were asked for, whatever number fits."""
    texts = [RENDERERS["json"].render(result) for result in profiles]
    return "[\n" + ",\n".join(text.rstrip() for text in texts) + "\n]\n" if several else "".join(texts)


def _write(result: Profile, folder: Path, names: Sequence[str], *, open_report: bool, silent: bool) -> None:
    written = write_reports(result, folder, names)
    for path in written.values():
        if not silent:
            typer.echo(f"wrote {path}")
    if open_report:
        typer.launch(str(written["html"].resolve()))


def _all_of(errors: Sequence[DoesNotFitError]) -> DoesNotFitError:
    return DoesNotFitError("\n       ".join(error.message for error in errors), hint=errors[0].hint)

"""`profiler run`: profile a model on one board or several."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar

from profiler.cli.grouped import grouped
from profiler.cli.profile_options import FirmwareChoices, Inputs, MemoryConfigOption, Model, Seed
from profiler.errors import DoesNotFitError, SettingsError
from profiler.lab.flash import FLASHERS
from profiler.output import prepare_folder
from profiler.progress import STAGES, Progress
from profiler.report.renderers import RENDERERS, require_formats
from profiler.words import listed

if TYPE_CHECKING:
    from profiler.lab.attach import Attachment
    from profiler.pipeline import Options
    from profiler.report.profile import Profile
    from profiler.settings import Settings


@grouped
def run(
    model: Model,
    board: Annotated[list[str], typer.Option("--board", "-b", help="Board name (see `profiler boards`) or TOML file.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for report files, MODEL-BOARD.EXTENSION.")
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", "-f", help=f"Report files to write, of: {', '.join(RENDERERS)}.")
    ] = "html,json,csv,markdown",
    firmware: FirmwareChoices,
    seed: Seed = 0,
    memory_config: MemoryConfigOption = None,
    inputs: Inputs = 3,
    on: Annotated[
        list[str] | None,
        typer.Option(
            "--on",
            help="Run there too: renode, sim, board (attached), an alias of the lab file, or a port. "
            "May be given twice: for Renode and a board.",
        ),
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

    With --on the same ELF runs on a board as well, in Renode, or both, and the report has them side by side.
    """
    from profiler.report.renderers.terminal import print_profile  # not above: --help must not wait for them
    from profiler.run.runners import EMULATOR, RENODE
    from profiler.settings import load_settings

    names = _formats(formats, with_html=open_report)
    folder = output or (Path("profiler-reports") if open_report else None)
    if folder is not None:
        prepare_folder(folder)
    settings = load_settings()
    in_renode, place = places(on or ())
    engine = RENODE if in_renode else EMULATOR
    options = firmware.options(memory_config=memory_config, seed=seed, input_sets=inputs, engine=engine)
    where = _attachment(place, board, repeat=repeat, flash=flash, settings=settings)
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
    names = listed(text)
    require_formats(names or ("",), RENDERERS)
    return [*names, "html"] if with_html and "html" not in names else names


def places(on: Sequence[str]) -> tuple[bool, str | None]:
    """Whether Renode is among the places to run on, and the board among them. Raises SettingsError for two boards."""
    from profiler.run.runners import RENODE

    boards = [place for place in dict.fromkeys(on) if place != RENODE]
    if len(boards) > 1:
        raise SettingsError(
            f"--on names {len(boards)} boards: {', '.join(boards)}",
            hint="run once for each; `profiler diff` compares",
        )
    return RENODE in on, boards[0] if boards else None


def _attachment(
    on: str | None, boards: Sequence[str], *, repeat: int, flash: str | None, settings: Settings
) -> Attachment | None:
    """The board that is to be run on. Raises SettingsError when it could not be one of `boards`."""
    from profiler.lab.attach import SIMULATED, attachment

    if on is None:
        if flash is not None or repeat != 1:
            raise SettingsError("--flash and --repeat are of a board to run on", hint="name it with --on")
        return None
    if len(boards) > 1 and on != SIMULATED:
        raise SettingsError(
            f"{on} is one board, but {len(boards)} were asked for", hint="give one --board, or --on sim"
        )
    return attachment(on, settings, repeat=repeat, flash=flash)


def profile_with_progress(
    model: str, board: str, options: Options, settings: Settings, *, silent: bool, on: Attachment | None = None
) -> Profile:
    """`profile` with a bar on standard error that goes away; none when silent or where nobody watches."""
    from profiler.pipeline import profile

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
    from profiler.cli.report_files import write_reports

    written = write_reports(result, folder, names)
    for path in written.values():
        if not silent:
            typer.echo(f"wrote {path}")
    if open_report:
        typer.launch(str(written["html"].resolve()))


def _all_of(errors: Sequence[DoesNotFitError]) -> DoesNotFitError:
    return DoesNotFitError("\n       ".join(error.message for error in errors), hint=errors[0].hint)

"""`profiler sweep`: many models on many boards, into a table."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar

from profiler.build.model import Optimization
from profiler.cli.profile_options import FirmwareChoices, Inputs, Planner, Seed

if TYPE_CHECKING:
    import pandas

    from profiler.pipeline import Options
    from profiler.settings import Settings
    from profiler.work.sweep import SweepProgress


def sweep(
    models: Annotated[list[str], typer.Argument(help="Files, folders, patterns, zoo:NAME, zoo:*.")],
    board: Annotated[
        list[str], typer.Option("--boards", "--board", "-b", help="Names, separated by commas, files, or all.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Table to write: .parquet, .csv or .json.")],
    optimize: Annotated[
        list[Optimization] | None, typer.Option("--optimize", help="Compiler optimisation; may be repeated.")
    ] = None,
    kernels: Annotated[list[str] | None, typer.Option("--kernels", help="auto, ref or dsp; may be repeated.")] = None,
    planner: Planner = "best",
    seed: Seed = 0,
    inputs: Inputs = 3,
    memory_config: Annotated[list[str] | None, typer.Option("--memory-config", help="As in `profiler run`.")] = None,
    on: Annotated[
        str, typer.Option("--on", help="Run there too: board (attached to a worker), an alias of its lab file, or sim.")
    ] = "emulator",
    repeat: Annotated[int, typer.Option("--repeat", help="Inferences timed there.")] = 1,
    scheduler: Annotated[str | None, typer.Option("--scheduler", help="Dask scheduler, tcp://HOST:8786.")] = None,
    threads: Annotated[int | None, typer.Option("--threads", help="Tasks at once on this machine.", min=1)] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Profile each model on each board; failures are rows with their cause. Interrupted, the same command goes on."""
    from profiler.settings import load_settings
    from profiler.work.sweep_table import check_output, write_table

    check_output(output)
    options = [
        FirmwareChoices(optimize=level, kernels=variant, planner=planner).options(
            memory_config=memory_config, seed=seed, input_sets=inputs, on=on, repeat=repeat
        )
        for level, variant in product(optimize or [Optimization.BALANCED], kernels or ["auto"])
    ]
    frame = _sweep_with_progress(models, board, options, load_settings(workers=threads), scheduler, silent=quiet)
    write_table(frame, output)
    if not quiet:
        _summarize(frame, output)


def _sweep_with_progress(
    models: list[str],
    boards: list[str],
    options: list[Options],
    settings: Settings,
    scheduler: str | None,
    *,
    silent: bool,
) -> pandas.DataFrame:
    from profiler.work.sweep import sweep as run_sweep

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    with ProgressBar(*columns, console=console, transient=True, disable=silent or not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def on_progress(progress: SweepProgress) -> None:
            failed = f"[red]{progress.failed} failed[/]  " if progress.failed else ""
            description = failed + escape(progress.latest)
            bar.update(task, total=progress.total, completed=progress.done + progress.failed, description=description)

        try:
            return run_sweep(
                models, boards, options=options, settings=settings, scheduler=scheduler, on_progress=on_progress
            )
        except KeyboardInterrupt:
            bar.stop()
            console.print("interrupted; the same command goes on with what is not done yet", highlight=False)
            raise


def _summarize(frame: pandas.DataFrame, output: Path) -> None:
    console = Console(highlight=False)
    failed = frame[frame["failure_code"].notna()]
    for code, count in failed["failure_code"].value_counts().items():
        console.print(
            f"{count} × {escape(str(code))}: {escape(str(_first_message(failed, str(code))))}", soft_wrap=True
        )
    console.print(f"wrote {escape(str(output))}: {len(frame)} rows, {len(failed)} failed", soft_wrap=True)


def _first_message(failed: pandas.DataFrame, code: str) -> str:
    return str(failed.loc[failed["failure_code"] == code, "failure_message"].iloc[0])

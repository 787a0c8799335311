"""`profiler compare`: a model's variants on boards, with accuracy where there is data."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from profiler.accuracy.choices import CALIBRATION_SAMPLES, MetricName, Task
from profiler.cli.data_options import Data, ReadingChoices
from profiler.cli.grouped import grouped
from profiler.cli.profile_options import FirmwareChoices
from profiler.convert.model import Endpoints
from profiler.output import prepare_folder

if TYPE_CHECKING:
    from profiler.variants.compare import CompareOptions
    from profiler.variants.model import VariantComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What is made of the data, in the words of `profiler.CompareOptions`."""

    calibration: Annotated[
        Path | None, typer.Option("--calibration", help="Dataset for the quantizer; --data without it.")
    ] = None
    calibration_samples: Annotated[int, typer.Option("--samples", help="Representative samples.")] = CALIBRATION_SAMPLES
    limit: Annotated[int | None, typer.Option("--limit", help="Evaluate at most so many samples.")] = None
    target_samples: Annotated[int, typer.Option("--target-samples", help="Samples run on each board.")] = 10
    metric: Annotated[str | None, typer.Option("--metric", help=f"Of slices: {', '.join(MetricName)}.")] = None
    task: Annotated[Task | None, typer.Option("--task", help="What outputs mean.")] = None
    threshold: Annotated[float | None, typer.Option("--threshold", help="Of binary scores.")] = None
    check_layers: Annotated[
        bool, typer.Option("--check-layers", help="Compare every layer's output on the target with TFLM.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where the comparison goes."""

    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for compare.html, .json, .md.")] = None
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False


@grouped
def compare(
    model: Annotated[str, typer.Argument(help="A Keras file, SavedModel, .tflite file, or zoo:NAME.")],
    boards: Annotated[
        list[str],
        typer.Option("--boards", "--board", "-b", help="Names, separated by commas, files, or all; may be repeated."),
    ],
    *,
    variants: Annotated[
        str | None, typer.Option("--variants", help="float32, int8, int16x8, dynamic-range, NAME=FILE.")
    ] = None,
    endpoints: Annotated[Endpoints, typer.Option("--endpoints", help="Inputs and outputs.")] = Endpoints.INTEGER,
    data: Data = None,
    classes: Annotated[str | None, typer.Option("--classes", help="Class names in the model's order.")] = None,
    reading: ReadingChoices,
    slices: Annotated[
        list[str] | None, typer.Option("--slice", help="COLUMN or COLUMN=VALUE of the metadata; may be repeated.")
    ] = None,
    evaluation: Evaluation,
    firmware: FirmwareChoices,
    memory_config: Annotated[list[str] | None, typer.Option("--memory-config", help="As for `profiler run`.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of random inputs and of resampling.")] = 0,
    report: Report,
) -> None:
    """One table of variants and boards: accuracy, what quantization costs and where, latency, RAM, flash."""
    from profiler.boards.loader import find_boards
    from profiler.variants.compare import CompareOptions  # not above: --help must not wait for numpy

    names = find_boards(boards)
    if report.output is not None:
        prepare_folder(report.output)
    options = CompareOptions(
        variants=variants,
        endpoints=endpoints,
        data=data,
        data_options=reading.options(classes=classes),
        slices=tuple(slices or ()),
        pipeline=firmware.options(memory_config=memory_config, seed=seed),
        **asdict(evaluation),
    )
    _show(_compared(model, names, options, silent=report.quiet or report.json), report)


def _compared(model: str, boards: Sequence[str], options: CompareOptions, *, silent: bool) -> VariantComparison:
    from profiler.settings import load_settings
    from profiler.variants.compare import compare as compare_variants

    console = Console(stderr=True)
    if silent or not console.is_terminal:
        return compare_variants(model, boards=boards, options=options, settings=load_settings())
    with console.status("starting") as status:
        return compare_variants(
            model, boards=boards, options=options, settings=load_settings(), on_step=lambda step: status.update(step)
        )


def _show(comparison: VariantComparison, report: Report) -> None:
    from profiler.variants.renderers import VARIANT_RENDERERS
    from profiler.variants.renderers.terminal import print_comparison
    from profiler.variants.report_files import write_comparison

    if report.json:
        sys.stdout.write(VARIANT_RENDERERS["json"].render(comparison))
    elif not report.quiet:
        print_comparison(comparison, Console(highlight=False))
    for path in () if report.output is None else write_comparison(comparison, report.output):
        if not (report.json or report.quiet):
            typer.echo(f"wrote {path}")

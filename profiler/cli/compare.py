"""`profiler compare`: a model's variants on boards, with accuracy where there is data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from profiler.accuracy.metrics import METRICS, Task
from profiler.boards.memory_config import parse_memory_config
from profiler.build.model import Optimization
from profiler.cli.data_options import BinType, Classes, Data, Label, Metadata, Offset, Resize, Scale, data_options
from profiler.cli.profile_options import Kernels, Optimize, Planner
from profiler.cli.report_files import prepare_folder
from profiler.convert.model import Endpoints
from profiler.errors import SettingsError
from profiler.settings import load_settings
from profiler.variants.renderers import VARIANT_RENDERERS
from profiler.variants.renderers.terminal import print_comparison
from profiler.variants.report_files import write_comparison

if TYPE_CHECKING:
    from profiler.variants.compare import CompareOptions
    from profiler.variants.model import VariantComparison


def compare(
    model: Annotated[str, typer.Argument(help="A Keras file, SavedModel, .tflite file, or zoo:NAME.")],
    boards: Annotated[str, typer.Option("--boards", "-b", help="Board names or TOML files, separated by commas.")],
    variants: Annotated[
        str | None, typer.Option("--variants", help="float32, int8, int16x8, dynamic-range, NAME=FILE.")
    ] = None,
    data: Data = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", help="Dataset for the quantizer; --data without it.")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", help="Representative samples.")] = 100,
    limit: Annotated[int | None, typer.Option("--limit", help="Evaluate at most so many samples.")] = None,
    target_samples: Annotated[int, typer.Option("--target-samples", help="Samples run on each board.")] = 10,
    slices: Annotated[
        list[str] | None, typer.Option("--slice", help="COLUMN or COLUMN=VALUE of the metadata; may be repeated.")
    ] = None,
    metric: Annotated[str | None, typer.Option("--metric", help=f"Of slices: {', '.join(METRICS)}.")] = None,
    task: Annotated[Task | None, typer.Option("--task", help="What outputs mean.")] = None,
    threshold: Annotated[float | None, typer.Option("--threshold", help="Of binary scores.")] = None,
    endpoints: Annotated[Endpoints, typer.Option("--endpoints", help="Inputs and outputs.")] = Endpoints.INTEGER,
    check_layers: Annotated[
        bool, typer.Option("--check-layers", help="Compare every layer's output on the target with TFLM.")
    ] = False,
    label: Label = None,
    classes: Classes = None,
    metadata: Metadata = None,
    scale: Scale = 1.0,
    offset: Offset = 0.0,
    resize: Resize = None,
    bin_type: BinType = "uint8",
    optimize: Optimize = Optimization.BALANCED,
    kernels: Kernels = "auto",
    planner: Planner = "best",
    memory_config: Annotated[list[str] | None, typer.Option("--memory-config", help="As for `profiler run`.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of random inputs and of resampling.")] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for compare.html, .json, .md.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """One table of variants and boards: accuracy, what quantization costs and where, latency, RAM, flash."""
    from profiler.pipeline import Options  # not above: --help must not wait for the emulator
    from profiler.variants.compare import CompareOptions

    names = _board_names(boards)
    if output is not None:
        prepare_folder(output)
    read_as = data_options(
        label=label, classes=classes, metadata=metadata, scale=scale, offset=offset, resize=resize, bin_type=bin_type
    )
    memory = parse_memory_config(memory_config or ())
    options = CompareOptions(
        variants=variants,
        endpoints=endpoints,
        data=data,
        calibration=calibration,
        data_options=read_as,
        calibration_samples=samples,
        limit=limit,
        target_samples=target_samples,
        slices=tuple(slices or ()),
        metric=metric,
        task=task,
        threshold=threshold,
        check_layers=check_layers,
        pipeline=Options(optimization=optimize, kernels=kernels, planner=planner, seed=seed, memory_config=memory),
    )
    _show(_compared(model, names, options, silent=quiet or json), output, json=json, quiet=quiet)


def _board_names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise SettingsError("no board was named", hint="`profiler boards` lists them")
    return names


def _compared(model: str, boards: list[str], options: CompareOptions, *, silent: bool) -> VariantComparison:
    from profiler.variants.compare import compare as compare_variants

    console = Console(stderr=True)
    if silent or not console.is_terminal:
        return compare_variants(model, boards=boards, options=options, settings=load_settings())
    with console.status("starting") as status:
        return compare_variants(
            model, boards=boards, options=options, settings=load_settings(), on_step=lambda step: status.update(step)
        )


def _show(comparison: VariantComparison, output: Path | None, *, json: bool, quiet: bool) -> None:
    if json:
        sys.stdout.write(VARIANT_RENDERERS["json"].render(comparison))
    elif not quiet:
        print_comparison(comparison, Console(highlight=False))
    for path in () if output is None else write_comparison(comparison, output):
        if not (json or quiet):
            typer.echo(f"wrote {path}")

"""`profiler quantize`: a Keras model or SavedModel as a `.tflite` in another precision."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiler.accuracy.calibration_set import DEFAULT_SAMPLES, calibration_samples, suspicions
from profiler.accuracy.datasets.formats import open_dataset
from profiler.cli.data_options import HELP_DATA, data_options
from profiler.convert.convert import convert
from profiler.convert.load import model_path
from profiler.convert.model import Conversion, Endpoints, Precision
from profiler.errors import DatasetError, ProfilerError
from profiler.export.archive import write_file
from profiler.settings import load_settings


def quantize(
    model: Annotated[str, typer.Argument(help="A Keras file (.keras, .h5) or a SavedModel folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .tflite file to write.")],
    to: Annotated[Precision, typer.Option("--to", help="What to make of it.")] = Precision.INT8,
    data: Annotated[Path | None, typer.Option("--data", "-d", help=HELP_DATA)] = None,
    samples: Annotated[int, typer.Option("--samples", min=1, help="Representative samples.")] = DEFAULT_SAMPLES,
    endpoints: Annotated[
        Endpoints, typer.Option("--endpoints", help="Type of a quantized model's inputs and outputs.")
    ] = Endpoints.INTEGER,
    label: Annotated[str | None, typer.Option("--label", help="The label's column or array.")] = None,
    metadata: Annotated[str | None, typer.Option("--metadata", help="Columns that are no features.")] = None,
    scale: Annotated[float, typer.Option("--scale", help="Values are multiplied by this.")] = 1.0,
    offset: Annotated[float, typer.Option("--offset", help="Then this is added.")] = 0.0,
    resize: Annotated[str | None, typer.Option("--resize", help="Size of images, as 96x96x3.")] = None,
    bin_type: Annotated[str, typer.Option("--bin-type", help="Type of .bin files.")] = "uint8",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors and warnings.")] = False,
) -> None:
    """Convert a model with TensorFlow's converter; full integer quantization needs representative data."""
    if to.needs_data and data is None:
        raise DatasetError(
            f"{to.value} needs representative data: activations are quantized by the ranges seen on it",
            hint="add --data; without any, --to dynamic-range quantizes the weights alone",
        )
    options = data_options(
        label=label, classes=None, metadata=metadata, scale=scale, offset=offset, resize=resize, bin_type=bin_type
    )
    calibration = (
        None if data is None or not to.needs_data else calibration_samples(open_dataset(data, options), samples)
    )
    conversion = Conversion(precision=to, endpoints=endpoints)
    cache_folder = load_settings().cache_folder
    (result,) = convert(model_path(model), [conversion], calibration=calibration, cache_folder=cache_folder)
    if isinstance(result, ProfilerError):
        raise result
    if calibration is not None:
        for warning in suspicions(calibration, scales_inputs=result.facts.scales_inputs):
            typer.echo(f"warning: {warning}", err=True)
    write_file(output, result.data)
    if not quiet:
        typer.echo(f"wrote {output} ({to.value}, {len(result.data)} bytes)")

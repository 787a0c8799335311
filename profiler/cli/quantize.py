"""`profiler quantize`: a Keras model or SavedModel as a `.tflite` in another precision."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiler.accuracy.calibration_set import DEFAULT_SAMPLES
from profiler.cli.data_options import BinType, Data, Label, Metadata, Offset, Resize, Scale, data_options
from profiler.convert.model import Endpoints, Precision
from profiler.export.archive import write_file
from profiler.variants.quantize import quantize as quantize_model


def quantize(
    model: Annotated[str, typer.Argument(help="A Keras file (.keras, .h5) or a SavedModel folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .tflite file to write.")],
    to: Annotated[Precision, typer.Option("--to", help="What to make of it.")] = Precision.INT8,
    data: Data = None,
    samples: Annotated[int, typer.Option("--samples", min=1, help="Representative samples.")] = DEFAULT_SAMPLES,
    endpoints: Annotated[
        Endpoints, typer.Option("--endpoints", help="Type of a quantized model's inputs and outputs.")
    ] = Endpoints.INTEGER,
    label: Label = None,
    metadata: Metadata = None,
    scale: Scale = 1.0,
    offset: Offset = 0.0,
    resize: Resize = None,
    bin_type: BinType = "uint8",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors and warnings.")] = False,
) -> None:
    """Convert a model with TensorFlow's converter; full integer quantization needs representative data."""
    options = data_options(
        label=label, classes=None, metadata=metadata, scale=scale, offset=offset, resize=resize, bin_type=bin_type
    )
    done = quantize_model(model, to=[to], data=data, data_options=options, samples=samples, endpoints=endpoints)
    for warning in done.warnings:
        typer.echo(f"warning: {warning}", err=True)
    write_file(output, done.models[to])
    if not quiet:
        typer.echo(f"wrote {output} ({to.value}, {len(done.models[to])} bytes)")

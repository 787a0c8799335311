"""`profiler quantize`: a Keras model or SavedModel as a `.tflite` in another precision."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiler.accuracy.choices import CALIBRATION_SAMPLES
from profiler.cli.data_options import Data, ReadingChoices
from profiler.cli.grouped import grouped
from profiler.convert.model import Endpoints, Precision


@grouped
def quantize(
    model: Annotated[str, typer.Argument(help="A Keras file (.keras, .h5) or a SavedModel folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .tflite file to write.")],
    *,
    to: Annotated[Precision, typer.Option("--to", help="What to make of it.")] = Precision.INT8,
    data: Data = None,
    samples: Annotated[int, typer.Option("--samples", min=1, help="Representative samples.")] = CALIBRATION_SAMPLES,
    endpoints: Annotated[
        Endpoints, typer.Option("--endpoints", help="Type of a quantized model's inputs and outputs.")
    ] = Endpoints.INTEGER,
    reading: ReadingChoices,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors and warnings.")] = False,
) -> None:
    """Convert a model with TensorFlow's converter; full integer quantization needs representative data."""
    from profiler.output import write_output
    from profiler.variants.quantize import quantize as quantize_model

    done = quantize_model(
        model, to=[to], data=data, data_options=reading.options(), samples=samples, endpoints=endpoints
    )
    for warning in done.warnings:
        typer.echo(f"warning: {warning}", err=True)
    write_output(output, done.models[to])
    if not quiet:
        typer.echo(f"wrote {output} ({to.value}, {len(done.models[to])} bytes)")

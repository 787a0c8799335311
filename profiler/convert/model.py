"""What a conversion is asked for and what it yields."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Precision(StrEnum):
    """What the converter makes of a float32 model."""

    FLOAT32 = "float32"
    INT8 = "int8"  # full integer: weights and activations
    INT16X8 = "int16x8"  # int16 activations, int8 weights
    DYNAMIC_RANGE = "dynamic-range"  # int8 weights, float32 activations

    @property
    def needs_data(self) -> bool:
        """Whether activations are quantized, so that their ranges must be seen on representative inputs."""
        return self in (Precision.INT8, Precision.INT16X8)


class Endpoints(StrEnum):
    """Type of a quantized model's inputs and outputs."""

    INTEGER = "integer"  # int8 of int8, int16 of int16x8
    FLOAT32 = "float32"  # with QUANTIZE and DEQUANTIZE inside the model


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One `.tflite` to make."""

    precision: Precision
    endpoints: Endpoints = Endpoints.INTEGER


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What the converter saw of a Keras model or SavedModel. Shapes have a batch of 1; names are untrusted text.

    `scales_inputs` tells that the model has layers of its own that bring raw inputs into range.
    """

    input_shapes: tuple[tuple[int, ...], ...]
    input_dtypes: tuple[str, ...]
    scales_inputs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A `.tflite` file's bytes. `random_calibration`: ranges were seen on noise, so accuracy means nothing."""

    conversion: Conversion
    data: bytes = field(repr=False)
    facts: SourceFacts
    random_calibration: bool = False

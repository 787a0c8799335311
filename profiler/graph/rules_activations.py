"""Consistency of functions of one tensor, element by element, that bend."""

from __future__ import annotations

import math
from collections.abc import Iterator

from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import LeakyReluOptions
from profiler.graph.rules import (
    CALIBRATE_HINT,
    QUANTIZED,
    WRITER_HINT,
    Finding,
    fixed_output,
    like_input,
    multiplier_defined,
    of_shape,
    required,
    rescales,
)

_INT8_SCALES = (2.0**-27, 2.0**30)  # between them, inputs in Q4.27 are a multiplier and a shift to the left
_INT16_SCALES = (2.0**-31 / 12288, 2.0**15 / 12288)  # between them, inputs in steps of 1/12288 have 15 bits
_HARD_SWISH_SCALES = (2.0**-20, 2.0**20)  # of int8 inputs: 16-bit factors are shifted by less than their width
_HARD_SWISH_STEPS = (2.0**-7, 127.8)  # of the output in one of the input, likewise
_ELU_STEPS_LIMIT = 2.0**22  # 255 steps of the input are an int32 in steps of the output
_INT16_OUTPUT = 1 / 32768
_INT16_OUTPUT_TOLERANCE = 0.00069  # TFLM's is 0.001 of the scale's binary logarithm


def logistic(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """int8 output always has scale 1/256 and zero point -128, int16 output scale 1/32768."""
    yield from _sigmoid(graph, operator, "the logistic function", int8=(1 / 256, -128))


def tanh(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """int8 output always has scale 1/128 and zero point 0, int16 output scale 1/32768."""
    yield from _sigmoid(graph, operator, "the hyperbolic tangent", int8=(1 / 128, 0))


def leaky_relu(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """With rescaling; `alpha` may be above 1 or negative."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    yield from _rescaled(source, output)
    if not isinstance(operator.options, LeakyReluOptions):
        return
    alpha = operator.options.alpha
    if not math.isfinite(alpha):
        yield Finding(reason=f"alpha is {alpha:g}, must be a number", hint=WRITER_HINT)
    elif alpha and source.dtype in QUANTIZED and source.quantization and output.quantization:
        ratio = abs(alpha) * source.quantization.scales[0] / output.quantization.scales[0]
        yield from multiplier_defined(ratio, "alpha × input scale ÷ output scale")


def hard_swish(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """With rescaling; TFLM has no int16 kernel."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    yield from _no_int16(source)
    yield from _rescaled(source, output)
    yield from _scale_between(source, {DataType.INT8: _HARD_SWISH_SCALES})
    if source.dtype is DataType.INT8 and source.quantization and output.quantization:
        steps = source.quantization.scales[0] / output.quantization.scales[0]
        if not _HARD_SWISH_STEPS[0] <= steps < _HARD_SWISH_STEPS[1]:
            yield Finding(
                reason=f"a step of the input is {steps:g} steps of the output, must be "
                f"{_HARD_SWISH_STEPS[0]:g} to {_HARD_SWISH_STEPS[1]:g}",
                hint=CALIBRATE_HINT,
            )


def elu(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """With rescaling; TFLM has no int16 kernel."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    yield from _no_int16(source)
    yield from _rescaled(source, output, limit=_ELU_STEPS_LIMIT)


def _rescaled(source: Tensor, output: Tensor, *, limit: float = 2.0**30) -> Iterator[Finding]:
    yield from like_input(source, output)
    yield from of_shape(output, source.shape, "output")
    yield from rescales(source, output, limit=limit)


def _no_int16(source: Tensor) -> Iterator[Finding]:
    if source.dtype is DataType.INT16:
        yield Finding(
            reason="input is int16, supported are int8, float32",
            hint="Convert the model to int8, or use another activation: TFLM has no int16 kernel either.",
        )


def _sigmoid(graph: Graph, operator: Operator, name: str, *, int8: tuple[float, int]) -> Iterator[Finding]:
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    yield from like_input(source, output)
    yield from of_shape(output, source.shape, "output")
    yield from fixed_output(output, name, int8=int8, int16=_INT16_OUTPUT, tolerance=_INT16_OUTPUT_TOLERANCE)
    yield from _scale_between(source, {DataType.INT8: _INT8_SCALES, DataType.INT16: _INT16_SCALES})


def _scale_between(source: Tensor, limits: dict[DataType, tuple[float, float]]) -> Iterator[Finding]:
    low, high = limits.get(source.dtype, (0.0, math.inf))
    if source.quantization is not None and not low <= source.quantization.scales[0] < high:
        yield Finding(
            reason=f"input scale {source.quantization.scales[0]:g} is outside what fixed-point arithmetic can express "
            f"({low:.2g} to {high:.2g})",
            hint=CALIBRATE_HINT,
        )

"""Every form of the inner loops of the `dsp` kernels, against TFLM's interpreter: emulated, where they are assembly.

Random operators reach a form now and then; here each is asked for by name.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from profiler.boards.loader import load_core
from profiler.build.model import Optimization
from profiler.codegen.choose import choose_layers
from profiler.codegen.model import Layer
from profiler.graph.model import Graph
from profiler.graph.options import Activation, Conv2DOptions, DepthwiseConv2DOptions, FullyConnectedOptions, Padding
from profiler.graph.tflite_reader import read
from tests.kernels.emulated import EmulatedModel, build_bare
from tests.kernels.operators import OperatorCase, input_sets, model_of
from tests.kernels.rig import NativeModel, Oracle, in_place_plan
from tests.support.tflite_builder import TensorSpec, activation_tensor, constant_tensor

SHORT, LONG = 0.02, 1.5  # real multipliers: shifts of -5 and of 1
FOLDED, PLAIN = -127, -128  # the smallest weight: 256 * -128 - 1 does not fit an int16


def conv_2d(
    width: int, outputs: int, multiplier: float, smallest: int, *, depth: int = 3, size: int = 2
) -> OperatorCase:
    """`width` output positions, odd and even numbers of channels, and padding."""
    options = Conv2DOptions(padding=Padding.SAME, stride_h=1, stride_w=1, activation=Activation.NONE)
    return case(
        "CONV_2D",
        options,
        (1, 1, width, depth),
        (outputs, size, size, depth),
        (1, 1, width, outputs),
        multiplier,
        smallest,
    )


def conv_2d_strip(
    width: int,
    outputs: int,
    multiplier: float,
    smallest: int,
    activation: Activation,
    *,
    depth: int = 3,
    stride: int = 1,
) -> OperatorCase:
    """3x3, padded, with few input channels: its windows are read from widened rows."""
    options = Conv2DOptions(padding=Padding.SAME, stride_h=stride, stride_w=stride, activation=activation)
    output = (1, -(-5 // stride), width, outputs)
    return case("CONV_2D", options, (1, 5, width * stride, depth), (outputs, 3, 3, depth), output, multiplier, smallest)


def depthwise_conv_2d(
    height: int, width: int, stride: int, multiplier: float, activation: Activation, *, size: int = 3
) -> OperatorCase:
    """Three channels with padding all around."""
    options = DepthwiseConv2DOptions(
        padding=Padding.SAME, stride_h=stride, stride_w=stride, depth_multiplier=1, activation=activation
    )
    output = (1, -(-height // stride), -(-width // stride), 3)
    return case("DEPTHWISE_CONV_2D", options, (1, height, width, 3), (1, size, size, 3), output, multiplier, PLAIN)


def fully_connected(inputs: int, outputs: int, multiplier: float, smallest: int) -> OperatorCase:
    options = FullyConnectedOptions(activation=Activation.NONE)
    return case("FULLY_CONNECTED", options, (2, inputs), (outputs, inputs), (2, outputs), multiplier, smallest)


def case(
    kind: str,
    options: Conv2DOptions | DepthwiseConv2DOptions | FullyConnectedOptions,
    source: tuple[int, ...],
    weights: tuple[int, ...],
    output: tuple[int, ...],
    multiplier: float,
    smallest: int,
) -> OperatorCase:
    """Scales per channel around `multiplier`; ReLU clamps at the output zero point of -128."""
    rng = np.random.default_rng(sum(source) * 1000 + sum(weights))
    axis = len(weights) - 1 if kind == "DEPTHWISE_CONV_2D" else 0
    scales = (multiplier * rng.uniform(0.9, 1.1, weights[axis])).astype(np.float32)
    values = rng.integers(smallest, 127, weights, endpoint=True).astype(np.int8)
    values.flat[0] = -1
    values.flat[values.size // weights[0] * (weights[0] > 1)] = smallest  # paired with the one before it
    bias = constant_tensor(rng.integers(-3000, 3000, weights[axis]).astype(np.int32), scales)
    inputs: tuple[TensorSpec | None, ...] = (
        activation_tensor(source, 1.0, 5),
        constant_tensor(values, scales, axis=axis),
        bias,
    )
    zero_point = -128 if options.activation is Activation.RELU else 7
    return OperatorCase(kind=kind, options=options, inputs=inputs, output=activation_tensor(output, 1.0, zero_point))


def cases() -> Iterator[OperatorCase]:
    for multiplier in (SHORT, LONG):
        for smallest in (FOLDED, PLAIN):
            yield from (conv_2d(width, 3 + width % 2, multiplier, smallest) for width in (1, 2, 3, 7))
            yield from (fully_connected(inputs, 2 + inputs % 3, multiplier, smallest) for inputs in (3, 8, 18))
            yield from (conv_2d_strip(width, 3, multiplier, smallest, Activation.NONE) for width in (4, 11))
            yield conv_2d_strip(8, 2, multiplier, smallest, Activation.NONE, stride=2)
        yield conv_2d(4, 2, multiplier, FOLDED, depth=8, size=1)  # one round of four steps
    yield conv_2d_strip(300, 4, SHORT, FOLDED, Activation.RELU)  # several tiles, the last one shorter
    for activation in (Activation.NONE, Activation.RELU):
        yield from (depthwise_conv_2d(4, width, 1, SHORT, activation) for width in (1, 2, 3, 6, 7))
        yield from (depthwise_conv_2d(4, width, 2, SHORT, activation) for width in (1, 7))
    yield depthwise_conv_2d(5, 5, 3, SHORT, Activation.NONE)
    yield depthwise_conv_2d(5, 5, 1, LONG, Activation.NONE)
    yield depthwise_conv_2d(5, 5, 1, SHORT, Activation.RELU_N1_TO_1)
    yield depthwise_conv_2d(6, 5, 1, SHORT, Activation.NONE, size=5)
    yield depthwise_conv_2d(70, 70, 1, SHORT, Activation.RELU)  # two bands
    yield depthwise_conv_2d(3, 300, 1, SHORT, Activation.RELU)  # rows too long for a filter in registers


@pytest.fixture(scope="module")
def model() -> bytes:
    return model_of(list(cases()))


def layers_of(graph: Graph) -> tuple[Layer, ...]:
    layers = choose_layers(graph, load_core("cortex-m4"))
    assert {layer.kernel.variant for layer in layers} == {"dsp"}
    return layers


def constants_of(layers: tuple[Layer, ...], kernel: str, *names: str) -> set[tuple[object, ...]]:
    chosen = (layer for layer in layers if layer.kernel.name == kernel)
    values = ({constant.name: constant.value for constant in layer.lowered.constants} for layer in chosen)
    return {tuple(constants[name] for name in names) for constants in values}


def test_every_form_is_reached(model: bytes) -> None:
    layers = layers_of(read(model))
    both = (False, True)
    forms = constants_of(layers, "conv_2d_s8_dsp", "kPixels", "kFoldedWeights", "kShortRequantize")
    assert forms >= {(pixels, folded, short) for pixels in (1, 2, 3, 4) for folded in both for short in both}
    names = ("kPairAtEachElement", "kFoldedWeights", "kShortRequantize")
    forms = constants_of(layers, "conv_2d_s8_dsp_strip", *names)
    assert forms == {(at_each, folded, short) for at_each in both for folded in both for short in both}
    tiles = constants_of(layers, "conv_2d_s8_dsp_strip", "kTilePixels", "kOutputWidth")
    assert any(pixels < width and width % pixels for pixels, width in tiles)
    forms = constants_of(layers, "fully_connected_s8_dsp", "kFoldedWeights", "kShortRequantize")
    assert forms == {(folded, short) for folded in both for short in both}
    forms = constants_of(layers, "depthwise_conv_2d_s8_dsp", "kFilterInRegisters", "kShortRequantize")
    assert forms == {(True, True), (True, False), (False, True)}
    bands = constants_of(layers, "depthwise_conv_2d_s8_dsp", "kBandRows", "kOutputHeight")
    assert any(rows < height for rows, height in bands)


def test_every_form_agrees_with_tflm_on_the_host(model: bytes, tmp_path: Path) -> None:
    graph = read(model)
    layers = layers_of(graph)
    native = NativeModel(graph, layers, in_place_plan(graph, layers), tmp_path)
    check(model, graph, native)


@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no cross compiler")
@pytest.mark.parametrize(
    ("core_name", "optimization"),
    [("cortex-m4", Optimization.BALANCED), ("cortex-m4", Optimization.SIZE), ("cortex-m7", Optimization.SPEED)],
)
def test_every_form_agrees_with_tflm_on_the_core(
    model: bytes, tmp_path: Path, core_name: str, optimization: Optimization
) -> None:
    graph, core = read(model), load_core(core_name)
    layers = layers_of(graph)
    plan = in_place_plan(graph, layers)
    elf_path = build_bare(graph, layers, plan, core, tmp_path, optimization=optimization)
    check(model, graph, EmulatedModel(elf_path, graph, plan, core))


def check(model: bytes, graph: Graph, ours: NativeModel | EmulatedModel) -> None:
    oracle = Oracle(model)
    for inputs in input_sets(graph, seed=3, random_sets=2):
        expected = oracle.run(inputs, len(graph.outputs))
        for operator, found, right in zip(graph.operators, ours.run(inputs), expected, strict=True):
            np.testing.assert_array_equal(found, right, err_msg=str(operator))

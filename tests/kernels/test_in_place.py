"""Kernels that may overwrite their input, at the edge of where they may: geometry in which one step more is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from profiler.codegen.kernels import kernels
from profiler.graph.options import Conv2DOptions, DepthwiseConv2DOptions, Padding
from profiler.graph.tflite_reader import read
from profiler.graph.window import window_output_size
from tests.kernels.operators import OperatorCase, input_sets, model_of
from tests.kernels.quantities import tensor
from tests.kernels.rig import NativeModel, Oracle, in_place_plan, layer_with
from tests.support.tflite_builder import constant_tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """A square filter, `grow` output channels for each input channel (a fraction for fewer)."""

    height: int
    width: int
    channels: int
    grow: float = 1.0
    side: int = 1
    strides: tuple[int, int] = (1, 1)
    padding: Padding = Padding.SAME
    batches: int = 1

    @property
    def outputs(self) -> int:
        return int(self.channels * self.grow)

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        height = window_output_size(self.padding, self.height, self.side, self.strides[0], 1)
        width = window_output_size(self.padding, self.width, self.side, self.strides[1], 1)
        return (self.batches, height, width, self.outputs)


CONVOLUTIONS = (
    Geometry(height=5, width=5, channels=4),
    Geometry(height=7, width=5, channels=3, batches=2),
    Geometry(height=5, width=5, channels=8, grow=0.5, strides=(2, 2)),
    Geometry(height=8, width=8, channels=1, grow=4, strides=(4, 1)),  # pixels grow: writing overtakes reading
    Geometry(height=8, width=8, channels=2, grow=2, strides=(2, 1)),
    Geometry(height=6, width=6, channels=4, side=3),  # the row above is read again
    Geometry(height=6, width=6, channels=4, grow=0.5, side=3),
    Geometry(height=6, width=6, channels=4, side=3, padding=Padding.VALID),
    Geometry(height=4, width=6, channels=4, side=2, batches=2),
    Geometry(height=9, width=9, channels=4, grow=2, side=3, strides=(2, 2)),
)
DEPTHWISE = (
    Geometry(height=6, width=6, channels=3, side=3),
    Geometry(height=6, width=6, channels=4, side=3, strides=(2, 2)),
    Geometry(height=6, width=6, channels=2, side=3, padding=Padding.VALID, batches=2),
    Geometry(height=6, width=6, channels=4, side=2, batches=2),
    Geometry(height=8, width=8, channels=2, grow=2, side=3, strides=(2, 2)),  # another channel's inputs
    Geometry(height=90, width=40, channels=2, side=3),  # more rows than the scratch holds at once
)


@pytest.mark.parametrize(
    ("kernel_name", "geometries"),
    [
        ("conv_2d_s8_ref", CONVOLUTIONS),
        ("conv_2d_s8_dsp", CONVOLUTIONS),
        ("depthwise_conv_2d_s8_ref", DEPTHWISE),
        ("depthwise_conv_2d_s8_dsp", DEPTHWISE),
    ],
)
def test_convolutions_that_may_overwrite_their_input_give_the_reference_outputs(
    kernel_name: str, geometries: tuple[Geometry, ...], tmp_path: Path
) -> None:
    kernel = next(row for row in kernels() if row.name == kernel_name)
    model = model_of([_case(kernel.kind, geometry) for geometry in geometries])
    graph = read(model)
    layers = [layer_with(kernel, graph, operator) for operator in graph.operators]
    native, oracle = NativeModel(graph, layers, in_place_plan(graph, layers), tmp_path), Oracle(model)
    for inputs in input_sets(graph, seed=1, random_sets=1):
        for geometry, ours, theirs in zip(
            geometries, native.run(inputs), oracle.run(inputs, len(geometries)), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs, err_msg=str(geometry))


def _case(kind: str, geometry: Geometry) -> OperatorCase:
    """Weights that make outputs differ from their inputs, and each output depend on its whole window."""
    is_depthwise = kind == "DEPTHWISE_CONV_2D"
    shape = (geometry.outputs, geometry.side, geometry.side, geometry.channels)
    shape = (1, geometry.side, geometry.side, geometry.outputs) if is_depthwise else shape
    weights = np.random.default_rng(geometry.height).integers(-127, 128, shape, dtype=np.int8)
    strides = {"stride_h": geometry.strides[0], "stride_w": geometry.strides[1], "padding": geometry.padding}
    depthwise = DepthwiseConv2DOptions(depth_multiplier=max(1, int(geometry.grow)), **strides)
    return OperatorCase(
        kind=kind,
        options=depthwise if is_depthwise else Conv2DOptions(**strides),
        inputs=(
            tensor((geometry.batches, geometry.height, geometry.width, geometry.channels), "int8", 0.1, 3),
            constant_tensor(weights, 0.01),
        ),
        output=tensor(geometry.output_shape, "int8", 0.4, -5),
    )

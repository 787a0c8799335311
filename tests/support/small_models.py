"""Small real models for tests that need firmware, not a particular network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from profiler.graph.options import Activation, Conv2DOptions, Padding
from tests.support.tflite_builder import OperatorSpec, activation_tensor, build_model, constant_tensor


def convolution_chain(widths: Sequence[int], *, height: int = 8, seed: int = 0) -> bytes:
    """Padded int8 3×3 CONV_2Ds with ReLU, one after another, from 3 channels to each of `widths` in turn."""
    random = np.random.default_rng(seed)
    options = Conv2DOptions(padding=Padding.SAME, stride_h=1, stride_w=1, activation=Activation.RELU)
    tensors, operators = [activation_tensor((1, height, height, 3), 0.5, -3, name="input")], []
    previous, channels = 0, 3
    for number, width in enumerate(widths):
        weights = random.integers(-127, 128, (width, 3, 3, channels), dtype=np.int8)
        bias = random.integers(-1000, 1000, width, dtype=np.int32)
        tensors += [
            constant_tensor(weights, [0.01] * width, axis=0, name=f"weights {number}"),
            constant_tensor(bias, [0.005] * width, axis=0, name=f"bias {number}"),
            activation_tensor((1, height, height, width), 0.5, -3, name=f"output {number}"),
        ]
        inputs = (previous, len(tensors) - 3, len(tensors) - 2)
        previous, channels = len(tensors) - 1, width
        operators.append(OperatorSpec(kind="CONV_2D", inputs=inputs, outputs=(previous,), options=options))
    return build_model(tensors=tensors, operators=operators, inputs=[0], outputs=[previous])


def convolution_model(*, seed: int = 0, height: int = 8, channels: int = 4, name: str = "activation") -> bytes:
    """One padded int8 3×3 CONV_2D of (1, height, height, 3) to `channels`; `name` begins every tensor's name."""
    random = np.random.default_rng(seed)
    weights = random.integers(-127, 128, (channels, 3, 3, 3), dtype=np.int8)
    bias = random.integers(-1000, 1000, channels, dtype=np.int32)
    scales = [0.01 + 0.001 * channel for channel in range(channels)]
    tensors = [
        activation_tensor((1, height, height, 3), 0.5, -3, name=name),
        constant_tensor(weights, scales, axis=0, name=name + " weights"),
        constant_tensor(bias, [0.5 * scale for scale in scales], axis=0, name=name + " bias"),
        activation_tensor((1, height, height, channels), 1.0, 4, name=name + " output"),
    ]
    options = Conv2DOptions(padding=Padding.SAME, stride_h=1, stride_w=1, activation=Activation.RELU)
    return build_model(
        tensors=tensors,
        operators=[OperatorSpec(kind="CONV_2D", inputs=(0, 1, 2), outputs=(3,), options=options)],
        inputs=[0],
        outputs=[3],
    )

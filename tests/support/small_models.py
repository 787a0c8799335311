"""Small real models for tests that need firmware, not a particular network."""

from __future__ import annotations

import numpy as np

from profiler.graph.options import Activation, Conv2DOptions, Padding
from tests.support.tflite_builder import OperatorSpec, activation_tensor, build_model, constant_tensor


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

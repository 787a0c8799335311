"""One dense layer in float32, as a `.tflite`: outputs that a test can tell in its head."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from profiler.graph.model import Graph
from profiler.graph.options import FullyConnectedOptions
from profiler.graph.tflite_reader import read
from tests.support.tflite_builder import OperatorSpec, activation_tensor, build_model, constant_tensor


def dense_model(weights: npt.NDArray[np.float32]) -> bytes:
    """Outputs are `weights` [outputs, inputs] times the input."""
    outputs, inputs = weights.shape
    return build_model(
        tensors=[
            activation_tensor((1, inputs), dtype="float32", name="in"),
            constant_tensor(weights.astype(np.float32), name="weights"),
            constant_tensor(np.zeros(outputs, dtype=np.float32), name="bias"),
            activation_tensor((1, outputs), dtype="float32", name="out"),
        ],
        operators=[
            OperatorSpec(kind="FULLY_CONNECTED", inputs=(0, 1, 2), outputs=(3,), options=FullyConnectedOptions())
        ],
        inputs=[0],
        outputs=[3],
    )


def dense_graph(*, outputs: int, inputs: int = 4) -> Graph:
    """The graph of such a model, its weights 1."""
    return read(dense_model(np.ones((outputs, inputs), dtype=np.float32)))

"""Models whose weights alone are quantized (dynamic-range quantization): float32 activations, int8 weights.

TFLM refuses them. LiteRT quantizes the activations anew in every inference; here the weights are turned into float32
when code is generated, which is exact, needs no oracle of its own and costs four times the weights' flash.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from profiler.graph.model import DataType, Graph, Operator, Tensor

_WEIGHTED_KINDS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"})
_WEIGHTS = 1  # position among the inputs


def hybrid_operators(graph: Graph) -> tuple[Operator, ...]:
    """Operators with float32 input and constant int8 weights."""
    return tuple(operator for operator in graph.operators if _is_hybrid(graph, operator))


def with_float_weights(graph: Graph) -> Graph:
    """The same graph with the int8 weights of float32 operators as float32, scale × (value − zero point).

    Weights that an int8 operator reads too stay as they are, and `check` reports their other reader.
    """
    hybrid = {operator.index for operator in hybrid_operators(graph)}
    if not hybrid:
        return graph
    wanted = {operator.inputs[_WEIGHTS] for operator in graph.operators if operator.index in hybrid}
    kept = {
        index
        for operator in graph.operators
        for position, index in enumerate(operator.inputs)
        if operator.index not in hybrid or position != _WEIGHTS
    }
    tensors = tuple(_as_float(tensor) if tensor.index in wanted - kept else tensor for tensor in graph.tensors)
    return replace(graph, tensors=tensors)


def _is_hybrid(graph: Graph, operator: Operator) -> bool:
    source, weights = graph.input_tensor(operator, 0), graph.input_tensor(operator, _WEIGHTS)
    return (
        operator.kind in _WEIGHTED_KINDS
        and source is not None
        and source.dtype is DataType.FLOAT32
        and weights is not None
        and weights.dtype is DataType.INT8
        and weights.is_constant
        and weights.quantization is not None
    )


def _as_float(tensor: Tensor) -> Tensor:
    if tensor.quantization is None or tensor.data is None:
        raise ValueError(f"tensor {tensor.index} is no quantized constant")
    values = np.frombuffer(tensor.data, dtype=np.int8).reshape(tensor.shape).astype(np.float32)
    along = [1] * len(tensor.shape)
    if tensor.quantization.per_channel:
        along[tensor.quantization.axis] = -1
    scales = np.asarray(tensor.quantization.scales, dtype=np.float32).reshape(along)
    zero_points = np.asarray(tensor.quantization.zero_points, dtype=np.float32).reshape(along)
    with np.errstate(over="ignore"):  # `check` reports weights that are not finite
        data = (scales * (values - zero_points)).astype("<f4").tobytes()
    return replace(tensor, dtype=DataType.FLOAT32, quantization=None, data=data)

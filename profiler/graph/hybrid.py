"""Models whose weights alone are quantized (dynamic-range quantization): float32 activations, int8 weights.

TFLM refuses them, and LiteRT quantizes the activations anew in every inference. Our float32 kernels keep such weights
as int8 in flash and compute in float32, so results are those of the reals the weights stand for.
"""

from __future__ import annotations

from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.sequence_lstm import INPUT_WEIGHTS, RECURRENT_WEIGHTS
from profiler.graph.transposed import as_convolution

# Positions of the weights among the inputs.
_WEIGHTS = dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"), (1,)) | {
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (*INPUT_WEIGHTS, *RECURRENT_WEIGHTS)
}


def hybrid_operators(graph: Graph) -> tuple[Operator, ...]:
    """Operators with float32 input and constant int8 weights."""
    return tuple(operator for operator in graph.operators if is_hybrid(graph, operator))


def is_hybrid(graph: Graph, operator: Operator) -> bool:
    """Whether the operator has float32 input and constant, quantized int8 weights; of several, one is enough."""
    operator = as_convolution(operator)
    source = graph.input_tensor(operator, 0)
    weights = (graph.input_tensor(operator, each) for each in _WEIGHTS.get(operator.kind, ()))
    return source is not None and source.dtype is DataType.FLOAT32 and any(map(_is_int8, weights))


def _is_int8(weights: Tensor | None) -> bool:
    return (
        weights is not None
        and weights.dtype is DataType.INT8
        and weights.is_constant
        and weights.quantization is not None
    )


def hybrid_warnings(graph: Graph) -> tuple[str, ...]:
    """How such a model differs from what LiteRT computes; none for any other model."""
    count = len(hybrid_operators(graph))
    if not count:
        return ()
    return (
        f"{count} float32 operators have int8 weights (dynamic-range quantization): they compute in float32, "
        "as the reference does; LiteRT quantizes their activations and gives slightly other results",
    )

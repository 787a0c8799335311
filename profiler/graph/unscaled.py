"""REVERSE_V2 between tensors of different scales: TensorFlow's converter writes it, though the operator moves integers.

TFLM and LiteRT move them all the same, so what they mean changes on the way. So do we, and say so.
"""

from __future__ import annotations

from profiler.graph.model import Graph, Operator


def unscaled_operators(graph: Graph) -> tuple[Operator, ...]:
    """REVERSE_V2 operators whose output has another scale or zero point than their input."""
    return tuple(operator for operator in graph.operators if operator.kind == "REVERSE_V2" and _differ(graph, operator))


def unscaled_warnings(graph: Graph) -> tuple[str, ...]:
    """What is wrong with such a model; none for any other model."""
    numbers = ", ".join(str(operator.index) for operator in unscaled_operators(graph))
    if not numbers:
        return ()
    return (
        f"REVERSE_V2 (operators {numbers}) moves integers to a tensor of another scale, which changes what they mean: "
        "the converter's mistake, kept as TFLM and LiteRT keep it; `profiler compare` tells what it costs",
    )


def _differ(graph: Graph, operator: Operator) -> bool:
    source, output = graph.input_tensor(operator, 0), graph.output_tensor(operator)
    return source is not None and source.quantization != output.quantization

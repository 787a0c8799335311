"""TRANSPOSE_CONV has its inputs in an order of its own: the output's shape, weights, values, bias."""

from __future__ import annotations

from dataclasses import replace

from profiler.graph.model import Operator

SHAPE, WEIGHTS, SOURCE, BIAS = range(4)  # positions among the inputs


def as_convolution(operator: Operator) -> Operator:
    """A TRANSPOSE_CONV with its inputs where CONV_2D has them (values, weights, bias), for what both do alike.

    Any other operator, or one without all of these, stays as it is.
    """
    if operator.kind != "TRANSPOSE_CONV" or len(operator.inputs) <= SOURCE:
        return operator
    inputs = (operator.inputs[SOURCE], operator.inputs[WEIGHTS], *operator.inputs[BIAS:])
    return replace(operator, kind="CONV_2D", inputs=inputs)

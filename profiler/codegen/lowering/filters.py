"""What operators with filters (convolutions, fully connected layers) require of their tensors, for each data type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from profiler.codegen.lowering.accumulation_s16 import bias_type
from profiler.codegen.lowering.products_f32 import weights_dtype, why_not_weights
from profiler.codegen.lowering.requirements import (
    constant,
    first_reason,
    quantized_per_tensor,
    quantized_weights,
    rank,
    required_input,
    tensors_typed,
)
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import Options


def _as_it_is(operator: Operator) -> Operator:
    return operator


@dataclass(frozen=True, kw_only=True)
class Filters:
    """An operator (input, constant weights[, constant bias]) → output, with weights quantized per tensor or channel.

    The `why_not_*` give the reason why no kernel of that type of activations can run an operator, or None.
    """

    kind: str
    options: type[Options]
    channel_axis: int  # of the weights: where their output channels lie
    fits: Callable[[Graph, Operator], Iterator[str | None]]  # reasons of this kind alone, types being right
    int32_bias_s16: bool = False  # whether int16 activations may go with an int32 bias, beside an int64 one
    operands: Callable[[Operator], Operator] = _as_it_is  # the operator with its inputs in the order above

    def why_not_s8(self, graph: Graph, operator: Operator) -> str | None:
        """int8 activations and weights, int32 bias."""
        return first_reason(self._quantized(graph, self.operands(operator), DataType.INT8, DataType.INT32))

    def why_not_s16(self, graph: Graph, operator: Operator) -> str | None:
        """int16 activations, int8 weights, int64 bias (or int32)."""
        operator = self.operands(operator)
        bias = bias_type(graph, operator) if self.int32_bias_s16 else DataType.INT64
        return first_reason(self._quantized(graph, operator, DataType.INT16, bias))

    def why_not_f32(self, graph: Graph, operator: Operator) -> str | None:
        """float32 activations and bias, float32 or int8 weights."""
        return first_reason(self._float32(graph, self.operands(operator)))

    def _quantized(self, graph: Graph, operator: Operator, dtype: DataType, bias: DataType) -> Iterator[str | None]:
        yield from self._reasons(graph, operator, (dtype, DataType.INT8, bias), dtype)
        weights = required_input(graph, operator, 1)
        yield quantized_per_tensor(required_input(graph, operator, 0), graph.output_tensor(operator))
        yield quantized_weights(weights, channels=weights.shape[self.channel_axis], axis=self.channel_axis)

    def _float32(self, graph: Graph, operator: Operator) -> Iterator[str | None]:
        types = (DataType.FLOAT32, weights_dtype(graph, operator), DataType.FLOAT32)
        yield from self._reasons(graph, operator, types, DataType.FLOAT32)
        yield why_not_weights(graph, operator, channel_axis=self.channel_axis)

    def _reasons(
        self, graph: Graph, operator: Operator, inputs: tuple[DataType, ...], output: DataType
    ) -> Iterator[str | None]:
        if not isinstance(operator.options, self.options):
            yield f"has no {self.kind} options"
        yield tensors_typed(graph, operator, inputs, output, optional=(2,))
        yield constant(graph, operator, 1, 2)
        yield from self.fits(graph, operator)


def four_dimensions(graph: Graph, operator: Operator) -> Iterator[str | None]:
    """Input, weights and output have four dimensions, none of them empty."""
    for tensor in (
        required_input(graph, operator, 0),
        required_input(graph, operator, 1),
        graph.output_tensor(operator),
    ):
        yield rank(tensor, 4)


def bias_fits(graph: Graph, operator: Operator, outputs: int) -> str | None:
    """The bias, where there is one, has a value for each of the `outputs` channels."""
    bias = graph.input_tensor(operator, 2)
    return f"bias has {bias.elements} values, must have {outputs}" if bias and bias.elements != outputs else None

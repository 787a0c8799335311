"""What can be told of a model without building anything: shapes, work, weights, and what is not supported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from profiler.graph.check import Problem, check
from profiler.graph.hybrid import hybrid_operators
from profiler.graph.model import Graph, Operator, Tensor
from profiler.graph.operators import OPERATOR_KINDS, macs, operations, source_tensor


class QuantizationKind(StrEnum):
    """How the weights (or, without weights, the input) of an operator are quantized."""

    NONE = "none"
    PER_TENSOR = "per-tensor"
    PER_CHANNEL = "per-channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorFacts:
    """An input or output of the model. `name` comes from the file and must be escaped wherever it is shown."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    size_bytes: int | None  # None: the type has no fixed size
    scale: float | None
    zero_point: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorFacts:
    """One operator."""

    index: int
    kind: str
    input_shapes: tuple[tuple[int, ...], ...]  # of the inputs that are neither constants nor state
    output_shapes: tuple[tuple[int, ...], ...]
    dtype: str
    macs: int | None  # None: not known for this kind
    operations: int | None
    weight_bytes: int
    quantization: QuantizationKind
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The whole model. Totals leave out operators whose work is not known; weights used twice count once."""

    model_sha256: str
    model_bytes: int
    description: str
    inputs: tuple[TensorFacts, ...]
    outputs: tuple[TensorFacts, ...]
    operators: tuple[OperatorFacts, ...]
    problems: tuple[Problem, ...]  # of the graph as a whole
    hybrid_operators: tuple[int, ...]  # float32 operators with int8 weights
    total_macs: int
    total_operations: int
    total_weight_bytes: int

    @property
    def supported(self) -> bool:
        """True when nothing stands in the way of running the model."""
        return not self.problems and not any(operator.problems for operator in self.operators)


def operator_macs(graph: Graph) -> Mapping[int, int]:
    """Operator index → multiply-accumulates of one inference; operators whose work is not known are left out."""
    counted = ((operator.index, macs(graph, operator)) for operator in graph.operators)
    return {index: count for index, count in counted if count is not None}


def summarize(graph: Graph) -> ModelFacts:
    """Everything `profiler inspect` shows. Never raises for a graph that a reader returned."""
    hybrid = tuple(operator.index for operator in hybrid_operators(graph))
    of_operator: dict[int | None, list[Problem]] = defaultdict(list)
    for problem in check(graph):
        of_operator[problem.operator].append(problem)
    operators = tuple(_operator_facts(graph, operator, of_operator[operator.index]) for operator in graph.operators)
    weights = {tensor.index: tensor for operator in graph.operators for tensor in _weights(graph, operator)}
    return ModelFacts(
        model_sha256=graph.model_sha256,
        model_bytes=graph.model_bytes,
        description=graph.description,
        inputs=tuple(_tensor_facts(graph.tensors[index]) for index in graph.inputs),
        outputs=tuple(_tensor_facts(graph.tensors[index]) for index in graph.outputs),
        operators=operators,
        problems=tuple(of_operator[None]),
        hybrid_operators=hybrid,
        total_macs=sum(operator.macs or 0 for operator in operators),
        total_operations=sum(operator.operations or 0 for operator in operators),
        total_weight_bytes=sum(len(tensor.data or b"") for tensor in weights.values()),
    )


def _operator_facts(graph: Graph, operator: Operator, problems: list[Problem]) -> OperatorFacts:
    inputs = [graph.tensors[index] for index in operator.inputs if index >= 0]
    # The first input of an unknown kind may be anything, a list of sizes for example.
    source = source_tensor(graph, operator) if operator.kind in OPERATOR_KINDS else None
    typical = source or graph.output_tensor(operator)
    return OperatorFacts(
        index=operator.index,
        kind=operator.kind,
        input_shapes=tuple(tensor.shape for tensor in inputs if tensor.is_activation),
        output_shapes=tuple(graph.tensors[index].shape for index in operator.outputs),
        dtype=typical.dtype.value,
        macs=macs(graph, operator),
        operations=operations(graph, operator),
        weight_bytes=sum(len(tensor.data or b"") for tensor in _weights(graph, operator)),
        quantization=_quantization_kind(inputs),
        problems=tuple(problems),
    )


def _tensor_facts(tensor: Tensor) -> TensorFacts:
    try:
        size_bytes = tensor.size_bytes
    except KeyError:
        size_bytes = None
    one = tensor.quantization if tensor.quantization and not tensor.quantization.per_channel else None
    return TensorFacts(
        index=tensor.index,
        name=tensor.name,
        shape=tensor.shape,
        dtype=tensor.dtype.value,
        size_bytes=size_bytes,
        scale=one.scales[0] if one else None,
        zero_point=one.zero_points[0] if one else None,
    )


def _weights(graph: Graph, operator: Operator) -> tuple[Tensor, ...]:
    """Constants that the operator reads while it runs: not the ones that become part of the code."""
    row = OPERATOR_KINDS.get(operator.kind)
    folded = row.folded if row else ()
    positions = (position for position in range(len(operator.inputs)) if position not in folded)
    tensors = (graph.input_tensor(operator, position) for position in positions)
    distinct = {tensor.index: tensor for tensor in tensors if tensor is not None and tensor.is_constant}
    return tuple(distinct.values())


def _quantization_kind(inputs: list[Tensor]) -> QuantizationKind:
    parameters = [tensor.quantization for tensor in inputs if tensor.quantization is not None]
    if any(parameter.per_channel for parameter in parameters):
        return QuantizationKind.PER_CHANNEL
    return QuantizationKind.PER_TENSOR if parameters else QuantizationKind.NONE

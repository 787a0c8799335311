"""The one place where an operator kind is made known: its inputs, its consistency rules, what work it is.

How its options are stored in a file is one more row in options_reader.py; how it is run is a kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from profiler.graph import (
    rules_activations,
    rules_moves,
    rules_pairs,
    rules_parts,
    rules_recurrent,
    rules_unweighted,
    rules_weighted,
)
from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import (
    AddOptions,
    ConcatenationOptions,
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    LeakyReluOptions,
    MulOptions,
    NoOptions,
    PackOptions,
    Pool2DOptions,
    ReduceOptions,
    ReshapeOptions,
    ResizeNearestNeighborOptions,
    SequenceLstmOptions,
    SoftmaxOptions,
    SplitOptions,
    SplitVOptions,
    SqueezeOptions,
    StridedSliceOptions,
    SubOptions,
    TransposeConvOptions,
    UnpackOptions,
)
from profiler.graph.rules import CONSTANT_HINT, CONVERT_HINT, QUANTIZED, WRITER_HINT, Finding, required, text
from profiler.graph.sequence_lstm import (
    CELL_STATE,
    CONSTANTS,
    HIDDEN_STATE,
    INPUT_COUNT,
    sequence_lstm_macs,
    sequence_lstm_ops,
)
from profiler.graph.transposed import BIAS, SHAPE, SOURCE, WEIGHTS, as_convolution

_ANY_NUMBER = 2**31
_DTYPES = (*QUANTIZED, DataType.FLOAT32)
Count = Callable[[Graph, Operator], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorKind:
    """One row. `macs` counts multiply-accumulates with padding taken as data, as everybody's tables do; `element_ops`
    counts the other arithmetic on elements (additions, comparisons, conversions), bookkeeping of indices left out."""

    name: str
    inputs: tuple[int, int]  # least and greatest number; what is beyond the least may be absent
    options: type
    rules: Callable[[Graph, Operator], Iterator[Finding]]
    macs: Count
    element_ops: Count
    constants: tuple[int, ...] = ()  # inputs that must be known when code is generated
    folded: tuple[int, ...] = ()  # inputs that become part of the code (axes, paddings, shapes): no weights
    state: tuple[int, ...] = ()  # inputs that are variables: 0 when an inference begins, and changed from step to step
    source: int = 0  # the input whose values are worked on: its type is the operator's
    several_outputs: bool = False  # any number of them, else one


def _none(graph: Graph, operator: Operator) -> int:  # noqa: ARG001
    return 0


def _per_output(graph: Graph, operator: Operator) -> int:
    return graph.output_tensor(operator).elements


def _per_input(graph: Graph, operator: Operator) -> int:
    return required(graph, operator, 0).elements


def _softmax_ops(graph: Graph, operator: Operator) -> int:
    return 5 * _per_output(graph, operator)  # maximum, difference, exponential, sum, quotient


def _logistic_ops(graph: Graph, operator: Operator) -> int:
    return 3 * _per_output(graph, operator)  # exponential, sum, quotient


def _tanh_ops(graph: Graph, operator: Operator) -> int:
    return 4 * _per_output(graph, operator)  # exponential, sum, quotient, difference


def _rectifier_ops(graph: Graph, operator: Operator) -> int:
    return 2 * _per_output(graph, operator)  # comparison, product


def _hard_swish_ops(graph: Graph, operator: Operator) -> int:
    return 5 * _per_output(graph, operator)  # sum, two comparisons, product, quotient


def _elu_ops(graph: Graph, operator: Operator) -> int:
    return 3 * _per_output(graph, operator)  # comparison, exponential, difference


def _pool_ops(graph: Graph, operator: Operator) -> int:
    options = operator.options
    taps = options.filter_h * options.filter_w if isinstance(options, Pool2DOptions) else 0
    return taps * _per_output(graph, operator)


def _bias_ops(graph: Graph, operator: Operator) -> int:
    return 0 if graph.input_tensor(as_convolution(operator), 2) is None else _per_output(graph, operator)


def _conv_2d_macs(graph: Graph, operator: Operator) -> int:
    return _per_output(graph, operator) * prod(required(graph, operator, 1).shape[1:])


def _depthwise_conv_2d_macs(graph: Graph, operator: Operator) -> int:
    return _per_output(graph, operator) * prod(required(graph, operator, 1).shape[1:3])


def _transpose_conv_macs(graph: Graph, operator: Operator) -> int:
    source, weights = required(graph, operator, SOURCE), required(graph, operator, WEIGHTS)
    return source.elements * prod(weights.shape[:-1])


def _fully_connected_macs(graph: Graph, operator: Operator) -> int:
    return _per_output(graph, operator) * prod(required(graph, operator, 1).shape[-1:])


def _weighted(
    name: str, options: type, rules: Callable[[Graph, Operator], Iterator[Finding]], macs: Count
) -> OperatorKind:
    return OperatorKind(
        name=name, inputs=(2, 3), options=options, rules=rules, macs=macs, element_ops=_bias_ops, constants=(1, 2)
    )


def _unweighted(
    name: str,
    rules: Callable[[Graph, Operator], Iterator[Finding]],
    element_ops: Count,
    *,
    options: type = NoOptions,
    inputs: tuple[int, int] = (1, 1),
    constants: tuple[int, ...] = (),
    folded: tuple[int, ...] = (),
    source: int = 0,
    several_outputs: bool = False,
) -> OperatorKind:
    return OperatorKind(
        name=name,
        inputs=inputs,
        options=options,
        rules=rules,
        macs=_none,
        element_ops=element_ops,
        constants=constants,
        folded=folded or constants,
        source=source,
        several_outputs=several_outputs,
    )


_ROWS = (
    _weighted("CONV_2D", Conv2DOptions, rules_weighted.conv_2d, _conv_2d_macs),
    _weighted("DEPTHWISE_CONV_2D", DepthwiseConv2DOptions, rules_weighted.depthwise_conv_2d, _depthwise_conv_2d_macs),
    OperatorKind(
        name="TRANSPOSE_CONV",
        inputs=(3, 4),
        options=TransposeConvOptions,
        rules=rules_weighted.transpose_conv,
        macs=_transpose_conv_macs,
        element_ops=_bias_ops,
        constants=(WEIGHTS, BIAS),
        folded=(SHAPE,),
        source=SOURCE,
    ),
    OperatorKind(
        name="UNIDIRECTIONAL_SEQUENCE_LSTM",
        inputs=(1, INPUT_COUNT),
        options=SequenceLstmOptions,
        rules=rules_recurrent.sequence_lstm,
        macs=sequence_lstm_macs,
        element_ops=sequence_lstm_ops,
        constants=CONSTANTS,
        state=(HIDDEN_STATE, CELL_STATE),
    ),
    _weighted("FULLY_CONNECTED", FullyConnectedOptions, rules_weighted.fully_connected, _fully_connected_macs),
    _unweighted("ADD", rules_pairs.add, _per_output, options=AddOptions, inputs=(2, 2)),
    _unweighted("SUB", rules_pairs.add, _per_output, options=SubOptions, inputs=(2, 2)),
    _unweighted("MUL", rules_pairs.mul, _per_output, options=MulOptions, inputs=(2, 2)),
    _unweighted("MAXIMUM", rules_pairs.extreme, _per_output, inputs=(2, 2)),
    _unweighted("MINIMUM", rules_pairs.extreme, _per_output, inputs=(2, 2)),
    _unweighted("AVERAGE_POOL_2D", rules_unweighted.pool_2d, _pool_ops, options=Pool2DOptions),
    _unweighted("MAX_POOL_2D", rules_unweighted.pool_2d, _pool_ops, options=Pool2DOptions),
    _unweighted("MEAN", rules_unweighted.mean, _per_input, options=ReduceOptions, inputs=(2, 2), constants=(1,)),
    _unweighted("PAD", rules_unweighted.pad, _none, inputs=(2, 2), constants=(1,)),
    _unweighted("PADV2", rules_unweighted.pad, _none, inputs=(3, 3), constants=(1, 2)),
    _unweighted("RESHAPE", rules_unweighted.reshape, _none, options=ReshapeOptions, inputs=(1, 2), folded=(1,)),
    _unweighted("SQUEEZE", rules_moves.squeeze, _none, options=SqueezeOptions),
    _unweighted("EXPAND_DIMS", rules_moves.expand_dims, _none, inputs=(2, 2), constants=(1,)),
    _unweighted(
        "CONCATENATION", rules_parts.concatenation, _none, options=ConcatenationOptions, inputs=(1, _ANY_NUMBER)
    ),
    _unweighted("PACK", rules_parts.pack, _none, options=PackOptions, inputs=(1, _ANY_NUMBER)),
    _unweighted(
        "SPLIT",
        rules_parts.split,
        _none,
        options=SplitOptions,
        inputs=(2, 2),
        constants=(0,),
        source=1,
        several_outputs=True,
    ),
    _unweighted(
        "SPLIT_V",
        rules_parts.split_v,
        _none,
        options=SplitVOptions,
        inputs=(3, 3),
        constants=(1, 2),
        several_outputs=True,
    ),
    _unweighted("UNPACK", rules_parts.unpack, _none, options=UnpackOptions, several_outputs=True),
    _unweighted(
        "STRIDED_SLICE",
        rules_moves.strided_slice,
        _none,
        options=StridedSliceOptions,
        inputs=(4, 4),
        constants=(1, 2, 3),
    ),
    _unweighted("SLICE", rules_moves.slice_, _none, inputs=(3, 3), constants=(1, 2)),
    _unweighted("TRANSPOSE", rules_moves.transpose, _none, inputs=(2, 2), constants=(1,)),
    _unweighted("REVERSE_V2", rules_moves.reverse, _none, inputs=(2, 2), constants=(1,)),
    _unweighted("TILE", rules_moves.tile, _none, inputs=(2, 2), constants=(1,)),
    _unweighted(
        "RESIZE_NEAREST_NEIGHBOR",
        rules_moves.resize_nearest_neighbor,
        _none,
        options=ResizeNearestNeighborOptions,
        inputs=(2, 2),
        constants=(1,),
    ),
    _unweighted("SOFTMAX", rules_unweighted.softmax, _softmax_ops, options=SoftmaxOptions),
    _unweighted("RELU", rules_unweighted.relu, _per_output),
    _unweighted("RELU6", rules_unweighted.relu6, _per_output),
    _unweighted("LOGISTIC", rules_activations.logistic, _logistic_ops),
    _unweighted("TANH", rules_activations.tanh, _tanh_ops),
    _unweighted("LEAKY_RELU", rules_activations.leaky_relu, _rectifier_ops, options=LeakyReluOptions),
    _unweighted("PRELU", rules_pairs.prelu, _rectifier_ops, inputs=(2, 2)),
    _unweighted("HARD_SWISH", rules_activations.hard_swish, _hard_swish_ops),
    _unweighted("ELU", rules_activations.elu, _elu_ops),
    _unweighted("QUANTIZE", rules_unweighted.quantize, _per_output),
    _unweighted("DEQUANTIZE", rules_unweighted.dequantize, _per_output),
)
OPERATOR_KINDS: Mapping[str, OperatorKind] = {row.name: row for row in _ROWS}


def findings(graph: Graph, operator: Operator) -> tuple[Finding, ...]:
    """Everything about one operator that cannot be run; empty when it can."""
    row = OPERATOR_KINDS.get(operator.kind)
    if row is None:
        return (
            Finding(
                reason="this operator is not supported",
                hint="Replace it, or run that part of the model outside; supported are "
                + ", ".join(OPERATOR_KINDS)
                + ".",
            ),
        )
    # Rules of a kind may rely on what holds for every operator, so they are asked only when all of that does.
    return tuple(_general(graph, operator, row)) or tuple(row.rules(graph, operator))


def source_tensor(graph: Graph, operator: Operator) -> Tensor | None:
    """The input whose values the operator works on: the first one, of some kinds another; None when it is absent."""
    row = OPERATOR_KINDS.get(operator.kind)
    return graph.input_tensor(operator, row.source if row else 0)


def macs(graph: Graph, operator: Operator) -> int | None:
    """Multiply-accumulates of one inference; None for kinds this version does not know, or whose inputs are wrong."""
    return _counted(graph, operator, lambda row: row.macs)


def operations(graph: Graph, operator: Operator) -> int | None:
    """Arithmetic operations of one inference, two for each multiply-accumulate; None as for `macs`."""
    products = macs(graph, operator)
    others = _counted(graph, operator, lambda row: row.element_ops)
    return None if products is None or others is None else 2 * products + others


def _counted(graph: Graph, operator: Operator, column: Callable[[OperatorKind], Count]) -> int | None:
    row = OPERATOR_KINDS.get(operator.kind)
    if row is None or any(_general(graph, operator, row)):
        return None
    return column(row)(graph, operator)


def _general(graph: Graph, operator: Operator, row: OperatorKind) -> Iterator[Finding]:
    least, greatest = row.inputs
    present = [graph.input_tensor(operator, position) for position in range(len(operator.inputs))]
    if not least <= len(present) <= greatest or None in present[:least]:
        yield Finding(reason=f"has {len(present)} inputs, must have {least} to {greatest}", hint=WRITER_HINT)
    if len(operator.outputs) != 1 and not row.several_outputs:
        yield Finding(reason=f"has {len(operator.outputs)} outputs, must have 1", hint=WRITER_HINT)
    if not isinstance(operator.options, row.options):
        yield Finding(reason="its options are those of another operator", hint=WRITER_HINT)
    for position in row.constants:
        tensor = present[position] if position < len(present) else None
        if tensor is not None and not tensor.is_constant:
            yield Finding(reason=f"input {position}, {text(tensor)}, is computed at run time", hint=CONSTANT_HINT)
    yield from _states(present, row)
    for tensor in (*present, *(graph.tensors[index] for index in operator.outputs)):
        if tensor is not None and 0 in tensor.shape:
            yield Finding(reason=f"{text(tensor)} has no elements", hint=WRITER_HINT)
    source = source_tensor(graph, operator)
    if source is not None and source.dtype not in _DTYPES:
        known = ", ".join(dtype.value for dtype in _DTYPES)
        yield Finding(reason=f"input is {source.dtype.value}, supported are {known}", hint=CONVERT_HINT)


def _states(present: Sequence[Tensor | None], row: OperatorKind) -> Iterator[Finding]:
    """Variables are where the kind has state, and nowhere else."""
    for position, tensor in enumerate(present):
        if tensor is None or tensor.is_variable == (position in row.state):
            continue
        if tensor.is_variable:
            reason = f"input {position}, {text(tensor)}, is a variable that keeps its value between inferences"
            yield Finding(reason=reason, hint="Convert a stateless model.")
        else:
            reason = f"input {position}, {text(tensor)}, must be a variable, which begins at 0"
            yield Finding(reason=reason, hint="Build the layer without an initial state of its own.")

"""Which tensors need arena bytes, when, and which of them may share a buffer because an operator works in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from profiler.errors import UnsupportedModelError
from profiler.graph.model import Graph, Operator, Tensor
from profiler.plan.model import OperatorNeeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """A tensor is live from the start of `first_operator` to the end of `last_operator`, both inclusive.

    `preset`: it has a value before the first operator runs (a graph input, or state kept from the last inference).
    `kept`: its bytes are wanted after the last operator (a graph output, or state for the next inference).
    """

    first_operator: int
    last_operator: int
    preset: bool
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a buffer's life with one size. At an operator that works in place the larger (the input) counts."""

    tensor_indices: tuple[int, ...]
    size_bytes: int
    first_operator: int
    last_operator: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """Tensors that follow one another at one offset, or the scratch memory of one operator.

    Spans follow each other without a gap and never grow: an operator working in place may shrink the buffer
    (float32 → int8), and from then on only the smaller size is occupied.
    """

    spans: tuple[Span, ...]
    scratch_of_operator: int | None = None

    @property
    def size_bytes(self) -> int:
        """The largest size: that of the first span."""
        return self.spans[0].size_bytes

    @property
    def first_operator(self) -> int:
        """The operator at whose start the buffer becomes live."""
        return self.spans[0].first_operator

    @property
    def last_operator(self) -> int:
        """The operator at whose end the buffer is free again."""
        return self.spans[-1].last_operator


def lifetimes(graph: Graph) -> dict[int, Lifetime]:
    """Lifetime of every tensor that needs arena bytes, by tensor index in order of first use.

    Constants, and tensors that nothing reads or writes, need none; nor do variables, which begin anew in every
    inference: their operator keeps them in scratch memory. Any other tensor that is read (or given out) before it is
    written, and is no graph input, is state: it lives throughout.
    """
    end = max(len(graph.operators) - 1, 0)
    written = dict.fromkeys(graph.inputs, 0)
    last_use = dict(written)
    state: list[int] = []
    for operator in graph.operators:
        for index in operator.inputs:
            if index < 0 or not graph.tensors[index].is_activation:
                continue
            if index not in written:
                written[index] = 0
                state.append(index)
            last_use[index] = operator.index
        for index in operator.outputs:
            if index >= 0:
                written.setdefault(index, operator.index)
                last_use[index] = operator.index
    for index in graph.outputs:
        if index not in written:
            written[index] = last_use[index] = 0
            state.append(index)
    kept = {*graph.outputs, *state}
    preset = {*graph.inputs, *state}
    return {
        index: Lifetime(
            first_operator=first,
            last_operator=end if index in kept else last_use[index],
            preset=index in preset,
            kept=index in kept,
        )
        for index, first in sorted(written.items(), key=lambda item: (item[1], item[0]))
        if graph.tensors[index].is_activation
    }


def may_work_in_place(
    graph: Graph, operator: Operator, needs: OperatorNeeds, position: int, alive: Mapping[int, Lifetime]
) -> bool:
    """Whether the operator's first output may take the bytes of its input at `position`.

    True only if the kernel allows it at every position where that tensor is an input, nobody wants the input's bytes
    afterwards, and the output is new there and not larger than the input.
    """
    if position not in needs.in_place_inputs or not operator.outputs:
        return False
    tensor = graph.input_tensor(operator, position)
    output = operator.outputs[0]
    if tensor is None or tensor.index not in alive or output not in alive or tensor.index == output:
        return False
    positions = {place for place, index in enumerate(operator.inputs) if index == tensor.index}
    lifetime = alive[tensor.index]
    return (
        positions <= set(needs.in_place_inputs)
        and not lifetime.kept
        and lifetime.last_operator == operator.index
        and alive[output].first_operator == operator.index
        and not alive[output].preset
        and tensor_bytes(graph.tensors[output]) <= tensor_bytes(tensor)
    )


def buffers(graph: Graph, needs: Mapping[int, OperatorNeeds]) -> tuple[Buffer, ...]:
    """The buffers a planner has to place, in order of first use. `needs` is keyed by operator index; absent means none.

    Graph inputs are live from operator 0 (and may be overwritten once read: whoever runs the model sends them anew),
    graph outputs to the last operator. In-place chains are merged, each operator taking the smallest buffer it may.
    """
    alive = lifetimes(graph)
    chains = _in_place_chains(graph, needs, alive)
    found = [_chain_buffer(graph, chain, alive) for chain in chains]
    for operator in graph.operators:
        scratch_bytes = needs.get(operator.index, OperatorNeeds()).scratch_bytes
        if scratch_bytes > 0:
            span = Span(
                tensor_indices=(),
                size_bytes=scratch_bytes,
                first_operator=operator.index,
                last_operator=operator.index,
            )
            found.append(Buffer(spans=(span,), scratch_of_operator=operator.index))
    return tuple(sorted(found, key=lambda buffer: buffer.first_operator))


def tensor_bytes(tensor: Tensor) -> int:
    """Size of a tensor in the arena. Raises UnsupportedModelError for types without a size of whole bytes."""
    try:
        return tensor.size_bytes
    except KeyError:
        raise UnsupportedModelError(
            f"tensor #{tensor.index} is computed at run time and has type {tensor.dtype}, which has no fixed size",
            hint="convert the model with int8 or float32 activations",
        ) from None


def _in_place_chains(
    graph: Graph, needs: Mapping[int, OperatorNeeds], alive: Mapping[int, Lifetime]
) -> list[list[int]]:
    """Tensors grouped into chains, each tensor after the first overwriting the one before it."""
    chain_of = {index: [index] for index in alive}
    for operator in graph.operators:
        need = needs.get(operator.index, OperatorNeeds())
        candidates = [
            operator.inputs[position]
            for position in need.in_place_inputs
            if may_work_in_place(graph, operator, need, position, alive)
        ]
        if candidates:
            # The smallest input is enough; the larger one's bytes are then free for others.
            chosen = min(candidates, key=lambda index: tensor_bytes(graph.tensors[index]))
            output = operator.outputs[0]
            chain_of[chosen].append(output)
            chain_of[output] = chain_of[chosen]
    return [chain for index, chain in chain_of.items() if chain[0] == index]


def _chain_buffer(graph: Graph, chain: list[int], alive: Mapping[int, Lifetime]) -> Buffer:
    """One buffer of a chain; a new span begins after each operator that made the chain smaller."""
    spans: list[Span] = []
    for index in chain:
        lifetime = alive[index]
        size_bytes = tensor_bytes(graph.tensors[index])
        first = spans[-1].last_operator + 1 if spans else lifetime.first_operator
        if spans and (size_bytes == spans[-1].size_bytes or first > lifetime.last_operator):
            previous = spans.pop()
            span = Span(
                tensor_indices=(*previous.tensor_indices, index),
                size_bytes=previous.size_bytes,
                first_operator=previous.first_operator,
                last_operator=lifetime.last_operator,
            )
        else:
            span = Span(
                tensor_indices=(index,),
                size_bytes=size_bytes,
                first_operator=first,
                last_operator=lifetime.last_operator,
            )
        spans.append(span)
    return Buffer(spans=tuple(spans))

"""Graphs for the planning tests: random ones, and a reader of plans that plays an inference with bytes of meaning."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.plan.model import MemoryPlan, OperatorNeeds


def tensor(index: int, size_bytes: int, *, constant: bool = False) -> Tensor:
    return Tensor(
        index=index,
        name=f"t{index}",
        shape=(size_bytes,),
        dtype=DataType.INT8,
        data=bytes(size_bytes) if constant else None,
    )


def graph(tensors: list[Tensor], operators: list[Operator], inputs: list[int], outputs: list[int]) -> Graph:
    return Graph(
        tensors=tuple(tensors),
        operators=tuple(operators),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        model_sha256="0" * 64,
        model_bytes=0,
    )


def operator(index: int, inputs: list[int], outputs: list[int]) -> Operator:
    return Operator(index=index, kind="ADD", inputs=tuple(inputs), outputs=tuple(outputs))


def chain(sizes: list[int]) -> Graph:
    """Tensor 0 is the input; operator k makes tensor k + 1 from tensor k."""
    tensors = [tensor(index, size) for index, size in enumerate(sizes)]
    operators = [operator(k, [k], [k + 1]) for k in range(len(sizes) - 1)]
    return graph(tensors, operators, [0], [len(sizes) - 1])


@st.composite
def graphs_with_needs(
    draw: st.DrawFn, *, max_operators: int = 9, max_bytes: int = 40
) -> tuple[Graph, dict[int, OperatorNeeds]]:
    """Any graph: branches, constants, absent inputs, state tensors, unused results, several inputs and outputs."""
    sizes = st.integers(0, max_bytes)
    tensors: list[Tensor] = []

    def new(*, constant: bool = False) -> int:
        tensors.append(tensor(len(tensors), draw(sizes), constant=constant))
        return len(tensors) - 1

    inputs = [new() for _ in range(draw(st.integers(1, 2)))]
    readable = [*inputs, new(constant=True), -1]
    if draw(st.booleans()):
        readable.append(new())  # never written: state
    new()  # never used at all
    operators, needs = [], {}
    for index in range(draw(st.integers(0, max_operators))):
        read = draw(st.lists(st.sampled_from(readable), min_size=1, max_size=3))
        written = [new() for _ in range(draw(st.integers(1, 2)))]
        operators.append(operator(index, read, written))
        readable += written
        if draw(st.booleans()):
            in_place = draw(st.sets(st.integers(0, 3), max_size=3))
            needs[index] = OperatorNeeds(scratch_bytes=draw(sizes), in_place_inputs=tuple(sorted(in_place)))
    outputs = draw(st.lists(st.sampled_from([index for index in readable if index >= 0]), max_size=2, unique=True))
    return graph(tensors, operators, inputs, outputs), needs


class Arena:
    """Plays an inference on labelled bytes: every write labels its bytes, every read checks the labels."""

    def __init__(self, plan: MemoryPlan, model: Graph) -> None:
        self.plan, self.model = plan, model
        self.cells: list[tuple[str, int] | None] = [None] * plan.arena_bytes

    def infer(self, needs: Mapping[int, OperatorNeeds]) -> None:
        """One inference; raises AssertionError when a value is gone before its last reader."""
        for index in self.model.inputs:
            self.write(index)
        for step in self.model.operators:
            self.run(step, needs.get(step.index, OperatorNeeds()))
        for index in self.model.outputs:
            self.check(index)

    def run(self, step: Operator, need: OperatorNeeds) -> None:
        if need.scratch_bytes:
            self.fill(self.plan.scratch_offsets[step.index], need.scratch_bytes, ("scratch", step.index))
        for index in step.inputs:
            self.check(index)
        for index in step.outputs:
            self.write(index)
        for position, index in enumerate(step.inputs):  # a kernel may write before it has read everything
            self.check(index, over=step.outputs[0] if position in need.in_place_inputs else None)
        for index in step.outputs:
            self.check(index)

    def fill(self, start: int, size_bytes: int, label: tuple[str, int]) -> None:
        for position in range(size_bytes):
            self.cells[start + position] = (f"{label[0]}{label[1]}", position)

    def set_state(self) -> None:
        """Write everything that has a value before the first inference."""
        written = {index for step in self.model.operators for index in step.outputs}
        for index in self.plan.tensor_offsets:
            if index not in written:
                self.write(index)

    def write(self, index: int) -> None:
        self.fill(self.plan.tensor_offsets[index], self.model.tensors[index].size_bytes, ("tensor", index))

    def check(self, index: int, *, over: int | None = None) -> None:
        """The tensor's value is there; where `over` is given, that tensor may have replaced it element by element."""
        if index < 0 or self.model.tensors[index].is_constant:
            return
        start = self.plan.tensor_offsets[index]
        for position in range(self.model.tensors[index].size_bytes):
            assert self.cells[start + position] in ((f"tensor{index}", position), (f"tensor{over}", position))

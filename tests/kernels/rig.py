"""Runs generated code for a kernel on this machine and asks the reference interpreter for the same."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tflite_micro import runtime

from profiler.accuracy.interpreter_process import for_tflm
from profiler.build.host import HostModel, build_host_library
from profiler.codegen.emit import emit_model
from profiler.codegen.kernels import kernels_for
from profiler.codegen.model import Kernel, Layer
from profiler.graph.model import Graph, Operator
from profiler.graph.tflite_reader import read
from profiler.plan.model import MemoryPlan
from profiler.plan.plan import plan_memory

Array = npt.NDArray[np.generic]
GUARD = 0xA5
GUARD_BYTES = 32
ORACLE_ARENA_BYTES = 4 << 20
# These have an exp() of their own; everything else is equal to TFLM to the last bit, float32 too.
_RELATIVE_TOLERANCE = {"softmax_f32_ref": 1e-5, "logistic_f32_ref": 1e-5, "tanh_f32_ref": 1e-5, "elu_f32_ref": 1e-5}
# Of the largest output, as it is for whole models: where products of such functions cancel out, nothing smaller holds.
_TOLERANCE_OF_LARGEST = {"unidirectional_sequence_lstm_f32_ref": 1e-5}


def assert_agrees(kernel: Kernel, ours: Array, theirs: Array, where: str) -> None:
    """Our output of the kernel equals TFLM's, within what the kernel's own functions may differ."""
    expected = theirs.astype(np.float64)
    np.testing.assert_allclose(
        ours.astype(np.float64),
        expected,
        rtol=_RELATIVE_TOLERANCE.get(kernel.name, 0.0),
        atol=_TOLERANCE_OF_LARGEST.get(kernel.name, 0.0) * float(np.abs(expected).max()),
        err_msg=where,
    )


class Oracle:
    """TFLM's interpreter: what devices run, by definition right. It has no TILE and is given BROADCAST_TO."""

    def __init__(self, model: bytes) -> None:
        has_tile = any(operator.kind == "TILE" for operator in read(model).operators)
        model = for_tflm(model) if has_tile else model
        self._interpreter = runtime.Interpreter.from_bytes(model, arena_size=ORACLE_ARENA_BYTES)

    def run(self, inputs: Sequence[Array], output_count: int) -> list[Array]:
        for position, values in enumerate(inputs):
            self._interpreter.set_input(values, position)
        self._interpreter.reset()  # states of LSTMs begin at 0 in every inference
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_output(position)) for position in range(output_count)]


def layer_with(kernel: Kernel, graph: Graph, operator: Operator) -> Layer:
    """The operator with `kernel`, or with the portable one where `kernel` refuses."""
    chosen = kernel if kernel.why_not(graph, operator) is None else _portable(kernel, graph, operator)
    return Layer(operator=operator, kernel=chosen, lowered=chosen.lower(graph, operator))


def _portable(kernel: Kernel, graph: Graph, operator: Operator) -> Kernel:
    row = next(row for row in kernels_for(operator.kind, kernel.dtype) if row.variant == "ref")
    reason = row.why_not(graph, operator)
    assert reason is None, f"{row.name} refuses a valid operator: {reason} ({operator})"
    return row


def guarded_plan(graph: Graph, layers: Sequence[Layer]) -> MemoryPlan:
    """Every tensor and scratch buffer for itself, with guard bytes before and after each."""
    sizes: dict[tuple[str, int], int] = {
        ("tensor", t.index): t.size_bytes for t in graph.tensors if t.is_activation
    } | {("scratch", layer.operator.index): layer.lowered.needs.scratch_bytes for layer in layers}
    offset = GUARD_BYTES
    offsets: dict[tuple[str, int], int] = {}
    for key, size in sizes.items():
        offsets[key] = offset
        offset += size + GUARD_BYTES
        offset += -offset % 4
    return MemoryPlan(
        arena_bytes=offset,
        lower_bound_bytes=offset,
        alignment_bytes=4,
        planner="guarded",
        placements=(),
        tensor_offsets={index: at for (kind, index), at in offsets.items() if kind == "tensor"},
        scratch_offsets={index: at for (kind, index), at in offsets.items() if kind == "scratch"},
    )


def in_place_plan(graph: Graph, layers: Sequence[Layer]) -> MemoryPlan:
    """The plan a firmware gets: outputs share their input's bytes wherever the kernels allow it."""
    return plan_memory(graph, {layer.operator.index: layer.lowered.needs for layer in layers})


class NativeModel:
    """Generated code as a library of this machine, with its arena in view."""

    def __init__(self, graph: Graph, layers: Sequence[Layer], plan: MemoryPlan, folder: Path) -> None:
        library = build_host_library(emit_model(graph, layers, plan), folder)
        self._graph, self._plan = graph, plan
        self._model = HostModel(library, graph, plan)
        arena = (ctypes.c_uint8 * plan.arena_bytes).in_dll(ctypes.CDLL(str(library)), "model_arena")
        self._arena = np.frombuffer(arena, dtype=np.uint8)

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """Outputs for these inputs, in the shape and type of the model's outputs."""
        self._arena[:] = GUARD
        outputs = self._model.run([np.ascontiguousarray(values).tobytes() for values in inputs])
        tensors = [self._graph.tensors[index] for index in self._graph.outputs]
        return [
            np.frombuffer(data, dtype=tensor.dtype.value).reshape(tensor.shape)
            for data, tensor in zip(outputs, tensors, strict=True)
        ]

    def touched_guards(self, scratch_bytes: Mapping[int, int]) -> list[int]:
        """Offsets of guard bytes (those in no tensor and no scratch buffer) that the last run changed."""
        is_guard = np.ones(len(self._arena), dtype=bool)
        for index, offset in self._plan.tensor_offsets.items():
            is_guard[offset : offset + self._graph.tensors[index].size_bytes] = False
        for index, offset in self._plan.scratch_offsets.items():
            is_guard[offset : offset + scratch_bytes[index]] = False
        return np.flatnonzero(is_guard & (self._arena != GUARD)).tolist()

    def input_bytes(self) -> list[bytes]:
        """What is in the arena where the inputs were."""
        tensors = [self._graph.tensors[index] for index in self._graph.inputs]
        offsets = [self._plan.tensor_offsets[tensor.index] for tensor in tensors]
        return [self._arena[at : at + t.size_bytes].tobytes() for at, t in zip(offsets, tensors, strict=True)]

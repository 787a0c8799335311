"""One layer's outputs of every stage → LayerProfile. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from profiler.build.model import Category
from profiler.codegen.model import Layer
from profiler.graph.model import Graph, Tensor
from profiler.plan.model import MemoryPlan
from profiler.report.memory_model import LayerMemory
from profiler.report.profile import (
    Basis,
    CycleCauses,
    Figure,
    LayerProfile,
    TensorInfo,
    Time,
    Unavailable,
)
from profiler.run.model import RunResult
from profiler.timing.model import CycleEstimate, LayerCycles


def static(value: int | float) -> Figure:
    """A figure known from the model or the ELF alone."""
    return Figure(value=value, basis=Basis.STATIC)


def tensor_info(tensor: Tensor) -> TensorInfo:
    """A tensor as reports show it."""
    quantization = tensor.quantization
    per_tensor = quantization if quantization is not None and len(quantization.scales) == 1 else None
    return TensorInfo(
        index=tensor.index,
        name=tensor.name,
        shape=tensor.shape,
        dtype=tensor.dtype.value,
        size_bytes=tensor.size_bytes,
        scale=per_tensor.scales[0] if per_tensor and isfinite(per_tensor.scales[0]) else None,
        zero_point=per_tensor.zero_points[0] if per_tensor and per_tensor.zero_points else None,
    )


def fold_layer(
    layer: Layer,
    graph: Graph,
    plan: MemoryPlan,
    flash: Sequence[LayerMemory],
    macs: int,
    run: RunResult | Unavailable,
    cycles: CycleEstimate | Unavailable,
) -> LayerProfile:
    """Everything known about one layer."""
    operator = layer.operator
    inputs = [graph.tensors[index] for index in operator.inputs if index >= 0]
    outputs = [graph.tensors[index] for index in operator.outputs]
    time = fold_time(operator.index, run, cycles)
    return LayerProfile(
        index=operator.index,
        kind=operator.kind,
        name=outputs[0].name,
        function=layer.function_name,
        kernel=layer.kernel.name,
        variant=layer.kernel.variant,
        dtype=layer.kernel.dtype,
        inputs=tuple(tensor_info(tensor) for tensor in inputs if tensor.is_activation),
        outputs=tuple(tensor_info(tensor) for tensor in outputs),
        macs=static(macs),
        time=time,
        cycles_per_mac=per_mac(time.cycles, macs),
        weights_bytes=static(_flash_bytes(flash, operator.index, Category.WEIGHTS)),
        code_bytes=static(_flash_bytes(flash, operator.index, Category.KERNELS)),
        scratch_bytes=static(layer.lowered.needs.scratch_bytes),
        output_bytes=sum(tensor.size_bytes for tensor in outputs),
        arena_offset_bytes=plan.tensor_offsets.get(outputs[0].index),
    )


def _flash_bytes(flash: Sequence[LayerMemory], layer: int, category: Category) -> int:
    return sum(entry.size_bytes for entry in flash if entry.layer == layer and entry.category is category)


def fold_time(layer: int, run: RunResult | Unavailable, cycles: CycleEstimate | Unavailable) -> Time:
    """Time of the layer with this operator index, or of DISPATCH: the code between layers."""
    instructions = _instructions(layer, run)
    if isinstance(cycles, Unavailable):
        return Time(instructions=instructions, cycles=cycles, latency_ms=cycles, causes=cycles)
    found = next((entry for entry in cycles.layers if entry.layer == layer), None)
    if found is None:
        absent = Unavailable(reason="no cycles were counted under this layer's index")
        return Time(instructions=instructions, cycles=absent, latency_ms=absent, causes=absent)
    total = Figure(value=found.total, basis=cycles.basis, low=found.low, high=found.high)
    return Time(
        instructions=instructions,
        cycles=total,
        latency_ms=milliseconds(total, cycles.clock_hz),
        causes=_causes(found),
    )


def _instructions(layer: int, run: RunResult | Unavailable) -> Figure | Unavailable:
    if isinstance(run, Unavailable):
        return run
    executed = [entry.instructions for entry in run.profile.layers if entry.layer == layer]
    if not executed:
        return Unavailable(reason="no instructions were counted under this layer's index")
    return Figure(value=sum(executed), basis=Basis.EMULATED)


def _causes(cycles: LayerCycles) -> CycleCauses:
    return CycleCauses(
        issue=cycles.issue,
        load_use=cycles.load_use,
        branch=cycles.branch,
        multiply_divide=cycles.multiply_divide,
        fpu=cycles.fpu,
        fetch_wait=cycles.fetch_wait,
        data_wait=cycles.data_wait,
    )


def scaled(figure: Figure, factor: float) -> Figure:
    """The figure times `factor`, bounds included."""
    return Figure(
        value=figure.value * factor,
        basis=figure.basis,
        low=None if figure.low is None else figure.low * factor,
        high=None if figure.high is None else figure.high * factor,
    )


def milliseconds(cycles: Figure, clock_hz: int) -> Figure:
    """Cycles as time at `clock_hz`."""
    return scaled(cycles, 1e3 / clock_hz)


def per_mac(cycles: Figure | Unavailable, macs: int) -> Figure | Unavailable:
    """Cycles per multiply-accumulate."""
    if isinstance(cycles, Unavailable):
        return cycles
    if macs == 0:
        return Unavailable(reason="no multiply-accumulates")
    return scaled(cycles, 1 / macs)

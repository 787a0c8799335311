"""Stage outputs → Profile. Pure: reads no clock, no file, no environment; the caller gives what comes from there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from profiler.boards.model import Board, MemoryKind
from profiler.build.model import Category, Firmware
from profiler.codegen.model import Layer
from profiler.graph.model import Graph
from profiler.graph.operators import source_tensor
from profiler.plan.model import MemoryPlan, Placement
from profiler.report.circumstances import Circumstances
from profiler.report.counted import CountedRun
from profiler.report.fold_layers import fold_layer, fold_time, milliseconds, per_mac, static, tensor_info
from profiler.report.fold_memory import fold_memory
from profiler.report.memory_model import MemoryProfile
from profiler.report.profile import (
    ArenaBuffer,
    ArenaProfile,
    Basis,
    BoardInfo,
    Correctness,
    Figure,
    ModelInfo,
    Profile,
    ProfileOptions,
    Provenance,
    Summary,
    TimingModel,
    Unavailable,
)
from profiler.report.roofline import fold_roofline
from profiler.report.targets import TargetMeasurement
from profiler.report.warn import collect_warnings
from profiler.run.model import DISPATCH, RunResult
from profiler.timing.model import CycleEstimate


def fold(
    *,
    graph: Graph,
    macs: Mapping[int, int],
    layers: Sequence[Layer],
    plan: MemoryPlan,
    firmware: Firmware,
    board: Board,
    options: ProfileOptions,
    run: RunResult | Unavailable,
    cycles: CycleEstimate | Unavailable,
    correctness: Correctness | Unavailable,
    circumstances: Circumstances,
    warnings: Iterable[str] = (),
    targets: tuple[TargetMeasurement, ...] | None = None,
    counted: tuple[CountedRun, ...] | None = None,
) -> Profile:
    """Everything known about one model on one board, as one value.

    `macs` maps operator index → multiply-accumulates of one inference. `run`, `cycles` and `correctness` may be
    `Unavailable`; every figure that needs them is then unavailable for the same reason.
    """
    memory = fold_memory(firmware, board, plan, graph)
    total_macs = sum(macs.values())
    dtype = _compute_dtype(graph, macs)
    folded = Profile(
        model=_model(graph, PurePath(circumstances.model_name).name, total_macs, dtype),
        board=_board(board),
        options=options,
        summary=_summary(memory, plan, board, run, cycles, total_macs),
        timing_model=_timing_model(cycles),
        layers=tuple(
            fold_layer(layer, graph, plan, memory.flash_by_layer, macs.get(layer.operator.index, 0), run, cycles)
            for layer in layers
        ),
        between_layers=fold_time(DISPATCH, run, cycles),
        memory=memory,
        arena=_arena(plan, graph),
        roofline=fold_roofline(board, dtype),
        correctness=correctness,
        warnings=(),
        provenance=_provenance(graph, firmware, board, run, circumstances),
        targets=targets,
        counted=counted,
    )
    return replace(folded, warnings=(*warnings, *collect_warnings(folded)))


def _compute_dtype(graph: Graph, macs: Mapping[int, int]) -> str:
    """The dtype most multiply-accumulates happen in; without any, the first input's."""
    weight: Counter[str] = Counter()
    for operator in graph.operators:
        source = source_tensor(graph, operator)
        if source is not None:
            weight[source.dtype.value] += macs.get(operator.index, 0)
    if weight.total():
        return weight.most_common(1)[0][0]
    return graph.tensors[graph.inputs[0]].dtype.value


def _model(graph: Graph, name: str, macs: int, dtype: str) -> ModelInfo:
    return ModelInfo(
        name=name,
        sha256=graph.model_sha256,
        size_bytes=graph.model_bytes,
        operators=len(graph.operators),
        macs=static(macs),
        dtype=dtype,
        inputs=tuple(tensor_info(graph.tensors[index]) for index in graph.inputs),
        outputs=tuple(tensor_info(graph.tensors[index]) for index in graph.outputs),
    )


def _board(board: Board) -> BoardInfo:
    return BoardInfo(
        name=board.name,
        title=board.title,
        soc=board.soc,
        core=board.core.name,
        clock_hz=board.clock_hz,
        digest=board.digest,
    )


def _timing_model(cycles: CycleEstimate | Unavailable) -> TimingModel | Unavailable:
    if isinstance(cycles, Unavailable):
        return cycles
    return TimingModel(
        core=cycles.core,
        error_fraction=cycles.error_fraction,
        error_source=cycles.error_source,
        validated=cycles.validated,
    )


def _total_cycles(cycles: CycleEstimate | Unavailable) -> Figure | Unavailable:
    """Bounds add up like the values: one model's error pulls every layer the same way."""
    if isinstance(cycles, Unavailable):
        return cycles
    return Figure(
        value=cycles.total_cycles,
        basis=cycles.basis,
        low=sum(layer.low for layer in cycles.layers),
        high=sum(layer.high for layer in cycles.layers),
    )


def _summary(
    memory: MemoryProfile,
    plan: MemoryPlan,
    board: Board,
    run: RunResult | Unavailable,
    cycles: CycleEstimate | Unavailable,
    macs: int,
) -> Summary:
    total = _total_cycles(cycles)
    emulated = Basis.EMULATED
    return Summary(
        cycles=total,
        latency_ms=total if isinstance(total, Unavailable) else milliseconds(total, board.clock_hz),
        instructions=run if isinstance(run, Unavailable) else Figure(value=run.profile.instructions, basis=emulated),
        cycles_per_mac=per_mac(total, macs),
        ram_bytes=static(memory.ram_bytes),
        ram_available_bytes=_available_bytes(memory, MemoryKind.RAM),
        flash_bytes=static(memory.flash_bytes),
        flash_available_bytes=_available_bytes(memory, MemoryKind.FLASH),
        fits=all(region.free_bytes >= 0 for region in memory.regions),
        arena_bytes=static(plan.arena_bytes),
        arena_lower_bound_bytes=static(plan.lower_bound_bytes),
        stack_high_water_bytes=(
            run if isinstance(run, Unavailable) else Figure(value=run.stack_high_water_bytes, basis=emulated)
        ),
        stack_reserved_bytes=_reserved_stack(memory),
    )


def _available_bytes(memory: MemoryProfile, kind: MemoryKind) -> int:
    return sum(region.size_bytes - region.reserved_bytes for region in memory.regions if region.kind is kind)


def _reserved_stack(memory: MemoryProfile) -> Figure | Unavailable:
    reserved = [line.size_bytes for line in memory.account(MemoryKind.RAM) if line.category is Category.STACK]
    if not reserved:
        return Unavailable(reason="the firmware names no stack section")
    return static(sum(reserved))


def _arena(plan: MemoryPlan, graph: Graph) -> ArenaProfile:
    placements = sorted(plan.placements, key=lambda place: (place.first_operator, place.offset_bytes))
    return ArenaProfile(
        planner=plan.planner,
        arena_bytes=plan.arena_bytes,
        lower_bound_bytes=plan.lower_bound_bytes,
        alignment_bytes=plan.alignment_bytes,
        buffers=tuple(_buffer(place, graph) for place in placements),
    )


def _buffer(place: Placement, graph: Graph) -> ArenaBuffer:
    if place.scratch_of_operator is not None:
        role = "scratch"
    elif set(place.tensor_indices) & set(graph.inputs):
        role = "input"
    elif set(place.tensor_indices) & set(graph.outputs):
        role = "output"
    else:
        role = "intermediate"
    return ArenaBuffer(
        role=role,
        tensor_indices=place.tensor_indices,
        name=graph.tensors[place.tensor_indices[0]].name if place.tensor_indices else "",
        offset_bytes=place.offset_bytes,
        size_bytes=place.size_bytes,
        first_operator=place.first_operator,
        last_operator=place.last_operator,
    )


def _provenance(
    graph: Graph, firmware: Firmware, board: Board, run: RunResult | Unavailable, circumstances: Circumstances
) -> Provenance:
    return Provenance(
        profiler_version=circumstances.profiler_version,
        created=circumstances.created,
        host=circumstances.host,
        toolchain=firmware.toolchain,
        flags=firmware.flags,
        runner="none" if isinstance(run, Unavailable) else run.runner,
        build_digest=firmware.build_digest,
        board_digest=board.digest,
        model_sha256=graph.model_sha256,
        stage_seconds=dict(circumstances.stage_seconds),
    )

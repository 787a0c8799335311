"""A realistic Profile made by the real fold from hand-made stage outputs: a small DS-CNN on a NUCLEO-L4R5ZI.

Shapes, MACs, placements and sections are consistent with each other; counts are of plausible size, not measured.
"""

from __future__ import annotations

from dataclasses import replace

from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.codegen.model import Kernel, Layer, Lowered
from profiler.graph.model import DataType, Graph, Operator, Quantization, Tensor
from profiler.graph.options import NoOptions
from profiler.plan.model import MemoryPlan, OperatorNeeds, Placement
from profiler.report.circumstances import Circumstances
from profiler.report.fold import fold
from profiler.report.profile import Basis, Correctness, Figure, Profile, ProfileOptions, Unavailable
from profiler.run.model import DISPATCH, BlockCount, ExecutionProfile, LayerExecution, RunResult
from profiler.timing.model import CycleEstimate, LayerCycles
from tests.support.sample_board import sample_board
from tests.support.sample_firmware import sample_firmware

SHA256 = "5f2e" * 16
_KIND_SHAPES = (  # kind, output shape, weights shape or None, MACs, kernel variant
    ("CONV_2D", (1, 25, 5, 64), (64, 10, 4, 1), 320_000, "dsp"),
    ("DEPTHWISE_CONV_2D", (1, 25, 5, 64), (1, 3, 3, 64), 72_000, "dsp"),
    ("CONV_2D", (1, 25, 5, 64), (64, 1, 1, 64), 512_000, "dsp"),
    ("DEPTHWISE_CONV_2D", (1, 25, 5, 64), (1, 3, 3, 64), 72_000, "dsp"),
    ("CONV_2D", (1, 25, 5, 64), (64, 1, 1, 64), 512_000, "dsp"),
    ("AVERAGE_POOL_2D", (1, 1, 1, 64), None, 0, "ref"),
    ("RESHAPE", (1, 64), None, 0, "ref"),
    ("FULLY_CONNECTED", (1, 12), (12, 64), 768, "dsp"),
    ("SOFTMAX", (1, 12), None, 0, "ref"),
)
_INPUT_SHAPE = (1, 49, 10, 1)


def sample_graph(names: dict[int, str] | None = None) -> Graph:
    """`names` replaces tensor names by tensor index: activations are tensors 0 (input) to 9 (output)."""
    names = names or {}
    quantization = Quantization(scales=(0.05,), zero_points=(-128,))
    shapes = (_INPUT_SHAPE, *(shape for _kind, shape, *_rest in _KIND_SHAPES))
    tensors = [
        Tensor(
            index=index,
            name=names.get(index, f"ds_cnn/block_{index}/output"),
            shape=shape,
            dtype=DataType.INT8,
            quantization=quantization,
        )
        for index, shape in enumerate(shapes)
    ]
    operators = []
    for index, (kind, _shape, weights, _macs, _variant) in enumerate(_KIND_SHAPES):
        inputs = [index]
        if weights is not None:
            size = 1
            for extent in weights:
                size *= extent
            inputs.append(len(tensors))
            tensors.append(
                Tensor(
                    index=len(tensors), name=f"weights_{index}", shape=weights, dtype=DataType.INT8, data=bytes(size)
                )
            )
        operators.append(
            Operator(index=index, kind=kind, inputs=tuple(inputs), outputs=(index + 1,), options=NoOptions())
        )
    return Graph(
        tensors=tuple(tensors),
        operators=tuple(operators),
        inputs=(0,),
        outputs=(len(_KIND_SHAPES),),
        model_sha256=SHA256,
        model_bytes=31_248,
    )


def sample_layers(graph: Graph) -> tuple[Layer, ...]:
    layers = []
    for operator, (kind, _shape, weights, _macs, variant) in zip(graph.operators, _KIND_SHAPES, strict=True):
        kernel = Kernel(
            name=f"{kind.lower()}_s8_{variant}",
            kind=kind,
            dtype="int8",
            variant=variant,
            header=f"kernels/{kind.lower()}/{kind.lower()}_s8_{variant}.h",
            requires=frozenset(),
            why_not=lambda _graph, _operator: None,
            lower=lambda _graph, _operator: Lowered(constants=(), arguments=()),
        )
        needs = OperatorNeeds(scratch_bytes=640 if kind == "CONV_2D" and weights else 0)
        layers.append(Layer(operator=operator, kernel=kernel, lowered=Lowered(constants=(), arguments=(), needs=needs)))
    return tuple(layers)


def sample_macs() -> dict[int, int]:
    return {index: macs for index, (_kind, _shape, _weights, macs, _variant) in enumerate(_KIND_SHAPES)}


def sample_plan(graph: Graph) -> MemoryPlan:
    """Ping-pong between the arena's ends, scratch behind; RESHAPE in place."""
    half, scratch = 8_000, 16_000
    placements = []
    last = len(graph.operators) - 1
    for tensor in graph.tensors[: last + 2]:
        first = max(tensor.index - 1, 0)
        placements.append(
            Placement(
                tensor_indices=(tensor.index,),
                scratch_of_operator=None,
                offset_bytes=0 if tensor.index % 2 == 0 else half,
                size_bytes=(tensor.size_bytes + 15) // 16 * 16,
                first_operator=first,
                last_operator=min(tensor.index, last),
            )
        )
    scratches = {operator.index: scratch for operator in graph.operators if operator.kind == "CONV_2D"}
    placements += [
        Placement(
            tensor_indices=(),
            scratch_of_operator=index,
            offset_bytes=offset,
            size_bytes=640,
            first_operator=index,
            last_operator=index,
        )
        for index, offset in scratches.items()
    ]
    return MemoryPlan(
        arena_bytes=scratch + 640,
        lower_bound_bytes=16_640,
        alignment_bytes=16,
        planner="greedy_by_size",
        placements=tuple(placements),
        tensor_offsets={index: place.offset_bytes for place in placements for index in place.tensor_indices},
        scratch_offsets=scratches,
    )


def _layer_instructions(index: int, macs: int) -> int:
    return 1_200 + 40 * index + int(macs * 1.12)


def sample_run(macs: dict[int, int]) -> RunResult:
    executions = [
        LayerExecution(
            layer=index,
            blocks=(BlockCount(address=0x0800_0200, size_bytes=4, instructions=1, count=instructions),),
            edges=(),
            memory=(),
        )
        for index, instructions in [
            *((index, _layer_instructions(index, count)) for index, count in macs.items()),
            (DISPATCH, 61),
        ]
    ]
    return RunResult(
        runner="unicorn 2.1.3",
        outputs=((bytes(12),),),
        profile=ExecutionProfile(layers=tuple(executions)),
        stack_high_water_bytes=616,
        emulated_instructions=2_481_337,
        wall_seconds=0.031,
        transcript="m-ready\r\n",
    )


def sample_cycles(run: RunResult, *, validated: bool = False) -> CycleEstimate:
    entries = []
    for execution in run.profile.layers:
        count = execution.instructions
        parts = {
            "issue": count,
            "load_use": count // 5,
            "branch": count // 24,
            "multiply_divide": count // 90,
            "fpu": 0,
            "fetch_wait": count // 18,
            "data_wait": count // 7,
        }
        total = sum(parts.values())
        entries.append(
            LayerCycles(
                layer=execution.layer,
                instructions=count,
                total=total,
                low=int(total * 0.75),
                high=int(total * 1.25),
                **parts,
            )
        )
    return CycleEstimate(
        core="cortex-m4",
        clock_hz=120_000_000,
        layers=tuple(entries),
        error_fraction=0.25,
        error_source="a bound assumed until the model is calibrated",
        validated=validated,
    )


def sample_correctness() -> Correctness:
    return Correctness(
        reference="tflite-micro",
        input_sets=20,
        bit_equal_share=Figure(value=1.0, basis=Basis.EMULATED),
        largest_difference=Figure(value=0, basis=Basis.EMULATED),
        difference_unit="LSB",
        agrees=True,
    )


def sample_circumstances() -> Circumstances:
    return Circumstances(
        model_name="models/kws_tiny.tflite",
        profiler_version="0.1.0",
        created="2026-11-22T20:00:00Z",
        host="Linux x86_64, Python 3.11",
        stage_seconds={"read": 0.01, "build": 1.9, "run": 0.03},
    )


def sample_profile(
    *,
    names: dict[int, str] | None = None,
    model_name: str = "kws_tiny.tflite",
    run: Unavailable | None = None,
    correctness: Correctness | Unavailable | None = None,
    warnings: tuple[str, ...] = (),
    board: Board | None = None,
    firmware: Firmware | None = None,
) -> Profile:
    """The sample, with parts replaced, or without a run."""
    graph = sample_graph(names)
    layers = sample_layers(graph)
    result = run or sample_run(sample_macs())
    profile = fold(
        graph=graph,
        macs=sample_macs(),
        layers=layers,
        plan=sample_plan(graph),
        firmware=firmware or sample_firmware(graph, layers),
        board=board or sample_board(),
        options=ProfileOptions(optimization="O2", kernels="auto", planner="greedy_by_size", seed=1),
        run=result,
        cycles=result if isinstance(result, Unavailable) else sample_cycles(result),
        correctness=correctness or run or sample_correctness(),
        circumstances=sample_circumstances(),
        warnings=warnings,
    )
    return replace(profile, model=replace(profile.model, name=model_name))

"""A realistic Profile made by the real fold from hand-made stage outputs: a small DS-CNN on a NUCLEO-L4R5ZI.

Shapes, MACs, placements and sections are consistent with each other; counts are of plausible size, not measured.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from profiler.boards.model import (
    Board,
    Cache,
    CacheServes,
    Core,
    CoreFeature,
    MemoryKind,
    MemoryRegion,
    Probe,
    Replacement,
    Uart,
)
from profiler.build.model import Category, Firmware, Section, Symbol
from profiler.codegen.model import Kernel, Layer, Lowered
from profiler.graph.model import DataType, Graph, Operator, Quantization, Tensor
from profiler.graph.options import NoOptions
from profiler.plan.model import MemoryPlan, OperatorNeeds, Placement
from profiler.report.fold import Circumstances, fold
from profiler.report.profile import Basis, Correctness, Figure, Profile, ProfileOptions, Unavailable
from profiler.run.model import DISPATCH, BlockCount, ExecutionProfile, LayerExecution, RunResult
from profiler.timing.model import CycleEstimate, LayerCycles

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


def sample_board(name: str = "nucleo_l4r5zi", *, features: frozenset[CoreFeature] | None = None) -> Board:
    core = Core(
        name="cortex-m4",
        features=frozenset({CoreFeature.DSP, CoreFeature.FPU}) if features is None else features,
        gcc_flags=("-mcpu=cortex-m4",),
        unicorn_model="CORTEX_M4",
        source="test",
    )

    def region(region_name: str, kind: MemoryKind, address: int, kib: int, wait: int, priority: int) -> MemoryRegion:
        return MemoryRegion(
            name=region_name,
            kind=kind,
            address=address,
            size_bytes=kib * 1024,
            read_wait_cycles=wait,
            line_bytes=8 if kind is MemoryKind.FLASH else 4,
            prefetch=kind is MemoryKind.FLASH,
            priority=priority,
            aliases=(0,) if kind is MemoryKind.FLASH else (),
            source="test",
        )

    return Board(
        name=name,
        title="NUCLEO-L4R5ZI",
        vendor="ST",
        soc="STM32L4R5ZI",
        core=core,
        clock_hz=120_000_000,
        memories=(
            region("flash", MemoryKind.FLASH, 0x0800_0000, 2048, 5, 0),
            region("sram1", MemoryKind.RAM, 0x2000_0000, 192, 0, 0),
            region("sram2", MemoryKind.RAM, 0x1000_0000, 64, 0, 1),
            region("sram3", MemoryKind.RAM, 0x2004_0000, 384, 0, 2),
        ),
        caches=(
            Cache(
                name="art",
                serves=CacheServes.INSTRUCTION,
                regions=("flash",),
                size_bytes=1024,
                line_bytes=32,
                ways=32,
                replacement=Replacement.LRU,
                source="test",
            ),
        ),
        uart=Uart(
            name="LPUART1",
            model="stm32_usart_v2",
            base_address=0x4000_8000,
            baud=115_200,
            tx_pin="PG7",
            rx_pin="PG8",
            source="test",
        ),
        probe=Probe(kind="stlink", pyocd_target=None, openocd_config=None, usb_ids=()),
        bsp_family="stm32l4",
        peripheral_ranges=((0x4000_0000, 0x2000_0000),),
        emulated_registers=(),
        vector_table_offset_bytes=0,
        sources=("test",),
        notes=(),
        digest="b0a7" * 16,
    )


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


def sample_firmware(graph: Graph, layers: tuple[Layer, ...], arena_bytes: int = 16_640) -> Firmware:
    """Symbols laid out one behind the other in each section, with a hole of 28 bytes at each section's end."""
    symbols: list[Symbol] = []

    def lay_out(section: str, address: int, entries: list[tuple[str, int, Category, int | None]]) -> Section:
        cursor = address
        for name, size_bytes, category, layer in entries:
            symbols.append(
                Symbol(
                    name=name,
                    address=cursor,
                    size_bytes=size_bytes,
                    section=section,
                    category=category,
                    layer=layer,
                    source_file=f"{name}.cc",
                )
            )
            cursor += size_bytes
        on_flash = section in {".text", ".data", ".vectors"}
        return Section(
            name=section,
            address=address,
            size_bytes=cursor - address + 28,
            in_flash=on_flash,
            in_ram=address >= 0x2000_0000,
        )

    code: list[tuple[str, int, Category, int | None]] = []
    for layer in layers:
        index = layer.operator.index
        code.append((layer.function_name, 212 + 64 * (index % 3), Category.KERNELS, index))
        for operand in layer.operator.inputs[1:]:
            size_bytes = graph.tensors[operand].size_bytes + 768
            code.append((f"layer_{index:02d}_weights", size_bytes, Category.WEIGHTS, index))
    code += [
        ("requantize", 148, Category.KERNELS, None),
        ("th_serial_loop", 2_300, Category.HARNESS, None),
        ("system_init", 820, Category.BOOT, None),
        ("memcpy", 308, Category.LIBC, None),
        ("_printf_i", 1_460, Category.LIBC, None),
    ]
    sections = (
        lay_out(".vectors", 0x0800_0000, [("vector_table", 448, Category.BOOT, None)]),
        lay_out(".text", 0x0800_0200, code),
        lay_out(".data", 0x2000_0000, [("impure_data", 96, Category.LIBC, None)]),
        lay_out(
            ".bss",
            0x2000_0100,
            [
                ("model_arena", arena_bytes, Category.ARENA, None),
                ("serial_buffer", 320, Category.HARNESS, None),
                ("tick", 4, Category.BOOT, None),
            ],
        ),
        Section(name=".stack", address=0x2000_8000, size_bytes=4_096, in_flash=False, in_ram=True),
    )
    return Firmware(
        elf_path=Path("firmware.elf"),
        map_path=Path("firmware.map"),
        build_digest="d19e" * 16,
        toolchain="arm-none-eabi-gcc 12.2.1",
        flags=("-O2", "-mcpu=cortex-m4", "-mthumb"),
        sections=sections,
        symbols=tuple(symbols),
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

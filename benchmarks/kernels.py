"""Instructions and modelled cycles per multiply-accumulate of every kernel that has any, on layers of MLPerf Tiny.

All layers are one model with random weights; each variant (`ref`, `dsp`) is one firmware, run on the emulator in the
same invocation. Outputs of both must be equal, or the benchmark fails.

    python benchmarks/kernels.py [--board BOARD] [--optimize O3|O2|Os] [--dtype int8|float32]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from profiler.accuracy.host_reference import seeded_inputs
from profiler.boards.loader import load_board
from profiler.boards.model import Board
from profiler.build.firmware import build_firmware
from profiler.build.model import Optimization
from profiler.build.toolchain import find_toolchain
from profiler.codegen.choose import choose_layers, operator_needs
from profiler.graph.model import DataType, Graph, Operator, Quantization, Tensor
from profiler.graph.operators import macs
from profiler.graph.options import (
    Activation,
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    Options,
    Padding,
)
from profiler.graph.window import window_output_size
from profiler.pipeline import emit
from profiler.plan.plan import plan_memory
from profiler.run.unicorn_runner import UnicornRunner
from profiler.settings import load_settings
from profiler.timing.estimate import code_image, estimate

WEIGHT_SCALE, MULTIPLIER = 0.01, 0.002  # of outputs that neither saturate nor vanish


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One layer; SAME padding, a fused ReLU. A filter of (0, 0) is a fully connected layer."""

    title: str
    kind: str
    source: tuple[int, ...]
    outputs: int
    filter: tuple[int, int] = (0, 0)
    stride: int = 1


CONV, DEPTHWISE, FULL = "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"
SHAPES = (
    Shape(title="ic first 3x3", kind=CONV, source=(1, 32, 32, 3), outputs=16, filter=(3, 3)),
    Shape(title="ic 3x3, 16 channels", kind=CONV, source=(1, 32, 32, 16), outputs=16, filter=(3, 3)),
    Shape(title="ic 3x3, 32 channels", kind=CONV, source=(1, 16, 16, 32), outputs=32, filter=(3, 3)),
    Shape(title="ic 3x3, 64 channels", kind=CONV, source=(1, 8, 8, 64), outputs=64, filter=(3, 3)),
    Shape(title="ic 1x1, stride 2", kind=CONV, source=(1, 32, 32, 16), outputs=32, filter=(1, 1), stride=2),
    Shape(title="kws first 10x4", kind=CONV, source=(1, 49, 10, 1), outputs=64, filter=(10, 4), stride=2),
    Shape(title="kws 1x1", kind=CONV, source=(1, 25, 5, 64), outputs=64, filter=(1, 1)),
    Shape(title="vww first 3x3, stride 2", kind=CONV, source=(1, 96, 96, 3), outputs=8, filter=(3, 3), stride=2),
    Shape(title="vww 1x1, 8 to 16", kind=CONV, source=(1, 48, 48, 8), outputs=16, filter=(1, 1)),
    Shape(title="vww 1x1, 128 channels", kind=CONV, source=(1, 6, 6, 128), outputs=128, filter=(1, 1)),
    Shape(title="vww 1x1, 256 channels", kind=CONV, source=(1, 3, 3, 256), outputs=256, filter=(1, 1)),
    Shape(title="kws 3x3", kind=DEPTHWISE, source=(1, 25, 5, 64), outputs=64, filter=(3, 3)),
    Shape(title="vww 3x3, 48x48", kind=DEPTHWISE, source=(1, 48, 48, 8), outputs=8, filter=(3, 3)),
    Shape(title="vww 3x3, stride 2", kind=DEPTHWISE, source=(1, 48, 48, 16), outputs=16, filter=(3, 3), stride=2),
    Shape(title="vww 3x3, 6x6", kind=DEPTHWISE, source=(1, 6, 6, 128), outputs=128, filter=(3, 3)),
    Shape(title="5x5, 12x12", kind=DEPTHWISE, source=(1, 12, 12, 64), outputs=64, filter=(5, 5)),
    Shape(title="ad 640 to 128", kind=FULL, source=(1, 640), outputs=128),
    Shape(title="ad 128 to 128", kind=FULL, source=(1, 128), outputs=128),
    Shape(title="kws 64 to 12", kind=FULL, source=(1, 64), outputs=12),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one layer of one variant took."""

    kernel: str
    instructions: int
    cycles: int


def graph_of(shapes: Sequence[Shape], dtype: DataType) -> Graph:
    """Independent operators, each with its own graph input and output."""
    tensors: list[Tensor] = []
    operators: list[Operator] = []
    rng = np.random.default_rng(0)
    for shape in shapes:
        weights, output = _weights_and_output(shape)
        fan_in = int(np.prod(weights)) // (1 if shape.kind == DEPTHWISE else shape.outputs)
        scales = (1.0, WEIGHT_SCALE, WEIGHT_SCALE / (MULTIPLIER * 16 / fan_in**0.5))
        first = len(tensors)
        tensors += [
            _tensor(first, shape.source, dtype, scales[0], -128),
            _tensor(first + 1, weights, dtype, scales[1], 0, data=_values(rng, weights, dtype)),
            _tensor(first + 2, output, dtype, scales[2], -128),
        ]
        operators.append(
            Operator(
                index=len(operators),
                kind=shape.kind,
                inputs=(first, first + 1, -1),
                outputs=(first + 2,),
                options=_options(shape),
            )
        )
    return Graph(
        tensors=tuple(tensors),
        operators=tuple(operators),
        inputs=tuple(operator.inputs[0] for operator in operators),
        outputs=tuple(operator.outputs[0] for operator in operators),
        model_sha256="",
        model_bytes=0,
    )


def _weights_and_output(shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if shape.kind == FULL:
        return (shape.outputs, shape.source[1]), (1, shape.outputs)
    height, width = (
        window_output_size(Padding.SAME, size, kernel, shape.stride)
        for size, kernel in zip(shape.source[1:3], shape.filter, strict=True)
    )
    output = (1, height, width, shape.outputs)
    if shape.kind == DEPTHWISE:
        return (1, *shape.filter, shape.outputs), output
    return (shape.outputs, *shape.filter, shape.source[3]), output


def _tensor(
    index: int, shape: tuple[int, ...], dtype: DataType, scale: float, zero_point: int, *, data: bytes | None = None
) -> Tensor:
    quantization = Quantization(scales=(scale,), zero_points=(zero_point,)) if dtype is DataType.INT8 else None
    return Tensor(index=index, name=f"{index}", shape=shape, dtype=dtype, quantization=quantization, data=data)


def _values(rng: np.random.Generator, shape: tuple[int, ...], dtype: DataType) -> bytes:
    if dtype is DataType.INT8:
        return rng.integers(-127, 127, shape, endpoint=True).astype(np.int8).tobytes()
    return rng.normal(size=shape).astype("<f4").tobytes()


def _options(shape: Shape) -> Options:
    relu, stride = Activation.RELU, shape.stride
    if shape.kind == FULL:
        return FullyConnectedOptions(activation=relu)
    if shape.kind == CONV:
        return Conv2DOptions(padding=Padding.SAME, stride_h=stride, stride_w=stride, activation=relu)
    return DepthwiseConv2DOptions(
        padding=Padding.SAME, stride_h=stride, stride_w=stride, depth_multiplier=1, activation=relu
    )


def run_variant(
    graph: Graph, board: Board, variant: str, optimization: Optimization
) -> tuple[list[Figures], tuple[bytes, ...]]:
    """Figures of each layer, and the outputs."""
    settings = load_settings()
    layers = choose_layers(graph, board.core, variant=variant)
    plan = plan_memory(graph, operator_needs(layers))
    firmware = build_firmware(
        emit(graph, layers, plan, board, stack_bytes=settings.stack_bytes),
        board,
        find_toolchain(settings.toolchain_prefix),
        optimization=optimization,
        cache_folder=settings.cache_folder,
        jobs=settings.jobs,
    )
    runner = UnicornRunner(instruction_limit=settings.max_instructions, wall_limit_seconds=settings.max_wall_seconds)
    result = runner.run(firmware, board, seeded_inputs(graph, 1, 0))
    timed = estimate(result.profile, board, code_image(firmware.elf_path))
    by_layer = {cycles.layer: cycles for cycles in timed.layers}
    figures = [
        Figures(
            kernel=layer.kernel.name,
            instructions=by_layer[layer.operator.index].instructions,
            cycles=by_layer[layer.operator.index].total,
        )
        for layer in layers
    ]
    return figures, result.outputs[0]


def main() -> None:
    """Print one line per layer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", default="nucleo_l4r5zi")
    parser.add_argument("--optimize", choices=[level.value for level in Optimization], default="O2")
    parser.add_argument("--dtype", choices=["int8", "float32"], default="int8")
    chosen = parser.parse_args()
    board, optimization = load_board(chosen.board), Optimization(chosen.optimize)
    graph = graph_of(SHAPES, DataType(chosen.dtype))
    ref, expected = run_variant(graph, board, "ref", optimization)
    best, found = run_variant(graph, board, "auto", optimization)
    print(f"{board.name}, {optimization.value}: per multiply-accumulate, portable kernels and the best ones")
    print(f"{'layer':<26}{'kernel':<28}{'instructions':>16}{'ratio':>8}{'cycles':>14}{'ratio':>8}")
    for shape, operator, before, after, one, other in zip(
        SHAPES, graph.operators, ref, best, expected, found, strict=True
    ):
        if one != other:
            raise SystemExit(f"{shape.title}: {after.kernel} and {before.kernel} differ")
        count = macs(graph, operator) or 1
        pairs = ((before.instructions, after.instructions), (before.cycles, after.cycles))
        cells = (f"{old / count:7.2f} {new / count:6.2f}{old / new:7.1f}x" for old, new in pairs)
        print(f"{shape.title:<26}{after.kernel:<28}  " + " ".join(cells))


if __name__ == "__main__":
    main()

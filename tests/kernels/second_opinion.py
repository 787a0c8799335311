"""How far LiteRT's kernels are from TFLM's, layer by layer and at the output, on the public MLPerf Tiny models.

`python -m tests.kernels.second_opinion` prints the tables of docs/correctness.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from profiler.graph.model import Graph, Operator
from profiler.graph.tflite_reader import read
from tests.kernels.operators import OperatorCase, model_of
from tests.kernels.rig import Oracle
from tests.support.tflite_builder import TensorSpec

MODELS = Path(__file__).resolve().parents[3] / "shared" / "models" / "mlperf_tiny"
INT8_MODELS = ("ad01_int8", "kws_dscnn_int8", "ic_resnet8_int8", "vww_mobilenet_int8")
RESOLVERS = {
    "reference": OpResolverType.BUILTIN_REF,
    "optimized": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "default (XNNPACK)": OpResolverType.AUTO,
}
Int8Array = npt.NDArray[np.int8]


@dataclass
class Difference:
    """Outputs of LiteRT against those of TFLM, in steps of the output's scale."""

    largest: int = 0
    differing: int = 0
    compared: int = 0

    def add(self, theirs: Int8Array, expected: Int8Array) -> None:
        steps = np.abs(theirs.astype(int) - expected.astype(int))
        self.largest = max(self.largest, int(steps.max()))
        self.differing += int((steps > 0).sum())
        self.compared += steps.size

    def __str__(self) -> str:
        share = f" ({self.differing / self.compared:.2%})" if self.differing else ""
        return f"{self.largest}{share}"


class LiteRt:
    """One model in LiteRT."""

    def __init__(self, model: bytes, resolver: OpResolverType) -> None:
        self._interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolver, num_threads=1)
        self._interpreter.allocate_tensors()

    def run(self, inputs: list[Int8Array]) -> Int8Array:
        for details, values in zip(self._interpreter.get_input_details(), inputs, strict=True):
            self._interpreter.set_tensor(details["index"], values)
        self._interpreter.reset_all_variables()
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._interpreter.get_output_details()[0]["index"])


def model_bytes(name: str) -> bytes:
    return (MODELS / f"{name}.tflite").read_bytes()


def layer_differences(name: str, resolver: OpResolverType, *, input_count: int) -> dict[str, Difference]:
    """By operator kind: each layer of LiteRT on the input that TFLM gives that layer."""
    graph = read(model_bytes(name))
    alone = {operator.index: model_of([_alone(graph, operator)]) for operator in graph.operators}
    oracles = {index: Oracle(model) for index, model in alone.items()}
    others = {index: LiteRt(model, resolver) for index, model in alone.items()}
    found: dict[str, Difference] = defaultdict(Difference)
    for inputs in random_inputs(graph, input_count):
        values = dict(zip(graph.inputs, inputs, strict=True))
        for operator in graph.operators:
            operands = [values[i] for i in operator.inputs if i >= 0 and graph.tensors[i].is_activation]
            expected = oracles[operator.index].run(operands, 1)[0]
            found[operator.kind].add(others[operator.index].run(operands), expected)
            values[operator.outputs[0]] = expected
    return dict(found)


def output_difference(name: str, resolver: OpResolverType, *, input_count: int) -> Difference:
    """The whole model's output."""
    model = model_bytes(name)
    graph, oracle, other = read(model), Oracle(model), LiteRt(model, resolver)
    found = Difference()
    for inputs in random_inputs(graph, input_count):
        found.add(other.run(inputs), oracle.run(inputs, 1)[0])
    return found


def random_inputs(graph: Graph, count: int) -> Iterator[list[Int8Array]]:
    """Uniform noise: rough on a network, and so on rounding."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        yield [rng.integers(-128, 128, graph.tensors[index].shape).astype(np.int8) for index in graph.inputs]


def _alone(graph: Graph, operator: Operator) -> OperatorCase:
    assert operator.options is not None
    inputs = tuple(_spec(graph, index) if index >= 0 else None for index in operator.inputs)
    return OperatorCase(
        kind=operator.kind, options=operator.options, inputs=inputs, output=_spec(graph, operator.outputs[0])
    )


def _spec(graph: Graph, index: int) -> TensorSpec:
    tensor = graph.tensors[index]
    parameters = tensor.quantization
    return TensorSpec(
        shape=tensor.shape,
        dtype=tensor.dtype.value,
        scales=parameters.scales if parameters else (),
        zero_points=parameters.zero_points if parameters else (),
        axis=parameters.axis if parameters else 0,
        data=tensor.data,
        is_variable=tensor.is_variable,
    )


def _print_tables() -> None:
    kinds = ["FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "AVERAGE_POOL_2D", "SOFTMAX", "RESHAPE"]
    print("| model | LiteRT kernels |", " | ".join(kinds), "| output |")
    print("|---|---|" + "---|" * (len(kinds) + 1))
    for name in INT8_MODELS:
        for title, resolver in RESOLVERS.items():
            layers = layer_differences(name, resolver, input_count=20)
            cells = [str(layers.get(kind, "·")) for kind in kinds]
            print(
                f"| {name} | {title} |", " | ".join(cells), f"| {output_difference(name, resolver, input_count=100)} |"
            )


if __name__ == "__main__":
    _print_tables()

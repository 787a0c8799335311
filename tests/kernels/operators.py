"""Single operators as values, many of them put together as one model, so that one compilation tests them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from profiler.codegen.fixed_point import INTEGER_LIMITS
from profiler.graph.model import DataType, Graph
from profiler.graph.options import Options
from tests.support.tflite_builder import OperatorSpec, TensorSpec, build_model


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCase:
    """One operator to test. An input without data is a model input, unless it is a variable; one that is None is
    absent; most operators have no output beyond the first."""

    kind: str
    options: Options
    inputs: tuple[TensorSpec | None, ...]
    output: TensorSpec
    more_outputs: tuple[TensorSpec, ...] = ()


def model_of(cases: Sequence[OperatorCase]) -> bytes:
    """One model of independent operators; its inputs and outputs are in the order of the cases."""
    tensors: list[TensorSpec] = []
    operators: list[OperatorSpec] = []
    inputs: list[int] = []
    outputs: list[int] = []

    def add(spec: TensorSpec) -> int:
        tensors.append(replace(spec, name=f"tensor{len(tensors)}"))
        return len(tensors) - 1

    for case in cases:
        indices = tuple(-1 if spec is None else add(spec) for spec in case.inputs)
        inputs += [i for i, spec in zip(indices, case.inputs, strict=True) if spec is not None and spec.is_activation]
        computed = tuple(add(spec) for spec in (case.output, *case.more_outputs))
        outputs += computed
        operators.append(OperatorSpec(kind=case.kind, inputs=indices, outputs=computed, options=case.options))
    return build_model(tensors=tensors, operators=operators, inputs=inputs, outputs=outputs)


def input_sets(graph: Graph, *, seed: int, random_sets: int = 2) -> list[list[npt.NDArray[np.generic]]]:
    """Inputs to try: every element at its lowest, at its highest, and random ones with both sprinkled in."""
    rng = np.random.default_rng(seed)
    tensors = [graph.tensors[index] for index in graph.inputs]
    lowest_and_highest = [[np.full(t.shape, _range(t.dtype)[end], _numpy(t.dtype)) for t in tensors] for end in (0, 1)]
    random = [[_random(t.shape, t.dtype, rng) for t in tensors] for _ in range(random_sets)]
    return lowest_and_highest + random


def _random(shape: tuple[int, ...], dtype: DataType, rng: np.random.Generator) -> npt.NDArray[np.generic]:
    low, high = _range(dtype)
    if dtype is DataType.FLOAT32:
        values = rng.normal(size=shape) * high / 3
    else:
        values = rng.integers(low, high, shape, endpoint=True).astype(np.float64)
    ends = rng.choice([low, high], size=shape)
    return np.where(rng.random(shape) < 0.1, ends, values).astype(_numpy(dtype))


def _range(dtype: DataType) -> tuple[float, float]:
    if dtype is DataType.INT32:
        return -(2**31), 2**31 - 1
    return (-8.0, 8.0) if dtype is DataType.FLOAT32 else INTEGER_LIMITS[dtype]


def _numpy(dtype: DataType) -> np.dtype[np.generic]:
    return np.dtype(dtype.value)

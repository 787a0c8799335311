"""Every kernel of the table against TFLM's interpreter, natively, on operators that hypothesis makes up."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from profiler.codegen.kernels import kernels
from profiler.codegen.model import Kernel
from profiler.graph.tflite_reader import read
from tests.kernels.generators import generator_of
from tests.kernels.operators import input_sets, model_of
from tests.kernels.rig import NativeModel, Oracle, assert_agrees, guarded_plan, in_place_plan, layer_with

CASES_A_COMPILATION = 10
COMPILATIONS_A_KERNEL = 3


def test_every_kernel_in_the_table_is_tested() -> None:
    untested = [row.name for row in kernels() if generator_of(row) is None]
    assert not untested, f"no generator in tests/kernels/generators.py for {untested}"


class Model(bytes):
    """A model file that pytest reports by its size."""

    def __repr__(self) -> str:
        return f"<a model of {len(self)} bytes>"


def models(kernel: Kernel) -> st.SearchStrategy[Model]:
    operator = generator_of(kernel)
    assert operator is not None
    cases = st.lists(operator, min_size=CASES_A_COMPILATION, max_size=CASES_A_COMPILATION)
    return cases.map(lambda some: Model(model_of(some)))


@pytest.mark.parametrize("kernel", kernels(), ids=lambda kernel: kernel.name)
def test_kernel_agrees_with_tflm_and_writes_nothing_but_its_output(kernel: Kernel) -> None:
    made = itertools.count()

    @settings(
        max_examples=1 + COMPILATIONS_A_KERNEL,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(models(kernel))
    def check(model: Model) -> None:
        if next(made):  # the first that hypothesis makes is the simplest operator, ten times
            _check(kernel, model)

    check()
    assert next(made) == 1 + COMPILATIONS_A_KERNEL


def _check(kernel: Kernel, model: bytes) -> None:
    graph = read(model)
    layers = [layer_with(kernel, graph, operator) for operator in graph.operators]
    assert any(layer.kernel is kernel for layer in layers), f"{kernel.name} refused every operator"
    oracle = Oracle(model)
    scratch = {layer.operator.index: layer.lowered.needs.scratch_bytes for layer in layers}
    shares = any(layer.lowered.needs.in_place_inputs for layer in layers)
    with tempfile.TemporaryDirectory() as folder:
        apart = NativeModel(graph, layers, guarded_plan(graph, layers), Path(folder) / "apart")
        together = (
            NativeModel(graph, layers, in_place_plan(graph, layers), Path(folder) / "together") if shares else None
        )
        for inputs in input_sets(graph, seed=len(model)):
            expected = oracle.run(inputs, len(graph.outputs))
            _assert_equal(kernel, graph.operators, apart.run(inputs), expected)
            assert not apart.touched_guards(scratch), "wrote outside of its buffers"
            assert apart.input_bytes() == [np.ascontiguousarray(values).tobytes() for values in inputs]
            if together is not None:
                _assert_equal(kernel, graph.operators, together.run(inputs), expected)


def _assert_equal(kernel: Kernel, operators: tuple, found: list, expected: list) -> None:
    computed = [operator for operator in operators for _ in operator.outputs]
    for operator, ours, theirs in zip(computed, found, expected, strict=True):
        assert_agrees(kernel, ours, theirs, f"{kernel.name}: {operator}")

"""Every kernel of the table on every core that can run it, emulated, against TFLM's interpreter."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from profiler.boards.loader import core_names, load_core
from profiler.boards.model import Core
from profiler.codegen.kernels import kernels
from profiler.codegen.model import Kernel, Layer
from profiler.graph.model import Graph
from profiler.graph.tflite_reader import read
from tests.kernels.emulated import EmulatedModel, build_bare
from tests.kernels.generators import generator_of
from tests.kernels.operators import OperatorCase, input_sets, model_of
from tests.kernels.rig import Oracle, assert_agrees, in_place_plan, layer_with

CASES_A_KERNEL = 5

pytestmark = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no cross compiler")


# Firmware of these is built for the architecture of the Cortex-M33 and runs on the emulator's: nothing new to compare.
_AS_CORTEX_M33 = ("cortex-m55", "cortex-m85")
# Other code for products with constants; compiling all kernels once more takes longer than that is worth.
_AS_CORTEX_M0 = ("cortex-m0-small-multiplier", "cortex-m0plus-small-multiplier")


@pytest.mark.timeout(900)  # compiles every kernel for the core
@pytest.mark.parametrize("name", [name for name in core_names() if name not in _AS_CORTEX_M33 + _AS_CORTEX_M0])
def test_every_kernel_agrees_with_tflm_on_the_core(name: str, tmp_path: Path) -> None:
    core = load_core(name)
    rows = tuple(row for row in kernels() if row.requires <= core.features)
    model = model_of([case for row in rows for case in some_cases(row)])
    graph = read(model)
    layers = _layers(graph, rows)
    plan = in_place_plan(graph, layers)
    emulated = EmulatedModel(build_bare(graph, layers, plan, core, tmp_path), graph, plan, core)
    oracle = Oracle(model)
    for inputs in input_sets(graph, seed=len(name), random_sets=1)[1:]:
        found, expected = emulated.run(inputs), oracle.run(inputs, len(graph.outputs))
        computed = [layer for layer in layers for _ in layer.operator.outputs]
        for layer, ours, theirs in zip(computed, found, expected, strict=True):
            _assert_close(core, layer, ours, theirs)


@cache
def some_cases(row: Kernel) -> tuple[OperatorCase, ...]:
    """The same few operators each time; the first that hypothesis makes is the simplest one, and left out."""
    cases: list[OperatorCase] = []
    generator = generator_of(row)
    assert generator is not None

    @settings(
        max_examples=1 + CASES_A_KERNEL,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        cases.append(data.draw(generator))

    collect()
    return tuple(cases[-CASES_A_KERNEL:])


def _layers(graph: Graph, rows: tuple[Kernel, ...]) -> tuple[Layer, ...]:
    chosen = [row for row in rows for _ in range(CASES_A_KERNEL)]
    return tuple(layer_with(row, graph, operator) for row, operator in zip(chosen, graph.operators, strict=True))


def _assert_close(core: Core, layer: Layer, ours: np.ndarray, theirs: np.ndarray) -> None:
    where = f"{layer.kernel.name} on {core.name}: {layer.operator}"
    assert_agrees(layer.kernel, ours, theirs, where)

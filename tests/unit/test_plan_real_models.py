"""The arenas of the four MLPerf Tiny models, against what TensorFlow Lite Micro needs for them."""

from __future__ import annotations

import pytest

from profiler.boards.loader import load_board
from profiler.codegen.choose import choose_layers, operator_needs
from profiler.graph.model import Graph
from profiler.graph.tflite_reader import read
from profiler.plan.model import OperatorNeeds
from profiler.plan.plan import plan_memory
from tests.support.shared import mlperf_tiny_model

# Bytes TFLM reports as arena_used_bytes on a Cortex-M4 with its reference kernels, and the largest sum of input and
# output bytes (ResNet: with the skip connection) of any layer that cannot work in place, counted by hand.
CASES = [
    ("ad01_int8", 2_260, 640 + 128),
    ("kws_dscnn_int8", 22_772, 8_000 + 8_000),
    ("ic_resnet8_int8", 54_340, 3 * 16_384),
    ("vww_mobilenet_int8", 100_660, 18_432 + 36_864),
]
IN_PLACE = {"RESHAPE": (0,), "ADD": (0, 1), "RELU": (0,), "SOFTMAX": (0,)}


def needs_of(graph: Graph, *, scratch_bytes: int = 0) -> dict[int, OperatorNeeds]:
    return {
        operator.index: OperatorNeeds(
            scratch_bytes=scratch_bytes if "CONV" in operator.kind else 0,
            in_place_inputs=IN_PLACE.get(operator.kind, ()),
        )
        for operator in graph.operators
    }


@pytest.mark.parametrize(("name", "tflm_bytes", "by_hand_bytes"), CASES)
def test_the_arena_is_below_tflm_and_meets_the_lower_bound(name: str, tflm_bytes: int, by_hand_bytes: int) -> None:
    graph = read(mlperf_tiny_model(name))
    plan = plan_memory(graph, needs_of(graph))
    assert plan.arena_bytes == plan.lower_bound_bytes == by_hand_bytes
    with_scratch = plan_memory(graph, needs_of(graph, scratch_bytes=1024))
    assert with_scratch.arena_bytes == with_scratch.lower_bound_bytes
    assert with_scratch.arena_bytes < tflm_bytes


@pytest.mark.parametrize("variant", ["ref", "auto"])
@pytest.mark.parametrize(("name", "tflm_bytes", "by_hand_bytes"), CASES)
def test_the_arena_of_the_kernels_we_have_is_below_tflm_too(
    name: str, tflm_bytes: int, by_hand_bytes: int, variant: str
) -> None:
    graph = read(mlperf_tiny_model(name))
    layers = choose_layers(graph, load_board("nucleo_l4r5zi").core, variant=variant)
    plan = plan_memory(graph, operator_needs(layers))
    assert plan.arena_bytes == plan.lower_bound_bytes < tflm_bytes
    if variant == "ref":  # no scratch memory
        assert plan.arena_bytes == by_hand_bytes

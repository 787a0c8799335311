"""docs/planning.md says what the planners answer today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import profiler
from profiler.boards.loader import load_board
from profiler.codegen.choose import choose_layers, operator_needs
from profiler.errors import DoesNotFitError
from profiler.graph.tflite_reader import read
from profiler.plan.model import MemoryPlan
from profiler.plan.plan import plan_memory
from profiler.plan.planners import PLANNERS
from tests.support.shared import mlperf_tiny_model

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "planning.md").read_text(encoding="utf-8")
MODELS = ("ad01_int8", "kws_dscnn_int8", "ic_resnet8_int8", "vww_mobilenet_int8")


def _plan(name: str, variant: str, planner: str = "best") -> MemoryPlan:
    graph = read(mlperf_tiny_model(name).read_bytes())
    layers = choose_layers(graph, load_board("nucleo_l4r5zi").core, variant=variant)
    return plan_memory(graph, operator_needs(layers), planner=planner)


def _cells(first: str) -> list[list[str]]:
    """Rows of all tables whose first cell is `first`."""
    rows = re.findall(rf"^\| {re.escape(first)} \| (.*) \|$", PAGE, re.MULTILINE)
    return [row.split(" | ") for row in rows]


@pytest.mark.parametrize("name", MODELS)
def test_arenas_of_the_table_are_the_planner_s(name: str) -> None:
    portable, dsp = _plan(name, "ref"), _plan(name, "auto")
    ((_tflm, *written),) = _cells(name)
    assert written == [f"{portable.arena_bytes:,}", f"{dsp.arena_bytes:,}", "both"]
    for plan in (portable, dsp):
        assert plan.arena_bytes == plan.lower_bound_bytes


@pytest.mark.parametrize("planner", PLANNERS)
def test_every_planner_is_explained_and_its_arena_is_right(planner: str) -> None:
    explained, *measured = _cells(f"`{planner}`")
    assert explained
    for row in measured:
        assert row == [f"{_plan('vww_mobilenet_int8', 'ref', planner).arena_bytes:,}"]


def test_the_refusal_is_the_one_users_see() -> None:
    with pytest.raises(DoesNotFitError) as refusal:
        profiler.profile("zoo:ic_float32", board="nucleo_g0b1re")
    assert f"error: {refusal.value.message}\nhint: {refusal.value.hint}\n" in PAGE

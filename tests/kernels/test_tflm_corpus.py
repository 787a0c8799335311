"""TFLM's own test models, single layers with 16-bit activations, natively: every byte as its interpreter gives it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from profiler.boards.loader import load_core
from profiler.codegen.choose import choose_layers
from profiler.graph.check import check
from profiler.graph.tflite_reader import read
from tests.kernels.operators import input_sets
from tests.kernels.rig import NativeModel, Oracle, in_place_plan

CORPUS = sorted((Path(__file__).parents[3] / "shared" / "models" / "tflm_corpus").glob("*.tflite"))
pytestmark = pytest.mark.skipif(not CORPUS, reason="the published models are not beside this checkout")


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_layer_of_the_corpus_gives_tflm_s_bytes(path: Path, tmp_path: Path) -> None:
    model = path.read_bytes()
    graph = read(model)
    if problems := check(graph):
        pytest.skip(str(problems[0]))
    layers = choose_layers(graph, load_core("cortex-m4"))
    native, oracle = NativeModel(graph, layers, in_place_plan(graph, layers), tmp_path), Oracle(model)
    for inputs in input_sets(graph, seed=len(model)):
        for ours, theirs in zip(native.run(inputs), oracle.run(inputs, len(graph.outputs)), strict=True):
            np.testing.assert_array_equal(ours, theirs)

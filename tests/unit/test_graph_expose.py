"""A model with other outputs is the same model otherwise, and interpreters read it so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.accuracy.host_reference import litert_outputs, tflm_outputs
from profiler.accuracy.inputs import seeded_inputs
from profiler.graph.expose import computed_tensors, with_outputs
from profiler.graph.tflite_reader import read
from profiler.graph.zoo import resolve


@pytest.mark.parametrize("name", ["kws", "ad_float32"])
def test_only_the_outputs_change(name: str) -> None:
    data = resolve(f"zoo:{name}").read_bytes()
    graph = read(data)
    wanted = computed_tensors(graph)
    exposed = read(with_outputs(data, wanted))
    assert exposed.outputs == wanted
    same = {"outputs": (), "model_sha256": "", "model_bytes": 0}
    assert replace(exposed, **same) == replace(graph, **same)


def test_the_last_of_all_outputs_is_the_model_s_own() -> None:
    data = resolve("zoo:kws").read_bytes()
    graph = read(data)
    inputs = seeded_inputs(graph, 2, seed=0)
    exposed = with_outputs(data, computed_tensors(graph))
    for run in (tflm_outputs, litert_outputs):
        own, every = run(data, inputs), run(exposed, inputs)
        assert [outputs[-1] for outputs in every] == [outputs[0] for outputs in own]
        assert len(every[0]) == len(graph.operators)
        assert len(set(every[0])) == sum(operator.kind != "RESHAPE" for operator in graph.operators)

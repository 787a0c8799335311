"""Claims about the reference interpreters, on real models."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from tflite_micro import runtime

from profiler.accuracy import host_reference
from profiler.accuracy.host_reference import (
    compare,
    litert_agreement,
    litert_outputs,
    seeded_inputs,
    tflm_agreement,
    tflm_outputs,
)
from profiler.accuracy.interpreter_process import pack, unpack
from profiler.accuracy.model import OutputAgreement, ReferenceUnavailable
from profiler.errors import ModelError
from profiler.graph.hybrid import hybrid_operators
from profiler.graph.tflite_reader import read
from profiler.graph.zoo import resolve
from tests.support.shared import mlperf_tiny_model

needs_litert = pytest.mark.skipif(importlib.util.find_spec("ai_edge_litert") is None, reason="ai-edge-litert is absent")


def zoo(name: str) -> bytes:
    return resolve(f"zoo:{name}").read_bytes()


@pytest.mark.parametrize("name", ["kws", "ad_float32"])
def test_outputs_are_those_of_the_interpreter_in_this_process(name: str) -> None:
    model = zoo(name)
    graph = read(model)
    inputs = seeded_inputs(graph, 3, 5)
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    expected = []
    for (data,) in inputs:
        tensor = graph.tensors[graph.inputs[0]]
        interpreter.set_input(np.frombuffer(data, dtype=tensor.dtype.value).reshape(tensor.shape), 0)
        interpreter.invoke()
        expected.append((interpreter.get_output(0).tobytes(),))
    assert tflm_outputs(model, inputs) == tuple(expected)


@pytest.mark.parametrize("name", ["kws", "ic", "vww", "ad"])
def test_zoo_outputs_depend_on_the_input(name: str) -> None:
    """A zoo model with the same answer to everything could not show a wrong kernel."""
    model = zoo(name)
    outputs = tflm_outputs(model, seeded_inputs(read(model), 8, 0))
    assert not isinstance(outputs, ReferenceUnavailable)
    assert len(set(outputs)) == 8


@needs_litert
@pytest.mark.parametrize(("name", "largest_lsb"), [("kws", 0), ("ic", 0), ("vww", 0), ("ad", 2)])
def test_the_second_opinion_differs_by_no_more_than_is_known(name: str, largest_lsb: int) -> None:
    model = zoo(name)
    graph = read(model)
    inputs = seeded_inputs(graph, 3, 0)
    tflm = tflm_outputs(model, inputs)
    assert not isinstance(tflm, ReferenceUnavailable)
    agreement = litert_agreement(model, graph, inputs, tflm)
    assert isinstance(agreement, OutputAgreement)
    assert agreement.agrees
    assert agreement.max_lsb is not None
    assert agreement.max_lsb <= largest_lsb


@needs_litert
@pytest.mark.parametrize("name", ["kws_float32", "ic_float32", "vww_float32", "ad_float32"])
def test_both_interpreters_agree_on_float32(name: str) -> None:
    model = zoo(name)
    graph = read(model)
    inputs = seeded_inputs(graph, 2, 0)
    tflm, litert = tflm_outputs(model, inputs), litert_outputs(model, inputs)
    assert not isinstance(tflm, ReferenceUnavailable)
    assert not isinstance(litert, ReferenceUnavailable)
    assert compare(tflm, litert, graph, name="").agrees


def test_a_wrong_output_is_found(tmp_path: Path) -> None:
    model = zoo("kws")
    graph = read(model)
    inputs = seeded_inputs(graph, 2, 0)
    right = tflm_outputs(model, inputs)
    assert not isinstance(right, ReferenceUnavailable)
    wrong = [list(right[0]), [bytes([right[1][0][0] ^ 1]) + right[1][0][1:]]]
    agreement = tflm_agreement(model, graph, inputs, wrong, cache_folder=tmp_path)
    assert isinstance(agreement, OutputAgreement)
    assert agreement.reference.startswith("TFLM 0.dev")
    assert (agreement.agrees, agreement.max_lsb, agreement.bit_equal_share) == (False, 1, 23 / 24)


def test_what_the_interpreter_refuses_is_unavailable_with_its_own_words(capfd: pytest.CaptureFixture[str]) -> None:
    model = with_operator_kind(zoo("ad"), "BUCKETIZE")
    refused = tflm_outputs(model, seeded_inputs(read(model), 1, 0))
    assert isinstance(refused, ReferenceUnavailable)
    assert refused.reason.startswith("the interpreter refuses the model: ")
    assert "BUCKETIZE" in refused.reason
    assert capfd.readouterr().err == ""


def with_operator_kind(model: bytes, kind: str) -> bytes:
    tree = runtime.convert_bytearray_to_object(bytearray(model))
    tree.operatorCodes[0].builtinCode = getattr(runtime.schema_fb.BuiltinOperator, kind)
    tree.operatorCodes[0].deprecatedBuiltinCode = min(tree.operatorCodes[0].builtinCode, 127)
    builder = flatbuffers.Builder(len(model) * 2)
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_a_dying_interpreter_takes_nobody_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    crash = tmp_path / "crash.py"
    crash.write_text("import os, signal, sys\nsys.stdin.buffer.read()\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(host_reference.interpreter_process, "__file__", str(crash))
    model = zoo("ad")
    died = tflm_outputs(model, seeded_inputs(read(model), 1, 0))
    assert isinstance(died, ReferenceUnavailable)
    assert died.reason == "the interpreter died of SIGSEGV"


def test_no_answer_in_time_is_a_reason_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_reference, "_TIMEOUT_SECONDS", 0.001)
    model = zoo("ad")
    late = tflm_outputs(model, seeded_inputs(read(model), 1, 0))
    assert isinstance(late, ReferenceUnavailable)
    assert "no answer within" in late.reason


def test_a_damaged_model_never_reaches_an_interpreter() -> None:
    with pytest.raises(ModelError):
        tflm_outputs(zoo("kws")[:30_000], [])


def test_weights_in_int8_of_a_float_model_are_run_as_float() -> None:
    model = mlperf_tiny_model("kws_dscnn_fp32").read_bytes()
    graph = read(model)
    assert hybrid_operators(graph)
    inputs = seeded_inputs(graph, 2, 0)
    outputs = tflm_outputs(model, inputs)
    assert not isinstance(outputs, ReferenceUnavailable)
    # LiteRT quantizes activations on the fly for these operators, so it can only be near.
    litert = litert_outputs(model, inputs)
    assert not isinstance(litert, ReferenceUnavailable)
    agreement = compare(outputs, litert, graph, name="")
    assert agreement.max_relative is not None
    assert 1e-5 < agreement.max_relative < 0.1


def test_frames_come_back_and_a_cut_is_noticed() -> None:
    frames = [b"", b"abc", bytes(1000)]
    assert list(unpack(pack(frames))) == frames
    for cut in (1, 8, 9, 1000):
        with pytest.raises(ValueError, match="cut short"):
            list(unpack(pack(frames[1:])[:-cut]))

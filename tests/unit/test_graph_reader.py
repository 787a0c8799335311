"""Reading: what is in the file is what is in the graph, and every contradiction is refused with its place."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tflite

from profiler.errors import ModelError, UnsupportedModelError
from profiler.graph import tflite_reader
from profiler.graph.model import DataType
from profiler.graph.options import Conv2DOptions, Padding, ReshapeOptions
from profiler.graph.tflite_reader import read
from tests.support.tflite_builder import (
    OperatorSpec,
    TensorSpec,
    activation_tensor,
    build_model,
    constant_tensor,
    specs_of,
)

MODELS = Path(__file__).parents[3] / "shared" / "models"
PUBLISHED = sorted(MODELS.glob("*/*.tflite"))
RELU = OperatorSpec(kind="RELU", inputs=(0,), outputs=(1,))
ONE, TWO = activation_tensor((2, 3), 0.5, 1), activation_tensor((2, 3), 0.5, 1)


def relu_model(**changes) -> bytes:
    return build_model(**({"tensors": [ONE, TWO], "operators": [RELU], "inputs": [0], "outputs": [1]} | changes))


@pytest.mark.skipif(not PUBLISHED, reason="the published models are not beside this checkout")
def test_every_published_model_reads_as_the_schemas_own_accessors_tell():
    for path in PUBLISHED:
        data = path.read_bytes()
        graph = read(path)
        model = tflite.Model.GetRootAs(data)
        subgraph = model.Subgraphs(0)
        assert len(graph.tensors) == subgraph.TensorsLength()
        assert [operator.inputs for operator in graph.operators] == [
            tuple(subgraph.Operators(i).InputsAsNumpy().tolist()) for i in range(subgraph.OperatorsLength())
        ]
        assert graph.outputs == tuple(subgraph.OutputsAsNumpy().tolist())
        for tensor in graph.tensors:
            _assert_same_tensor(tensor, model, subgraph.Tensors(tensor.index))


def _assert_same_tensor(tensor, model, expected):
    assert tensor.name == (expected.Name() or b"").decode()[:200]
    assert tensor.shape == tuple(expected.Shape(i) for i in range(expected.ShapeLength()))
    assert getattr(tflite.TensorType, tensor.dtype.name) == expected.Type()
    stored = model.Buffers(expected.Buffer())
    assert tensor.data == (stored.DataAsNumpy().tobytes() if stored.DataLength() else None)
    parameters = expected.Quantization()
    if parameters is None or not parameters.ScaleLength():
        assert tensor.quantization is None
    else:
        assert tensor.quantization.scales == tuple(parameters.ScaleAsNumpy().tolist())
        assert tensor.quantization.zero_points == tuple(parameters.ZeroPointAsNumpy().tolist())


@pytest.mark.skipif(not PUBLISHED, reason="the published models are not beside this checkout")
def test_options_of_published_models_are_those_of_the_schemas_own_accessors():
    path = MODELS / "mlperf_tiny" / "ic_resnet8_int8.tflite"
    subgraph = tflite.Model.GetRootAs(path.read_bytes()).Subgraphs(0)
    seen = 0
    for operator in read(path).operators:
        if operator.kind != "CONV_2D":
            continue
        seen += 1
        union = subgraph.Operators(operator.index).BuiltinOptions()
        expected = tflite.Conv2DOptions()
        expected.Init(union.Bytes, union.Pos)
        assert (operator.options.stride_h, operator.options.stride_w) == (expected.StrideH(), expected.StrideW())
        assert (operator.options.dilation_h, operator.options.dilation_w) == (1, 1)
        assert (operator.options.padding is Padding.VALID) == (expected.Padding() == tflite.Padding.VALID)
    assert seen == 9


@pytest.mark.skipif(not PUBLISHED, reason="the published models are not beside this checkout")
def test_the_largest_benchmark_model_is_read_in_under_50_ms(benchmark_seconds):
    assert benchmark_seconds(lambda: read(MODELS / "mlperf_tiny" / "vww_mobilenet_int8.tflite")) < 0.05


@pytest.fixture
def benchmark_seconds():
    import timeit

    return lambda call: min(timeit.repeat(call, number=1, repeat=5))


def test_a_graph_written_again_reads_the_same():
    data = relu_model()
    graph = read(data)
    tensors, operators = specs_of(graph)
    again = build_model(tensors=tensors, operators=operators, inputs=graph.inputs, outputs=graph.outputs)
    assert again == data


def test_the_digest_and_size_are_those_of_the_file(tmp_path):
    import hashlib

    path = tmp_path / "model.tflite"
    path.write_bytes(relu_model())
    graph = read(path)
    assert graph.model_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert graph.model_bytes == path.stat().st_size


def test_a_dynamic_batch_in_the_signature_is_read_with_its_default_shape():
    tensors = [replace(ONE, shape_signature=(-1, 3)), replace(TWO, shape_signature=(-1, 3))]
    assert read(relu_model(tensors=tensors)).tensors[0].shape == (2, 3)


def test_an_absent_bias_is_minus_one():
    tensors = [ONE, constant_tensor(np.ones((4, 3), np.int8), 0.1), activation_tensor((2, 4), 0.5)]
    operator = OperatorSpec(kind="RELU", inputs=(0, 1, -1), outputs=(2,))
    graph = read(relu_model(tensors=tensors, operators=[operator], outputs=[2]))
    assert graph.input_tensor(graph.operators[0], 2) is None


def test_unknown_and_custom_operators_are_read_with_their_names_made_harmless():
    graph = read(relu_model(operators=[replace(RELU, kind="COS")]))
    assert (graph.operators[0].kind, graph.operators[0].options) == ("COS", None)
    custom = read(relu_model(operators=[replace(RELU, kind="[red]Ünknown\x1b")]))
    assert custom.operators[0].kind == "CUSTOM:?red??nknown?"


def test_one_zero_point_serves_all_channels_as_in_tflm():
    weights = replace(constant_tensor(np.ones((4, 3), np.int8), [0.1, 0.2, 0.3, 0.4]), zero_points=(0,))
    graph = read(relu_model(tensors=[ONE, TWO, weights]))
    assert graph.tensors[2].quantization.zero_points == (0, 0, 0, 0)


def test_four_bit_and_string_tensors_are_read_so_that_they_can_be_reported():
    packed = TensorSpec(shape=(3,), dtype="int4", data=b"\x12\x03")
    text = TensorSpec(shape=(1,), dtype="string", data=b"\x01\x00\x00\x00")
    graph = read(relu_model(tensors=[ONE, TWO, packed, text]))
    assert [tensor.dtype for tensor in graph.tensors[2:]] == [DataType.INT4, DataType.STRING]


CONV = OperatorSpec(
    kind="CONV_2D", inputs=(0,), outputs=(1,), options=Conv2DOptions(padding=Padding.SAME, stride_h=1, stride_w=1)
)
CONSTANT = constant_tensor(np.zeros((2, 3), np.int8), 0.5)
REFUSED = {
    "no operator": ({"operators": []}, "no operator"),
    "no input": ({"inputs": []}, "no input"),
    "no output": ({"outputs": []}, "no output"),
    "input listed twice": ({"inputs": [0, 0]}, "listed twice"),
    "input out of range": ({"inputs": [2]}, "tensor 2, the model has 2"),
    "operator input out of range": ({"operators": [replace(RELU, inputs=(7,))]}, "tensor 7, the model has 2"),
    "operator output absent": ({"operators": [replace(RELU, outputs=(-1,))]}, "tensor -1"),
    "no outputs": ({"operators": [replace(RELU, outputs=())]}, "has no output"),
    "written twice": ({"operators": [RELU, RELU]}, "which operator 0 writes too"),
    "written input": ({"operators": [replace(RELU, outputs=(0,))]}, "an input of the model"),
    "written constant": ({"tensors": [ONE, CONSTANT]}, "which is a constant"),
    "own input": ({"operators": [replace(RELU, inputs=(1,))]}, "before operator 0 computes it"),
    "never computed": ({"tensors": [ONE, TWO, TWO], "outputs": [2]}, "nothing computes it"),
    "buffer too small": ({"tensors": [ONE, TWO, replace(CONSTANT, data=b"12345")]}, "has 5 bytes, int8 [2, 3] needs 6"),
    "buffer too large": ({"tensors": [ONE, TWO, replace(CONSTANT, data=b"1234567")]}, "has 7 bytes"),
    "missing buffer": ({"tensors": [ONE, replace(TWO, buffer=9)]}, "buffer is number 9, the model has 1"),
    "negative dimension": ({"tensors": [replace(ONE, shape=(-2, 3)), TWO]}, "negative dimension"),
    "overflowing shape": ({"tensors": [replace(ONE, shape=(2**31 - 1,) * 8), TWO]}, "more than any device has"),
    "too many dimensions": ({"tensors": [replace(ONE, shape=(1,) * 9), TWO]}, "9 dimensions"),
    "zero scale": ({"tensors": [replace(ONE, scales=(0.0,)), TWO]}, "a scale is 0.0"),
    "negative scale": ({"tensors": [replace(ONE, scales=(-1.0,)), TWO]}, "a scale is -1.0"),
    "scale not a number": ({"tensors": [replace(ONE, scales=(float("nan"),)), TWO]}, "a scale is nan"),
    "infinite scale": ({"tensors": [replace(ONE, scales=(float("inf"),)), TWO]}, "a scale is inf"),
    "zero point outside int8": ({"tensors": [replace(ONE, zero_points=(128,)), TWO]}, "not values of int8"),
    "zero points too many": ({"tensors": [replace(ONE, zero_points=(1, 2)), TWO]}, "2 zero points for 1 scales"),
    "scales of other length": (
        {"tensors": [replace(ONE, scales=(0.1, 0.2, 0.3), zero_points=(0, 0, 0)), TWO]},
        "3 scales along axis 0 of shape [2, 3]",
    ),
    "axis out of range": (
        {"tensors": [replace(ONE, scales=(0.1, 0.2), zero_points=(0, 0), axis=2), TWO]},
        "2 scales along axis 2",
    ),
    "options missing": ({"operators": [replace(RELU, kind="CONV_2D")]}, "its options are missing"),
    "options of another kind": ({"operators": [replace(CONV, options=ReshapeOptions())]}, "options of type 17"),
    "other identifier": ({"identifier": b"TFL9"}, "not a TensorFlow Lite model"),
    "no subgraph": ({"subgraph_count": 0}, "no subgraph"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_model_that_contradicts_itself_is_refused_with_place_and_hint(name):
    changes, expected = REFUSED[name]
    with pytest.raises(ModelError) as caught:
        read(relu_model(**changes))
    assert expected in caught.value.message
    assert caught.value.hint


def test_operators_out_of_order_are_refused():
    tensors = [ONE, TWO, TWO]
    late, early = replace(RELU, inputs=(2,), outputs=(1,)), replace(RELU, inputs=(0,), outputs=(2,))
    with pytest.raises(ModelError, match="before operator 1 computes it"):
        read(relu_model(tensors=tensors, operators=[late, early]))


def test_a_cycle_of_operators_is_refused():
    tensors = [ONE, TWO, TWO]
    forth, back = replace(RELU, inputs=(2,), outputs=(1,)), replace(RELU, inputs=(1,), outputs=(2,))
    with pytest.raises(ModelError, match="before operator 1 computes it"):
        read(relu_model(tensors=tensors, operators=[forth, back]))


NOT_SUPPORTED = {
    "two subgraphs": ({"subgraph_count": 2}, "2 subgraphs"),
    "dynamic shape": ({"tensors": [replace(ONE, shape=(-1, 3)), TWO]}, "dynamic shape [-1, 3]"),
    "zeros of scale 0": (
        {"tensors": [ONE, TWO, replace(CONSTANT, scales=(0.0,))]},
        "tensor 2 is a constant of zeros with scale 0",
    ),
    "variable tensor": ({"tensors": [ONE, replace(TWO, is_variable=True)]}, "a variable"),
    "variable with a value": (
        {"tensors": [ONE, TWO, replace(TWO, is_variable=True, data=np.ones((2, 3), np.int8))]},
        "a variable that begins with a value",
    ),
}


@pytest.mark.parametrize("name", NOT_SUPPORTED)
def test_a_sound_model_with_an_unsupported_feature_is_called_unsupported(name):
    changes, expected = NOT_SUPPORTED[name]
    with pytest.raises(UnsupportedModelError) as caught:
        read(relu_model(**changes))
    assert expected in caught.value.message
    assert caught.value.hint


def test_a_file_that_is_not_there_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="No such file"):
        read(tmp_path / "absent.tflite")
    with pytest.raises(ModelError, match="directory"):
        read(tmp_path)


@pytest.mark.parametrize(
    "data", [b"", b"TFL3", b"\x00" * 8, b"\x89HDF\r\n\x1a\n" + b"\x00" * 100, b"\x08\x00\x00\x00TFL3"]
)
def test_a_file_that_is_no_model_is_refused(data):
    with pytest.raises(ModelError):
        read(data)


def test_a_file_beyond_the_limit_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr(tflite_reader, "MODEL_LIMIT_BYTES", 100)
    with pytest.raises(ModelError, match="more than the 100"):
        read(relu_model())


def test_weights_behind_the_flatbuffer_are_read_by_offset_and_size():
    data = bytearray(relu_model(tensors=[ONE, TWO, replace(CONSTANT, data=b"abcdef")]))
    graph = read(bytes(data))
    assert graph.tensors[2].data == b"abcdef"
    external = build_external(b"ghijkl", claimed_bytes=6)
    assert read(external).tensors[2].data == b"ghijkl"
    with pytest.raises(ModelError, match="outside the file"):
        read(build_external(b"ghijkl", claimed_bytes=7))


def build_external(content: bytes, *, claimed_bytes: int) -> bytes:
    """A model whose last buffer lies behind the flatbuffer."""
    length = len(relu_model(tensors=[ONE, TWO, CONSTANT], external=[(1 << 20, claimed_bytes)]))
    return relu_model(tensors=[ONE, TWO, CONSTANT], external=[(length, claimed_bytes)]) + content

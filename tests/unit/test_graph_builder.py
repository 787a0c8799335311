"""The test support builds models that both interpreters accept and that the reader reads back unchanged."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro import runtime

from profiler.graph.model import DataType, Quantization
from profiler.graph.options import Activation, Conv2DOptions, Padding, SoftmaxOptions
from profiler.graph.tflite_reader import read
from tests.support.tflite_builder import OperatorSpec, activation_tensor, build_model, constant_tensor

CONV_OPTIONS = Conv2DOptions(padding=Padding.SAME, stride_h=2, stride_w=1, activation=Activation.RELU)


def conv_softmax_model() -> bytes:
    random = np.random.default_rng(7)
    weight_scales = (0.01, 0.02, 0.03, 0.04)
    return build_model(
        tensors=[
            activation_tensor((1, 6, 5, 3), 0.05, 3, name="image"),
            constant_tensor(random.integers(-127, 128, (4, 3, 3, 3), dtype=np.int8), weight_scales, name="weights"),
            constant_tensor(
                random.integers(-500, 500, 4, dtype=np.int32), [0.05 * scale for scale in weight_scales], name="bias"
            ),
            activation_tensor((1, 3, 5, 4), 0.1, -5, name="features"),
            activation_tensor((1, 3, 5, 4), 1 / 256, -128, name="scores"),
        ],
        operators=[
            OperatorSpec(kind="CONV_2D", inputs=(0, 1, 2), outputs=(3,), options=CONV_OPTIONS),
            OperatorSpec(kind="SOFTMAX", inputs=(3,), outputs=(4,), options=SoftmaxOptions(beta=1.0)),
        ],
        inputs=[0],
        outputs=[4],
    )


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(8).integers(-128, 128, (1, 6, 5, 3), dtype=np.int8)


def test_both_interpreters_run_a_built_model_and_agree(image):
    model = conv_softmax_model()
    micro = runtime.Interpreter.from_bytes(model)
    micro.set_input(image, 0)
    micro.invoke()
    lite = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    lite.allocate_tensors()
    lite.set_tensor(lite.get_input_details()[0]["index"], image)
    lite.invoke()
    from_micro, from_lite = micro.get_output(0), lite.get_tensor(lite.get_output_details()[0]["index"])
    assert len(np.unique(from_micro)) > 3
    np.testing.assert_array_equal(from_micro, from_lite)


def test_the_reader_reads_back_what_was_built():
    graph = read(conv_softmax_model())
    convolution, softmax = graph.operators
    assert (convolution.kind, convolution.inputs, convolution.outputs) == ("CONV_2D", (0, 1, 2), (3,))
    assert convolution.options == CONV_OPTIONS
    assert softmax.options == SoftmaxOptions(beta=1.0)
    assert (graph.inputs, graph.outputs, graph.description) == ((0,), (4,), "built for a test")
    image, weights, bias = graph.tensors[:3]
    assert (image.name, image.shape, image.dtype, image.data) == ("image", (1, 6, 5, 3), DataType.INT8, None)
    assert image.quantization == Quantization(scales=(pytest.approx(0.05),), zero_points=(3,))
    assert weights.quantization is not None
    assert weights.quantization.scales == pytest.approx((0.01, 0.02, 0.03, 0.04))
    assert bias.dtype is DataType.INT32
    assert bias.data is not None
    assert len(bias.data) == 16

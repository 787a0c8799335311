"""Strategy for FULLY_CONNECTED."""

from __future__ import annotations

from hypothesis import strategies as st

from profiler.graph.options import FullyConnectedOptions
from tests.kernels.operators import OperatorCase
from tests.kernels.quantities import accumulated_f32, accumulated_quantized, activations, channels, tensor

sizes = st.one_of(channels, st.sampled_from([63, 64, 65, 128, 250, 600]))


@st.composite
def fully_connected(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """Rows of inputs, now and then spread over several dimensions."""
    inputs, outputs, rows = draw(sizes), draw(channels), draw(st.sampled_from([1, 1, 2, 3]))
    keep = draw(st.booleans())
    input_shape = (rows, 1, inputs) if keep else (rows, inputs)
    output_shape = (rows, 1, outputs) if keep else (rows, outputs)
    options = FullyConnectedOptions(activation=draw(activations), keep_num_dims=keep)
    if dtype == "float32":
        weights, bias = draw(accumulated_f32((outputs, inputs), axis=0))
        source, output = tensor(input_shape, dtype), tensor(output_shape, dtype)
    else:
        layer = draw(accumulated_quantized((outputs, inputs), axis=0, terms=inputs, dtype=dtype))
        weights, bias = layer.weights, layer.bias
        source = tensor(input_shape, dtype, layer.input_scale, layer.input_zero_point)
        output = tensor(output_shape, dtype, layer.output_scale, layer.output_zero_point)
    return OperatorCase(kind="FULLY_CONNECTED", options=options, inputs=(source, weights, bias), output=output)

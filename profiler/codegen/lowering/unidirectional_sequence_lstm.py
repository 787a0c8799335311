"""UNIDIRECTIONAL_SEQUENCE_LSTM: portable kernels, int8, int16 with int8 weights, and float32."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from profiler.codegen.fixed_point import INTEGER_LIMITS, quantize_multiplier, reduced_multiplier
from profiler.codegen.lowering.accumulation import int8_values, int32_values, little_endian, quantization
from profiler.codegen.lowering.accumulation_s16 import NARROW_TERMS, int64_values
from profiler.codegen.lowering.products_f32 import WEIGHT_C_TYPES, float_or_int8_values
from profiler.codegen.lowering.requirements import (
    constant,
    first_reason,
    options_as,
    quantized_per_tensor,
    quantized_weights,
    required_input,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Blob, Constant, Lowered, int32_constants
from profiler.codegen.sigmoid_samples import power_of_two, samples_blob
from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import SequenceLstmOptions
from profiler.graph.sequence_lstm import (
    BIASES,
    CELL_STATE,
    CONSTANTS,
    GATE_SCALE,
    HIDDEN_STATE,
    INPUT_WEIGHTS,
    RECURRENT_WEIGHTS,
    REQUIRED,
    SOURCE,
    UNIT_SCALE,
    LstmSizes,
    lstm_sizes,
)
from profiler.plan.model import OperatorNeeds

KIND = "UNIDIRECTIONAL_SEQUENCE_LSTM"
_CELL_CLIP_MAX = 2**15 - 1


def why_not(dtype: DataType) -> Callable[[Graph, Operator], str | None]:
    """Tells why the kernel for this type cannot run an operator, or None."""
    return lambda graph, operator: first_reason(_reasons(graph, operator, dtype))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    if not isinstance(operator.options, SequenceLstmOptions):
        yield f"has no {KIND} options"
        return
    for position in range(len(operator.inputs)):
        if (position in REQUIRED) == (graph.input_tensor(operator, position) is None):
            yield f"input {position} is {'absent' if position in REQUIRED else 'not supported'}"
    yield _typed(graph, operator, dtype)
    yield constant(graph, operator, *CONSTANTS)
    yield _sizes_fit(graph, operator)
    if dtype is not DataType.FLOAT32:
        states = (required_input(graph, operator, position) for position in (SOURCE, HIDDEN_STATE, CELL_STATE))
        yield quantized_per_tensor(*states)
    for position in (*INPUT_WEIGHTS, *RECURRENT_WEIGHTS):
        weights = required_input(graph, operator, position)
        if weights.dtype is DataType.INT8:
            yield quantized_weights(weights, channels=1, axis=0)


def _typed(graph: Graph, operator: Operator, dtype: DataType) -> str | None:
    """All of the types that go with values of `dtype`; between float32 tensors weights may be int8."""
    is_float = dtype is DataType.FLOAT32
    bias = {DataType.INT8: DataType.INT32, DataType.INT16: DataType.INT64}.get(dtype, dtype)
    types = dict.fromkeys((SOURCE, HIDDEN_STATE), dtype) | dict.fromkeys(BIASES, bias)
    types[CELL_STATE] = dtype if is_float else DataType.INT16
    for positions in (INPUT_WEIGHTS, RECURRENT_WEIGHTS):
        first = required_input(graph, operator, positions[0]).dtype
        types |= dict.fromkeys(positions, first if is_float and first is dtype else DataType.INT8)
    for position, expected in types.items():
        tensor = required_input(graph, operator, position)
        if tensor.dtype is not expected:
            return f"input {position} is {tensor.dtype.value}, must be {expected.value}"
    output = graph.output_tensor(operator)
    return None if output.dtype is dtype else f"output is {output.dtype.value}, must be {dtype.value}"


def _sizes_fit(graph: Graph, operator: Operator) -> str | None:
    if len(required_input(graph, operator, SOURCE).shape) != 3:
        return "input must have 3 dimensions"
    sizes, output = lstm_sizes(graph, operator), graph.output_tensor(operator)
    if output.elements != sizes.batches * sizes.steps * sizes.units:
        return f"output {output.shape} does not have {sizes.units} units for each step"
    for positions, shape in (
        (INPUT_WEIGHTS, (sizes.units, sizes.inputs)),
        (RECURRENT_WEIGHTS, (sizes.units, sizes.units)),
        (BIASES, (sizes.units,)),
    ):
        for position in positions:
            found = required_input(graph, operator, position).shape
            if found != shape:
                return f"input {position} is {found}, must be {shape}"
    return None


def lowered_s8(graph: Graph, operator: Operator, weights: Blob, *constants: Constant) -> Lowered:
    """For these weights; per unit folded biases, per gate its multipliers and shifts."""
    biases, scales = [], []
    for read, positions in ((SOURCE, INPUT_WEIGHTS), (HIDDEN_STATE, RECURRENT_WEIGHTS)):
        zero_point = quantization(required_input(graph, operator, read)).zero_points[0]
        for gate, position in enumerate(positions):
            of_gate = int8_values(required_input(graph, operator, position)).astype(np.int64)
            bias = required_input(graph, operator, BIASES[gate]) if read == SOURCE else None
            plain = int32_values(bias, of_gate.shape[0]).astype(np.int64)
            biases.append((plain - zero_point * of_gate.sum(axis=1)).astype(np.int32))
            scales.append(_gate_multiplier(graph, operator, read, position))
    return _lowered_quantized(
        graph,
        operator,
        *constants,
        blobs=(
            weights,
            Blob(name="biases", c_type="int32_t", data=little_endian(np.stack(biases, axis=1))),
            Blob(name="scales", c_type="int32_t", data=little_endian(np.array(scales, dtype=np.int32))),
        ),
    )


def _lower_s8_ref(graph: Graph, operator: Operator) -> Lowered:
    """Weights packed by gate."""
    return lowered_s8(graph, operator, _int8_weights(graph, operator))


def _lower_s16(graph: Graph, operator: Operator) -> Lowered:
    """Weights packed by gate; per unit and gate a record of `requantize_s16.h`; such records for the hidden state."""
    sizes = lstm_sizes(graph, operator)
    gates, hidden_records = [], []
    for gate, (position, hidden_position) in enumerate(zip(INPUT_WEIGHTS, RECURRENT_WEIGHTS, strict=True)):
        bias = int64_values(required_input(graph, operator, BIASES[gate]), sizes.units)
        halves = bias.view("<i4").reshape(sizes.units, 2)
        scaling = np.broadcast_to(_reduced(graph, operator, SOURCE, position), (sizes.units, 2))
        gates.append(np.concatenate([halves, scaling], axis=1))
        hidden_records.append([0, 0, *_reduced(graph, operator, HIDDEN_STATE, hidden_position)])
    records = np.stack(gates, axis=1).astype(np.int32)
    wide = max(sizes.inputs, sizes.units) > NARROW_TERMS
    return _lowered_quantized(
        graph,
        operator,
        Constant(c_type="int32_t", name="kRecord", value=records.shape[2]),
        Constant(c_type="bool", name="kWideSums", value=wide),
        blobs=(
            _int8_weights(graph, operator),
            Blob(name="records", c_type="int32_t", data=little_endian(records)),
            Blob(name="hidden_records", c_type="int32_t", data=little_endian(np.array(hidden_records, np.int32))),
        ),
    )


def _lower_f32(graph: Graph, operator: Operator) -> Lowered:
    """Weights packed by gate, and their scales where they are int8; per unit its gates' biases."""
    sizes = lstm_sizes(graph, operator)
    clip = options_as(operator, SequenceLstmOptions).cell_clip
    clips = 0.0 < clip < math.inf
    weights = (required_input(graph, operator, position) for position in (*INPUT_WEIGHTS, *RECURRENT_WEIGHTS))
    scales = [quantization(each).scales[0] if each.dtype is DataType.INT8 else 1.0 for each in weights]
    biases = np.stack([float_or_int8_values(required_input(graph, operator, position)) for position in BIASES], axis=1)
    return Lowered(
        constants=(
            *_size_constants(operator, sizes),
            Constant(c_type="bool", name="kCellClips", value=clips),
            Constant(c_type="float", name="kCellClip", value=clip if clips else 0.0),
        ),
        arguments=(
            "input:0",
            "blob:weights",
            "blob:hidden_weights",
            "blob:scales",
            "blob:biases",
            "scratch",
            "output:0",
        ),
        blobs=(
            _float_or_int8("weights", [required_input(graph, operator, position) for position in INPUT_WEIGHTS]),
            _float_or_int8(
                "hidden_weights", [required_input(graph, operator, position) for position in RECURRENT_WEIGHTS]
            ),
            Blob(name="scales", c_type="float", data=little_endian(np.array(scales, dtype=np.float32))),
            Blob(name="biases", c_type="float", data=little_endian(biases)),
        ),
        needs=OperatorNeeds(scratch_bytes=sizes.units * DataType.FLOAT32.item_bytes),
    )


def _lowered_quantized(graph: Graph, operator: Operator, *constants: Constant, blobs: tuple[Blob, ...]) -> Lowered:
    sizes = lstm_sizes(graph, operator)
    return Lowered(
        constants=(
            *_size_constants(operator, sizes),
            *_unit_constants(graph, operator),
            *constants,
        ),
        arguments=(
            "input:0",
            *(f"blob:{blob.name}" for blob in blobs),
            "blob:samples",
            "scratch",
            "output:0",
        ),
        blobs=(*blobs, samples_blob()),
        needs=OperatorNeeds(scratch_bytes=sizes.units * DataType.INT16.item_bytes),
    )


def _size_constants(operator: Operator, sizes: LstmSizes) -> tuple[Constant, ...]:
    """Sizes, and how far batches and steps are apart: whichever comes first in the shape is further."""
    time_major = options_as(operator, SequenceLstmOptions).time_major
    batch, step = (1, sizes.batches) if time_major else (sizes.steps, 1)
    named = {
        "kBatches": sizes.batches,
        "kSteps": sizes.steps,
        "kInputs": sizes.inputs,
        "kUnits": sizes.units,
        "kInputBatch": batch * sizes.inputs,
        "kInputStep": step * sizes.inputs,
        "kOutputBatch": batch * sizes.units,
        "kOutputStep": step * sizes.units,
    }
    return int32_constants(named)


def _unit_constants(graph: Graph, operator: Operator) -> tuple[Constant, ...]:
    """What `unit_s16.h` needs. Source: TFLM's `PrepareGateParametersInteger` and `CreateLstmCellStateInfo`."""
    hidden, cell = (quantization(required_input(graph, operator, p)) for p in (HIDDEN_STATE, CELL_STATE))
    (cell_scale,), (hidden_scale,) = cell.scales, hidden.scales
    clip = options_as(operator, SequenceLstmOptions).cell_clip
    products = {
        "Forget": UNIT_SCALE * cell_scale / cell_scale,
        "Input": UNIT_SCALE * UNIT_SCALE / cell_scale,
        "Output": UNIT_SCALE * UNIT_SCALE / hidden_scale,
    }
    named: dict[str, int] = {}
    for name, real in products.items():
        named[f"k{name}Multiplier"], named[f"k{name}Shift"] = quantize_multiplier(real)
    named["kCellMultiplier"], named["kCellShift"] = _cell_steps(cell_scale)
    named["kCellClip"] = int(min(clip / cell_scale, _CELL_CLIP_MAX)) if clip > 0 else 0
    low, high = INTEGER_LIMITS[graph.output_tensor(operator).dtype]
    named |= {"kOutputZeroPoint": hidden.zero_points[0], "kOutputMin": low, "kOutputMax": high}
    return (*int32_constants(named), Constant(c_type="bool", name="kCellClips", value=clip > 0))


def _cell_steps(scale: float) -> tuple[int, int]:
    """Multiplier and right shift that bring a cell state to the sigmoid's steps: 3 × 2^(12 + exponent)."""
    exponent = power_of_two(scale)
    if exponent is None:
        raise ValueError(f"the cell state's scale {scale} is not a power of two")
    return (3 << (exponent + 12), 0) if exponent >= -12 else (3, -12 - exponent)


def _gate_multiplier(graph: Graph, operator: Operator, read: int, weights: int) -> tuple[int, int]:
    """Multiplier and shift of the sums of input `read` times the weights. TFLM's interpreter multiplies the scales in
    double precision, although its source says float32 (tests/kernels/test_scale_products.py)."""
    values, factors = (quantization(required_input(graph, operator, position)) for position in (read, weights))
    return quantize_multiplier(values.scales[0] * factors.scales[0] / GATE_SCALE)


def _reduced(graph: Graph, operator: Operator, read: int, weights: int) -> tuple[int, int]:
    """The same for sums of 64 bits: 16 bits of the multiplier and how far the product is shifted right."""
    multiplier, shift = _gate_multiplier(graph, operator, read, weights)
    return reduced_multiplier(multiplier), 15 - shift


def _int8_weights(graph: Graph, operator: Operator) -> Blob:
    """For each unit, value by value, the weights of its four gates: those for the step, then for the hidden state."""
    by_gate = [
        np.stack([int8_values(required_input(graph, operator, position)) for position in positions], axis=2)
        for positions in (INPUT_WEIGHTS, RECURRENT_WEIGHTS)
    ]
    return Blob(name="weights", c_type="int8_t", data=little_endian(np.concatenate(by_gate, axis=1)))


def _float_or_int8(name: str, gates: Sequence[Tensor]) -> Blob:
    """For each unit, value by value, the weights of its four gates."""
    values = np.stack([float_or_int8_values(tensor) for tensor in gates], axis=2)
    return Blob(name=name, c_type=WEIGHT_C_TYPES[gates[0].dtype], data=little_endian(values))


KERNELS = (
    portable(KIND, DataType.INT8, why_not(DataType.INT8), _lower_s8_ref),
    portable(KIND, DataType.INT16, why_not(DataType.INT16), _lower_s16),
    portable(KIND, DataType.FLOAT32, why_not(DataType.FLOAT32), _lower_f32),
)

"""Runs a model on a host interpreter, in a process of its own: `python -P interpreter_process.py ENGINE SETS OUTPUTS`.

The interpreters are C++ that trusts the model and prints to standard error; a process keeps both away from the caller.
Frames on standard input: the model, then for each of SETS input sets one frame per graph input. Frames on standard
output: for each input set OUTPUTS frames, one per graph output. Nothing here imports the rest of the project, so that
it starts fast.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

REFUSED = 3  # exit code: the interpreter said why on standard error
ENGINES = ("tflm", "tflm_rewritten", "litert")
_ARENA_BYTES = 256 << 20  # more than any model for a Cortex-M; untouched pages cost nothing
_LENGTH = struct.Struct("<Q")
_FLOAT32, _INT8 = 0, 9  # TensorType values of the TFLite schema
_WEIGHTS, _LSTM_WEIGHTS = slice(1, 2), slice(1, 9)  # among an operator's inputs
_LSTM, _TILE, _BROADCAST_TO, _LAST_DEPRECATED_CODE = 44, 69, 130, 127  # BuiltinOperator values


def pack(frames: Iterable[bytes]) -> bytes:
    """Frames as one byte string: each its length (8 bytes, little-endian) and its bytes."""
    return b"".join(part for frame in frames for part in (_LENGTH.pack(len(frame)), frame))


def unpack(data: bytes) -> Iterator[bytes]:
    """The frames of `pack`. Raises ValueError when the bytes end within one."""
    position = 0
    while position < len(data):
        start = position + _LENGTH.size
        if start > len(data):
            raise ValueError("a frame's length is cut short")
        position = start + _LENGTH.unpack_from(data, start - _LENGTH.size)[0]
        if position > len(data):
            raise ValueError("a frame is cut short")
        yield data[start:position]


def run_tflm(model: bytes, input_sets: Sequence[Sequence[bytes]], output_count: int) -> Iterator[bytes]:
    """Outputs of TFLM's interpreter with its reference kernels, set after set. Raises RuntimeError when it refuses."""
    import numpy as np
    from tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(model, arena_size=_ARENA_BYTES)
    for input_set in input_sets:
        for position, data in enumerate(input_set):
            details = interpreter.get_input_details(position)
            values = np.frombuffer(data, dtype=details["dtype"]).reshape(details["shape"])
            interpreter.set_input(values, position)
        interpreter.reset()  # states begin at 0 in every inference, as in firmware; TFLM would go on from the last one
        interpreter.invoke()
        for position in range(output_count):
            yield interpreter.get_output(position).tobytes()


def run_litert(model: bytes, input_sets: Sequence[Sequence[bytes]], output_count: int) -> Iterator[bytes]:
    """Outputs of LiteRT with its reference kernels, set after set."""
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
    )
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    for input_set in input_sets:
        for details, data in zip(inputs, input_set, strict=True):
            values = np.frombuffer(data, dtype=details["dtype"]).reshape(details["shape"])
            interpreter.set_tensor(details["index"], values)
        interpreter.reset_all_variables()  # as for TFLM
        interpreter.invoke()
        for details in outputs[:output_count]:
            yield interpreter.get_tensor(details["index"]).tobytes()


def for_tflm(model: bytes) -> bytes:
    """The model with what TFLM refuses written in another way that gives the same values.

    int8 weights of float32 operators become float32: scale × (value − zero point). TILE, which it does not have,
    becomes BROADCAST_TO: the same where what is repeated has size 1.
    """
    import flatbuffers
    from tflite_micro import runtime

    tree = runtime.convert_bytearray_to_object(bytearray(model))
    graph = tree.subgraphs[0]
    for operator in graph.operators:
        computes_in_float = any(graph.tensors[index].type == _FLOAT32 for index in operator.outputs)
        is_lstm = tree.operatorCodes[operator.opcodeIndex].builtinCode == _LSTM
        for index in operator.inputs[_LSTM_WEIGHTS if is_lstm else _WEIGHTS] if computes_in_float else ():
            tensor = graph.tensors[index]
            if index >= 0 and tensor.type == _INT8 and tree.buffers[tensor.buffer].data is not None:
                _make_float(tree, tensor)
    _broadcast_tiles(tree, graph)
    builder = flatbuffers.Builder(len(model) * 5)
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _broadcast_tiles(tree: Any, graph: Any) -> None:
    import copy

    import numpy as np

    for operator in graph.operators:
        code = tree.operatorCodes[operator.opcodeIndex]
        if code.builtinCode == _TILE:
            output = graph.tensors[operator.outputs[0]]
            shape, buffer = copy.copy(graph.tensors[operator.inputs[1]]), copy.copy(tree.buffers[0])
            buffer.data = np.asarray(output.shape, dtype="<i4").view(np.uint8)
            tree.buffers.append(buffer)
            shape.buffer = len(tree.buffers) - 1
            graph.tensors.append(shape)
            operator.inputs = [operator.inputs[0], len(graph.tensors) - 1]
    for code in tree.operatorCodes:
        if code.builtinCode == _TILE:
            code.builtinCode, code.deprecatedBuiltinCode = _BROADCAST_TO, _LAST_DEPRECATED_CODE


def _make_float(tree: Any, tensor: Any) -> None:
    import numpy as np

    values = np.asarray(tree.buffers[tensor.buffer].data, dtype=np.uint8).view(np.int8).reshape(tensor.shape)
    quantization = tensor.quantization
    along = [1] * len(tensor.shape)
    if len(quantization.scale) > 1:
        along[quantization.quantizedDimension] = -1
    scales = np.asarray(quantization.scale, dtype=np.float32).reshape(along)
    zero_points = np.asarray(quantization.zeroPoint, dtype=np.float32).reshape(along)
    real = scales * (values.astype(np.float32) - zero_points)
    buffer = type(tree.buffers[tensor.buffer])()  # a new one: the old may belong to another tensor too
    buffer.data = real.astype("<f4").view(np.uint8).reshape(-1)
    tree.buffers.append(buffer)
    tensor.buffer = len(tree.buffers) - 1
    tensor.type = _FLOAT32
    tensor.quantization = None


def main() -> int:
    """Read the frames, run, write the frames; `REFUSED` and a line on standard error when the interpreter says no."""
    engine, set_count, output_count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    model, *flat = unpack(sys.stdin.buffer.read())
    width = len(flat) // max(set_count, 1)
    input_sets = [flat[number * width : (number + 1) * width] for number in range(set_count)]
    try:
        if engine == "litert":
            frames = list(run_litert(model, input_sets, output_count))
        else:
            model = for_tflm(model) if engine == "tflm_rewritten" else model
            frames = list(run_tflm(model, input_sets, output_count))
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return REFUSED
    sys.stdout.buffer.write(pack(frames))
    return 0


if __name__ == "__main__":
    sys.exit(main())

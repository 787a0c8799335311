"""A Keras model or SavedModel in TensorFlow's hands, as one function of fixed shapes. Only for the child process."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from profiler.convert.hdf5_process import CONFIG
from profiler.convert.keras_config import FIXED_SHAPE_HINT, checked_config, require_fixed
from profiler.convert.lstm_functions import lstm_functions
from profiler.convert.source import SourceKind
from profiler.errors import ModelError, UnsupportedModelError

_SIGNATURE = "serving_default"
_LOOPS = frozenset({"While", "StatelessWhile"})
LOOP_HINT = (
    "a recurrent layer became a loop: build it with unroll=True and save the model again; LSTM layers of a .keras or "
    ".h5 file (tanh and sigmoid, forwards, no mask, no initial state) need no unrolling"
)
_SCALING_LAYERS = ("Rescaling", "Normalization", "BatchNormalization")


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """`inputs` are shapes (batch 1) and dtypes. `save` writes it as a SavedModel into a folder that does not exist.
    `call_frozen`, of networks with LSTM layers, is `call` with all weights as constants."""

    inputs: tuple[tuple[tuple[int, ...], str], ...]
    call: Callable[..., Any]
    save: Callable[[Path], None]
    scales_inputs: bool
    call_frozen: Callable[..., Any] | None = None


def converter_of(network: Network, folder: Path) -> Any:
    """TensorFlow's converter of the network; files that it needs are put into `folder`.

    Raises UnsupportedModelError for a network with a loop: nothing here runs it, and quantizing it can kill TensorFlow.
    """
    import tensorflow as tf

    saved = _with_lstm_functions(network, folder / "network")
    if saved is not None:
        return tf.lite.TFLiteConverter.from_saved_model(str(saved))
    function = frozen(network)
    _require_no_loop(function)
    return tf.lite.TFLiteConverter.from_concrete_functions([function])


def _require_no_loop(function: Any) -> None:
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for inner in graph.library.function for node in inner.node_def)]
    if any(node.op in _LOOPS for node in nodes):
        raise UnsupportedModelError("the model has a loop, which cannot be run", hint=LOOP_HINT)


@cache
def _with_lstm_functions(network: Network, folder: Path) -> Path | None:
    """A SavedModel, whose functions keep the attributes that tell the converter of LSTM layers; None without such."""
    import tensorflow as tf

    call = network.call_frozen
    if call is None:
        return None

    # The converter sorts inputs and outputs by name.
    def named(**tensors: Any) -> dict[str, Any]:
        outputs = tf.nest.flatten(call(*(tensors[name] for name in sorted(tensors))))
        return {f"output_{number:03d}": output for number, output in enumerate(outputs)}

    specs = {f"input_{number:03d}": tf.TensorSpec(shape, dtype) for number, (shape, dtype) in enumerate(network.inputs)}
    with lstm_functions() as layers:
        signature = tf.function(named, autograph=False).get_concrete_function(**specs)
    if not layers:
        return None
    _require_no_loop(signature)
    tf.saved_model.save(tf.Module(), str(folder), signatures=signature)
    return folder


@cache
def frozen(network: Network) -> Any:
    """The concrete function with weights as constants; its inputs have a batch of 1."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    specs = [
        tf.TensorSpec(shape, dtype, name=f"input_{number}") for number, (shape, dtype) in enumerate(network.inputs)
    ]
    concrete = tf.function(network.call, autograph=False).get_concrete_function(*specs)
    return convert_variables_to_constants_v2(concrete, lower_control_flow=False)


def facts(network: Network) -> dict[str, Any]:
    """What SourceFacts says, as JSON."""
    return {
        "input_shapes": [list(shape) for shape, _ in network.inputs],
        "input_dtypes": [dtype for _, dtype in network.inputs],
        "scales_inputs": network.scales_inputs,
    }


def load_network(path: Path, kind: str) -> Network:
    """The model at `path`. Raises ModelError, UnsupportedModelError; and whatever Keras or TensorFlow raises."""
    if kind == "saved-model":
        return _saved_model(path)
    if kind == "h5":
        return _hdf5(path)
    return _keras(path)


def _keras(path: Path) -> Network:
    import keras
    import tensorflow as tf

    model = keras.models.load_model(path, compile=False)  # safe mode: a Lambda in it is refused
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise ModelError("the Keras model was never built: its input shape is unknown", hint="call it once, save again")
    described = tuple((_fixed(tensor.shape, tensor.name), str(tensor.dtype)) for tensor in inputs)

    def call(*tensors: Any) -> Any:
        return model(tensors[0] if len(tensors) == 1 else list(tensors), training=False)

    def call_frozen(*tensors: Any) -> Any:
        variables = (model.trainable_variables, model.non_trainable_variables)
        with tf.init_scope():  # out of the function that is being traced
            weights = [[variable.numpy() for variable in some] for some in variables]
        outputs, _ = model.stateless_call(*weights, tensors[0] if len(tensors) == 1 else list(tensors), training=False)
        return outputs

    def save(folder: Path) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            model.export(str(folder), verbose=False)

    return Network(
        inputs=described,
        call=call,
        save=save,
        scales_inputs=_scales_inputs(model),
        call_frozen=call_frozen if '"LSTM"' in model.to_json() else None,
    )


def _scales_inputs(model: Any) -> bool:
    """Whether normalization comes before the first layer with weights of its own."""
    for layer in model.layers:
        if type(layer).__name__ in _SCALING_LAYERS:
            return True
        if layer.weights:
            return False
    return False


def _hdf5(path: Path) -> Network:
    """A Keras 2 file: read from a copy whose configuration Keras 3 understands."""
    import h5py

    config = checked_config(path, SourceKind.HDF5)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.h5"
        shutil.copyfile(path, copy)
        copy.chmod(0o600)
        with h5py.File(copy, "r+") as file:
            file.attrs[CONFIG] = json.dumps(config)
        return _keras(copy)


def _saved_model(path: Path) -> Network:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    signatures = dict(loaded.signatures)
    if not signatures:
        raise ModelError(
            f"{path} has no signature, so nothing says what goes in",
            hint="save it with one: tf.saved_model.save(model, folder, signatures=…), or model.export(folder)",
        )
    if len(signatures) > 1 and _SIGNATURE not in signatures:
        raise UnsupportedModelError(
            f"{path} has the signatures {', '.join(sorted(signatures))}", hint=f"name one of them {_SIGNATURE!r}"
        )
    signature = signatures.get(_SIGNATURE) or next(iter(signatures.values()))
    specs = signature.structured_input_signature[1]
    names = tuple(specs)

    def call(*tensors: Any) -> Any:
        _ = loaded  # holds the variables
        outputs = signature(**dict(zip(names, tensors, strict=True)))
        return [outputs[name] for name in sorted(outputs)]

    def save(folder: Path) -> None:
        shutil.copytree(path, folder)

    return Network(
        inputs=tuple((_fixed(specs[name].shape, name), specs[name].dtype.name) for name in names),
        call=call,
        save=save,
        scales_inputs=False,
    )


def _fixed(shape: Any, name: str) -> tuple[int, ...]:
    """The shape with a batch of 1. Raises UnsupportedModelError when any other size is open."""
    if getattr(shape, "rank", 0) is None:
        raise UnsupportedModelError(f"input {name!r} has no fixed rank", hint=FIXED_SHAPE_HINT)
    sizes = [None if size is None else int(size) for size in shape]
    require_fixed(sizes, name)
    if sizes and sizes[0] not in (None, 1):
        raise UnsupportedModelError(f"input {name!r} has a fixed batch of {sizes[0]}", hint="save it with a batch of 1")
    return (1, *(size for size in sizes[1:] if size is not None)) if sizes else ()

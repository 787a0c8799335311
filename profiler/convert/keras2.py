"""What Keras 2 wrote into a configuration and Keras 3 takes otherwise or not at all. Pure.

The package tf_keras reads such files by itself, but brings all of `tensorflow` along, beside `tensorflow-cpu`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profiler.errors import UnsupportedModelError

Config = dict[str, Any]
_ANY = object()
# Settings of a layer that Keras 3 does not take, with the only value at which they change nothing.
_GROUPS: Mapping[str, Any] = {"groups": 1}
_SEPARABLE = {"groups": 1, "kernel_initializer": _ANY, "kernel_regularizer": _ANY, "kernel_constraint": _ANY}
_RECURRENT = {"time_major": False}
_SPATIAL_DROPOUT = {"trainable": _ANY, "noise_shape": None}
_WITHOUT_EFFECT: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _GROUPS),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), _GROUPS),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _SEPARABLE),
    **dict.fromkeys(("RNN", "SimpleRNN", "GRU", "LSTM", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _RECURRENT),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), _SPATIAL_DROPOUT),
}
_RANDOM, _OF_RANDOM = "Random", {"rng_type": _ANY}  # RandomFlip and others, which do nothing at inference
_GONE = frozenset({"TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceProperty", "ThresholdedReLU"})
_CHANGED = "hard_sigmoid"  # 0.2·x + 0.5 in Keras 2, x/6 + 0.5 in Keras 3
_NETWORKS = frozenset({"Functional", "Model", "Sequential"})


def make_understood(entry: Config) -> None:
    """Change one object of Keras 2's configuration, a layer or a network with its layers, into what Keras 3 takes.

    Raises UnsupportedModelError for layers that Keras 3 has not, or computes otherwise.
    """
    kind, settings = str(entry.get("class_name")), entry.get("config")
    if kind in _GONE:
        raise UnsupportedModelError(
            f"the model has a {kind} layer of Keras 2, which Keras 3 does not know",
            hint="export the model as a SavedModel with the TensorFlow that saved it",
        )
    if not isinstance(settings, dict):
        return
    if _CHANGED in (value for value in settings.values() if isinstance(value, str)):
        raise UnsupportedModelError(
            f"a {kind} layer of Keras 2 has the activation {_CHANGED}, which is another function in Keras 3",
            hint="export the model as a SavedModel with the TensorFlow that saved it",
        )
    idle = _OF_RANDOM if kind.startswith(_RANDOM) else _WITHOUT_EFFECT.get(kind, {})
    for name, value in idle.items():
        if name in settings and (value is _ANY or settings[name] == value):
            del settings[name]
    if kind in _NETWORKS:
        entry.pop("module", None)  # the place of the class in Keras 2
    if "layers" in settings and "output_layers" in settings:
        _make_network_understood(settings)


def _make_network_understood(settings: Config) -> None:
    """Keras 2 counts the calls of a network inside another one from 1, Keras 3 from 0.

    Its networks also take and give lists, where Keras 3 tells a single tensor from a list of one.
    """
    layers = [layer for layer in _list(settings["layers"]) if isinstance(layer, dict)]
    nodes = [node for layer in layers for node in _list(layer.get("inbound_nodes")) if isinstance(node, list)]
    if not nodes:  # Keras 3 writes objects
        return
    inner = {str(layer.get("name")): str(layer.get("class_name")) for layer in layers}
    networks = {name for name, kind in inner.items() if kind in _NETWORKS}
    for tensor in (each for node in nodes for each in node):
        _count_from_0(tensor, networks)
    for side in ("input_layers", "output_layers"):
        tensors = _list(settings.get(side))
        if len(tensors) == 1 and isinstance(tensors[0], list):
            settings[side] = tensors[0]
    # Of what is a model's output, Keras 3 counts those of functional networks from 1 itself.
    sequential = {name for name in networks if inner[name] == "Sequential"}
    outputs = _list(settings["output_layers"])
    for tensor in outputs if outputs and isinstance(outputs[0], list) else [outputs]:
        _count_from_0(tensor, sequential)


def _count_from_0(tensor: Any, networks: set[str]) -> None:
    """`tensor` is [layer, call, output, …]."""
    layer, call = (*_list(tensor), None, None)[:2]
    if isinstance(layer, str) and layer in networks and isinstance(call, int):
        tensor[1] = max(call - 1, 0)


def _list(value: Any) -> list[Any]:
    """What should be a list and comes from outside; Keras tells what it makes of anything else."""
    return value if isinstance(value, list) else []

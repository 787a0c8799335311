"""The four MLPerf Tiny network shapes, as Keras models with seeded random weights.

Shapes follow the closed division's reference models: the DS-CNN of "Hello Edge" (Zhang et al., 2017), the ResNet-8 and
the MobileNetV1-0.25 of the benchmark (Banbury et al., 2021), and the DCASE 2020 autoencoder (Koizumi et al., 2020).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

Tensor = keras.KerasTensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A network and what goes in. `low` and `high` bound the input's real values."""

    name: str
    title: str
    input_shape: tuple[int, ...]
    input_meaning: str
    output_meaning: str
    low: float
    high: float
    build: Callable[[Tensor], Tensor]


def normalized_relu(x: Tensor) -> Tensor:
    """Batch normalization and ReLU: the converter folds both into the layer before."""
    return layers.ReLU()(layers.BatchNormalization(momentum=0.0)(x))


def keyword_spotting(x: Tensor) -> Tensor:
    """DS-CNN: one convolution, four depthwise-separable blocks of 64 channels, 12 classes."""
    x = normalized_relu(layers.Conv2D(64, (10, 4), strides=2, padding="same")(x))
    for _ in range(4):
        x = normalized_relu(layers.DepthwiseConv2D(3, padding="same")(x))
        x = normalized_relu(layers.Conv2D(64, 1, padding="same")(x))
    return classifier(layers.AveragePooling2D((25, 5))(x), 12)


def image_classification(x: Tensor) -> Tensor:
    """ResNet-8: three stages of one residual block each (16, 32, 64 channels), 10 classes."""
    x = normalized_relu(layers.Conv2D(16, 3, padding="same")(x))
    for channels, stride in ((16, 1), (32, 2), (64, 2)):
        y = normalized_relu(layers.Conv2D(channels, 3, strides=stride, padding="same")(x))
        y = layers.BatchNormalization(momentum=0.0)(layers.Conv2D(channels, 3, padding="same")(y))
        if stride > 1:
            x = layers.Conv2D(channels, 1, strides=stride, padding="same")(x)
        x = layers.ReLU()(layers.Add()([x, y]))
    return classifier(layers.AveragePooling2D(8)(x), 10)


def visual_wake_words(x: Tensor) -> Tensor:
    """MobileNetV1 of width 0.25 for 96×96 pixels, 2 classes."""
    x = normalized_relu(layers.Conv2D(8, 3, strides=2, padding="same")(x))
    for channels, stride in (
        *((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)),
        *((128, 1),) * 5,
        *((256, 2), (256, 1)),
    ):
        x = normalized_relu(layers.DepthwiseConv2D(3, strides=stride, padding="same")(x))
        x = normalized_relu(layers.Conv2D(channels, 1, padding="same")(x))
    return classifier(layers.AveragePooling2D(3)(x), 2)


def anomaly_detection(x: Tensor) -> Tensor:
    """Autoencoder: 640 values through four layers of 128 to 8 and back."""
    for width in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = normalized_relu(layers.Dense(width)(x))
    return layers.Dense(640)(x)


def classifier(x: Tensor, classes: int) -> Tensor:
    """Fully connected, reshape, softmax. (A reshape before it would be folded away by the converter.)"""
    return layers.Softmax()(layers.Flatten()(layers.Dense(classes, name="logits")(x)))


ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        Architecture(
            name="kws",
            title="DS-CNN keyword spotting",
            input_shape=(49, 10, 1),
            input_meaning="49 frames of 10 mel-frequency cepstral coefficients, normalized",
            output_meaning="probabilities of 12 classes",
            low=-4.0,
            high=2.4,
            build=keyword_spotting,
        ),
        Architecture(
            name="ic",
            title="ResNet-8 image classification",
            input_shape=(32, 32, 3),
            input_meaning="RGB image of 32x32 pixels, normalized to -2 to 2",
            output_meaning="probabilities of 10 classes",
            low=-2.0,
            high=2.0,
            build=image_classification,
        ),
        Architecture(
            name="vww",
            title="MobileNetV1-0.25 visual wake words",
            input_shape=(96, 96, 3),
            input_meaning="RGB image of 96x96 pixels, -1 to 1",
            output_meaning="probabilities of 2 classes (no person, person)",
            low=-1.0,
            high=1.0,
            build=visual_wake_words,
        ),
        Architecture(
            name="ad",
            title="fully-connected autoencoder for anomaly detection",
            input_shape=(640,),
            input_meaning="5 frames of 128 log-mel energies, normalized",
            output_meaning="the input, reconstructed: 640 values",
            low=-2.0,
            high=3.0,
            build=anomaly_detection,
        ),
    )
}


def samples(architecture: Architecture, count: int, seed: int) -> np.ndarray:
    """Synthetic inputs, [count, *input_shape] float32 over the whole range: smooth patterns and noise in turn."""
    rng = np.random.default_rng(seed)
    shape = (count, *architecture.input_shape)
    noise = rng.uniform(0.0, 1.0, shape)
    smooth = noise.copy()
    for axis in range(1, min(len(shape), 3)):  # a moving average along time or the image's axes
        window = max(shape[axis] // 4, 2)
        smooth = np.mean([np.roll(smooth, step, axis=axis) for step in range(window)], axis=0)
    axes = tuple(range(1, len(shape)))
    smooth -= smooth.min(axis=axes, keepdims=True)
    smooth /= smooth.max(axis=axes, keepdims=True)
    mixed = np.where((np.arange(count) % 2 == 0).reshape(-1, *[1] * len(axes)), smooth, noise)
    return (architecture.low + (architecture.high - architecture.low) * mixed).astype(np.float32)


def network(architecture: Architecture, seed: int) -> keras.Model:
    """The Keras model: random weights, and normalization and class scores set from synthetic inputs.

    Random weights alone would let activations shrink to nothing layer by layer, and every input end in one class.
    """
    keras.utils.set_random_seed(seed)
    image = keras.Input(architecture.input_shape)
    model = keras.Model(image, architecture.build(image))
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            channels = layer.gamma.shape[0]
            layer.gamma.assign(rng.uniform(0.6, 1.4, channels))
            layer.beta.assign(rng.normal(0.0, 0.3, channels))
    calibration = samples(architecture, 64, seed)
    model(calibration, training=True)  # momentum 0: the moving statistics become those of this batch
    if "logits" in {layer.name for layer in model.layers}:
        _spread_classes(model, calibration)
    return model


def _spread_classes(model: keras.Model, calibration: np.ndarray, *, wanted_spread: float = 2.0) -> None:
    """Shift and scale the last layer so that each class score has mean 0 and a standard deviation of 2."""
    logits = model.get_layer("logits")
    scores = np.asarray(keras.Model(model.input, logits.output)(calibration, training=False))
    scores = scores.reshape(len(calibration), -1)
    factor = wanted_spread / scores.std(axis=0)
    kernel, bias = logits.get_weights()
    logits.set_weights([kernel * factor, (bias - scores.mean(axis=0)) * factor])

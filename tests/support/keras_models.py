"""Keras files and SavedModels for tests, made by a process of its own: `python keras_models.py FOLDER`.

Importing TensorFlow warns, and warnings are errors in tests; so only this script imports it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

NAMES = (
    "cnn.keras",
    "cnn.h5",
    "saved",
    "no_signature",
    "dynamic.keras",
    "lambda.h5",
    "lambda.keras",
    "weights.h5",
    "lstm",
    "lstm.keras",
    "lstm_states.keras",
    "lstm_unrolled.keras",
    "gru.keras",
    "gru_unrolled.keras",
    "bidirectional.keras",
)
LSTM_SAMPLES, LSTM_OUTPUTS = "lstm.npz", "lstm_outputs.npy"  # x and labels y for lstm.keras, and what Keras gives for x


def keras_models(folder: Path) -> Path:
    """A folder below `folder` with the models, made once whoever asks first. Skips the test without TensorFlow.

    It is named after this script, so that models which an older one has made are not taken for its own.
    """
    pytest.importorskip("h5py", reason="TensorFlow is not installed")
    folder = folder / hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / "lock"):
        if not (folder / "done").exists():
            environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
            command = [sys.executable, str(Path(__file__).resolve()), str(folder)]
            finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert finished.returncode == 0, finished.stderr[-2000:]
            (folder / "done").touch()
    return folder


def _write(folder: Path) -> None:
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(7)

    def cnn(shape: tuple[int | None, ...], *, with_lambda: bool = False) -> keras.Model:
        inputs = keras.Input(shape)
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
        x = keras.layers.DepthwiseConv2D(3, padding="same")(x)
        if with_lambda:
            x = keras.layers.Lambda(lambda value: value * 2.0, output_shape=lambda size: size)(x)
        x = keras.layers.GlobalAveragePooling2D()(x)
        return keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))

    model = cnn((8, 8, 1))
    model.save(folder / "cnn.keras")
    model.save(folder / "cnn.h5")
    model.save_weights(folder / "w.weights.h5")
    (folder / "w.weights.h5").rename(folder / "weights.h5")
    model.export(str(folder / "saved"), verbose=False)
    module = tf.Module()
    module.scale = tf.Variable(2.0)
    tf.saved_model.save(module, str(folder / "no_signature"))
    cnn((None, None, 1)).save(folder / "dynamic.keras")
    cnn((8, 8, 1), with_lambda=True).save(folder / "lambda.h5")
    cnn((8, 8, 1), with_lambda=True).save(folder / "lambda.keras")
    _write_recurrent(folder)


def _write_recurrent(folder: Path) -> None:
    import keras
    import numpy as np

    inputs = keras.Input((6, 4))
    layers = keras.layers
    keras.Model(inputs, layers.Dense(2)(layers.LSTM(5)(inputs))).export(str(folder / "lstm"), verbose=False)
    keras.Model(inputs, layers.Dense(2)(layers.GRU(5)(inputs))).save(folder / "gru.keras")
    last, hidden, _ = layers.LSTM(5, return_state=True)(inputs)
    keras.Model(inputs, layers.Dense(2)(layers.Add()([last, hidden]))).save(folder / "lstm_states.keras")
    keyword = keras.Input((12, 10))
    values = layers.LSTM(16, return_sequences=True, dropout=0.2)(layers.BatchNormalization()(keyword))
    values = layers.LSTM(9, use_bias=False)(values)
    model = keras.Model(keyword, layers.Dense(3, activation="softmax")(values))
    model.save(folder / "lstm.keras")
    rng = np.random.default_rng(3)
    labels = np.arange(45) % 3
    x = (rng.normal(size=(45, 12, 10)) + labels[:, None, None]).astype(np.float32)
    np.savez(folder / LSTM_SAMPLES, x=x, y=labels)
    np.save(folder / LSTM_OUTPUTS, np.asarray(model(x, training=False)))
    _write_unrolled(folder)


def _write_unrolled(folder: Path) -> None:
    import keras
    import numpy as np

    def network(recurrent: keras.layers.Layer) -> keras.Model:
        inputs = keras.Input((3, 4))
        flat = keras.layers.Flatten()(recurrent(inputs))
        model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(flat))
        random = np.random.default_rng(3)  # biases too, as training leaves them: none is zero
        model.set_weights([random.normal(0, 0.5, weights.shape) for weights in model.get_weights()])
        return model

    lstm, gru = keras.layers.LSTM, keras.layers.GRU
    network(lstm(4, unroll=True)).save(folder / "lstm_unrolled.keras")
    network(gru(4, unroll=True)).save(folder / "gru_unrolled.keras")
    both = keras.layers.Bidirectional(gru(3, unroll=True, return_sequences=True))
    network(both).save(folder / "bidirectional.keras")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))

"""A Keras 2 file for tests, with what Keras 3 refuses in it: `python keras2_files.py FOLDER`, where `tf_keras` is.

`tests/data/keras2.h5` was written by tf_keras 2.21.0, and `keras2_outputs.npz` has what it computed.
"""

from __future__ import annotations

import sys
from pathlib import Path


def write(folder: Path) -> None:
    """`keras2.h5`, and inputs with their outputs in `keras2_outputs.npz`."""
    import numpy as np
    import tf_keras

    layers = tf_keras.layers
    tf_keras.utils.set_random_seed(5)
    encoder_input = tf_keras.Input((8, 8, 2))
    encoder = tf_keras.Model(encoder_input, layers.SeparableConv2D(3, 3, strides=2, padding="same")(encoder_input))
    turned = tf_keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    backbone_input = tf_keras.Input((8, 8, 2))
    x = layers.SpatialDropout2D(0.2)(encoder(turned(backbone_input)))
    x = layers.Conv2DTranspose(2, 2, strides=2)(x)
    backbone = tf_keras.Model(backbone_input, layers.Reshape((8, 16))(x))
    model = tf_keras.Sequential([backbone, layers.DepthwiseConv1D(3), layers.GRU(3, unroll=True), layers.Dense(2)])
    model.save(folder / "keras2.h5", include_optimizer=False)
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 2)).astype(np.float32)
    np.savez_compressed(folder / "keras2_outputs.npz", x=x, y=model(x, training=False).numpy())


if __name__ == "__main__":
    write(Path(sys.argv[1]))

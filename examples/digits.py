"""Handwritten digits, end to end: train a small CNN, quantize it, see what that costs, and where.

    python examples/digits.py [--boards nucleo_l4r5zi,nucleo_g0b1re] [--output out/digits]

writes a .tflite of each precision, compare.html, compare.json, compare.md and a picture. The data are scikit-learn's
own 1,797 digits of 8×8 pixels.
The command line's way from the same files:

    profiler compare out/digits/model.keras --data out/digits/test.npz --calibration out/digits/train.npz \
        --variants float32,int8,int16x8,dynamic-range --boards nucleo_l4r5zi,nucleo_g0b1re --slice ink
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # these two are read when TensorFlow is imported
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # whose order of sums depends on the processor

import numpy as np
from results import write_results
from sklearn.datasets import load_digits

import profiler

TEST_SAMPLES = 600


def prepare(folder: Path) -> None:
    """train.npz and test.npz: pixels from 0 to 1, the digit, and how much ink it has, which makes slices."""
    images, digits = load_digits(return_X_y=True)
    x = (images / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    ink = x.mean(axis=(1, 2, 3))
    words = np.select([ink < np.quantile(ink, 1 / 3), ink < np.quantile(ink, 2 / 3)], ["thin", "medium"], "thick")
    order = np.random.default_rng(0).permutation(len(x))
    for name, rows in (("test", order[:TEST_SAMPLES]), ("train", order[TEST_SAMPLES:])):
        np.savez(folder / f"{name}.npz", x=x[rows], y=digits[rows], ink=words[rows])


def train(folder: Path, epochs: int) -> Path:
    """A CNN of 3,800 parameters. The same versions on the same kind of processor train the same one again."""
    import keras
    import tensorflow
    from keras import layers

    keras.utils.set_random_seed(1)
    tensorflow.config.experimental.enable_op_determinism()
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    data = np.load(folder / "train.npz")
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data["x"], data["y"], batch_size=64, epochs=epochs, verbose=2)
    model.save(folder / "model.keras")
    return folder / "model.keras"


def main() -> None:
    """Train, compare, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boards", default="nucleo_l4r5zi,nucleo_g0b1re")
    parser.add_argument("--variants", default="float32,int8,int16x8,dynamic-range")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--output", type=Path, default=Path("out/digits"))
    arguments = parser.parse_args()
    folder = arguments.output
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder)
    model = train(folder, arguments.epochs)
    quantized = profiler.quantize(model, to=arguments.variants.split(","), data=folder / "train.npz")
    for precision, data in quantized.models.items():
        (folder / f"{precision}.tflite").write_bytes(data)
    options = profiler.CompareOptions(
        variants=arguments.variants, data=folder / "test.npz", calibration=folder / "train.npz", slices=("ink",)
    )
    comparison = profiler.compare(model, boards=arguments.boards.split(","), options=options)
    write_results(comparison, folder)


if __name__ == "__main__":
    main()

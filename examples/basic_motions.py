"""A smart watch's motion sensor, end to end: train a small 1-D CNN, quantize it, see what that costs, and where.

    python examples/basic_motions.py [--boards nucleo_l4r5zi,raspberry_pi_pico] [--output out/basic_motions]

writes a .tflite of each precision, compare.html, compare.json, compare.md and a picture. The data are BasicMotions,
which the package `sktime` carries: 80 recordings of badminton, running, standing and walking, three axes of an
accelerometer and three of a gyroscope, 10 s at 10 Hz. A recording is cut into ten windows. Training and test windows
are of different recordings, while people may be in both; the windows of one recording resemble each other, so that the
intervals of the report, which take samples as independent, are somewhat too narrow.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # these two are read when TensorFlow is imported
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # whose order of sums depends on the processor

import numpy as np
from results import write_results
from sktime.datasets import load_basic_motions

import profiler

WINDOW = 10  # 1 s
SCALE = 0.1  # raw values reach from -35 to 35


def prepare(folder: Path) -> None:
    """train.npz and test.npz: windows of time × axis, the motion, and two slices.

    `pace` tells how much the watch is moved, `part` where in its recording a window lies: at the start the watch is
    still being handled.
    """
    for name in ("train", "test"):
        recordings, motions = load_basic_motions(split=name, return_type="numpy3D")
        windows = recordings.reshape(len(recordings), 6, -1, WINDOW).transpose(0, 2, 3, 1)
        x = (SCALE * windows.reshape(-1, WINDOW, 6)).astype(np.float32)
        moved = x[:, :, :3].std(axis=1).mean(axis=1)
        pace = np.select([moved < 0.06, moved < 0.4], ["still", "gentle"], "vigorous")
        parts = windows.shape[1]
        part = np.tile(["start", *["middle"] * (parts - 2), "end"], len(recordings))
        np.savez(folder / f"{name}.npz", x=x, y=np.repeat(motions, parts), pace=pace, part=part)


def train(folder: Path, epochs: int) -> Path:
    """A CNN of 1,800 parameters. The same versions on the same kind of processor train the same one again."""
    import keras
    import tensorflow
    from keras import layers

    keras.utils.set_random_seed(1)
    tensorflow.config.experimental.enable_op_determinism()
    model = keras.Sequential(
        [
            keras.Input((WINDOW, 6)),
            layers.Conv1D(16, 5, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(24, 3, padding="same", activation="relu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    data = np.load(folder / "train.npz")
    motions = np.unique(data["y"], return_inverse=True)[1]  # texts are classes in alphabetical order
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data["x"], motions, batch_size=32, epochs=epochs, verbose=2)
    model.save(folder / "model.keras")
    return folder / "model.keras"


def main() -> None:
    """Train, compare, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boards", default="nucleo_l4r5zi,raspberry_pi_pico")
    parser.add_argument("--variants", default="float32,int8,int16x8")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--output", type=Path, default=Path("out/basic_motions"))
    arguments = parser.parse_args()
    folder = arguments.output
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder)
    model = train(folder, arguments.epochs)
    quantized = profiler.quantize(model, to=arguments.variants.split(","), data=folder / "train.npz")
    for precision, data in quantized.models.items():
        (folder / f"{precision}.tflite").write_bytes(data)
    options = profiler.CompareOptions(
        variants=arguments.variants,
        data=folder / "test.npz",
        calibration=folder / "train.npz",
        slices=("pace", "part"),
    )
    comparison = profiler.compare(model, boards=arguments.boards.split(","), options=options)
    write_results(comparison, folder)


if __name__ == "__main__":
    main()

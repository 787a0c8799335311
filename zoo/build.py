"""Builds the zoo: the four MLPerf Tiny shapes, int8 and float32, with their manifest.

    python zoo/build.py                                   # all models and zoo.toml, next to this file
    python zoo/build.py --only kws --seed 7 --out DIR     # another set of weights, for benchmarks

Needs `pip install cortexm-profiler[zoo]` (TensorFlow). The same seed, TensorFlow version and processor give the same
bytes; another processor may round sums differently, so the committed files are the reference, not a rebuild.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read when TensorFlow is imported
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its sums differ more from processor to processor

import keras
import numpy as np
import tensorflow as tf
from architectures import ARCHITECTURES, Architecture, network, samples

HERE = Path(__file__).resolve().parent
DEFAULT_SEED = 2026
PRECISIONS = ("int8", "float32")
LICENCE = (
    "Own work of this project, Apache-2.0. The weights are random and calibrated on synthetic data: accuracy is "
    "meaningless, shapes, operators and sizes are what counts."
)


def convert(architecture: Architecture, precision: str, seed: int) -> bytes:
    """The `.tflite` file: batch 1, and for int8 full integer quantization with int8 input and output."""
    model = network(architecture, seed)
    one = keras.Input(batch_shape=(1, *architecture.input_shape), name="input")
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(one, model(one)))
    if precision == "int8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([x[np.newaxis]] for x in samples(architecture, 100, seed + 1))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
        # As in the public MLPerf Tiny files: convolutions per channel, fully connected layers per tensor.
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    with contextlib.redirect_stdout(io.StringIO()):  # it lists every variable
        return bytes(converter.convert())


def build(out: Path, names: list[str], precisions: list[str], seed: int) -> str:
    """Write the models into `out`; returns their manifest as TOML."""
    out.mkdir(parents=True, exist_ok=True)
    entries = []
    for name in names:
        for precision in precisions:
            architecture = ARCHITECTURES[name]
            data = convert(architecture, precision, seed)
            path = out / f"{name}_{precision}.tflite"
            path.write_bytes(data)
            entries.append(manifest_entry(architecture, precision, path, data))
            print(f"{path}  {len(data)} bytes")
    header = [
        "# Written by zoo/build.py; do not edit.",
        f"seed = {seed}",
        f"tensorflow = {json.dumps(tf.__version__)}",
        f"licence = {json.dumps(LICENCE)}",
    ]
    return "\n".join([*header, *entries, ""])


def manifest_entry(architecture: Architecture, precision: str, path: Path, data: bytes) -> str:
    """One `[models.NAME]` table."""
    name = architecture.name if precision == "int8" else f"{architecture.name}_{precision}"
    values = {
        "file": path.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "description": f"{architecture.title}, {precision}",
        "input": architecture.input_meaning,
        "output": architecture.output_meaning,
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(["", f"[models.{name}]", *lines])


def main() -> None:
    """Parse the arguments and build; the manifest is written only when the whole zoo is built."""
    parser = argparse.ArgumentParser(description="Build the zoo's models.")
    parser.add_argument("--only", action="append", choices=sorted(ARCHITECTURES), help="this model; may be repeated")
    parser.add_argument("--precision", action="append", choices=PRECISIONS, help="this precision; may be repeated")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--out", type=Path, default=HERE)
    arguments = parser.parse_args()
    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(1)  # the order of sums depends on it
    names = arguments.only or list(ARCHITECTURES)
    precisions = arguments.precision or list(PRECISIONS)
    if arguments.out.resolve() == HERE and (arguments.only or arguments.precision or arguments.seed != DEFAULT_SEED):
        parser.error("parts and other seeds do not belong into the zoo's own folder: give --out")
    manifest = build(arguments.out, names, precisions, arguments.seed)
    (arguments.out / "zoo.toml").write_text(manifest, encoding="utf-8")


if __name__ == "__main__":
    main()

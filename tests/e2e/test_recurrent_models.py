"""Unrolled recurrent Keras layers, whose operators have several outputs, through every command that takes a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from profiler.accuracy.host_reference import seeded_inputs, tflm_outputs
from profiler.cli.main import app
from profiler.export.model import ExportOptions
from profiler.graph.tflite_reader import read
from profiler.report.profile import Figure, Unavailable
from profiler.report.serialize import from_json
from profiler.variants.compare import CompareOptions, compare
from profiler.variants.model import Agreement, Cell, VariantComparison
from tests.support.exported import HOST_FLAGS, compile_sources, driver, library, run_program
from tests.support.keras_models import keras_models

BOARD = "nucleo_l4r5zi"
KINDS = {
    "lstm_unrolled.keras": {"UNPACK", "SPLIT"},
    "gru_unrolled.keras": {"UNPACK", "SPLIT"},
    "bidirectional.keras": {"UNPACK", "SPLIT", "PACK", "REVERSE_V2"},
}
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keras_models(tmp_path_factory.getbasetemp().parent / "keras_models")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "series.npz"
    random = np.random.default_rng(5)
    np.savez(path, x=random.normal(size=(40, 3, 4)).astype(np.float32), y=np.arange(40) % 2)
    return path


@pytest.mark.parametrize(
    ("name", "variants"),
    [
        ("lstm_unrolled.keras", "float32,int8,int16x8"),
        ("gru_unrolled.keras", "float32,int8,int16x8"),
        ("bidirectional.keras", "float32,int8"),
    ],
)
def test_every_precision_gives_tflm_s_outputs_layer_by_layer(
    name: str, variants: str, models: Path, data: Path
) -> None:
    options = CompareOptions(variants=variants, data=data, target_samples=2, check_layers=True)
    found = compare(models / name, boards=[BOARD], options=options)
    assert ",".join(each.name for each in found.variants) == variants
    for cell in found.cells:
        _require_equal(cell, name)
    _require_noise_of_every_output(found)


def _require_equal(cell: Cell, name: str) -> None:
    assert isinstance(cell.latency_ms, Figure), cell.reason
    assert isinstance(cell.tflm, Agreement)
    assert cell.tflm.agrees
    assert cell.variant == "float32" or cell.tflm.bit_equal_share == 1
    assert not isinstance(cell.layers, Unavailable)
    assert cell.layers
    assert cell.first_difference is None
    assert KINDS[name] <= {layer.kind for layer in cell.layers}
    for operator in {layer.operator for layer in cell.layers if layer.kind in ("SPLIT", "UNPACK")}:
        outputs = [layer.output for layer in cell.layers if layer.operator == operator]
        assert outputs == list(range(len(outputs)))
        assert len(outputs) > 1


def _require_noise_of_every_output(found: VariantComparison) -> None:
    for quality in found.quality:
        assert not isinstance(quality.layers, Unavailable)
        places = {(layer.operator, layer.output) for layer in quality.layers}
        assert len(places) == len(quality.layers)
        assert {0, 1, 2} <= {layer.output for layer in quality.layers if layer.kind == "SPLIT"}


@pytest.mark.parametrize("name", ["lstm_unrolled.keras", "gru_unrolled.keras"])
def test_the_commands_take_it_from_keras_to_a_library(name: str, models: Path, data: Path, tmp_path: Path) -> None:
    tflite = tmp_path / "model.tflite"
    _run("quantize", models / name, "--data", data, "--to", "int8", "-o", tflite)
    assert "SPLIT" in _run("inspect", tflite)
    profile = from_json(_run("run", tflite, "--board", BOARD, "--json"))
    assert {layer.kind for layer in profile.layers if len(layer.outputs) > 1} == {"SPLIT", "UNPACK"}
    graph = read(tflite)
    inputs = [list(one) for one in seeded_inputs(graph, 3, seed=5)]
    expected = tflm_outputs(tflite.read_bytes(), inputs)
    assert isinstance(expected, list | tuple), expected
    folder = library(tflite, tmp_path / "library", ExportOptions())
    (tmp_path / "main.c").write_text(driver("model", caller=False))
    sources = [*sorted((folder / "src").glob("*.cc")), tmp_path / "main.c"]
    compile_sources("g++", [*HOST_FLAGS, f"-I{folder / 'include'}"], sources, tmp_path / "program")
    assert run_program(tmp_path / "program", inputs) == b"".join(b"".join(outputs) for outputs in expected)


def _run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output

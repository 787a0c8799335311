"""Claims about the zoo: its files are what the manifest says, and have the MLPerf Tiny shapes."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from profiler.cli.zoo import zoo
from profiler.errors import ModelError
from profiler.graph.model import DataType
from profiler.graph.tflite_reader import read
from profiler.graph.zoo import resolve, zoo_models
from profiler.resources import zoo_folder

PUBLIC = Path(__file__).resolve().parents[3] / "shared" / "models" / "mlperf_tiny"
PUBLIC_NAMES = {"kws": "kws_dscnn_int8", "ic": "ic_resnet8_int8", "vww": "vww_mobilenet_int8", "ad": "ad01_int8"}
NAMES = [model.name for model in zoo_models()]


def test_the_zoo_has_the_four_shapes_in_both_precisions() -> None:
    wanted = [name + suffix for name in ("kws", "ic", "vww", "ad") for suffix in ("", "_float32")]
    assert [model.name for model in zoo_models()] == wanted


@pytest.mark.parametrize("name", NAMES)
def test_every_model_has_its_digest_and_can_be_read(name: str) -> None:
    graph = read(resolve(f"zoo:{name}"))
    wanted = DataType.FLOAT32 if name.endswith("_float32") else DataType.INT8
    assert [graph.tensors[index].dtype for index in (*graph.inputs, *graph.outputs)] == [wanted, wanted]
    assert not {operator.kind for operator in graph.operators} & {"QUANTIZE", "DEQUANTIZE"}


@pytest.mark.parametrize("name", NAMES)
def test_no_constant_is_degenerate(name: str) -> None:
    """Weights of a collapsed network (all one value) would make every comparison of outputs pass."""
    graph = read(resolve(f"zoo:{name}"))
    for operator in graph.operators:
        weights = graph.input_tensor(operator, 1)
        if weights is not None and weights.data is not None and operator.kind != "RESHAPE":
            assert len(set(weights.data)) > 50


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public MLPerf Tiny models are not beside this checkout")
@pytest.mark.parametrize("name", PUBLIC_NAMES)
def test_operators_and_weight_shapes_are_those_of_the_public_model(name: str) -> None:
    ours, public = read(resolve(f"zoo:{name}")), read(PUBLIC / f"{PUBLIC_NAMES[name]}.tflite")
    assert Counter(operator.kind for operator in ours.operators) == Counter(o.kind for o in public.operators)
    for graph in (ours, public):
        assert len(graph.inputs) == len(graph.outputs) == 1
    for one, other in ((ours.inputs, public.inputs), (ours.outputs, public.outputs)):
        assert ours.tensors[one[0]].shape == public.tensors[other[0]].shape

    def layers(model: str) -> list[tuple[object, ...]]:
        graph = ours if model == "ours" else public
        with_weights = [o for o in graph.operators if o.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")]
        return sorted((o.kind, graph.tensors[o.inputs[1]].shape, graph.output_tensor(o).elements) for o in with_weights)

    assert layers("ours") == layers("public")


def test_an_unknown_zoo_model_lists_the_choices() -> None:
    with pytest.raises(ModelError, match="no model 'kwz'") as raised:
        resolve("zoo:kwz")
    assert raised.value.hint == f"choose one of: {', '.join(NAMES)}"


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "zoo.tflite"
    path.write_bytes(b"x")
    assert resolve(str(path)) == path


def test_a_missing_file_is_told_and_a_forgotten_prefix_guessed(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no file"):
        resolve(str(tmp_path / "nothing.tflite"))
    with pytest.raises(ModelError) as raised:
        resolve("vww_float32")
    assert raised.value.hint == "did you mean zoo:vww_float32?"
    with pytest.raises(ModelError, match="is a folder"):
        resolve(str(tmp_path))


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    shutil.copy(zoo_folder() / "zoo.toml", tmp_path)
    data = bytearray(resolve("zoo:kws").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "kws_int8.tflite").write_bytes(data)
    with pytest.raises(ModelError, match="its manifest says"):
        resolve("zoo:kws", tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        resolve("zoo:ad", tmp_path)


@pytest.mark.parametrize("text", ["[models", "licence = 'x'", "models = 3\nlicence = 'x'", "licence='x'\n[models.a]"])
def test_a_damaged_manifest_is_an_error_of_ours(tmp_path: Path, text: str) -> None:
    (tmp_path / "zoo.toml").write_text(text)
    with pytest.raises(ModelError, match="manifest"):
        zoo_models(tmp_path)


def test_the_zoo_command_lists_every_model_as_text_and_json() -> None:
    app = typer.Typer()
    app.command()(zoo)
    text = CliRunner().invoke(app, env={"COLUMNS": "200"})
    assert text.exit_code == 0
    assert all(f"zoo:{name} " in text.output for name in NAMES)
    rows = json.loads(CliRunner().invoke(app, ["--json"]).output)
    assert [row["name"] for row in rows] == [f"zoo:{name}" for name in NAMES]
    assert all(row["size_bytes"] > 40_000 for row in rows)

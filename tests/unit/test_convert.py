"""Keras files and SavedModels become `.tflite`: told apart by content, the same bytes each time, refusals in words."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from profiler.accuracy.host_reference import litert_outputs, tflm_outputs
from profiler.convert import convert as convert_module
from profiler.convert import keras_config
from profiler.convert.convert import convert, to_saved_model
from profiler.convert.keras2 import make_understood
from profiler.convert.load import load_model
from profiler.convert.model import Conversion, Converted, Endpoints, Precision
from profiler.convert.source import SourceKind, source_digest, source_kind
from profiler.errors import MissingPackageError, ModelError, ProfilerError, SettingsError, UnsupportedModelError
from profiler.graph.check import check
from profiler.graph.model import DataType
from profiler.graph.tflite_reader import read
from profiler.variants import sources
from profiler.variants.sources import load_variants, parse_variants
from tests.support.keras_models import LSTM_OUTPUTS, LSTM_SAMPLES, keras_models
from tests.support.tflite_builder import OperatorSpec, activation_tensor, build_model

DATA = Path(__file__).parents[1] / "data"
FLOAT32 = Conversion(precision=Precision.FLOAT32)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keras_models(tmp_path_factory.getbasetemp().parent / "keras_models")


def _one(path: Path, cache: Path, conversion: Conversion = FLOAT32) -> Converted:
    (result,) = convert(path, [conversion], calibration=None, cache_folder=cache)
    assert isinstance(result, Converted), result
    return result


def test_kinds_are_told_by_content_whatever_the_name(models: Path, tmp_path: Path) -> None:
    for name, kind in (("cnn.keras", SourceKind.KERAS), ("cnn.h5", SourceKind.HDF5), ("saved", SourceKind.SAVED_MODEL)):
        assert source_kind(models / name) is kind
    shutil.copy(models / "cnn.h5", tmp_path / "model.tflite")
    assert source_kind(tmp_path / "model.tflite") is SourceKind.HDF5
    (tmp_path / "text.keras").write_text("no model")
    assert source_kind(tmp_path / "text.keras") is SourceKind.TFLITE
    with pytest.raises(ModelError, match=r"flatbuffer|not a|identifier"):
        read(tmp_path / "text.keras")


def test_a_folder_or_zip_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no SavedModel"):
        source_kind(tmp_path)
    shutil.make_archive(str(tmp_path / "x"), "zip", tmp_path)
    with pytest.raises(ModelError, match=r"without config.json and model.weights.h5"):
        source_kind(tmp_path / "x.zip")


def test_a_folder_s_digest_knows_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    first = source_digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    second = source_digest(tmp_path)
    (tmp_path / "b").write_text("2")
    assert len({first, second, source_digest(tmp_path)}) == 3


def test_every_precision_of_a_keras_model_in_one_go(models: Path, tmp_path: Path) -> None:
    wanted = [
        FLOAT32,
        Conversion(precision=Precision.INT8),
        Conversion(precision=Precision.INT8, endpoints=Endpoints.FLOAT32),
        Conversion(precision=Precision.INT16X8),
        Conversion(precision=Precision.DYNAMIC_RANGE),
    ]
    samples = np.random.default_rng(0).normal(size=(20, 8, 8)).astype(np.float32)
    first, again = (
        convert(models / "cnn.keras", wanted, calibration=samples, cache_folder=tmp_path / name) for name in "ab"
    )
    results = [each for each in first if isinstance(each, Converted)]
    assert len(results) == len(wanted), first
    assert [each.data for each in results] == [each.data for each in again if isinstance(each, Converted)]
    graphs = [read(each.data) for each in results]
    edges = [[graph.tensors[index].dtype for index in (*graph.inputs, *graph.outputs)] for graph in graphs]
    integer, floating = DataType.INT8, DataType.FLOAT32
    assert edges == [[floating] * 2, [integer] * 2, [floating] * 2, [DataType.INT16] * 2, [floating] * 2]
    assert "QUANTIZE" in {operator.kind for operator in graphs[2].operators}
    assert results[0].facts.input_shapes == ((1, 8, 8, 1),)
    assert not any(each.random_calibration for each in results)


def test_keras_2_files_and_saved_models_give_the_network_of_the_keras_file(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs = [read(load_model(str(models / name), cache_folder=tmp_path)) for name in ("cnn.keras", "cnn.h5", "saved")]
    kinds = [[operator.kind for operator in graph.operators] for graph in graphs]
    assert kinds[0] == kinds[1] == kinds[2]
    assert "DEPTHWISE_CONV_2D" in kinds[0]
    weights = [sorted(t.data for t in g.tensors if t.data and t.dtype is DataType.FLOAT32) for g in graphs]
    assert weights[0] == weights[1] == weights[2]
    # What was converted once needs TensorFlow no more.
    monkeypatch.setattr(convert_module, "_child", None)
    assert read(load_model(str(models / "cnn.h5"), cache_folder=tmp_path)) == graphs[1]


def test_a_file_of_keras_2_gives_what_keras_2_computed(tmp_path: Path) -> None:
    """Networks inside networks, recurrent, separable and transposed layers: tests/support/keras2_files.py wrote it."""
    pytest.importorskip("h5py", reason="TensorFlow is not installed")
    expected = np.load(DATA / "keras2_outputs.npz")
    model = load_model(str(DATA / "keras2.h5"), cache_folder=tmp_path)
    outputs = litert_outputs(model, [[x.tobytes()] for x in expected["x"]])
    assert isinstance(outputs, tuple), outputs
    found = np.array([np.frombuffer(output, "<f4") for (output,) in outputs])
    assert found == pytest.approx(expected["y"], abs=1e-6)


def test_a_file_that_kills_the_hdf5_library_is_damaged_and_kills_nothing_else(tmp_path: Path) -> None:
    """One byte of a good file: libhdf5 reads through a pointer that is none."""
    pytest.importorskip("h5py", reason="TensorFlow is not installed")
    data = bytearray((DATA / "keras2.h5").read_bytes())
    data[1009] = 217
    (tmp_path / "model.h5").write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        load_model(str(tmp_path / "model.h5"), cache_folder=tmp_path / "cache")


@pytest.mark.parametrize("ending", ["signal", "hang", "words"])
def test_how_the_reader_of_hdf5_ended_is_told(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = {
        "signal": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "hang": "import time; time.sleep(60)",
        "words": "raise SystemExit('no library')",
    }[ending]
    (tmp_path / "reader.py").write_text(program)
    monkeypatch.setattr(keras_config.hdf5_process, "__file__", str(tmp_path / "reader.py"))
    monkeypatch.setattr(keras_config, "_TIMEOUT_SECONDS", 60.0 if ending != "hang" else 0.2)
    words = {"signal": "died of SIGSEGV", "hang": "reads for more than", "words": "no library"}[ending]
    with pytest.raises(ModelError, match=words):
        keras_config.checked_config(tmp_path / "model.h5", SourceKind.HDF5)


def test_a_configuration_of_another_form_is_left_for_keras_to_refuse() -> None:
    for layers, outputs in ((5, []), ([{"inbound_nodes": 7}], {}), ([3, None], "x")):
        make_understood({"class_name": "Functional", "config": {"layers": layers, "output_layers": outputs}})
    odd = [{"name": "a", "class_name": "Sequential", "inbound_nodes": [[[["a"], 1], [], ["a", "b"], 4]]}]
    make_understood({"class_name": "Functional", "config": {"layers": odd, "output_layers": {"a": 1}}})


def test_a_saved_model_is_there_whole_or_not_at_all(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(*_arguments: object, saved_model: str) -> None:
        Path(saved_model).mkdir()
        raise convert_module._SourceError(ModelError("no space left"))

    monkeypatch.setattr(convert_module, "_run", half)
    with pytest.raises(ModelError, match="no space left"):
        to_saved_model(models / "cnn.keras", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot write"):
        to_saved_model(models / "cnn.keras", tmp_path / "file" / "out")


def test_no_room_for_temporary_files_is_told_as_that(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(convert_module.np, "save", full)
    samples = np.zeros((4, 8, 8), dtype=np.float32)
    wanted = [Conversion(precision=Precision.INT8)]
    with pytest.raises(SettingsError, match="temporary files") as raised:
        convert(models / "cnn.keras", wanted, calibration=samples, cache_folder=tmp_path)
    assert "TMPDIR" in (raised.value.hint or "")


def test_layers_that_keras_3_has_not_or_computes_otherwise_are_told() -> None:
    for kind, settings, words in (
        ("TFOpLambda", {"function": "math.multiply"}, "TFOpLambda layer of Keras 2"),
        ("LSTM", {"recurrent_activation": "hard_sigmoid"}, "hard_sigmoid, which is another function"),
    ):
        with pytest.raises(UnsupportedModelError, match=words) as raised:
            make_understood({"class_name": kind, "config": settings})
        assert "SavedModel" in (raised.value.hint or "")


def test_a_setting_with_an_effect_is_left_for_keras_to_refuse() -> None:
    layer = {"class_name": "GRU", "config": {"units": 2, "time_major": True}}
    make_understood(layer)
    assert layer["config"] == {"units": 2, "time_major": True}


@pytest.mark.parametrize("damage", ["stream", "method", "password", "bomb"])
def test_a_keras_file_with_a_damaged_configuration_is_told(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    text = b" " * (80 << 20) if damage == "bomb" else b'{"class_name": "Sequential"}' * 20
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", b"")
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    if damage == "stream":
        data[45:50] = b"\xff" * 5
    elif damage == "method":
        data[entry + 10] = data[8] = 99
    elif damage == "password":
        data[entry + 8] = data[6] = 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="more than any model's" if damage == "bomb" else "damaged"):
        load_model(str(path), cache_folder=tmp_path / "cache")


def test_samples_of_another_shape_are_an_error_of_that_conversion_alone(models: Path, tmp_path: Path) -> None:
    noise = _one(models / "saved", tmp_path, Conversion(precision=Precision.INT8))
    assert noise.random_calibration
    wanted = [FLOAT32, Conversion(precision=Precision.INT8)]
    wrong = np.zeros((4, 7, 7), dtype=np.float32)
    good, bad = convert(models / "cnn.keras", wanted, calibration=wrong, cache_folder=tmp_path)
    assert isinstance(good, Converted)
    assert isinstance(bad, ProfilerError)
    assert "7×7" in bad.message
    assert "1×8×8×1" in bad.message
    variants = parse_variants("float32,int8")
    with pytest.raises(ProfilerError, match="7×7") as raised:
        load_variants(
            str(models / "cnn.keras"),
            variants,
            endpoints=Endpoints.INTEGER,
            calibration=wrong,
            cache_folder=tmp_path,
        )
    assert "leave int8 out of --variants" in (raised.value.hint or "")


def test_a_conversion_that_is_not_supported_is_named(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensors = [activation_tensor((1, 4), scale=0.5), activation_tensor((1, 3), scale=0.5)]
    relu = OperatorSpec(kind="RELU", inputs=(0,), outputs=(1,))
    twice = build_model(tensors=tensors, operators=[relu], inputs=[0], outputs=[1], subgraph_count=2)
    converted = _one(models / "cnn.keras", tmp_path, FLOAT32)
    results = [converted, replace(converted, data=twice)]
    monkeypatch.setattr(sources, "convert", lambda *_, **_options: results)
    with pytest.raises(UnsupportedModelError, match=r"^int8: .*2 subgraphs") as raised:
        load_variants(
            str(models / "cnn.keras"),
            parse_variants("float32,int8"),
            endpoints=Endpoints.INTEGER,
            calibration=None,
            cache_folder=tmp_path,
        )
    assert "leave int8 out of --variants" in (raised.value.hint or "")


@pytest.mark.parametrize("name", ["cnn.h5", "cnn.keras"])
def test_a_file_cut_short_is_told_without_tensorflow(
    name: str, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convert_module, "_child", None)
    cut = tmp_path / name
    cut.write_bytes((models / name).read_bytes()[:3000])
    with pytest.raises(ModelError, match="damaged"):
        load_model(str(cut), cache_folder=tmp_path)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("no_signature", ModelError, "has no signature"),
        ("dynamic.keras", UnsupportedModelError, r"dynamic shape \?×\?×\?×1"),
        ("lambda.h5", UnsupportedModelError, "Lambda layer"),
        ("lambda.keras", UnsupportedModelError, "Lambda layer"),
        ("weights.h5", ModelError, "no model configuration"),
    ],
)
def test_what_cannot_be_converted_is_told(
    name: str,
    error: type[Exception],
    message: str,
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if name != "no_signature":  # all else is told at once, without TensorFlow
        monkeypatch.setattr(convert_module, "_child", None)
    with pytest.raises(error, match=message):
        load_model(str(models / name), cache_folder=tmp_path)


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.INT8])
@pytest.mark.parametrize("name", ["lstm", "gru.keras"])
def test_a_loop_is_told_with_what_to_do(name: str, precision: Precision, models: Path, tmp_path: Path) -> None:
    conversion = Conversion(precision=precision)
    (error,) = convert(models / name, [conversion], calibration=None, cache_folder=tmp_path)
    assert isinstance(error, UnsupportedModelError)
    assert "loop" in error.message
    assert "unroll=True" in (error.hint or "")


def test_lstm_layers_become_one_operator_each_and_compute_what_keras_does(models: Path, tmp_path: Path) -> None:
    data = load_model(str(models / "lstm.keras"), cache_folder=tmp_path)
    kinds = [operator.kind for operator in read(data).operators]
    assert kinds.count("UNIDIRECTIONAL_SEQUENCE_LSTM") == 2
    assert check(read(data)) == ()
    samples = np.load(models / LSTM_SAMPLES)["x"]
    given = tflm_outputs(data, [[row.tobytes()] for row in samples])
    assert isinstance(given, tuple), given
    ours = np.array([np.frombuffer(output, dtype="<f4") for (output,) in given])
    np.testing.assert_allclose(ours, np.load(models / LSTM_OUTPUTS), rtol=0, atol=1e-6)


def test_an_lstm_whose_states_are_used_too_is_written_out_step_by_step(models: Path, tmp_path: Path) -> None:
    data = load_model(str(models / "lstm_states.keras"), cache_folder=tmp_path)
    kinds = {operator.kind for operator in read(data).operators}
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" not in kinds
    assert {"LOGISTIC", "TANH", "MUL"} <= kinds


def test_lstm_layers_convert_to_the_same_bytes_again_and_not_to_int16(models: Path, tmp_path: Path) -> None:
    wanted = [FLOAT32, *(Conversion(precision=each) for each in (Precision.INT8, Precision.INT16X8))]
    samples = np.load(models / LSTM_SAMPLES)["x"]
    first, again = (
        convert(models / "lstm.keras", wanted, calibration=samples, cache_folder=tmp_path / name) for name in "ab"
    )
    assert [each.data for each in first[:2]] == [each.data for each in again[:2]]  # type: ignore[union-attr]
    assert isinstance(first[2], ModelError)
    assert "unroll=True" in (first[2].hint or "")


def test_a_saved_model_is_written_only_from_what_is_no_tflite(models: Path, tmp_path: Path) -> None:
    to_saved_model(models / "cnn.h5", tmp_path / "out")
    assert source_kind(tmp_path / "out") is SourceKind.SAVED_MODEL
    with pytest.raises(ModelError, match="no SavedModel can be made"):
        to_saved_model(Path("zoo/kws_int8.tflite").absolute(), tmp_path / "other")


def test_without_tensorflow_the_command_that_installs_it_is_told(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convert_module.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingPackageError) as raised:
        load_model(str(models / "cnn.keras"), cache_folder=tmp_path)
    assert "cortexm-profiler[keras]" in (raised.value.hint or "")


def test_a_tflite_model_never_loads_tensorflow() -> None:
    program = (
        "import sys; from pathlib import Path; from profiler.cli.main import app; import profiler.pipeline;"
        "from profiler.convert.load import load_model; load_model('zoo:kws', cache_folder=Path('/nonexistent'));"
        "print([name for name in ('tensorflow', 'keras', 'h5py', 'sklearn', 'scipy', 'pandas') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"

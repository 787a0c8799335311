"""Variants on boards: the whole comparison of a small model, its formats, and what is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter
from rich.console import Console

from profiler.accuracy.host_reference import seeded_inputs
from profiler.cli.main import main
from profiler.convert.model import Endpoints
from profiler.errors import BoardError, DatasetError, ProfilerError, SettingsError
from profiler.graph.model import DataType, Tensor
from profiler.graph.tflite_reader import read
from profiler.graph.zoo import resolve
from profiler.report.profile import Figure, Unavailable
from profiler.variants.compare import CompareOptions, _pairs, compare
from profiler.variants.figures import figures
from profiler.variants.layer_check import _check
from profiler.variants.layer_quality import match_layers, sqnr_db
from profiler.variants.model import Agreement, LayerCheck, VariantComparison
from profiler.variants.renderers import VARIANT_RENDERERS
from profiler.variants.renderers.terminal import print_comparison
from profiler.variants.sources import Variant, parse_variants, precision_of
from profiler.variants.texts import HEADER, class_rows, difference_text, provenance
from tests.support.dense_models import dense_graph
from tests.support.operator_cases import SPLIT

BOARD = "nucleo_l4r5zi"
INT8 = f"int8={resolve('zoo:ad')}"
SAMPLES = 24


@pytest.fixture(scope="module")
def anomalies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs of the autoencoder; it was never trained, so labels mean nothing."""
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("data") / "ad.npz"
    x = rng.uniform(-2, 3, (SAMPLES, 640)).astype(np.float32)
    np.savez(path, x=x, y=np.arange(SAMPLES) % 2, machine=np.array(["fan", "pump", "fan<b>"] * 8))
    return path


@pytest.fixture(scope="module")
def comparison(anomalies: Path) -> VariantComparison:
    options = CompareOptions(
        variants=f"float32,{INT8}", data=anomalies, slices=("machine",), target_samples=2, check_layers=True
    )
    return compare("zoo:ad_float32", boards=[BOARD, "nucleo_g0b1re"], options=options)


def test_every_variant_has_a_cell_on_every_board(comparison: VariantComparison) -> None:
    cells = [(cell.variant, cell.board, cell.fits) for cell in comparison.cells]
    assert cells == [
        ("float32", BOARD, True),
        ("float32", "nucleo_g0b1re", False),  # a megabyte of weights
        ("int8", BOARD, True),
        ("int8", "nucleo_g0b1re", True),
    ]
    assert "flash" in comparison.cell("float32", "nucleo_g0b1re").reason
    latency = [comparison.cell(name, BOARD).latency_ms for name in ("float32", "int8")]
    assert all(isinstance(each, Figure) for each in latency)
    table = comparison.to_pandas()
    assert list(table["fits"]) == [True, False, True, True]
    assert table["accuracy"].notna().all()


def test_int8_outputs_are_tflm_s_and_every_layer_agrees(comparison: VariantComparison) -> None:
    for board in comparison.boards:
        cell = comparison.cell("int8", board)
        assert isinstance(cell.tflm, Agreement)
        assert cell.tflm.bit_equal_share == 1
        assert cell.tflm.samples == 2
        assert not isinstance(cell.layers, Unavailable)
        assert len(cell.layers) == 10
        assert all(layer.agrees and layer.different == 0 for layer in cell.layers)
        assert cell.first_difference is None


def test_accuracy_is_of_the_reconstruction_error(comparison: VariantComparison, anomalies: Path) -> None:
    from sklearn.metrics import roc_auc_score

    from profiler.accuracy.host_reference import tflm_outputs

    data = resolve("zoo:ad_float32").read_bytes()
    x = np.load(anomalies)["x"]
    outputs = tflm_outputs(data, [[row.tobytes()] for row in x])
    assert isinstance(outputs, tuple)
    scores = [float(np.mean((np.frombuffer(out[0], "<f4") - row) ** 2)) for out, row in zip(outputs, x, strict=True)]
    assert not isinstance(comparison.accuracy, Unavailable)
    first = comparison.accuracy.variants[0].metrics[0]
    assert first.metric == "roc-auc"
    assert first.value == pytest.approx(roc_auc_score(np.arange(SAMPLES) % 2, scores))
    assert {each.value for each in comparison.accuracy.slices if each.column == "machine"} == {"fan", "pump", "fan<b>"}


def test_layers_are_matched_and_their_noise_is_that_of_eight_bits(comparison: VariantComparison) -> None:
    (quality,) = comparison.quality
    assert not isinstance(quality.layers, Unavailable)
    assert len(quality.layers) == 10
    ratios = [layer.sqnr_db for layer in quality.layers]
    assert all(ratio is not None and 10 < ratio < 60 for ratio in ratios), ratios


def test_sqnr_is_ten_times_the_logarithm_of_the_ratio_of_powers() -> None:
    signal = np.array([3.0, 4.0])
    assert sqnr_db(signal, signal + np.array([0.5, 0.0])) == pytest.approx(20.0)
    assert sqnr_db(signal, signal) == "no noise"
    assert sqnr_db(0 * signal, signal) == "no signal, noise alone"
    assert sqnr_db(signal, signal * np.inf) == "values that are NaN or infinite"


def test_equal_infinities_are_no_difference_and_others_can_be_saved() -> None:
    graph = dense_graph(outputs=2)
    tensor, operator = graph.tensors[3], graph.operators[0]
    infinite = np.array([np.inf, 1.0], dtype=np.float32).tobytes()
    finite = np.array([2.0, 1.0], dtype=np.float32).tobytes()
    same = _check(operator, 0, tensor, [(infinite, infinite)])
    assert same.agrees
    assert same.different == 0
    apart = _check(operator, 0, tensor, [(infinite, finite)])
    assert not apart.agrees
    assert apart.largest_difference is None
    assert difference_text(apart) == "NaN or infinity"
    json.dumps(TypeAdapter(LayerCheck).dump_python(apart, mode="json"), allow_nan=False)


def test_noise_of_a_model_with_integers_as_input_is_of_the_same_integers() -> None:
    baseline, inputs = dense_graph(outputs=2), Tensor(index=0, name="in", shape=(1, 4), dtype=DataType.INT32)
    graph = replace(baseline, tensors=(inputs, *baseline.tensors[1:]))
    variant = Variant(name="v", data=b"", graph=graph, origin="test")
    theirs, ours = _pairs(variant, variant, None, 0)
    assert theirs == ours


def test_the_page_tells_classes_confusions_and_how_figures_came_about(comparison: VariantComparison) -> None:
    text = VARIANT_RENDERERS["html"].render(comparison)
    assert not isinstance(comparison.accuracy, Unavailable)
    for row in class_rows(comparison.accuracy):
        assert re.search(r"\s*".join(f"<td[^>]*>{re.escape(cell)}</td>" for cell in row), text)
    for which, how in provenance(comparison):
        assert f"<dt>{which}</dt><dd>{how}</dd>" in unescape(text)
    words = dict(provenance(comparison))
    assert "TFLM" in words["accuracy"]
    assert "timing model" in words["latency"]
    assert text.count("decided class by column") == 2


def test_layers_of_another_network_are_not_matched() -> None:
    graphs = [read(resolve(name)) for name in ("zoo:ad_float32", "zoo:kws")]
    assert match_layers(graphs[1], graphs[0]) == []


def test_every_output_of_a_layer_is_matched_by_order_too() -> None:
    case = replace(SPLIT, output=replace(SPLIT.output, name="a"), more_outputs=(replace(SPLIT.output, name="b"),))
    graphs = [read(each.build()) for each in (SPLIT, case)]
    found = match_layers(*graphs)
    assert [(operator.index, tensor, other, how) for operator, tensor, other, how in found] == [
        (0, 2, 2, "order"),
        (0, 3, 3, "order"),
    ]


@pytest.mark.parametrize("name", VARIANT_RENDERERS)
def test_every_format_shows_every_variant_and_is_deterministic(name: str, comparison: VariantComparison) -> None:
    text = VARIANT_RENDERERS[name].render(comparison)
    assert text == VARIANT_RENDERERS[name].render(comparison)
    for word in ("float32", "int8", BOARD, "nucleo_g0b1re"):
        assert word in text
    if name == "json":
        assert json.loads(text)["schema_version"] == comparison.schema_version
    if name in ("html", "markdown"):
        assert "fan<b>" not in text.replace("fan\\u003cb\\u003e", "")


def test_charts_have_what_people_look_at(comparison: VariantComparison) -> None:
    charts = figures(comparison)
    assert set(charts) == {"accuracy-latency", "slices", "confusion-0", "confusion-1", "sqnr-0"}
    assert all(chart["label"] and chart["layout"]["height"] > 0 for chart in charts.values())


def test_names_are_whole_and_columns_without_figures_absent_in_a_narrow_terminal(
    comparison: VariantComparison,
) -> None:
    console = Console(file=StringIO(), width=80, color_system=None)
    without = replace(comparison, accuracy=Unavailable(reason="no dataset was given"))
    print_comparison(without, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    header = next(line for line in text.splitlines() if line.startswith("variant"))
    assert header.split() == ["variant", "board", "latency", "RAM", "flash", "fits", "outputs"]
    assert text.count(BOARD) == 2
    assert "…" not in text


def test_words_of_a_table_are_not_broken_in_a_narrow_terminal(comparison: VariantComparison) -> None:
    console = Console(file=StringIO(), width=80, color_system=None)
    print_comparison(comparison, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for word in (*HEADER, BOARD, "nucleo_g0b1re", "bit-equal"):
        assert word in text


def test_without_data_nothing_is_said_of_accuracy() -> None:
    result = compare("zoo:ad", boards=[BOARD], options=CompareOptions(target_samples=1))
    assert isinstance(result.accuracy, Unavailable)
    assert "random" in result.accuracy.reason
    assert [each.name for each in result.variants] == ["int8"]
    for renderer in VARIANT_RENDERERS.values():
        assert "no dataset was given" in renderer.render(result)


def test_variants_are_named_or_files() -> None:
    wanted = parse_variants("float32, int16x8,mine=a.tflite", endpoints=Endpoints.FLOAT32)
    assert [(each.name, each.path) for each in wanted] == [("float32", None), ("int16x8", None), ("mine", "a.tflite")]
    assert parse_variants(None) == ()
    for text, message in (("int4", "unknown variant"), ("int8=", "not NAME=FILE"), ("int8,int8", "twice")):
        with pytest.raises(SettingsError, match=message):
            parse_variants(text)


def test_precision_is_told_by_what_the_graph_computes_in() -> None:
    assert [precision_of(read(resolve(name))) for name in ("zoo:ad", "zoo:ad_float32")] == ["int8", "float32"]


def _refused(model: str, **more: object) -> ProfilerError:
    with pytest.raises(ProfilerError) as raised:
        compare(model, boards=[BOARD], options=replace(CompareOptions(target_samples=1), **more))  # type: ignore[arg-type]
    return raised.value


def test_a_tflite_cannot_become_another_precision() -> None:
    error = _refused("zoo:ad", variants="float32")
    assert isinstance(error, SettingsError)
    assert "float32=FILE" in (error.hint or "")


def test_data_that_does_not_suit_the_model_is_told_before_anything_is_built(tmp_path: Path) -> None:
    def saved(x: np.ndarray, y: np.ndarray) -> Path:
        np.savez(tmp_path / "data.npz", x=x, y=y)
        return tmp_path / "data.npz"

    images = np.zeros((4, 49, 10), dtype=np.float32)
    assert "shape 5×5" in _refused("zoo:kws", data=saved(np.ones((4, 5, 5)), np.arange(4))).message
    assert (
        "label 12, and there are 12 classes" in _refused("zoo:kws", data=saved(images, np.array([0, 1, 12, 3]))).message
    )
    images[2, 0, 0] = np.nan
    assert "sample 2 has NaN" in _refused("zoo:kws", data=saved(images, np.arange(4))).message
    good = saved(np.random.default_rng(0).normal(size=(4, 49, 10)), np.arange(4))
    assert "is unknown" in _refused("zoo:kws", data=good, metric="accuracy").message
    assert "no metadata column" in _refused("zoo:kws", data=good, slices=("room",)).message
    assert isinstance(_refused("zoo:kws", data=saved(images, np.linspace(0, 1, 4))), DatasetError)


def test_an_unknown_board_is_told_first() -> None:
    with pytest.raises(BoardError):
        compare("no such model", boards=["no_board"])


@pytest.mark.parametrize("given", [("-b", f"{BOARD},raspberry_pi_pico"), ("-b", BOARD, "--board", "raspberry_pi_pico")])
def test_every_board_that_is_named_is_compared(
    given: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["profiler", "compare", "zoo:ad", *given, "--target-samples", "1", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["boards"] == [BOARD, "raspberry_pi_pico"]


def test_seeds_choose_the_random_inputs() -> None:
    graph = read(resolve("zoo:ad"))
    assert seeded_inputs(graph, 1, 0) != seeded_inputs(graph, 1, 1)

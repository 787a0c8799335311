"""The worked examples run as they are, and what they report of accuracy is what others compute from the same files.

Training is cut short and one board is taken; data, models, code are the examples' own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

ROOT = Path(__file__).resolve().parents[2]
BOARD = "nucleo_l4r5zi"
VARIANTS = ("float32", "int8")
EXAMPLES = ("digits", "basic_motions")
pytestmark = pytest.mark.timeout(900)  # TensorFlow on a busy machine
_TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """What an example left in its folder."""

    name: str
    folder: Path

    @cached_property
    def report(self) -> dict[str, Any]:
        return json.loads((self.folder / "compare.json").read_text(encoding="utf-8"))

    @cached_property
    def test_set(self) -> dict[str, np.ndarray]:
        with np.load(self.folder / "test.npz") as data:
            return dict(data)

    @cached_property
    def labels(self) -> np.ndarray:
        return np.unique(self.test_set["y"], return_inverse=True)[1]

    @cached_property
    def outputs(self) -> dict[str, np.ndarray]:
        return {name: interpreted(self.folder / f"{name}.tflite", self.test_set["x"]) for name in VARIANTS}

    def metric(self, variant: str, name: str) -> dict[str, Any]:
        found = next(each for each in self.report["accuracy"]["variants"] if each["variant"] == variant)
        return next(each for each in found["metrics"] if each["metric"] == name)


def interpreted(model: Path, x: np.ndarray) -> np.ndarray:
    """The model's outputs, by TensorFlow Lite Micro's interpreter: nothing of the profiler takes part."""
    from tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(model.read_bytes(), arena_size=1 << 20)
    source = interpreter.get_input_details(0)
    outputs = []
    for sample in x.astype(np.float64):
        values = sample.reshape(source["shape"])
        if source["dtype"] is not np.float32:
            steps = values / source["quantization_parameters"]["scales"][0]
            values = np.trunc(steps + np.copysign(0.5, steps)) + source["quantization_parameters"]["zero_points"][0]
            values = np.clip(values, -128, 127)
        interpreter.set_input(values.astype(source["dtype"]), 0)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0).reshape(-1).astype(np.float64))
    return np.array(outputs)


@pytest.fixture(scope="module", params=EXAMPLES)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    pytest.importorskip("h5py", reason="TensorFlow is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    options = ["--boards", BOARD, "--variants", ",".join(VARIANTS), "--epochs", "3", "--output", str(folder)]
    command = [sys.executable, str(ROOT / "examples" / f"{request.param}.py"), *options]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    for word in (BOARD, *VARIANTS, "compare.html"):
        assert word in done.stdout
    return Ran(request.param, folder)


def test_every_report_and_a_picture_is_written(ran: Ran) -> None:
    page = (ran.folder / "compare.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert BOARD in (ran.folder / "compare.md").read_text(encoding="utf-8")
    assert (ran.folder / "compare.svg").read_text(encoding="utf-8").count("<path") > 20
    cells = ran.report["cells"]
    assert [(each["variant"], each["fits"], each["tflm"]["agrees"]) for each in cells] == [
        (name, True, True) for name in VARIANTS
    ]
    assert cells[1]["tflm"]["bit_equal_share"] == 1


def test_metrics_are_scikit_learn_s_of_the_interpreter_s_outputs(ran: Ran) -> None:
    for variant in VARIANTS:
        decided = ran.outputs[variant].argmax(axis=1)
        expected = {
            "top-1": metrics.accuracy_score(ran.labels, decided),
            "macro-recall": metrics.balanced_accuracy_score(ran.labels, decided),
            "macro-f1": metrics.f1_score(ran.labels, decided, average="macro"),
        }
        for name, value in expected.items():
            assert ran.metric(variant, name)["value"] == pytest.approx(value), (variant, name)
        found = next(each for each in ran.report["accuracy"]["variants"] if each["variant"] == variant)
        assert found["confusion"] == metrics.confusion_matrix(ran.labels, decided).tolist()
    assert ran.metric("int8", "top-1")["delta"] == pytest.approx(
        ran.metric("int8", "top-1")["value"] - ran.metric("float32", "top-1")["value"]
    )


def test_intervals_are_scipy_s_bootstrap(ran: Ran) -> None:
    before, after = ((ran.outputs[name].argmax(axis=1) == ran.labels).astype(float) for name in VARIANTS)
    for seen, added, found in (
        (before, [1, 1, 0, 0], ran.metric("float32", "top-1")["interval"]),
        (after, [1, 1, 0, 0], ran.metric("int8", "top-1")["interval"]),
        (after - before, [-1, 1], ran.metric("int8", "top-1")["delta_interval"]),
    ):
        values = np.concatenate([seen, added])
        expected = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=5000, rng=0).confidence_interval
        assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high), abs=0.008)


def test_lost_and_won_decisions_and_mcnemar_are_those_of_the_interpreter_s_outputs(ran: Ran) -> None:
    was, now = (ran.outputs[name].argmax(axis=1) for name in VARIANTS)
    lost, won = (int(np.sum(one & ~other)) for one, other in _both_ways(was == ran.labels, now == ran.labels))
    found = ran.report["accuracy"]["variants"][1]
    assert (found["lost"], found["won"], found["changed_count"]) == (lost, won, int(np.sum(was != now)))
    expected = stats.binomtest(lost, lost + won, 0.5).pvalue if lost + won else 1.0
    assert found["mcnemar_p_value"] == pytest.approx(expected)
    assert {each["row"] for each in found["changed"]} <= set(np.flatnonzero(was != now).tolist())


def _both_ways(one: np.ndarray, other: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    return (one, other), (other, one)


def test_slices_are_the_samples_of_their_column(ran: Ran) -> None:
    columns = set(ran.test_set) - {"x", "y"}
    found = [each for each in ran.report["accuracy"]["slices"] if each["variant"] == "int8"]
    assert {each["column"] for each in found} == columns | {"class"}
    right = ran.outputs["int8"].argmax(axis=1) == ran.labels
    for each in found:
        inside = ran.test_set["y" if each["column"] == "class" else each["column"]].astype(str) == each["value"]
        assert each["samples"] == inside.sum() > 0
        assert each["result"]["value"] == pytest.approx(right[inside].mean())


def test_committed_results_are_of_today_s_examples(ran: Ran) -> None:
    """As `python reports/rebuild_samples.py --examples` makes them. RAM and latency do not depend on what was learned.

    Accuracy does: the table's is of a whole training on one kind of processor.
    """
    committed = _rows((ROOT / "examples" / "reports" / f"{ran.name}.md").read_text(encoding="utf-8"))
    fresh = _rows((ran.folder / "compare.md").read_text(encoding="utf-8"))
    assert set(fresh) == {(variant, BOARD) for variant in VARIANTS}
    for key, row in fresh.items():
        shown = committed[key]
        assert (row["fits"], row["outputs"]) == (shown["fits"], shown["outputs"]), key
        assert float(row["RAM"].split()[0]) == pytest.approx(float(shown["RAM"].split()[0]), rel=0.05), key
        assert _milliseconds(row["latency"]) == pytest.approx(_milliseconds(shown["latency"]), rel=0.1), key


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_documentation_shows_the_committed_results(name: str) -> None:
    table = _TABLE.search((ROOT / "examples" / "reports" / f"{name}.md").read_text(encoding="utf-8"))
    assert table
    page = (ROOT / "docs" / "quantize.md").read_text(encoding="utf-8")
    assert table[0] in page
    assert f"(images/{name}.svg)" in page
    if name == "basic_motions":
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        assert table[0] in readme
        assert f"(docs/images/{name}.svg)" in readme


def _rows(markdown: str) -> dict[tuple[str, str], dict[str, str]]:
    """The first table, by variant and board."""
    table = _TABLE.search(markdown)
    assert table
    header, _, *body = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table[0].splitlines()]
    rows = [dict(zip(header, cells, strict=True)) for cells in body]
    return {(row["variant"].replace("\\", ""), row["board"].replace("\\", "")): row for row in rows}


def _milliseconds(text: str) -> float:
    value, unit = text.split()[:2]
    return float(value) * {"µs": 0.001, "ms": 1.0, "s": 1000.0}[unit]

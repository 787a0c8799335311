"""Every public MLPerf Tiny model goes through `compare`, float32 beside int8, from `.tflite` and Keras files.

There is no dataset beside them: inputs are random, and nothing is said of accuracy. Every day some of each kind on
three inputs, the ones that other tests ran on the same board, so that what was run need not run again; all models, when
`PROFILER_COMPARE_SAMPLES` tells how many inputs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from profiler.report.profile import Figure, Unavailable
from profiler.variants.compare import CompareOptions, compare
from profiler.variants.model import Agreement, VariantComparison
from tests.support.shared import mlperf_tiny_model, shared_file

BOARD = "nucleo_l4r5zi"
ALL = "PROFILER_COMPARE_SAMPLES" in os.environ
SAMPLES = int(os.environ.get("PROFILER_COMPARE_SAMPLES", "3"))
PAIRS = {
    "ad01": ("ad01_fp32", "ad01_int8"),
    "kws_dscnn": ("kws_dscnn_fp32", "kws_dscnn_int8"),
    "ic_resnet8": ("ic_resnet8_fp32", "ic_resnet8_int8"),
    "vww_mobilenet": ("vww_mobilenet_fp32", "vww_mobilenet_int8"),
}
KERAS = ("ic_resnet8.h5", "vww_96.h5")
RARELY = ("ic_resnet8", "vww_mobilenet", "vww_96.h5")  # TensorFlow and the emulator take minutes of them


def _skip_unless_asked_for(name: str) -> None:
    if name in RARELY and not ALL:
        pytest.skip("set PROFILER_COMPARE_SAMPLES to compare this one, too")


def _compared(model: Path, variants: str) -> VariantComparison:
    options = CompareOptions(variants=variants, target_samples=SAMPLES)
    return compare(model, boards=[BOARD], options=options)


def _require_all(found: VariantComparison) -> None:
    """Figures of both variants, int8 bit-equal to TFLM, float32 within its bound, noise layer by layer."""
    assert [each.name for each in found.variants] == ["float32", "int8"]
    assert found.variants[1].precision == "int8"
    assert isinstance(found.accuracy, Unavailable)
    for cell in found.cells:
        assert isinstance(cell.latency_ms, Figure), cell.reason
        assert cell.fits is not None
        assert isinstance(cell.tflm, Agreement)
        assert cell.tflm.samples == SAMPLES
        assert cell.tflm.agrees
        if cell.variant == "int8":
            assert cell.tflm.bit_equal_share == 1
        else:
            assert cell.tflm.largest_difference <= 1e-5
    before, after = (found.cell(name, BOARD) for name in ("float32", "int8"))
    assert isinstance(before.latency_ms, Figure)
    assert isinstance(after.latency_ms, Figure)
    assert after.latency_ms.value < before.latency_ms.value
    (quality,) = found.quality
    assert not isinstance(quality.layers, Unavailable)
    assert len(quality.layers) >= 9
    assert all(layer.sqnr_db is None or layer.sqnr_db > 0 for layer in quality.layers), quality.layers


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", PAIRS)
def test_tflite_files_side_by_side(name: str) -> None:
    _skip_unless_asked_for(name)
    before, after = (mlperf_tiny_model(each) for each in PAIRS[name])
    _require_all(_compared(before, f"float32={before},int8={after}"))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", KERAS)
def test_keras_files_in_both_precisions(name: str) -> None:
    _skip_unless_asked_for(name)
    pytest.importorskip("h5py", reason="TensorFlow is not installed")
    found = _compared(shared_file(f"models/mlperf_tiny/{name}"), "float32,int8")
    _require_all(found)
    assert any("quantized without data" in note for note in found.notes)

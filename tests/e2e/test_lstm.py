"""A Keras model with LSTM layers: converted, quantized, compared on boards; every inference begins anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from profiler.accuracy.host_reference import seeded_inputs, tflm_outputs
from profiler.boards.loader import load_board
from profiler.convert.convert import convert
from profiler.convert.model import Conversion, Converted, Precision
from profiler.graph.tflite_reader import read
from profiler.report.profile import Unavailable
from profiler.run.board import BoardRunner
from profiler.run.unicorn_runner import UnicornRunner
from profiler.sim.board_sim import BoardSim
from profiler.variants.compare import CompareOptions, compare
from profiler.variants.model import Agreement
from tests.support.firmware import firmware
from tests.support.keras_models import LSTM_SAMPLES, keras_models

pytestmark = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed")

BOARDS = ("nucleo_l4r5zi", "raspberry_pi_pico")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keras_models(tmp_path_factory.getbasetemp().parent / "keras_models")


@pytest.fixture(scope="module")
def int8_model(models: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    samples = np.load(models / LSTM_SAMPLES)["x"]
    (result,) = convert(
        models / "lstm.keras",
        [Conversion(precision=Precision.INT8)],
        calibration=samples,
        cache_folder=tmp_path_factory.mktemp("cache"),
    )
    assert isinstance(result, Converted), result
    return result.data


def test_int8_and_float32_give_tflm_s_outputs_layer_by_layer_on_every_board(models: Path) -> None:
    options = CompareOptions(variants="float32,int8", data=models / LSTM_SAMPLES, target_samples=3, check_layers=True)
    comparison = compare(str(models / "lstm.keras"), boards=list(BOARDS), options=options)
    for variant in ("float32", "int8"):
        for board in BOARDS:
            cell = comparison.cell(variant, board)
            assert isinstance(cell.tflm, Agreement), cell
            assert not isinstance(cell.layers, Unavailable), cell.layers
            assert all(layer.agrees for layer in cell.layers), cell.layers
            assert cell.first_difference is None
            if variant == "int8":
                assert cell.tflm.bit_equal_share == 1
                assert all(layer.different == 0 for layer in cell.layers)


@pytest.mark.parametrize("name", BOARDS)
def test_an_input_gives_the_same_bytes_whatever_ran_before(name: str, int8_model: bytes, tmp_path: Path) -> None:
    board, built = load_board(name), firmware(int8_model, tmp_path, name)
    one, other = seeded_inputs(read(int8_model), 2, 0)
    outputs = UnicornRunner().run(built, board, [one, other, one, one]).outputs
    assert outputs[0] == outputs[2] == outputs[3] != outputs[1]
    assert outputs[:2] == tflm_outputs(int8_model, [one, other])


def test_a_board_that_repeats_inferences_to_time_them_gives_the_same_bytes(int8_model: bytes, tmp_path: Path) -> None:
    board, built = load_board(BOARDS[0]), firmware(int8_model, tmp_path, BOARDS[0])
    inputs = seeded_inputs(read(int8_model), 2, 0)
    with BoardSim(board) as sim:
        sim.flash(built.elf_path)
        measured = BoardRunner(url=sim.port, repeat=3, clock_seconds=0).run(built, board, inputs)
    assert measured.outputs == UnicornRunner().run(built, board, inputs).outputs

"""The public MLPerf Tiny runner's device class drives the firmware as it is, through a simulated board's port."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from profiler.accuracy.host_reference import seeded_inputs
from profiler.boards.loader import load_board
from profiler.graph.tflite_reader import read
from profiler.graph.zoo import resolve
from profiler.run.unicorn_runner import UnicornRunner
from profiler.sim.board_sim import BoardSim
from tests.support.firmware import firmware

FOLDER = os.environ.get("PROFILER_MLPERF_RUNNER_FOLDER", "")  # benchmark/runner of github.com/mlcommons/tiny

pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="PROFILER_MLPERF_RUNNER_FOLDER names no folder of the MLPerf Tiny runner"),
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed"),
]


@pytest.fixture
def device_class(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(FOLDER)
    yield importlib.import_module("device_under_test").DUT
    for name in ("device_under_test", "serial_device", "interface_device"):
        sys.modules.pop(name, None)


def test_name_profile_load_infer_and_results(device_class: Any, tmp_path: Path) -> None:
    board, data = load_board("nucleo_l4r5zi"), resolve("zoo:kws").read_bytes()
    graph = read(data)
    built = firmware(data, tmp_path)
    inputs = seeded_inputs(graph, 1, 0)
    expected = UnicornRunner().run(built, board, inputs).outputs[0][0]
    with BoardSim(board) as sim:
        device = device_class(sim.port, board.uart.baud)
        with device:
            sim.flash(built.elf_path)
            assert device._port.read_line(timeout=20) == "m-timestamp-mode-performance"
            while device._port.read_line(timeout=20) != "m-ready":
                pass
            assert device.get_name() == "nucleo_l4r5zi"
            assert device.get_profile() == "cortexm-profiler"
            assert device.get_model()
            assert "m-load-done" in device.load(inputs[0][0])
            answer = device.infer(2, 1)
            assert device.timestamp()[0].startswith("m-lap-us-")
            assert device.get_help()
    laps = [int(line.removeprefix("m-lap-us-")) for line in answer if line.startswith("m-lap-us-")]
    assert len(laps) == 2
    assert laps[1] > laps[0]
    results = next(line for line in answer if line.startswith("m-results-["))
    shown = [float(value) for value in results.removeprefix("m-results-[").removesuffix("]").split(",")]
    tensor = graph.tensors[graph.outputs[0]]
    assert tensor.quantization is not None
    scale, zero_point = tensor.quantization.scales[0], tensor.quantization.zero_points[0]
    real = (np.frombuffer(expected, dtype=np.int8).astype(float) - zero_point) * scale
    np.testing.assert_allclose(shown, real, atol=0.0006)

"""The public MLPerf Tiny models on inputs at the ends of their range and on many random ones, against tflite-micro.

`PROFILER_AGREEMENT_INPUTS` is the number of inputs of an int8 model; 200 take some minutes, the default is for every
day. float32 models, which take the emulator longer, get a third of it and at most 20.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from profiler.accuracy.host_reference import tflm_agreement
from profiler.accuracy.inputs import seeded_inputs
from profiler.accuracy.model import OutputAgreement
from profiler.boards.loader import load_board
from profiler.graph.model import Graph, Tensor
from profiler.pipeline import Options, build, prepare
from profiler.progress import Progress
from profiler.run.unicorn_runner import UnicornRunner
from profiler.settings import load_settings
from tests.support.shared import mlperf_tiny_model

BOARD = "nucleo_l4r5zi"
INT8 = ("ad01_int8", "kws_dscnn_int8", "ic_resnet8_int8", "vww_mobilenet_int8")
FLOAT32 = ("ad01_fp32", "kws_dscnn_fp32", "ic_resnet8_fp32", "vww_mobilenet_fp32")
INPUTS = int(os.environ.get("PROFILER_AGREEMENT_INPUTS", "12"))


def edge_inputs(graph: Graph) -> list[list[bytes]]:
    """All elements at their least, at their greatest, and at a real 0."""
    tensors = [graph.tensors[index] for index in graph.inputs]
    return [[_filled(tensor, value) for tensor, value in ((t, _edges(t)[edge]) for t in tensors)] for edge in range(3)]


def _edges(tensor: Tensor) -> tuple[float, float, float]:
    if tensor.dtype.value == "float32":
        return -6.0, 6.0, 0.0
    assert tensor.quantization is not None
    limits = np.iinfo(tensor.dtype.value)
    return limits.min, limits.max, tensor.quantization.zero_points[0]


def _filled(tensor: Tensor, value: float) -> bytes:
    return np.full(tensor.elements, value, np.dtype(tensor.dtype.value).newbyteorder("<")).tobytes()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("model", INT8 + FLOAT32)
def test_outputs_are_the_reference_s_at_the_ends_of_the_range_and_between(model: str) -> None:
    board, options, settings, progress = load_board(BOARD), Options(), load_settings(), Progress()
    ready = prepare(mlperf_tiny_model(model), core=board.core, options=options, progress=progress)
    firmware = build(ready, board, options=options, settings=settings, progress=progress)
    random_count = (INPUTS if model in INT8 else min(max(INPUTS // 3, 4), 20)) - 3
    inputs = [*edge_inputs(ready.graph), *seeded_inputs(ready.graph, random_count, seed=7)]
    run = UnicornRunner(
        instruction_limit=settings.max_instructions * 10, wall_limit_seconds=settings.max_wall_seconds * 10
    ).run(firmware, board, inputs)
    agreement = tflm_agreement(ready.model_data, ready.graph, inputs, run.outputs, cache_folder=settings.cache_folder)
    assert isinstance(agreement, OutputAgreement), agreement
    assert agreement.input_sets == random_count + 3
    assert agreement.agrees
    if model in INT8:
        assert agreement.bit_equal_share == 1.0
    else:
        assert agreement.max_relative is not None
        assert agreement.max_relative <= 1e-5

"""The public MLPerf Tiny models through the whole pipeline: right answers on every board, within their budgets."""

from __future__ import annotations

from functools import cache

import pytest

from profiler.boards.loader import board_names, load_board
from profiler.build.model import Category, Optimization
from profiler.errors import DoesNotFitError
from profiler.graph.tflite_reader import read
from profiler.pipeline import Options, profile
from profiler.report.profile import Correctness, Figure, Profile
from tests.support.shared import mlperf_tiny_model

INT8 = ("ad01_int8", "kws_dscnn_int8", "ic_resnet8_int8", "vww_mobilenet_int8")
FLOAT32 = ("ad01_fp32", "kws_dscnn_fp32", "ic_resnet8_fp32", "vww_mobilenet_fp32")
REFERENCE_BOARD = "nucleo_l4r5zi"

# Bytes of arena_used_bytes of TFLM's interpreter with reference kernels, Cortex-M4.
TFLM_ARENA_BYTES = {
    "ad01_int8": 2_260,
    "kws_dscnn_int8": 22_772,
    "ic_resnet8_int8": 54_340,
    "vww_mobilenet_int8": 100_660,
}
# Executed instructions of one inference of TFLM with CMSIS-NN, Cortex-M4, GCC 12.2 -O2.
CMSIS_NN_INSTRUCTIONS = {
    "ad01_int8": 583_008,
    "kws_dscnn_int8": 7_697_990,
    "ic_resnet8_int8": 29_864_443,
    "vww_mobilenet_int8": 24_102_060,
}


@cache
def _profile(model: str, board: str, input_sets: int, optimization: Optimization = Optimization.BALANCED) -> Profile:
    options = Options(input_sets=input_sets, optimization=optimization)
    return profile(mlperf_tiny_model(model), board=board, options=options)


def _profile_or_refusal(model: str, board: str) -> Profile | DoesNotFitError:
    try:
        return _profile(model, board, _input_sets(model, board))
    except DoesNotFitError as refusal:
        return refusal


# The MPS3 boards run the Cortex-M33's instructions: tests/e2e/test_scalar_cores.py is enough for them. Of the generic
# boards, that of the Cortex-M3 alone is the only one with its core.
BOARDS = [name for name in board_names() if not name.startswith(("mps3", "generic")) or name == "generic_cortex_m3"]
# Boards of one core run the same instructions: what differs, start-up and memories, shows with a few inputs of int8.
ONE_BOARD_A_CORE = {load_board(name).core.name: name for name in (*reversed(BOARDS), REFERENCE_BOARD)}.values()
_RUNS = [(model, board) for model in INT8 for board in BOARDS]
_RUNS += [(model, board) for model in FLOAT32 for board in ONE_BOARD_A_CORE]


def _input_sets(model: str, board: str) -> int:
    if model in FLOAT32:  # which take the emulator long without an FPU
        return 1 if load_board(board).core.name == "cortex-m0plus" else 3
    return 20 if board in ONE_BOARD_A_CORE else 3


@pytest.mark.parametrize(("model", "board"), _RUNS)
def test_outputs_on_every_board_are_the_reference_s(model: str, board: str) -> None:
    result = _profile_or_refusal(model, board)
    if isinstance(result, DoesNotFitError):
        assert "KiB" in result.message
        assert board in result.message
        return
    assert isinstance(result.correctness, Correctness), result.correctness
    assert result.correctness.input_sets == _input_sets(model, board)
    assert result.correctness.agrees
    if model in INT8:
        assert result.correctness.bit_equal_share.value == 1
    else:
        assert result.correctness.largest_difference.value <= 1e-5


@pytest.mark.parametrize("model", INT8)
def test_the_arena_is_smaller_than_the_interpreter_s(model: str) -> None:
    summary = _profile(model, REFERENCE_BOARD, 20).summary
    assert summary.arena_bytes.value < TFLM_ARENA_BYTES[model]
    assert summary.arena_bytes.value == summary.arena_lower_bound_bytes.value


@pytest.mark.parametrize("model", INT8)
def test_fewer_instructions_than_the_interpreter_with_cmsis_nn(model: str) -> None:
    instructions = _profile(model, REFERENCE_BOARD, 20).summary.instructions
    assert isinstance(instructions, Figure)
    assert instructions.value < CMSIS_NN_INSTRUCTIONS[model]


def test_resnet_3x3_convolutions_take_at_most_two_cycles_a_mac() -> None:
    graph = read(mlperf_tiny_model("ic_resnet8_int8").read_bytes())
    weights = {
        operator.index: graph.input_tensor(operator, 1) for operator in graph.operators if operator.kind == "CONV_2D"
    }
    chosen = {index for index, tensor in weights.items() if tensor is not None and tensor.shape[1:3] == (3, 3)}
    assert len(chosen) == 7
    for layer in _profile("ic_resnet8_int8", REFERENCE_BOARD, 20).layers:
        if layer.index in chosen:
            assert isinstance(layer.cycles_per_mac, Figure)
            assert layer.cycles_per_mac.value <= 2.0, layer.function


def test_keyword_spotting_takes_at_most_24_kib_of_flash_beside_its_weights() -> None:
    result = _profile("kws_dscnn_int8", REFERENCE_BOARD, 3, Optimization.SIZE)
    weights = sum(part.size_bytes for part in result.memory.flash_by_layer if part.category is Category.WEIGHTS)
    assert 0 < weights < result.summary.flash_bytes.value
    assert result.summary.flash_bytes.value - weights <= 24 * 1024


def test_ram_is_arena_plus_stack_plus_less_than_a_kibibyte() -> None:
    summary = _profile("kws_dscnn_int8", REFERENCE_BOARD, 3, Optimization.SIZE).summary
    assert isinstance(summary.stack_high_water_bytes, Figure)
    assert isinstance(summary.stack_reserved_bytes, Figure)
    assert 0 < summary.stack_high_water_bytes.value < summary.stack_reserved_bytes.value
    rest = summary.ram_bytes.value - summary.arena_bytes.value - summary.stack_reserved_bytes.value
    assert 0 <= rest < 1024


def test_the_same_run_gives_the_same_cycles() -> None:
    first, second = (profile(mlperf_tiny_model("ad01_int8"), board=REFERENCE_BOARD) for _ in range(2))
    assert first.summary == second.summary
    assert first.layers == second.layers

"""The runner around the emulator: what it checks before, returns after, and saves."""

from dataclasses import replace

import pytest

from profiler import native_library
from profiler.errors import BoardError, RunError
from profiler.run import engine, tracer
from profiler.run.model import DISPATCH, Runner
from profiler.run.native_types import TracerOptions
from profiler.run.recorded import RecordedRunner
from profiler.run.serialize import from_json, to_json
from profiler.run.unicorn_runner import UnicornRunner
from tests.bare.firmware import MONITOR, board, build

INPUTS = [[bytes([1, 2, 3, 4])]]


@pytest.fixture(scope="module")
def firmware(tmp_path_factory):
    return build(tmp_path_factory.mktemp("monitor"), board(), source=MONITOR)


@pytest.fixture(scope="module")
def result(firmware):
    return UnicornRunner().run(firmware, board(flash_wait_cycles=2), INPUTS)


def test_outputs_profile_stack_and_transcript_come_back(result):
    assert result.runner == "unicorn 2.1.3"
    assert result.outputs == ((bytes([3, 7, 11, 15]),),)
    assert [layer.layer for layer in result.profile.layers] == [DISPATCH, 0, 1]
    assert result.stack_high_water_bytes >= 64  # what the firmware says of itself
    assert result.emulated_instructions > result.profile.instructions > 0
    assert result.transcript.startswith("m-init-done\r\nm-ready\r\nm-name-dut-[test]\r\n")


def test_the_stack_is_never_less_than_what_the_emulator_saw(tmp_path):
    deep = 'MISBEHAVIOR=__asm volatile("sub sp,#0x400\\n str r0,[sp]\\n add sp,#0x400":::"memory")'
    firmware = build(tmp_path, board(), source=MONITOR, defines=(deep,))
    assert 0x400 < UnicornRunner().run(firmware, board(flash_wait_cycles=1), INPUTS).stack_high_water_bytes < 0x500


def test_a_single_input_set_is_run_twice_so_that_caches_are_warm(result, firmware):
    assert result.transcript.count("m-output-0-") == 2
    two = UnicornRunner().run(firmware, board(), [*INPUTS, [bytes(4)]])
    assert two.transcript.count("m-output-0-") == 2
    assert two.outputs == ((bytes([3, 7, 11, 15]),), (bytes([0, 1, 2, 3]),))


def test_equal_runs_give_equal_results(result, firmware):
    again = UnicornRunner().run(firmware, board(flash_wait_cycles=2), INPUTS)
    assert replace(again, wall_seconds=0) == replace(result, wall_seconds=0)


@pytest.mark.parametrize("inputs", [[[b"abc"]], [[b"abcd", b"e"]], [[]]])
def test_inputs_of_the_wrong_size_are_refused_before_anything_runs(firmware, inputs):
    with pytest.raises(RunError, match=r"input set 0 has .* but the model takes 1 tensor\(s\) of 4 bytes"):
        UnicornRunner().run(firmware, board(), inputs)


def test_no_input_at_all_is_refused(firmware):
    with pytest.raises(RunError, match="no input"):
        UnicornRunner().run(firmware, board(), [])


def test_another_version_of_unicorn_is_refused_with_the_command_that_helps(firmware, monkeypatch):
    monkeypatch.setattr(engine.load_unicorn(), "__version__", "2.1.4")
    with pytest.raises(RunError, match=r"unicorn 2\.1\.4 is installed") as caught:
        UnicornRunner().run(firmware, board(), INPUTS)
    assert caught.value.hint == "pip install unicorn==2.1.3"


def test_a_missing_native_tracer_is_an_error_with_a_remedy(firmware, monkeypatch):
    monkeypatch.setattr(native_library, "EXTENSION_SUFFIXES", [".absent.so"])
    with pytest.raises(RunError, match=r"native library is missing \(_tracer\.absent\.so") as caught:
        UnicornRunner().run(firmware, board(), INPUTS)
    assert "pip install" in str(caught.value.hint)


def test_a_native_tracer_of_other_sources_is_an_error_with_a_remedy(monkeypatch):
    monkeypatch.setattr(tracer, "_SHARED", (*tracer._SHARED[1:], tracer._SHARED[0]))
    with pytest.raises(RunError, match="built from another version's sources") as caught:
        tracer.Tracer(TracerOptions())
    assert "pip install" in caught.value.hint


def test_a_firmware_for_another_board_is_refused(firmware):
    target = board()
    flash, ram = target.memories
    moved = replace(target, memories=(replace(flash, address=0x1000_0000, aliases=()), ram))
    with pytest.raises(RunError, match=r"loads [\d,]+ bytes at 0x08000000, where bare has no memory") as caught:
        UnicornRunner().run(firmware, moved, INPUTS)
    assert "0x10000000" in str(caught.value.hint)


def test_a_vector_table_elsewhere_is_missed(firmware):
    with pytest.raises(RunError, match=r"no vector table at 0x08008000|vector table .* is not valid"):
        UnicornRunner().run(firmware, replace(board(), vector_table_offset_bytes=0x8000), INPUTS)


def test_a_file_that_is_no_elf_is_refused(firmware, tmp_path):
    other = tmp_path / "model.tflite"
    other.write_bytes(b"TFL3")
    with pytest.raises(RunError, match=r"model\.tflite cannot be read as an ELF file"):
        UnicornRunner().run(replace(firmware, elf_path=other), board(), INPUTS)


def test_a_firmware_of_someone_else_is_refused(firmware):
    foreign = replace(firmware, symbols=tuple(s for s in firmware.symbols if s.name != "model_invoke"))
    with pytest.raises(RunError, match="no function model_invoke"):
        UnicornRunner().run(foreign, board(), INPUTS)


def test_a_core_the_emulator_does_not_know_is_refused(firmware):
    target = board()
    with pytest.raises(BoardError, match="no core model 'CORTEX_M55'"):
        UnicornRunner().run(firmware, replace(target, core=replace(target.core, unicorn_model="CORTEX_M55")), INPUTS)


def test_a_uart_the_emulator_does_not_know_is_refused(firmware):
    target = board()
    with pytest.raises(BoardError, match="no UART model is called 'sci'"):
        UnicornRunner().run(firmware, replace(target, uart=replace(target.uart, model="sci")), INPUTS)


def test_a_saved_run_is_equal_to_the_run(result):
    assert from_json(to_json(result)) == result


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format_version": 2, "result": {}}', b"\xff\x00"])
def test_what_is_no_saved_run_is_refused(data):
    with pytest.raises(RunError, match="not a saved run of version 1"):
        from_json(data)


def test_a_recorded_run_answers_as_the_run_did(result, firmware, tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(to_json(result))
    runner: Runner = RecordedRunner.from_file(path)
    assert runner.run(firmware, board(), INPUTS) == result
    with pytest.raises(RunError, match="holds 1 input sets, but 2 were asked for"):
        runner.run(firmware, board(), INPUTS * 2)
    with pytest.raises(RunError, match="cannot be read"):
        RecordedRunner.from_file(tmp_path / "absent.json")

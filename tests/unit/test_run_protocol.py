"""The serial conversation as pure functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.errors import RunError
from profiler.run.protocol import BYTES_PER_CHUNK, inference_commands, load_commands, parse_transcript, script


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=3))
def test_load_commands_carry_every_input_byte_once_and_in_order(inputs):
    announce, *chunks = load_commands(inputs)
    data = b"".join(inputs)
    assert announce == b"db load %d%%" % len(data)
    assert b"".join(bytes.fromhex(chunk[3:-1].decode()) for chunk in chunks) == data


@given(st.binary(max_size=300))
def test_no_command_is_longer_than_the_monitors_buffer(data):
    commands = inference_commands([data], 12)
    assert all(len(command) <= 80 and command.count(b"%") == 1 for command in commands)
    assert all(len(command) <= 3 + 2 * BYTES_PER_CHUNK + 1 for command in commands)


def test_script_asks_for_every_output_of_every_input_set():
    sent = script([[b"\x01"], [b"\x02"]], 2).decode()
    assert sent == (
        "name%db load 1%db 01%infer 1 0%output 0%output 1%db load 1%db 02%infer 1 0%output 0%output 1%stack%"
    )


def test_transcript_yields_outputs_by_input_set_and_the_stack():
    transcript = (
        "m-init-done\r\nm-ready\r\nm-output-0-[0102]\r\nm-ready\r\nm-output-1-[FF]\r\nm-ready\r\n"
        "m-output-0-[0304]\r\nm-ready\r\nm-output-1-[00]\r\nm-ready\r\nm-stack-412\r\nm-ready\r\n"
    )
    said = parse_transcript(transcript, 2)
    assert said.outputs == ((b"\x01\x02", b"\xff"), (b"\x03\x04", b"\x00"))
    assert said.stack_bytes == 412


def test_missing_answers_are_no_outputs():
    said = parse_transcript("m-ready\r\nm-output-0-[01]\r\nm-ready\r\n", 2)
    assert said.outputs == ()
    assert said.stack_bytes is None


def test_an_error_of_the_firmware_is_an_error_of_the_run():
    with pytest.raises(RunError, match="refused a command: Unknown command: foo"):
        parse_transcript("m-ready\r\ne-[Unknown command: foo]\r\nm-ready\r\n", 1)


def test_outputs_out_of_order_are_refused():
    with pytest.raises(RunError, match="output 1 where another was asked for"):
        parse_transcript("m-output-1-[00]\r\n", 2)


def test_half_a_byte_is_refused():
    with pytest.raises(RunError, match="odd number"):
        parse_transcript("m-output-0-[012]\r\n", 1)


@given(st.text(alphabet="me-[]output0123ABC\r\n", max_size=200))
def test_any_transcript_ends_in_an_answer_or_a_run_error(transcript):
    try:
        said = parse_transcript(transcript, 1)
    except RunError:
        return
    assert all(len(outputs) == 1 for outputs in said.outputs)

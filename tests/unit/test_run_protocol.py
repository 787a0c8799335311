"""The serial conversation as pure functions."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.errors import RunError
from profiler.run.protocol import (
    CHUNK_BYTES,
    DamagedAnswer,
    bracketed,
    checked,
    checked_lines,
    chunks,
    numbered,
    parse_transcript,
    refusal,
    script,
    sending,
    sending_for_layers,
    sent_inputs,
)


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=3), st.integers(1, 2000))
def test_chunks_carry_every_input_byte_once_and_in_order(inputs, chunk_bytes):
    parts = list(chunks(inputs, chunk_bytes))
    assert b"".join(chunk for _, chunk in parts) == b"".join(inputs)
    assert all(0 < len(chunk) <= chunk_bytes for _, chunk in parts)
    assert [offset for offset, _ in parts] == list(range(0, sum(map(len, inputs)), chunk_bytes))


@given(st.binary(max_size=3 * CHUNK_BYTES))
def test_no_command_is_longer_than_the_monitors_buffer(data):
    raw = {chunk for _, chunk in chunks([data])}
    commands = [message for message in script([[data]], 12) if message not in raw]
    assert all(len(command) <= 81 and command.count(b"%") == 1 for command in commands)


def test_script_asks_for_every_output_of_every_input_set():
    messages = script([[b"\x01"], [b"%2"]], 2)
    assert [message[10:-1] if message[:1] == b"#" else message for message in messages] == [
        b"name", b"build",
        b"db load 1", b"dbb 0 1 A505DF1B", b"\x01", b"time 1 0", b"output 0", b"output 1",
        b"db load 2", b"dbb 0 2 61FD9398", b"%2", b"time 1 0", b"output 0", b"output 1",
        b"stack",
    ]  # fmt: skip


def test_the_last_set_is_inferred_again_at_once_where_its_input_is_kept():
    warm = sending([[b"a"], [b"b"]], keeps_input=True)
    assert (warm.sets, warm.last, warm.inferences) == ([[b"a"], [b"b"]], "time 1 1", 3)
    messages = script(warm.sets, 1, last=warm.last)
    assert [message[10:-1] for message in messages if b"time" in message] == [b"time 1 0", b"time 1 1"]
    lost = sending([[b"a"]], keeps_input=False)
    assert (lost.sets, lost.last, lost.inferences) == ([[b"a"], [b"a"]], "time 1 0", 2)


def test_layers_are_of_the_last_set_alone():
    for keeps_input, inferences in ((True, 2), (False, 1)):
        layers = sending_for_layers([[b"a"], [b"b"]], keeps_input=keeps_input)
        assert (layers.sets, layers.last, layers.inferences) == ([[b"b"]], "layers", inferences)


def test_a_single_input_set_is_sent_twice():
    assert sent_inputs([[b"a"]]) == [[b"a"], [b"a"]]
    assert sent_inputs([[b"a"], [b"b"]]) == [[b"a"], [b"b"]]


ANSWER = b"m-name-dut-[test]\r\n"


def _answer(sent: bytes) -> bytes:
    return ANSWER + b"m-crc-%08x\r\n" % zlib.crc32(sent + ANSWER)


def test_a_whole_answer_is_its_lines():
    assert (
        checked(  # CRC-32 of "name", as zlib and Ethernet have it
            "name"
        )
        == b"#5E237E06 name%"
    )
    assert checked_lines(b"name", _answer(b"name")) == ["m-name-dut-[test]"]


def test_an_answer_to_another_command_is_told_apart():
    with pytest.raises(DamagedAnswer):
        checked_lines(b"build", _answer(b"name"))


@given(st.data())
def test_no_damaged_byte_of_an_answer_goes_unnoticed(data):
    whole = _answer(b"name")
    position = data.draw(st.integers(0, len(whole) - 1))
    replacement = data.draw(st.binary(max_size=2).filter(lambda new: new != whole[position : position + 1]))
    damaged = whole[:position] + replacement + whole[position + 1 :]
    with pytest.raises(DamagedAnswer):
        checked_lines(b"name", damaged)


def test_numbers_texts_and_refusals_are_found_among_the_lines():
    lines = ["m-stack-412", "m-name-dut-[a]", "e-[no]"]
    assert numbered(lines, "m-stack-") == 412
    assert bracketed(lines, "m-name-dut-") == "a"
    assert refusal(lines) == "no"
    assert refusal(lines[:2]) is None
    for missing in (lambda: numbered(["m-stack-x"], "m-stack-"), lambda: bracketed(["m-name"], "m-name-dut-")):
        with pytest.raises(RunError, match="was expected"):
            missing()


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

"""The firmware on an emulated core, given anything: it never crashes, never hangs, and then does its work."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiler.boards.loader import load_board
from profiler.run.image import load_image
from profiler.run.live import LiveMachine
from profiler.run.protocol import PROMPT, checked, checked_lines, load_messages
from tests.support.fake_firmware import HAS_CROSS_COMPILER, build_fake_firmware, shared_cache

pytestmark = pytest.mark.skipif(not HAS_CROSS_COMPILER, reason="arm-none-eabi-gcc is not installed")

INPUT = bytes(index * 7 % 256 for index in range(490))
EXPECTED = bytes((byte + 1) % 256 for byte in INPUT[:12])
INSTRUCTION_LIMIT = 1 << 31  # of all cases together, some 300,000 each: a firmware that hangs reaches it

_FUZZ = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Monitor:
    """The firmware as a host sees it: bytes to it, what it said since, and time."""

    def __init__(self, machine: LiveMachine, said: bytearray, clock_hz: int) -> None:
        self._machine, self._said, self._clock_hz = machine, said, clock_hz

    def tell(self, data: bytes) -> bytes:
        self._said.clear()
        self._machine.send(data)
        self._machine.run()
        return bytes(self._said)

    def wait(self, seconds: float) -> bytes:
        self._machine.advance(round(seconds * self._clock_hz))
        return self.tell(b"")

    def assert_works(self) -> None:
        """What a host does that has lost track: silence, `%`, and a conversation from the start."""
        self.wait(0.3)
        assert self.tell(b"%").endswith(PROMPT)
        for message in load_messages([INPUT]):
            assert self.tell(message).endswith(PROMPT)
        assert b"m-infer-done" in self.tell(checked("time 1 0"))
        assert f"m-output-0-[{EXPECTED.hex()}]".encode() in self.tell(checked("output 0"))


@pytest.fixture(scope="module", params=["nucleo_l4r5zi", "nucleo_g0b1re"])
def monitor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    board = load_board(request.param)
    built = build_fake_firmware(board, shared_cache(tmp_path_factory))
    said = bytearray()
    machine = LiveMachine(
        board=board,
        firmware=built,
        image=load_image(built.elf_path, board),
        cycles_of=lambda profile: dict.fromkeys((layer.layer for layer in profile.layers), 1000),
        on_output=said.extend,
        on_tick=lambda _instructions: False,
        instruction_limit=INSTRUCTION_LIMIT,
    )
    with closing(machine):
        machine.run()
        assert said.endswith(PROMPT)
        yield Monitor(machine, said, board.clock_hz)


@_FUZZ
@given(noise=st.binary(max_size=400))
def test_noise_is_survived(monitor: Monitor, noise: bytes) -> None:
    monitor.tell(noise)
    monitor.assert_works()


_NUMBER = st.sampled_from(["0", "1", "2", "12", "489", "490", "491", "4294967295", "4294967296", "-1", "x", ""])
_CRC = st.sampled_from(["00000000", "0A34F3B1", "0a34f3b1", "0A34F3B", "0A34F3B11", "zzzzzzzz", ""])
_RAW = st.builds("dbb {} {} {}".format, _NUMBER, _NUMBER, _CRC)
_PART = st.builds("{} {} {} {}".format, st.sampled_from(["output", "layers"]), _NUMBER, _NUMBER, _NUMBER)
_PLAIN = st.sampled_from(
    [
        "name",
        "db load 490",
        "db load",
        "db 00ff",
        "db print",
        "results",
        "time",
        "infer 1 1",
        "stack",
        "memory",
        "#",
        "##",
    ]
)
_COMMAND = st.one_of(_PLAIN, _RAW, _PART, st.text(max_size=100).map(lambda text: text.replace("%", "")))


def _framed(command: str, how: str) -> bytes:
    data = command.encode()
    if how == "checked":
        return b"#%08X " % zlib.crc32(data) + data + b"%"
    if how == "wrong check":
        return b"#%08X " % (zlib.crc32(data) ^ 1) + data + b"%"
    return data + (b"%" if how == "plain" else b"")


_MESSAGE = st.builds(_framed, _COMMAND, st.sampled_from(["checked", "wrong check", "plain", "unfinished"]))


@_FUZZ
@given(messages=st.lists(st.one_of(_MESSAGE, st.binary(max_size=60)), max_size=12))
def test_commands_and_raw_bytes_in_any_order_are_survived(monitor: Monitor, messages: list[bytes]) -> None:
    for message in messages:
        monitor.tell(message)
    monitor.assert_works()


@_FUZZ
@given(data=st.data())
def test_a_checked_answer_is_never_wrong_about_a_damaged_command(monitor: Monitor, data: st.DataObject) -> None:
    whole = checked("name")
    position = data.draw(st.integers(0, len(whole) - 2))  # the end of a command may be damaged by a time-out alone
    damage = data.draw(st.binary(max_size=2).filter(lambda new: b"%" not in new))
    damaged = whole[:position] + damage + whole[position + 1 :]
    said = monitor.tell(damaged)
    assert said.endswith(PROMPT)
    if b"m-crc-" in said:  # executed: what arrived is the command, but for bytes that are ignored
        assert checked_lines(b"name", said.removesuffix(PROMPT))[0].startswith("m-name-dut-[")


def test_raw_bytes_that_stop_are_given_up_and_none_of_them_is_kept(monitor: Monitor) -> None:
    load, header, raw = load_messages([INPUT])
    monitor.tell(load)
    monitor.tell(header)
    assert monitor.tell(raw[:100]) == b""
    assert monitor.wait(0.1) == b""
    said = monitor.wait(0.2)
    assert b"e-[Raw bytes stopped after 100 of 490]" in said
    assert said.endswith(PROMPT)
    assert b"e-[Input incomplete" in monitor.tell(checked("time 1 0"))
    monitor.tell(header)
    assert b"m-load-done" in monitor.tell(raw)


def test_a_chunk_whose_answer_was_lost_can_be_sent_again(monitor: Monitor) -> None:
    load, header, raw = load_messages([INPUT])
    monitor.tell(load)
    for _ in range(2):
        monitor.tell(header)
        assert b"m-load-done" in monitor.tell(raw)
    assert b"requires OFFSET, COUNT and CRC" in monitor.tell(checked("dbb 0 491 00000000"))
    monitor.tell(load)
    assert b"received: 0" in monitor.tell(checked("dbb 1 10 00000000"))


def test_raw_bytes_with_a_wrong_crc_are_refused(monitor: Monitor) -> None:
    load, header, raw = load_messages([INPUT])
    monitor.tell(load)
    monitor.tell(header)
    assert b"e-[CRC of the raw bytes is " in monitor.tell(b"\x01" + raw[1:])
    monitor.assert_works()

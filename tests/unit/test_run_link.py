"""A line to something that is no firmware of this project, or never rests: every exchange ends, and says why."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from profiler.errors import LinkError
from profiler.run.link import Patience, SerialLink

LOG = b"[00:00:01] sensor: temperature 21.5 C\r\n"
GREETING = b"m-timestamp-mode-performance\r\nm-lap-us-3\r\nm-init-done\r\nm-ready\r\n"
BAUD = 115_200


@dataclass
class Chatterbox:
    """A port that says the same for ever, whatever it is asked, with a pause after each time; and its clock."""

    text: bytes
    pause_seconds: float
    name: str = "/dev/ttyACM0"
    timeout: float = 0.0
    baudrate: int = BAUD
    now: float = 0.0
    rest: bytes = b""
    bytes_read: int = 0

    @property
    def in_waiting(self) -> int:
        return len(self.rest)

    def write(self, data: bytes) -> None:
        pass

    def read(self, count: int) -> bytes:
        """What comes within the time-out, as pyserial has it: all of `count`, or what is there when time is over."""
        assert self.bytes_read < 1_000_000, "nothing ended this"
        ends = self.now + self.timeout
        while len(self.rest) < count and self.now + self.pause_seconds <= ends:
            self.now += self.pause_seconds
            self.rest += self.text
        said, self.rest = self.rest[:count], self.rest[count:]
        self.now = self.now if len(said) == count else ends
        self.bytes_read += len(said)
        return said

    def clock(self) -> float:
        return self.now


def _asked(text: bytes, pause_seconds: float) -> LinkError:
    port = Chatterbox(text, pause_seconds)
    link = SerialLink(port=port, patience=Patience(), clock=port.clock)  # type: ignore[arg-type]
    with pytest.raises(LinkError) as error:
        link.ask("name")
    assert port.now < 60  # seconds of its own clock
    assert error.value.hint
    return error.value


@pytest.mark.parametrize("pause_seconds", [0.0001, 0.005, 0.2, 0.4])
def test_what_logs_without_an_end_is_told_from_a_firmware(pause_seconds: float) -> None:
    error = _asked(LOG, pause_seconds)
    assert "something else talks on /dev/ttyACM0" in error.message
    assert "temperature" in error.message


@pytest.mark.parametrize("pause_seconds", [0.01, 0.03, 0.045])
def test_a_board_that_starts_again_and_again_is_told(pause_seconds: float) -> None:
    assert "starts again and again" in _asked(GREETING, pause_seconds).message


def test_work_that_does_not_end_with_a_prompt_is_bounded_too() -> None:
    port = Chatterbox(LOG, 0.2)
    link = SerialLink(port=port, patience=Patience(), clock=port.clock)  # type: ignore[arg-type]
    with pytest.raises(LinkError, match="something else talks"):
        link.ask("time 1 0", busy=True)


class Hanging:
    """Firmware that begins to work at every command and never ends."""

    name, baudrate, in_waiting, timeout = "/dev/ttyACM0", BAUD, 0, 0.0

    def __init__(self) -> None:
        self.now, self.said = 0.0, b""

    def write(self, data: bytes) -> None:
        self.said = b"m-warmup-start-1\r\n" if len(data) > 1 else b""

    def read(self, _count: int) -> bytes:
        said, self.said = self.said, b""
        self.now += 0 if said else self.timeout
        return said


def test_a_model_that_never_ends_is_not_waited_for_again_and_again() -> None:
    port = Hanging()
    link = SerialLink(port=port, patience=Patience(busy_seconds=60), clock=lambda: port.now)  # type: ignore[arg-type]
    with pytest.raises(LinkError, match="ran for 60 s without an end, 2 times"):
        link.ask("time 1 1", busy=True)
    assert port.now < 130

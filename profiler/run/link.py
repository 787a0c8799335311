"""A serial line to a firmware: commands and answers that are right or asked for again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import urlsplit

import serial
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from profiler.errors import FirmwareFault, LinkError, RunError
from profiler.run.protocol import PROMPT, DamagedAnswer, checked, checked_lines, refusal

SMALLEST_PART = 32
_RAW_SILENCE_SECONDS = 0.3  # after which the firmware has given up waiting for raw bytes (runtime/transfer.h), and more
_FAULT = re.compile(rb"e-\[fault \d+ pc=([0-9a-f]{8})[^\]\r\n]*\]?")
_PAST_THE_WORK = re.compile(rb"infer-done|infer-cycles|m-results|m-layer-|e-\[|m-crc")
_ANSWER_BYTES = 4096  # more than any answer has whose length does not depend on the model
_BITS_PER_BYTE = 10  # on the line: start and stop bit
_PACE = 4.0  # times as long as the line takes for its longest, an answer may take
_WRITE_SECONDS = 5.0
_LATE_SECONDS, _LATE_READS = 0.05, 10  # in which what is still under way arrives
_STARTED = b"m-init-done"  # the greeting's
_RESTARTS = 5  # as many greetings are no accident
_LOCAL = "is the board plugged in, and may you use the port? `profiler boards --attached` lists ports"
_REMOTE = "socket://HOST:PORT for raw bytes, rfc2217://HOST:PORT for RFC 2217; does the host serve it, to you alone?"

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait and how often to try."""

    answer_seconds: float = 1.0  # for the first byte of an answer
    gap_seconds: float = (
        0.5  # for the next ones, which the firmware sends without a pause; never more than for the first
    )
    busy_seconds: float = 60.0  # for the next byte while the model runs
    attempts: int = 40  # of one exchange on a line that damages bytes
    silent_attempts: int = 3  # in a row without a single byte
    stuck_attempts: int = 2  # in which the model ran for `busy_seconds` without an end
    babbling_attempts: int = 5  # in a row in which something talks on and on, without an end of an answer

    def with_an_emulator(self) -> Patience:
        """For one behind the port: it shares its processor with others."""
        return replace(self, answer_seconds=5.0, busy_seconds=600.0)


@dataclass(slots=True)
class SerialLink:
    """The host's end. Raises LinkError when nothing (right) comes back, FirmwareFault when the firmware reports one."""

    port: serial.SerialBase
    patience: Patience
    transcript: bytearray = field(default_factory=bytearray)  # all that was received
    repeated: int = 0  # exchanges that had to be repeated
    clock: Callable[[], float] = time.monotonic
    _longest_bytes: int = _ANSWER_BYTES  # of the answer to the last command
    _silent: int = 0
    _babbling: int = 0
    _stuck: int = 0
    _part_size: int = 1 << 30  # what the line has been seen to carry undamaged

    @classmethod
    def open(cls, url: str, baud: int, patience: Patience) -> SerialLink:
        """A device (/dev/tty…, COM3) or a URL as pyserial has them (socket://, rfc2217://)."""
        remote = "://" in url
        try:
            if remote and urlsplit(url).port is None:
                raise ValueError("it has no port number")
            port = serial.serial_for_url(
                url,
                baudrate=baud,
                timeout=patience.answer_seconds,
                write_timeout=None if remote else _WRITE_SECONDS,  # pyserial's RFC 2217 has none
            )
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinkError(f"the port {url} cannot be opened: {error}", hint=_REMOTE if remote else _LOCAL) from error
        return cls(port=port, patience=patience)

    def close(self) -> None:
        """Whatever state the port is in."""
        with suppress(serial.SerialException, OSError):
            self.port.close()

    def ask(self, command: str, *, busy: bool = False, longest_bytes: int = _ANSWER_BYTES) -> list[str]:
        """Lines of the answer. `busy`: the model runs meanwhile. Raises Refused when the firmware will not."""
        return self._until_whole(lambda: self.ask_once(command, busy=busy, longest_bytes=longest_bytes))

    def in_parts(self, total: int, first_size: int, once: Callable[[int, int], _Part]) -> list[_Part]:
        """`once(offset, count)` for all of 0 to `total`, in smaller parts where the line damages large ones."""
        parts: list[_Part] = []
        offset = size = 0

        def attempt() -> _Part:
            nonlocal size
            size = max(1, min(first_size, self._part_size, total - offset))
            try:
                return once(offset, size)
            except DamagedAnswer:
                self._part_size = max(SMALLEST_PART, size // 2)
                raise

        while offset < total:
            parts.append(self._until_whole(attempt))
            offset += size
        return parts

    def send_chunk(self, header: str, chunk: bytes) -> None:
        """One attempt to send raw bytes after their announcement. Raises DamagedAnswer, or Refused."""
        self.ask_once(header)
        self._write(chunk)
        lines = checked_lines(chunk, self._answer(busy=False))
        if refusal(lines) is not None:  # the CRC was wrong: the answer to other bytes than these is no answer
            raise DamagedAnswer(lines[0])

    def ask_once(self, command: str, *, busy: bool = False, longest_bytes: int = _ANSWER_BYTES) -> list[str]:
        """One attempt of `ask`: raises DamagedAnswer. An answer is at most so long."""
        self._longest_bytes = longest_bytes
        self._write(checked(command))
        lines = checked_lines(command.encode(), self._answer(busy=busy))
        refused = refusal(lines)
        if refused is not None:
            raise Refused(command, refused)
        return lines

    def _until_whole(self, attempt: Callable[[], _Part]) -> _Part:
        retrying = Retrying(
            retry=retry_if_exception_type(DamagedAnswer),
            stop=self._gives_up,
            before_sleep=lambda _state: self._resynchronise(),
            reraise=True,
        )
        try:
            result = retrying(attempt)
        except DamagedAnswer as error:
            raise self._hopeless(error) from error
        self._silent = self._babbling = self._stuck = 0
        return result

    def _gives_up(self, state: RetryCallState) -> bool:
        patience = self.patience
        return (
            state.attempt_number >= patience.attempts
            or self._silent >= patience.silent_attempts
            or self._babbling >= patience.babbling_attempts
            or self._stuck >= patience.stuck_attempts
        )

    def _hopeless(self, error: DamagedAnswer) -> LinkError:
        if self._silent >= self.patience.silent_attempts:
            return LinkError(
                f"nothing answers on {self.port.name}",
                hint="is the firmware flashed, the baud rate right, the port the board's? reset it and try again",
            )
        if self._stuck >= self.patience.stuck_attempts:
            return LinkError(
                f"the model on {self.port.name} ran for {self.patience.busy_seconds:.0f} s without an end, "
                f"{self._stuck} times",
                hint="it hangs, or takes longer than its cycle counter can count: try a smaller model",
            )
        if self._babbling >= self.patience.babbling_attempts:
            last = self.transcript[-60:].decode("ascii", "replace")
            return LinkError(
                f"something else talks on {self.port.name}, without an end: …{last!r}",
                hint="a firmware of this project answers and is silent; flash the board, or give another port",
            )
        if self.transcript.count(_STARTED) >= _RESTARTS:
            return LinkError(
                f"the board on {self.port.name} starts again and again",
                hint="check its supply and its reset line; firmware for another board may do so, too",
            )
        return LinkError(
            f"the line {self.port.name} damages too much: {self.patience.attempts} attempts failed, the last one so: "
            f"{error}",
            hint="check cable, ground and baud rate",
        )

    def _resynchronise(self) -> None:
        """Ends whatever the firmware believes it is receiving, and forgets what it says of that."""
        self.repeated += 1
        self._write(b"%")
        try:
            self._answer(busy=False, at_least_seconds=_RAW_SILENCE_SECONDS)
        except DamagedAnswer:
            return
        with _port_errors(self.port):
            self._wait_for(min(_LATE_SECONDS, self.patience.answer_seconds / 20))
            for _ in range(_LATE_READS):  # what never ends is no rest of an answer
                late = self.port.read(4096)
                self.transcript += late
                if not late:
                    break

    def _answer(self, *, busy: bool, at_least_seconds: float = 0.0) -> bytes:
        """All bytes up to the prompt, without it."""
        said = self._received(busy, at_least_seconds)
        self.transcript += said
        if fault := _FAULT.search(said):
            raise FirmwareFault(
                f"the firmware stopped with {fault[0].decode()}",
                hint=f"arm-none-eabi-addr2line -e FIRMWARE.elf 0x{fault[1].decode()} tells the line; reset the board",
            )
        self._silent = 0 if said else self._silent + 1
        if not said.endswith(PROMPT):
            raise DamagedAnswer(f"no {PROMPT.decode().strip()} after {len(said)} bytes")
        return said.removesuffix(PROMPT)

    def _received(self, busy: bool, at_least_seconds: float) -> bytes:
        """What arrives until the prompt, a silence, or more than any answer has."""
        said = bytearray()
        ends = self.clock() + max(self.patience.answer_seconds, at_least_seconds) + self._longest_seconds()
        with _port_errors(self.port):
            while not said.endswith(PROMPT):
                working = busy and bool(said) and not _PAST_THE_WORK.search(said)
                seconds = self.patience.busy_seconds if working else self.patience.answer_seconds
                if said and not working:
                    seconds = min(seconds, self.patience.gap_seconds)
                self._wait_for(max(seconds, at_least_seconds if not said else 0))
                arrived = self.port.read(max(1, self.port.in_waiting))
                if not arrived:
                    self._stuck += working
                    break
                said += arrived
                if len(said) > self._longest_bytes or (not busy and self.clock() > ends):
                    self._babbling += 1
                    return bytes(said)
        self._babbling = 0
        return bytes(said)

    def _longest_seconds(self) -> float:
        return _PACE * self._longest_bytes * _BITS_PER_BYTE / float(self.port.baudrate)

    def _wait_for(self, seconds: float) -> None:
        """What a read waits. pyserial sets up the whole port for it, which takes a remote one many messages."""
        if self.port.timeout != seconds:
            self.port.timeout = seconds

    def _write(self, data: bytes) -> None:
        with _port_errors(self.port):
            self.port.write(data)


class Refused(RunError):
    """The firmware understood a command and will not do it; `reason` is in its words."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(
            f"the firmware refused {command!r}: {reason}", hint="docs/protocol.md explains each of its errors"
        )
        self.reason = reason


class _port_errors:  # noqa: N801  (reads as the context manager it is)
    """Errors of the operating system's port → LinkError."""

    def __init__(self, port: serial.SerialBase) -> None:
        self._name = port.name

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, (serial.SerialException, OSError, TypeError)):  # TypeError: pyserial, of a closed port
            raise LinkError(
                f"the port {self._name} disappeared: {error}", hint="was the board unplugged? plug it in and try again"
            ) from error

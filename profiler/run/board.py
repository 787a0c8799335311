"""A board behind a serial line: the conversation of every runner, held with the real thing and measured by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.errors import LinkError, RunError
from profiler.run import protocol
from profiler.run.image import load_image
from profiler.run.interface import Interface, read_interface
from profiler.run.link import Patience, Refused, SerialLink
from profiler.run.model import ClockCheck, MeasuredLayer, MeasuredProfile, MeasuredRun

_RESTARTS = 5  # of an input set, when the board lost it (a reset, an input that was used up)
_STILL_THERE = "output 0 0 0"  # no byte of an output: refused when the board was reset since the last inference
_LOST_INPUT = ("No input", "No output", "Input incomplete", "Input is used up", "No load in progress", "received:")
_NO_COUNTERS = "RAM has no room"
_FRAME_BYTES = 1024  # more than an answer has around what the model decides the length of
_LAYER_LINE_BYTES = len("m-layer-65535-cycles-4294967295\r\n")
_Result = TypeVar("_Result")
_MEMORY_KINDS = ("data", "bss", "arena", "stack", "free")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRunner:
    """Runs a firmware that is already flashed; yields measured cycles instead of counts.

    `repeat` inferences of the last input set are timed, and as many with the counter read around each layer.
    `clock_seconds` is how long host time and the board's are compared for, 0: not at all.
    """

    url: str
    repeat: int = 1
    clock_seconds: float = 1.0
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def run(self, firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]]) -> MeasuredRun:
        """Feed each input set, infer, collect, as Runner.run has it.

        Raises LinkError (nothing right comes back), FirmwareFault, RunError: another board or firmware answers, the
        firmware gives different outputs for the same input, or its core counts no cycles.
        """
        interface = read_interface(firmware, load_image(firmware.elf_path, board))
        interface.check_inputs(inputs)
        started = self.clock()
        with closing(SerialLink.open(self.url, board.uart.baud, self.patience)) as link:
            talk = _Talk(link, interface)
            talk.check_identity(board)
            core_id = protocol.hexadecimal(link.ask(protocol.CORE), "m-core-")
            sending = protocol.sending(inputs, keeps_input=interface.keeps_input)
            sent = sending.sets
            answers = [talk.run_set(each) for each in sent[:-1]]
            last, stack_bytes = talk.run_last_set(sent[-1], sending.last)
            answers.append(last)
            profile = talk.measure(sent[-1], answers[-1], sending.last, self.repeat)
            _require_counting(profile, board)
            outputs = tuple(answer.outputs for answer in answers)
            if len(sent) != len(inputs) and outputs[0] != outputs[1]:
                raise RunError(
                    "the firmware gave different outputs for the same input",
                    hint="it keeps state between inferences, or reads memory it never wrote",
                )
            return MeasuredRun(
                runner=f"serial {self.url}",
                outputs=outputs[len(sent) - len(inputs) :],
                profile=profile,
                stack_high_water_bytes=stack_bytes,
                memory_bytes=_memory(link.ask("memory")),
                build_id=interface.build_id,
                core_id=core_id,
                clock=self._check_clock(link, board, lambda: talk.run_set(sent[-1])) if self.clock_seconds else None,
                repeated_exchanges=link.repeated,
                wall_seconds=self.clock() - started,
                transcript=link.transcript.decode("ascii", "replace"),
            )

    def _check_clock(self, link: SerialLink, board: Board, infer: Callable[[], object]) -> ClockCheck:
        """`infer` is run when the board turns out to have been reset meanwhile: then its time began anew."""
        for _ in range(_RESTARTS):
            first = self._timestamp(link)
            self.sleep(self.clock_seconds)
            second = self._timestamp(link)
            try:
                link.ask(_STILL_THERE)
            except Refused:
                infer()
                continue
            host_seconds = second.middle - first.middle
            board_seconds = (second.microseconds - first.microseconds) / 1e6
            return ClockCheck(
                believed_hz=board.clock_hz,
                measured_hz=board.clock_hz * board_seconds / host_seconds,
                uncertainty_hz=board.clock_hz * (first.spread + second.spread) / host_seconds,
            )
        raise _resets(link)

    def _timestamp(self, link: SerialLink) -> _Moment:
        asked = self.clock()
        microseconds = protocol.numbered(link.ask("timestamp"), "m-lap-us-")
        answered = self.clock()
        return _Moment(microseconds=microseconds, middle=(asked + answered) / 2, spread=(answered - asked) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """The board's time at `middle` ± `spread` host seconds."""

    microseconds: int
    middle: float
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    outputs: tuple[bytes, ...]
    cycles: int


class _Talk:
    """The steps of the conversation. After a reset of the board an input set is started again."""

    def __init__(self, link: SerialLink, interface: Interface) -> None:
        self._link, self._interface = link, interface

    def check_identity(self, board: Board) -> None:
        """Raises RunError when another board or another firmware answers."""
        name = protocol.bracketed(self._link.ask(protocol.NAME), "m-name-dut-")
        if name != board.name:
            raise RunError(
                f"the firmware on {self._link.port.name} is for {name}, not for {board.name}",
                hint="flash the board, or give the board that is there",
            )
        build_id = protocol.bracketed(self._link.ask(protocol.BUILD), "m-build-")
        if build_id != self._interface.build_id:
            raise RunError(
                f"the board runs build {build_id[:64]}, but {self._interface.firmware_name} is build "
                f"{self._interface.build_id}",
                hint="flash the board again",
            )

    def run_set(self, inputs: Sequence[bytes], command: str = protocol.TIME) -> _Answer:
        """Load, infer as the command says, read every output."""
        return self._restarting(lambda: self._run_set_once(inputs, command))

    def run_last_set(self, inputs: Sequence[bytes], command: str) -> tuple[_Answer, int]:
        """As `run_set`, with the bytes of stack in use so far: not of a stack that is as new after a reset."""

        def once() -> tuple[_Answer, int]:
            answer = self._run_set_once(inputs, command)
            stack_bytes = protocol.numbered(self._link.ask(protocol.STACK), "m-stack-")
            self._link.ask(_STILL_THERE)
            return answer, stack_bytes

        return self._restarting(once)

    def _run_set_once(self, inputs: Sequence[bytes], command: str) -> _Answer:
        self._load(inputs)
        cycles = self._infer(command)
        sizes = self._interface.output_bytes
        return _Answer(outputs=tuple(self._output(index, size) for index, size in enumerate(sizes)), cycles=cycles)

    def measure(self, inputs: Sequence[bytes], last: _Answer, command: str, repeat: int) -> MeasuredProfile:
        """Cycles of `repeat` inferences, the one of `last` included, then layer by layer as often."""

        def infer() -> int:
            return self._infer(command)

        cycles = [last.cycles, *(self._again(inputs, infer) for _ in range(repeat - 1))]
        try:
            rounds = [self._again(inputs, self._layers) for _ in range(repeat)]
        except Refused as refused:
            if _NO_COUNTERS not in refused.reason:
                raise
            return MeasuredProfile(cycles=tuple(cycles), layers=(), layers_unavailable=refused.reason)
        return MeasuredProfile(
            cycles=tuple(cycles),
            layers=tuple(
                MeasuredLayer(layer=layer, cycles=each) for layer, each in enumerate(zip(*rounds, strict=True))
            ),
        )

    def _again(self, inputs: Sequence[bytes], step: Callable[[], _Result]) -> _Result:
        """The step, on the loaded input where it is still there."""

        def once() -> _Result:
            try:
                return step()
            except Refused as refused:
                if not refused.reason.startswith(_LOST_INPUT):
                    raise
                self._load(inputs)
                return step()

        return self._restarting(once)

    def _restarting(self, once: Callable[[], _Result]) -> _Result:
        for _ in range(_RESTARTS):
            try:
                return once()
            except Refused as refused:
                if not any(words in refused.reason for words in _LOST_INPUT):
                    raise
        raise _resets(self._link)

    def _load(self, inputs: Sequence[bytes]) -> None:
        data = b"".join(inputs)
        self._link.ask(protocol.load_command(inputs))

        def once(offset: int, count: int) -> None:
            chunk = data[offset : offset + count]
            self._link.send_chunk(protocol.raw_command(offset, chunk), chunk)

        self._link.in_parts(len(data), protocol.CHUNK_BYTES, once)

    def _infer(self, command: str) -> int:
        return protocol.numbered(self._link.ask(command, busy=True), "m-infer-cycles-")

    def _output(self, index: int, size: int) -> bytes:
        def once(offset: int, count: int) -> bytes:
            part = "" if count == size else f" {offset} {count}"
            lines = self._link.ask_once(f"output {index}{part}", longest_bytes=2 * count + _FRAME_BYTES)
            return bytes.fromhex(protocol.bracketed(lines, f"m-output-{index}-"))

        data = b"".join(self._link.in_parts(size, size, once))
        if len(data) != size:
            raise RunError(f"output {index} of the firmware has {len(data)} bytes instead of {size}")
        return data

    def _layers(self) -> tuple[int, ...]:
        count = self._interface.layers

        def once(first: int, number: int) -> list[int]:
            part = "" if number == count else f" {first} {number}"
            longest_bytes = _LAYER_LINE_BYTES * number + _FRAME_BYTES
            lines = self._link.ask_once(f"{protocol.LAYERS}{part}", busy=True, longest_bytes=longest_bytes)
            return [protocol.numbered(lines, f"m-layer-{layer}-cycles-") for layer in range(first, first + number)]

        return tuple(cycles for part in self._link.in_parts(count, count, once) for cycles in part)


def _require_counting(profile: MeasuredProfile, board: Board) -> None:
    if not any(profile.cycles):
        raise RunError(
            f"the cycle counter of the {board.core.name} stands still: every inference took 0 cycles",
            hint="an emulator may have none; on a part, a debugger or its security settings may hold it: power it off",
        )


def _resets(link: SerialLink) -> LinkError:
    return LinkError(
        f"the board on {link.port.name} lost its input {_RESTARTS} times",
        hint="does it reset again and again? check its supply",
    )


def _memory(lines: Sequence[str]) -> Mapping[str, int]:
    return {kind: protocol.numbered(lines, f"m-memory-{kind}-") for kind in _MEMORY_KINDS}

"""Firmware that was built elsewhere, on the embedded emulator: exact counts of a region of it.

Interrupts of the console UART and of SysTick are delivered outside of the counted region, as calls of their handlers:
enough for firmware that receives commands in a handler and waits by a tick count.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from profiler.boards.model import Board
from profiler.errors import FirmwareFault, LimitExceeded, RunError, SettingsError
from profiler.run.counts import execution_profile
from profiler.run.faults import Stop, error_for
from profiler.run.image import Image
from profiler.run.interrupts import SYSTICK_EXCEPTION, call_handler
from profiler.run.machine import Limits, Machine
from profiler.run.model import ExecutionProfile
from profiler.run.native_types import StopReason

TICK_INSTRUCTIONS = 20_000  # SysTick handlers run this often, whatever their period: time is not emulated
_REGISTER = re.compile(r"register:(0x[0-9A-Fa-f]{1,8})")
_SYST_CSR, _NVIC_ISER = 0xE000_E010, 0xE000_E100
_FIRST_INTERRUPT = 16
_COMMAND = re.compile(rb"[^%]*%|[^%]+")  # the next one is sent after the prompt
_RECEIVE_INTERRUPT_ENABLE = {"stm32_usart_v1": (0x0C, 5), "stm32_usart_v2": (0x00, 5)}  # (offset, bit): RXNEIE


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRegion:
    """Begins when a line with each of `start` was transmitted, in order; ends when `end_text` is transmitted or the
    register at `end_register` is read."""

    start: tuple[str, ...]
    end_text: str = ""
    end_register: int = 0


def region_of(start: Sequence[str], end: str) -> CountedRegion:
    """The region that begins after lines with the texts `start` and ends with a text or "register:0xADDRESS".

    Raises SettingsError for what is empty or names no register.
    """
    if not end or not all(start):
        raise SettingsError("start and end must not be empty", hint="give text that the firmware transmits")
    register = _REGISTER.fullmatch(end)
    if register:
        return CountedRegion(start=tuple(start), end_register=int(register[1], 16))
    if end.startswith("register:"):
        raise SettingsError(f"{end!r} names no register", hint="for example register:0x40000C24")
    return CountedRegion(start=tuple(start), end_text=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRun:
    """Counts of the region; `code` is what the board's memories that executed code held, by address; `registers` the
    last values of the registers that were asked for."""

    profile: ExecutionProfile
    code: tuple[tuple[int, bytes], ...]
    registers: dict[int, int]
    transcript: str
    emulated_instructions: int
    wall_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRunner:
    """Runs images on one board."""

    board: Board
    instruction_limit: int
    wall_limit_seconds: float
    memory_simulation: bool = True
    clock: Callable[[], float] = time.monotonic

    def run(
        self, image: Image, script: bytes, prompt: bytes, region: CountedRegion, registers: tuple[int, ...] = ()
    ) -> ImageRun:
        """Runs to the end of the region. `script` is sent to the console, each command after `prompt` was seen.

        Raises FirmwareFault, LimitExceeded (the region was not reached, with what the firmware last said) or RunError.
        """
        started = self.clock()
        session = _Session(self, image, script, prompt, region)
        with closing(session.machine) as machine:
            stop = session.run(lambda: self.clock() - started > self.wall_limit_seconds)
            if stop.reason is not StopReason.REGION_END:
                raise _error(stop, image, machine)
            tracer = machine.tracer
            profile = execution_profile(
                tracer.block_records(),
                tracer.edge_records(),
                tracer.memory_records(),
                machine.region_names,
                tracer.event_records(),
            )
            return ImageRun(
                profile=profile,
                code=_executed_memories(machine, profile),
                registers=tracer.register_values(registers),
                transcript=tracer.output().decode("ascii", "replace"),
                emulated_instructions=stop.status.instructions,
                wall_seconds=self.clock() - started,
            )


class _Session:
    """One run: the engine is stopped now and then to deliver interrupts."""

    def __init__(self, runner: ImageRunner, image: Image, script: bytes, prompt: bytes, region: CountedRegion) -> None:
        self.board = runner.board
        self._in_handler = self._out_of_time = False
        self._expired: Callable[[], bool] = lambda: False
        self.machine = Machine(
            board=runner.board,
            firmware=None,
            image=image,
            messages=_COMMAND.findall(script),
            prompt=prompt,
            limits=Limits(
                instructions=runner.instruction_limit, on_tick=self._tick, tick_instructions=TICK_INSTRUCTIONS
            ),
            memory_simulation=runner.memory_simulation,
        )
        self.machine.tracer.set_region(
            [text.encode() for text in region.start], region.end_text.encode(), region.end_register
        )

    def run(self, expired: Callable[[], bool]) -> Stop:
        """Runs until the region ends or something goes wrong; `expired` is asked now and then."""
        self._expired = expired
        machine = self.machine
        said = machine.run()
        while True:
            status = machine.tracer.status()
            if status.stop_reason != StopReason.REQUESTED or self._out_of_time:
                return Stop(status=status, registers=machine.registers(), engine_message=said)
            machine.tracer.resume()
            finished = True
            for exception in self._pending():
                self._in_handler = True
                said, finished = call_handler(machine, exception)
                self._in_handler = False
                if not finished:
                    break
            if not finished:
                status = machine.tracer.status()
                return Stop(status=status, registers=machine.registers(), engine_message=said)
            said = machine.engine.run(machine.engine.read_register("PC"))

    def _tick(self, _instructions: int) -> bool:
        if self._expired():
            self._out_of_time = True
            return True
        return not self._in_handler and bool(self._pending())

    def _pending(self) -> list[int]:
        """Exception numbers that would be taken now."""
        tracer = self.machine.tracer
        status = tracer.status()
        if status.counting or self.machine.engine.read_register("PRIMASK") & 1:
            return []
        uart = self.board.uart
        pending = [SYSTICK_EXCEPTION] if tracer.register_value(_SYST_CSR) & 3 == 3 else []
        if uart.interrupt is None or uart.model not in _RECEIVE_INTERRUPT_ENABLE:
            return pending
        offset, bit = _RECEIVE_INTERRUPT_ENABLE[uart.model]
        waits = status.script_consumed < self.machine.script_bytes and not status.script_blocked
        if waits and tracer.register_value(uart.base_address + offset) >> bit & 1:
            pending.append(_FIRST_INTERRUPT + uart.interrupt)
        return pending


def _executed_memories(machine: Machine, profile: ExecutionProfile) -> tuple[tuple[int, bytes], ...]:
    """Contents of the memories that code was executed from, under each address they appear at."""
    addresses = [block.address for layer in profile.layers for block in layer.blocks]
    return tuple(
        (base, machine.content(region))
        for region in machine.board.memories
        for base in (region.address, *region.aliases)
        if any(base <= address < base + region.size_bytes for address in addresses)
    )


def _error(stop: Stop, image: Image, machine: Machine) -> RunError:
    """Why the region was not reached, with what the firmware last said."""
    last = machine.tracer.output()[-200:].decode("ascii", "replace").strip() or "nothing"
    consumed = f"{stop.status.script_consumed} of {machine.script_bytes} bytes of the script were read"
    hint = f"it last said: {last} ({consumed})"
    if stop.reason in (StopReason.REQUESTED, StopReason.INSTRUCTION_LIMIT, StopReason.SCRIPT_DONE):
        where = f"0x{stop.registers['pc']:08X} after {stop.status.instructions:,} instructions"
        return LimitExceeded(f"the counted region of {image.path.name} was not reached: it is at {where}", hint=hint)
    try:
        error = error_for(stop, image.path)
    except RunError:  # a raw image tells neither functions nor lines
        pc = stop.registers["pc"]
        what = stop.engine_message or stop.reason.name.lower().replace("_", " ")
        return FirmwareFault(f"{image.path.name} stopped at 0x{pc:08X}: {what}", hint=hint)
    return type(error)(error.message, hint=f"{error.hint}; {hint}")

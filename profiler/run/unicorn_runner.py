"""The embedded emulator as a Runner: a firmware is booted on Unicorn and spoken to over its emulated serial port."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from profiler.boards.memory_controls import control_registers
from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.errors import LimitExceeded, RunError
from profiler.run import protocol
from profiler.run.counts import execution_profile
from profiler.run.engine import UNICORN_VERSION
from profiler.run.faults import Stop, error_for
from profiler.run.image import Image, load_image
from profiler.run.interface import read_interface
from profiler.run.location import locate
from profiler.run.machine import Limits, Machine
from profiler.run.model import RunResult
from profiler.run.native_types import StopReason, TracerStatus
from profiler.run.waiting import waiting_hint

DEFAULT_INSTRUCTION_LIMIT = 20_000_000_000
DEFAULT_WALL_LIMIT_SECONDS = 600.0
START_INSTRUCTIONS = 100_000_000  # more than any start-up takes until it says who is there


@dataclass(slots=True)
class _Watch:
    """Looks at the clock now and then; remembers an interrupt until the engine has come back. `machine`: what runs."""

    clock: Callable[[], float]
    limit_seconds: float
    progress: Callable[[int], None] | None
    started: float = field(init=False)
    interrupt: BaseException | None = None
    machine: Machine | None = None
    said_nothing: bool = False

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def seconds(self) -> float:
        return self.clock() - self.started

    def tick(self, instructions: int) -> bool:
        """True when the run has to end. Nothing may be raised through the engine's native frames."""
        try:
            if self.progress is not None:
                self.progress(instructions)
        except BaseException as error:
            self.interrupt = error
        if instructions > START_INSTRUCTIONS and self.machine is not None:
            self.said_nothing = not self.machine.tracer.output()
        return self.interrupt is not None or self.said_nothing or self.seconds > self.limit_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class UnicornRunner:
    """Runs a firmware on the board's memory map with exact counts (see Runner for the contract).

    The last input set is inferred twice, so that caches are as warm as in a board's loop; the profile is of the last
    inference. `around_layers`: only the last set is run, with the cycle counter read around each layer, as boards are
    measured. `memory_simulation` False leaves caches and line buffers out (counts stay exact, `memory` of every layer
    is empty). `progress` is told the executed instructions some twenty times a second.
    """

    instruction_limit: int = DEFAULT_INSTRUCTION_LIMIT
    wall_limit_seconds: float = DEFAULT_WALL_LIMIT_SECONDS
    memory_simulation: bool = True
    around_layers: bool = False
    progress: Callable[[int], None] | None = None
    clock: Callable[[], float] = time.monotonic

    def run(self, firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]]) -> RunResult:
        """See Runner.run. `inputs` must not be empty and must fit what the firmware says of its model."""
        image = load_image(firmware.elf_path, board)
        interface = read_interface(firmware, image)
        interface.check_inputs(inputs)
        output_count = len(interface.output_bytes)
        plan = protocol.sending_for_layers if self.around_layers else protocol.sending
        sending = plan(inputs, keeps_input=interface.keeps_input)
        if self.around_layers:
            inputs = inputs[-1:]
        watch = _Watch(self.clock, self.wall_limit_seconds, self.progress)
        boot = partial(
            Machine,
            board=board,
            firmware=firmware,
            image=image,
            messages=protocol.script(sending.sets, output_count, last=sending.last),
            prompt=protocol.PROMPT,
            limits=Limits(instructions=self.instruction_limit, on_tick=watch.tick),
            memory_simulation=self.memory_simulation,
            around_layers=self.around_layers,
        )
        with closing(boot()) as machine:
            stop = _run(machine, watch)
            if stop.reason is StopReason.SCRIPT_DONE:
                return _result(machine, watch.seconds, len(inputs), sending, output_count)
        raise _error(_exact(stop, boot, watch), watch, image, board)


def _error(stop: Stop, watch: _Watch, image: Image, board: Board) -> RunError:
    """Why the run ended, with the register it waited for where that is why."""
    error = error_for(stop, image.path)
    if isinstance(error, LimitExceeded):
        if watch.said_nothing:
            where = locate(image.path, stop.status.stop_address)
            error = LimitExceeded(
                f"the firmware has said nothing on {board.uart.name} within {stop.status.instructions:,} instructions; "
                f"it is in {where}",
                hint="look for an endless loop at that line",
            )
        error.hint = waiting_hint(stop, image, board) or error.hint
    return error


def _run(machine: Machine, watch: _Watch) -> Stop:
    """Runs the machine to its end, whatever that is."""
    watch.machine = machine
    said = machine.run()
    if watch.interrupt is not None:
        raise watch.interrupt
    return Stop(status=machine.tracer.status(), registers=machine.registers(), engine_message=said)


def _exact(stop: Stop, boot: Callable[[], Machine], watch: _Watch) -> Stop:
    """The same stop, told to the instruction.

    The engine knows the block in which a run stopped. Runs are deterministic: a second one, in which only that block
    is watched instruction by instruction, ends in the same place.
    """
    if not stop.needs_exact_address:
        return stop
    with closing(boot()) as machine:
        machine.watch_exactly(stop.status.block_address, stop.status.block_address + stop.status.block_bytes)
        again = _run(machine, watch)
    return again if again.reason is stop.reason else stop


def _check_answered(machine: Machine, status: TracerStatus) -> None:
    """Raises RunError unless the firmware has read and answered everything that was sent to it."""
    if not status.script_blocked and status.script_consumed == machine.script_bytes:
        return
    last = machine.tracer.output()[-200:].decode("ascii", "replace").strip() or "nothing"
    lost = f"{status.lost_transmit_bytes} bytes were written while the transmitter was off. "
    raise RunError(
        f"the firmware stopped answering on {machine.board.uart.name} after {status.script_consumed} of "
        f"{machine.script_bytes} bytes sent to it. {lost if status.lost_transmit_bytes else ''}It last said: {last}",
        hint="every command, and the boot, must end with 'm-ready'",
    )


def _result(machine: Machine, seconds: float, asked: int, sending: protocol.Sending, output_count: int) -> RunResult:
    status = machine.tracer.status()
    _check_answered(machine, status)
    transcript = machine.tracer.output().decode("ascii", "replace")
    said = protocol.parse_transcript(transcript, output_count)
    sent = len(sending.sets)
    if len(said.outputs) != sent or status.inferences != sending.inferences:
        raise RunError(
            f"{sending.inferences} inferences were asked for and {status.inferences} ran; of {sent} input sets "
            f"{len(said.outputs)} gave outputs"
        )
    if sent != asked and said.outputs[0] != said.outputs[1]:
        raise RunError(
            "the firmware gave different outputs for the same input",
            hint="it keeps state between inferences, or reads memory it never wrote",
        )
    tracer = machine.tracer
    blocks, edges, memory = tracer.block_records(), tracer.edge_records(), tracer.memory_records()
    return RunResult(
        runner=f"unicorn {UNICORN_VERSION}",
        outputs=said.outputs[sent - asked :],
        profile=execution_profile(blocks, edges, memory, machine.region_names, tracer.event_records()),
        stack_high_water_bytes=max(machine.stack_top - status.stack_low, said.stack_bytes or 0),
        emulated_instructions=status.instructions,
        wall_seconds=seconds,
        transcript=transcript,
        registers=tracer.register_values(control_registers(machine.board)),
    )

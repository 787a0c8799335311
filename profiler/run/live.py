"""A firmware on the embedded emulator that is talked to while it runs, with time as a timing model tells it.

The machine's clock advances by modelled cycles while the model runs, by what the owner says while the firmware waits
for input, and stands still otherwise: a cycle counter read before and after an inference differs by the model's cycles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.run.counts import execution_profile
from profiler.run.faults import Stop, error_for
from profiler.run.image import Image
from profiler.run.interrupts import SYSTICK_EXCEPTION, call_handler
from profiler.run.machine import Limits, Machine
from profiler.run.model import DISPATCH, ExecutionProfile
from profiler.run.native_types import StopReason

_TICK_INSTRUCTIONS = 200_000  # what the firmware says before an inference is heard before its end
CyclesOf = Callable[[ExecutionProfile], Mapping[int, int]]  # cycles of each layer, DISPATCH included


class Rebooted(Exception):
    """The firmware reset itself."""


class Halted(Exception):
    """The owner's `on_tick` ended the run."""


class LiveMachine:
    """One power-up. Close it after use."""

    def __init__(
        self,
        *,
        board: Board,
        firmware: Firmware,
        image: Image,
        cycles_of: CyclesOf,
        on_output: Callable[[bytes], None],
        on_tick: Callable[[int], bool],
        instruction_limit: int = 1 << 62,
    ) -> None:
        """`on_tick` is asked every few milliseconds while code runs; True halts. Raises as `Machine`."""
        self._firmware, self._cycles_of, self._on_output, self._on_tick = firmware, cycles_of, on_output, on_tick
        self._machine = Machine(
            board=board,
            firmware=firmware,
            image=image,
            messages=(),
            prompt=b"",
            limits=Limits(instructions=instruction_limit, on_tick=self._tick, tick_instructions=_TICK_INSTRUCTIONS),
            memory_simulation=True,
            live=True,
        )
        self._started = False
        self._told_cycles = 0  # of the inference that is running

    def close(self) -> None:
        """Powers it down."""
        self._machine.close()

    def registers(self, addresses: Iterable[int]) -> dict[int, int]:
        """What peripheral registers hold now."""
        return self._machine.tracer.register_values(addresses)

    def send(self, data: bytes) -> None:
        """Bytes for the console port."""
        self._machine.tracer.send(data)

    def advance(self, cycles: int) -> None:
        """Lets time pass; SysTick interrupts of that time are taken."""
        for _ in range(self._machine.tracer.advance(cycles)):
            said, returned = call_handler(self._machine, SYSTICK_EXCEPTION)
            if not returned:
                self._raise(said)

    def run(self) -> None:
        """Runs until the firmware waits for input that is not there.

        Raises Rebooted, Halted, or RunError when the firmware fails.
        """
        machine = self._machine
        while True:
            said = machine.engine.run(machine.engine.read_register("PC")) if self._started else machine.run()
            self._started = True
            reason = StopReason(machine.tracer.status().stop_reason)
            self._pass_output()
            if reason not in (StopReason.SEGMENT, StopReason.SCRIPT_DONE):
                self._raise(said)
            machine.tracer.resume()
            if reason is StopReason.SCRIPT_DONE:
                return
            self.advance(self._segment_cycles())

    def _tick(self, instructions: int) -> bool:
        self._pass_output()
        return self._on_tick(instructions)

    def _pass_output(self) -> None:
        if output := self._machine.tracer.take_output():
            self._on_output(output)

    def _raise(self, said: str) -> None:
        status = self._machine.tracer.status()
        if status.stop_reason == StopReason.RESET:
            raise Rebooted
        if status.stop_reason == StopReason.REQUESTED:
            raise Halted
        stop = Stop(status=status, registers=self._machine.registers(), engine_message=said)
        raise error_for(stop, self._firmware.elf_path)

    def _segment_cycles(self) -> int:
        """Cycles of what ran since the last segment: a layer of a profiled inference, or the rest of one."""
        tracer = self._machine.tracer
        blocks, edges, memory = tracer.block_records(), tracer.edge_records(), tracer.memory_records()
        profile = execution_profile(blocks, edges, memory, self._machine.region_names, tracer.event_records())
        if not tracer.status().counting:
            spent = sum(self._cycles_of(profile).values()) - self._told_cycles
            self._told_cycles = 0
            return max(spent, 0)
        newest = profile.layers[-1]
        between = tuple(layer for layer in profile.layers if layer.layer == DISPATCH)
        spent = self._cycles_of(ExecutionProfile(layers=(*between, newest)))[newest.layer]
        self._told_cycles += spent
        return spent

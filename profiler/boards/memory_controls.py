"""The registers in which firmware sets up the memory system: what they can hold, and what they held in a run."""

from __future__ import annotations

from collections.abc import Mapping

from profiler.boards.memory_config import MemoryConfig, with_memory_config
from profiler.boards.model import Board, MemoryControl, MemoryRegion, MemorySetting
from profiler.errors import BoardError, RunError


def control_registers(board: Board) -> tuple[int, ...]:
    """Addresses of the registers that `config_from_registers` looks at."""
    return tuple(sorted({control.address for control in board.memory_controls}))


def config_from_registers(board: Board, registers: Mapping[int, int]) -> MemoryConfig:
    """The configuration that `registers` (address → value) hold; what the board file does not tell of stays unset."""
    values = {
        control.setting: registers[control.address] >> control.lsb & (1 << control.width) - 1
        for control in board.memory_controls
        if control.address in registers
    }

    def switch(setting: MemorySetting) -> bool | None:
        return bool(values[setting]) if setting in values else None

    return MemoryConfig(
        prefetch=switch(MemorySetting.PREFETCH),
        icache=switch(MemorySetting.ICACHE),
        dcache=switch(MemorySetting.DCACHE),
        wait_states=values.get(MemorySetting.WAIT_STATES),
    )


def board_to_build(board: Board, config: MemoryConfig) -> Board:
    """The board with its memory system as `config` has it, for firmware whose start-up sets that up.

    Raises BoardError as `with_memory_config`, and for what no register of the part can hold, or the array is too slow
    for at the board's clock.
    """
    changed = with_memory_config(board, config)
    for setting, before, after in (
        (MemorySetting.PREFETCH, board.prefetches, changed.prefetches),
        (MemorySetting.ICACHE, board.caches_instructions, changed.caches_instructions),
        (MemorySetting.DCACHE, board.caches_data, changed.caches_data),
    ):
        if before != after and _control(board, setting) is None:
            raise _cannot(board, f"switches {setting.value}")
    for memory, switched in zip(board.memories, changed.memories, strict=True):
        if switched.read_wait_cycles != memory.read_wait_cycles:
            _require_wait_states(board, memory, switched.read_wait_cycles)
    return changed


def control_values(board: Board) -> tuple[tuple[MemoryControl, int], ...]:
    """What each of the board's memory controls must hold for its memory system as it is."""
    values = {
        MemorySetting.PREFETCH: int(board.prefetches),
        MemorySetting.ICACHE: int(board.caches_instructions),
        MemorySetting.DCACHE: int(board.caches_data),
        MemorySetting.WAIT_STATES: board.boot_flash.read_wait_cycles,
    }
    return tuple((control, values[control.setting] << control.lsb) for control in board.memory_controls)


def require_set_up(board: Board, registers: Mapping[int, int]) -> None:
    """Raises RunError when start-up has not set the registers up as the model of `board` has its memory system."""
    wrong = [
        f"{control.setting.value} is {(registers[control.address] & control.mask) >> control.lsb}, not "
        f"{value >> control.lsb} ({control.source})"
        for control, value in control_values(board)
        if control.address in registers and registers[control.address] & control.mask != value
    ]
    if wrong:
        raise RunError(
            f"start-up of {board.name} set its memory system up otherwise than it is modelled: {'; '.join(wrong)}",
            hint="correct the board file's memories, caches or [[memory_controls]], or its board support package",
        )


def _control(board: Board, setting: MemorySetting) -> MemoryControl | None:
    return next((control for control in board.memory_controls if control.setting is setting), None)


def _require_wait_states(board: Board, memory: MemoryRegion, wait_states: int) -> None:
    control = _control(board, MemorySetting.WAIT_STATES)
    if control is None or memory is not board.boot_flash:
        raise _cannot(board, f"sets the wait states of {memory.name}: it has {memory.read_wait_cycles}, always")
    if not memory.read_wait_cycles <= wait_states <= control.largest:
        raise BoardError(
            f"{memory.name} of {board.name} cannot have {wait_states} wait states",
            hint=f"at {board.clock_hz / 1e6:g} MHz it needs {memory.read_wait_cycles}, and its register holds at most "
            f"{control.largest} ({control.source})",
        )


def _cannot(board: Board, what: str) -> BoardError:
    return BoardError(
        f"no register of {board.name} {what}",
        hint=f"leave it out; what can be set: {_settable(board)}",
    )


def _settable(board: Board) -> str:
    return ", ".join(dict.fromkeys(control.setting.value for control in board.memory_controls)) or "nothing"

"""How a firmware has set up the memory system: the board's control registers read back."""

from __future__ import annotations

from collections.abc import Mapping

from profiler.boards.memory_config import MemoryConfig
from profiler.boards.model import Board, MemorySetting


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

"""Every write of start-up to a register of a peripheral or of the core, in order."""

from __future__ import annotations

from dataclasses import dataclass

import unicorn.arm_const
from elftools.elf.elffile import ELFFile
from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import UC_ARM_REG_SP

from profiler.boards.model import Board, EmulatedRegister
from profiler.build.model import Firmware

MAXIMUM_INSTRUCTIONS = 200_000
PAGE_BYTES = 4096
PRIVATE_PERIPHERAL_BUS = (0xE0000000, 0x100000)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTrace:
    """Writes as (address, value), and what each register holds in the end."""

    writes: tuple[tuple[int, int], ...]

    def last(self, address: int) -> int:
        """The last value written. Raises KeyError when there is none."""
        return dict(self.writes)[address]

    def position(self, address: int, mask: int, value: int) -> int:
        """Number of the first write of a value whose bits under `mask` are `value`. Raises StopIteration."""
        return next(
            number for number, (at, written) in enumerate(self.writes) if at == address and written & mask == value
        )


def trace_start_up(board: Board, firmware: Firmware) -> RegisterTrace:
    """Run from the reset vector until `runtime_main`, with the board's emulated registers and an idle UART."""
    emulator = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
    emulator.ctl_set_cpu_model(getattr(unicorn.arm_const, f"UC_CPU_ARM_{board.core.unicorn_model}"))
    for memory in board.memories:
        emulator.mem_map(memory.address, -(-memory.size_bytes // PAGE_BYTES) * PAGE_BYTES)
    with firmware.elf_path.open("rb") as file:
        for segment in ELFFile(file).iter_segments():
            if segment["p_filesz"]:
                emulator.mem_write(segment["p_paddr"], segment.data())

    writes: list[tuple[int, int]] = []
    stored = {register.address: register.reset_value for register in board.emulated_registers}
    rules = {register.address: register for register in board.emulated_registers}

    def read(_uc: Uc, offset: int, _size: int, base: int) -> int:
        address = base + offset
        return _apply(rules.get(address), stored.get(address, 0))

    def write(_uc: Uc, offset: int, _size: int, value: int, base: int) -> None:
        stored[base + offset] = value
        writes.append((base + offset, value))

    for base, size in (*board.peripheral_ranges, PRIVATE_PERIPHERAL_BUS):
        emulator.mmio_map(base, size, read, base, write, base)
    vectors = board.boot_flash.address + board.vector_table_offset_bytes
    stack, reset = (int.from_bytes(emulator.mem_read(vectors + at, 4), "little") for at in (0, 4))
    emulator.reg_write(UC_ARM_REG_SP, stack)
    emulator.emu_start(reset, firmware.symbol_address("runtime_main"), count=MAXIMUM_INSTRUCTIONS)
    return RegisterTrace(writes=tuple(writes))


def _apply(register: EmulatedRegister | None, value: int) -> int:
    if register is not None:
        value = (value | register.set_bits) & ~register.clear_bits
        for from_bit, to_bit, width in register.mirrors:
            mask = (1 << width) - 1
            value = value & ~(mask << to_bit) | ((value >> from_bit) & mask) << to_bit
    return value & 0xFFFFFFFF

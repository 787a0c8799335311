"""Which register a loop waits for when a run ends in it: of a board whose file does not tell what start-up reads."""

from __future__ import annotations

import struct

from profiler.boards.model import Board
from profiler.run.faults import PERIPHERAL_SPACE, Stop
from profiler.run.image import Image

# Loads of a word, Rt from [Rn, #imm]: Armv7-M Architecture Reference Manual A7.7.43, encodings T1 and T3.
_LDR_T1, _LDR_T1_MASK = 0x6800, 0xF800
_LDR_T3, _LDR_T3_MASK = 0xF8D0, 0xFFF0


def awaited_register(stop: Stop, image: Image) -> int | None:
    """Address of the peripheral register that the last block read, None when it read none."""
    code = image.bytes_at(stop.status.block_address, stop.status.block_bytes)
    halfwords: tuple[int, ...] = struct.unpack(f"<{len(code) // 2}H", code[: len(code) // 2 * 2])
    for position, halfword in enumerate(halfwords):
        if halfword & _LDR_T1_MASK == _LDR_T1:
            base, offset = halfword >> 3 & 7, (halfword >> 6 & 31) * 4
        elif halfword & _LDR_T3_MASK == _LDR_T3 and position + 1 < len(halfwords):
            base, offset = halfword & 15, halfwords[position + 1] & 0xFFF
        else:
            continue
        address = stop.registers.get(f"r{base}", 0) + offset
        if address in PERIPHERAL_SPACE:
            return address
    return None


def waiting_hint(stop: Stop, image: Image, board: Board) -> str | None:
    """What to do about a loop that waits for a register in vain; None when the run did not end in one."""
    address = awaited_register(stop, image)
    if address is None:
        return None
    names = {register.address: f" ({register.name})" for register in board.emulated_registers}
    return (
        f"it waits for the register at 0x{address:08X}{names.get(address, '')}: tell what it reads in "
        "[[emulated_registers]] of the board file"
    )

"""Where the basic blocks of a firmware end: the rule by which the embedded emulator cuts code, as a table.

Another emulator cuts code elsewhere, and not always in the same places (Renode ends a block where a time slice ends).
With this table its executed code is counted in the same blocks, so that two engines can be compared count by count.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from profiler.run.image import Image

PAGE_BYTES = 1024  # the embedded emulator's translation never reaches from one page into the next
_WIDE = 0xE800  # first halfwords from here on begin a 32-bit instruction (Armv7-M ARM A5.1)

# (mask, value) of 16-bit instructions after which control may go elsewhere, or the core's state is another.
_NARROW_ENDS = (
    (0xF000, 0xD000),  # B<c>, UDF, SVC
    (0xF800, 0xE000),  # B
    (0xF500, 0xB100),  # CBZ, CBNZ
    (0xFF00, 0x4700),  # BX, BLX
    (0xFF00, 0xBD00),  # POP {…, pc}
    (0xFF87, 0x4487),  # ADD pc, Rm
    (0xFF87, 0x4687),  # MOV pc, Rm
    (0xFFE8, 0xB660),  # CPSIE, CPSID
    (0xFF00, 0xBE00),  # BKPT
    (0xFFFF, 0xBF30),  # WFI
)
# The same of 32-bit instructions: mask and value of both halfwords.
_WIDE_ENDS = (
    (0xF800, 0xF000, 0xD000, 0xD000),  # BL
    (0xF800, 0xF000, 0xD000, 0x9000),  # B.W
    (0xFFE0, 0xF380, 0xD000, 0x8000),  # MSR
    (0xFFFF, 0xF3BF, 0xFFF0, 0x8F60),  # ISB
    (0xFFF0, 0xF7F0, 0xF000, 0xA000),  # UDF.W
    (0xFF70, 0xF850, 0xF000, 0xF000),  # LDR pc
    (0xFE50, 0xE810, 0x8000, 0x8000),  # LDM, POP.W with pc; LDRD and the like are told apart below
    (0xFFF0, 0xE8D0, 0xFFE0, 0xF000),  # TBB, TBH
    (0xFFF0, 0xEEE0, 0x0F10, 0x0A10),  # VMSR
)
_CONDITIONAL_BRANCH = (0xF800, 0xF000, 0xD000, 0x8000)  # B<c>.W, unless the condition's bits are 111x
_NO_CONDITION = 0x0380
_DUAL_OR_EXCLUSIVE = 0x0040  # set in LDRD, LDREX, TBB; clear in LDM


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTable:
    """One stretch of code. `block_bytes[i]` is the size of the block that starts `2 * i` bytes from `address`."""

    address: int
    code: bytes
    block_bytes: tuple[int, ...]

    def size_at(self, address: int) -> int:
        """Size of the block that starts at an address of this stretch."""
        return self.block_bytes[(address - self.address) // 2]

    def instructions_at(self, address: int) -> int:
        """Instructions of the block that starts at an address of this stretch."""
        at, end, count = address, address + self.size_at(address), 0
        while at < end:
            at += instruction_bytes(struct.unpack_from("<H", self.code, at - self.address)[0])
            count += 1
        return count


def code_tables(image: Image) -> tuple[CodeTable, ...]:
    """A table for each loaded segment, in the image's order; data among the code is taken as code, to no harm."""
    return tuple(
        code_table(segment.run_address, segment.data) for segment in image.segments if segment.run_address % 2 == 0
    )


def code_table(address: int, code: bytes) -> CodeTable:
    """The table of `code` as it lies at `address`, which is even."""
    code = code[: len(code) // 2 * 2]
    halfwords = struct.unpack(f"<{len(code) // 2}H", code)
    sizes = [0] * len(halfwords)
    for index in range(len(halfwords) - 1, -1, -1):  # from the back: a block is an instruction and the block behind it
        sizes[index] = _block_bytes(address, halfwords, index, sizes.__getitem__)
    return CodeTable(address=address, code=code, block_bytes=tuple(sizes))


def instruction_bytes(first_halfword: int) -> int:
    """2 or 4: how long the Thumb instruction is."""
    return 4 if first_halfword >= _WIDE else 2


def _block_bytes(address: int, halfwords: Sequence[int], index: int, behind: Callable[[int], int]) -> int:
    size = instruction_bytes(halfwords[index])
    following = index + size // 2
    if following >= len(halfwords) or _ends_block(halfwords, index):
        return size
    at, next_at = address + 2 * index, address + 2 * following
    page_end = at - at % PAGE_BYTES + PAGE_BYTES
    if next_at >= page_end or (next_at == page_end - 2 and instruction_bytes(halfwords[following]) == 4):
        return size
    return size + behind(following)


def _ends_block(halfwords: Sequence[int], index: int) -> bool:
    first = halfwords[index]
    if first < _WIDE:
        return any(first & mask == value for mask, value in _NARROW_ENDS)
    second = halfwords[index + 1] if index + 1 < len(halfwords) else 0
    if _matches(first, second, _CONDITIONAL_BRANCH):
        return first & _NO_CONDITION != _NO_CONDITION or any(_matches(first, second, each) for each in _WIDE_ENDS)
    if first & 0xFE00 == 0xE800 and first & _DUAL_OR_EXCLUSIVE:
        return first & 0xFFF0 == 0xE8D0 and second & 0xFFE0 == 0xF000
    return any(_matches(first, second, each) for each in _WIDE_ENDS)


def _matches(first: int, second: int, pattern: tuple[int, int, int, int]) -> bool:
    first_mask, first_value, second_mask, second_value = pattern
    return first & first_mask == first_value and second & second_mask == second_value

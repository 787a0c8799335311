"""Thumb machine code → classified instructions, each distinct encoding decoded once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import capstone
from capstone import arm

from profiler.timing.instruction_class import CLASS_BY_NAME, LOADS, MULTIPLES, STORES, InstructionClass

SP, LR, PC, FPSCR = 13, 14, 15, 48
REGISTER_COUNT = 49  # r0..r15, s0..s31, FPSCR

_C = InstructionClass
_LONG_MULTIPLIES = (_C.LONG_MULTIPLY, _C.LONG_MULTIPLY_ACCUMULATE)
_LEFT_SHIFTS = (arm.ARM_SFT_LSL, arm.ARM_SFT_LSL_REG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction as the cost model sees it. Registers are numbers: r0..r15, then s0..s31 from 16, FPSCR 48.

    Operands are told apart by when a pipeline needs them: `address` and `shifted` early, `late` (an accumulator, or
    the data of a store) late, `sources` at the usual time. `transfers` is the number of words a load or store moves.
    """

    kind: InstructionClass
    text: str
    size_bytes: int
    sources: tuple[int, ...] = ()
    address: tuple[int, ...] = ()
    shifted: tuple[int, ...] = ()
    late: tuple[int, ...] = ()
    results: tuple[int, ...] = ()
    writeback: int = -1  # base register that an addressing mode updates, or -1
    transfers: int = 0
    writes_pc: bool = False
    sets_flags: bool = False  # outside of an IT block
    conditional: bool = False  # a branch that depends on the flags
    simple: bool = False  # an addition, subtraction or move without a shifted operand or constant, or a shift


def encoding_size_bytes(code: bytes, offset: int) -> int:
    """2 or 4: bits 15..11 of the first halfword tell (Armv7-M ARM DDI0403, A5.1)."""
    return 4 if code[offset + 1] >> 3 in (0b11101, 0b11110, 0b11111) else 2


def disassemble(code: bytes) -> tuple[Instruction, ...]:
    """Instructions of a run of code, in order. Undecodable ones have the class `UNKNOWN`; a torn last one too."""
    instructions = []
    offset = 0
    while offset + 2 <= len(code):
        size = encoding_size_bytes(code, offset)
        instructions.append(decode(code[offset : offset + size]))
        offset += size
    return tuple(instructions)


def listing(code: bytes, address: int) -> tuple[tuple[bytes, str], ...]:
    """(encoding, text) of each instruction of a block at an address: with branch targets and the conditions of IT."""
    texts = {found.address - address: f"{found.mnemonic} {found.op_str}".strip() for found in _texts(code, address)}
    lines, offset = [], 0
    while offset + 2 <= len(code):
        encoding = code[offset : offset + encoding_size_bytes(code, offset)]
        lines.append((encoding, texts.get(offset) or decode(encoding).text))
        offset += len(encoding)
    return tuple(lines)


def _texts(code: bytes, address: int) -> list[Any]:
    engine = _new_decoder()  # of its own: capstone remembers an IT block from one call to the next
    engine.skipdata = True
    return [found for found in engine.disasm(code, address) if found.id]


@functools.lru_cache(maxsize=1)
def _decoder() -> Any:
    engine = _new_decoder()
    engine.detail = True
    return engine


def _new_decoder() -> Any:
    return capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS | capstone.CS_MODE_V8)


@functools.lru_cache(maxsize=1 << 17)
def decode(encoding: bytes) -> Instruction:
    """The instruction of one encoding, outside of any IT block (its class and registers are the same inside)."""
    if len(encoding) == 2 and encoding[1] == 0xBF and encoding[0] & 0xF:
        # Never shown to capstone: it would treat the encodings decoded next as part of this IT block.
        return Instruction(kind=_C.IT, text="it", size_bytes=2)
    found = next(_decoder().disasm(encoding, 0, 1), None)
    if found is None or found.size != len(encoding):
        return Instruction(kind=_C.UNKNOWN, text=f".inst 0x{encoding.hex()}", size_bytes=len(encoding))
    return _classified(found)


def _classified(found: Any) -> Instruction:
    kind = _kind(found)
    text = f"{found.mnemonic} {found.op_str}".strip()
    if kind in MULTIPLES:
        return _multiple(found, kind, text)
    memory = next((operand for operand in found.operands if operand.type == arm.ARM_OP_MEM), None)
    if memory is not None and kind is not _C.TABLE_BRANCH:
        return _single_access(found, kind, text, memory)
    return _data_processing(found, kind, text)


def _name(found: Any) -> str:
    return _name_of(found.id)


@functools.cache
def _name_of(instruction: int) -> str:
    """The mnemonic of a capstone instruction number, without suffixes."""
    return str(_decoder().insn_name(instruction))


def _kind(found: Any) -> InstructionClass:
    name = _name(found)
    operands = found.operands
    kind = CLASS_BY_NAME.get(name, _C.UNKNOWN)
    if kind is _C.ALU:
        if operands[0].type == arm.ARM_OP_REG and operands[0].reg == arm.ARM_REG_PC:
            return _C.BRANCH_REGISTER
        shifts = [operand.shift.type for operand in operands if operand.shift.type != arm.ARM_SFT_INVALID]
        if shifts:
            return _C.ALU_SHIFTED_LEFT if shifts[0] in _LEFT_SHIFTS else _C.ALU_SHIFTED
        if _has_shifted_constant(found):
            return _C.ALU_SHIFTED_CONSTANT
    elif kind is _C.STORE and any(o.type == arm.ARM_OP_MEM and o.mem.index for o in operands):
        return _C.STORE_REGISTER_OFFSET
    elif name == "vmov":
        core = sum(o.type == arm.ARM_OP_REG and min(_registers(o.reg), default=16) < 16 for o in operands)
        return (_C.FP_MOVE, _C.FP_TRANSFER, _C.FP_TRANSFER_TWO)[core]
    elif name in ("vldr", "vstr"):
        double = len(_registers(operands[0].reg)) == 2
        if name == "vldr":
            return _C.FP_LOAD_DOUBLE if double else _C.FP_LOAD
        return _C.FP_STORE_DOUBLE if double else _C.FP_STORE
    return kind


_CORE_NAMES = {f"r{number}": number for number in range(16)} | {
    "sb": 9, "sl": 10, "fp": 11, "ip": 12, "sp": SP, "lr": LR, "pc": PC,
}  # fmt: skip


@functools.cache
def _registers(register: int) -> tuple[int, ...]:
    """Numbers of a capstone register; a double register is two single ones, the APSR is not tracked."""
    name = _decoder().reg_name(register) or ""
    if name in _CORE_NAMES:
        return (_CORE_NAMES[name],)
    if name.startswith("fpscr"):
        return (FPSCR,)
    if name[:1] == "s" and name[1:].isdigit():
        return (16 + int(name[1:]),)
    if name[:1] == "d" and name[1:].isdigit() and int(name[1:]) < 16:
        return (16 + 2 * int(name[1:]), 17 + 2 * int(name[1:]))
    return ()


def _operand_registers(operands: Any) -> tuple[int, ...]:
    return tuple(n for o in operands if o.type == arm.ARM_OP_REG for n in _registers(o.reg))


def _multiple(found: Any, kind: InstructionClass, text: str) -> Instruction:
    stack = _name(found) in ("push", "pop", "vpush", "vpop")
    listed = _operand_registers(found.operands[0 if stack else 1 :])
    base = SP if stack else _operand_registers(found.operands[:1])[0]
    loads = kind in LOADS
    return Instruction(
        kind=kind,
        text=text,
        size_bytes=found.size,
        address=(base,),
        late=() if loads else listed,
        results=listed if loads else (),
        writeback=base if stack or found.writeback else -1,
        transfers=len(listed),
        writes_pc=loads and PC in listed,
    )


def _single_access(found: Any, kind: InstructionClass, text: str, memory: Any) -> Instruction:
    address = tuple(n for register in (memory.mem.base, memory.mem.index) for n in _registers(register))
    data = _operand_registers(found.operands)
    stores = kind in STORES
    status = data[:1] if stores and _name(found).startswith(("strex", "stlex")) else ()
    return Instruction(
        kind=kind,
        text=text,
        size_bytes=found.size,
        address=tuple(register for register in address if register != PC),
        late=data[len(status) :] if stores else (),
        results=status if stores else data,
        writeback=address[0] if found.writeback else -1,
        transfers=max(1, len(data) - len(status)),
        writes_pc=not stores and PC in data,
    )


def _data_processing(found: Any, kind: InstructionClass, text: str) -> Instruction:
    # capstone's own list of read registers lacks some (SXTAB16's second, SMLAL's accumulators): operands complete it.
    read, written = ({n for r in registers for n in _registers(r)} for registers in found.regs_access())
    operands = found.operands
    late: tuple[int, ...] = ()
    if kind in _LONG_MULTIPLIES:
        read = set(_operand_registers(operands[2:]))
        written |= set(_operand_registers(operands[:2]))
        if kind is _C.LONG_MULTIPLY_ACCUMULATE:
            late = _operand_registers(operands[:2])
    elif kind is _C.MULTIPLY_ACCUMULATE:
        read, late = set(_operand_registers(operands[1:3])), _operand_registers(operands[3:])
    elif kind is _C.FP_MULTIPLY_ACCUMULATE:
        read, late = set(_operand_registers(operands[1:3])), _operand_registers(operands[:1])
    elif kind not in (_C.FP_TRANSFER, _C.FP_TRANSFER_TWO):
        read |= set(_operand_registers(operands[1:]))
    shifted: tuple[int, ...] = ()
    if kind in (_C.ALU_SHIFTED, _C.ALU_SHIFTED_LEFT):
        shifted = _operand_registers(o for o in operands if o.shift.type != arm.ARM_SFT_INVALID)
    elif kind in (_C.BITFIELD, _C.SATURATE, _C.PACK) and _name(found) != "bfc":
        shifted = _operand_registers(operands[1:])[-1:]  # what is extracted, reversed, shifted or extended
    return Instruction(
        kind=kind,
        text=text,
        size_bytes=found.size,
        sources=tuple(sorted(read - set(shifted) - {PC})),
        shifted=shifted,
        late=late,
        results=tuple(sorted(written - {PC})),
        writes_pc=kind is _C.BRANCH_REGISTER,
        sets_flags=found.update_flags,
        simple=kind is _C.SHIFT or (kind is _C.ALU and _name(found) in _SIMPLE_NAMES),
        conditional=kind is _C.BRANCH and found.cc not in (arm.ARM_CC_INVALID, arm.ARM_CC_AL),
    )


_SIMPLE_NAMES = frozenset({"add", "addw", "sub", "subw", "mov", "movs", "movw", "movt"})


_PLAIN_CONSTANTS = frozenset({"addw", "subw", "movw", "movt"})  # 12 or 16 bits as they are


def _has_shifted_constant(found: Any) -> bool:
    """Whether a 32-bit encoding holds a constant that is neither 8 bits nor made of repeated bytes."""
    if found.size == 2 or found.mnemonic in _PLAIN_CONSTANTS or _name(found) == "adr":
        return False
    constants = (operand.imm & 0xFFFF_FFFF for operand in found.operands if operand.type == arm.ARM_OP_IMM)
    return any(value > 0xFF and not _repeats(value) for value in constants)


def _repeats(value: int) -> bool:
    low, high = value & 0xFF, value >> 8 & 0xFF
    return value in (low * 0x0001_0001, high * 0x0100_0100, low * 0x0101_0101)

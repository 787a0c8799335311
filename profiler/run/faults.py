"""From an address to a function and a source line, and from a stopped run to the error a user reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from elftools.dwarf.dwarfinfo import DWARFInfo
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from profiler.errors import FirmwareFault, LimitExceeded, RunError
from profiler.run.model import DISPATCH
from profiler.run.tracer import StopReason

_MEM_WRITE_KINDS = (17, 20, 22)  # UC_MEM_WRITE, _WRITE_UNMAPPED, _WRITE_PROT
_MEM_FETCH_KINDS = (18, 21, 24)
_PROTECTED_KINDS = (22, 23, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLocation:
    """Where an address is in the source. `function` and `line` are None when the ELF does not tell."""

    address: int
    function: str | None
    line: str | None  # "conv_2d_s8_ref.h:41"

    def __str__(self) -> str:
        text = f"{self.function or 'unknown code'} (0x{self.address:08X})"
        return f"{text} at {self.line}" if self.line else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A run that ended early, with everything that explains it. `access_kind` is a UC_MEM_* number."""

    reason: StopReason
    location: CodeLocation
    layer: int
    counting: bool
    instructions: int
    access_address: int
    access_bytes: int
    access_kind: int
    exception: int
    registers: Mapping[str, int]
    engine_message: str


def locate(elf_path: Path, address: int) -> CodeLocation:
    """Function from the symbol table and source line from DWARF, either absent where the ELF says nothing."""
    with elf_path.open("rb") as file:
        elf = ELFFile(file)
        line = _source_line(elf.get_dwarf_info(), address) if elf.has_dwarf_info() else None
        return CodeLocation(address=address, function=_function_name(elf, address), line=line)


def _function_name(elf: ELFFile, address: int) -> str | None:
    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        return None
    for symbol in table.iter_symbols():
        start = symbol["st_value"] & ~1
        inside = start <= address < start + max(symbol["st_size"], 2)
        if symbol["st_info"]["type"] == "STT_FUNC" and inside:
            return str(symbol.name)
    return None


def _source_line(dwarf: DWARFInfo, address: int) -> str | None:
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        if program is None:
            continue
        previous = None
        for state in (entry.state for entry in program.get_entries() if entry.state is not None):
            if previous is not None and previous.address <= address < state.address:
                return f"{_file_name(program, previous.file)}:{previous.line}"
            previous = None if state.end_sequence else state
    return None


def _file_name(program: object, index: int) -> str:
    header = program.header  # type: ignore[attr-defined]  # pyelftools is not annotated
    entry = header["file_entry"][index if header["version"] >= 5 else index - 1]
    return Path(entry.name.decode(errors="replace")).name


def error_for(stop: Stop) -> RunError:
    """The error that tells why a run ended, where, and what to do."""
    where = f"in {stop.location}, {_layer_text(stop)}"
    if stop.reason is StopReason.INSTRUCTION_LIMIT:
        return LimitExceeded(
            f"the run reached its limit of {stop.instructions:,} instructions {where}",
            hint="raise the instruction limit, or look for an endless loop at that line",
        )
    if stop.reason is StopReason.REQUESTED:
        return LimitExceeded(
            f"the run reached its wall-clock limit after {stop.instructions:,} instructions {where}",
            hint="raise the time limit, or look for an endless loop at that line",
        )
    what, hint = _fault_text(stop)
    return FirmwareFault(f"{what} {where}\n{_registers_text(stop.registers)}", hint=hint)


def _layer_text(stop: Stop) -> str:
    if not stop.counting:
        return "outside of an inference"
    return "between layers" if stop.layer == DISPATCH else f"layer {stop.layer}"


def _fault_text(stop: Stop) -> tuple[str, str | None]:
    access = f"{stop.access_bytes}-byte {_access_verb(stop.access_kind)} at 0x{stop.access_address:08X}"
    texts: dict[StopReason, tuple[str, str | None]] = {
        StopReason.MEMORY_FAULT: (f"the firmware made {_access_problem(stop, access)}", None),
        StopReason.EXCEPTION: (
            f"the firmware raised {_exception_name(stop.exception)}",
            "an assertion, an abort or a breakpoint in the firmware; the line tells which",
        ),
        StopReason.ILLEGAL_INSTRUCTION: (
            "the firmware executed an instruction that this core does not have",
            "build for the board's core: compare the firmware's -mcpu with the board file",
        ),
        StopReason.FPU_DISABLED: (
            "the firmware executed a floating-point instruction before it enabled the FPU",
            "start-up code must set CP10 and CP11 in CPACR (0xE000ED88) first",
        ),
        StopReason.UNALIGNED: (
            f"the firmware made an unaligned {access}",
            "that instruction needs natural alignment on this core; align the buffer or use a byte-wise access",
        ),
        StopReason.STACK_OVERFLOW: (
            f"the stack overflowed: the stack pointer went down to 0x{stop.access_address:08X}",
            "reserve more stack for the firmware",
        ),
        StopReason.RESET: (
            "the firmware reset itself",
            "a fault handler or an assertion of the firmware asked for it; the line tells which",
        ),
        StopReason.DMA: (
            f"the firmware gave EasyDMA {stop.access_bytes} bytes at 0x{stop.access_address:08X}, which is not RAM",
            "copy the buffer to RAM first",
        ),
        StopReason.TABLE_FULL: ("the emulator's tables cannot hold what the firmware does", None),
    }
    if stop.reason in texts:
        return texts[stop.reason]
    return f"the emulator stopped ({stop.engine_message})", "an instruction that this core does not have, or a sleep"


def _access_verb(kind: int) -> str:
    if kind in _MEM_FETCH_KINDS:
        return "instruction fetch"
    return "write" if kind in _MEM_WRITE_KINDS else "read"


def _access_problem(stop: Stop, access: str) -> str:
    if stop.access_kind in _MEM_FETCH_KINDS:
        return f"a jump to 0x{stop.access_address:08X}, where there is no code memory"
    if stop.access_kind in _PROTECTED_KINDS and stop.access_kind in _MEM_WRITE_KINDS:
        return f"a {access}, which is flash"
    return f"a {access}, where the board has no memory"


def _exception_name(number: int) -> str:
    """QEMU's exception numbers for Arm (target/arm/cpu.h)."""
    names = {1: "an undefined instruction", 2: "SVC", 3: "a prefetch abort", 4: "a data abort", 7: "a breakpoint"}
    return names.get(number, f"exception {number}")


def _registers_text(registers: Mapping[str, int]) -> str:
    words = [f"{name}={value:08X}" for name, value in registers.items()]
    return "\n".join("  " + " ".join(words[start : start + 6]) for start in range(0, len(words), 6))

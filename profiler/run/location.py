"""From an address in a firmware to a function and a source line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from elftools.dwarf.dwarfinfo import DWARFInfo
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLocation:
    """Where an address is in the source. `function` and `line` are None when the ELF does not tell."""

    address: int
    function: str | None
    line: str | None  # "conv_2d_s8_ref.h:41"

    def __str__(self) -> str:
        text = f"{self.function or 'unknown code'} (0x{self.address:08X})"
        return f"{text} at {self.line}" if self.line else text


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

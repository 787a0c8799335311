"""From addresses in a firmware to functions and source lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from elftools.common.exceptions import ELFError
from elftools.dwarf.dwarfinfo import DWARFInfo
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from profiler.errors import RunError

_Span: TypeAlias = tuple[int, int, str]  # first address, address behind the last, what is there


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
class CodeMap:
    """Functions and source lines of an ELF as address spans, sorted."""

    functions: tuple[_Span, ...]
    lines: tuple[_Span, ...]

    def at(self, address: int) -> CodeLocation:
        """What is at an address."""
        return CodeLocation(
            address=address, function=_lookup(self.functions, address), line=_lookup(self.lines, address)
        )


def _lookup(spans: tuple[_Span, ...], address: int) -> str | None:
    position = bisect_right(spans, address, key=lambda span: span[0]) - 1
    if position < 0 or address >= spans[position][1]:
        return None
    return spans[position][2]


def code_map(elf_path: Path) -> CodeMap:
    """Functions from the symbol table and lines from DWARF, either empty where the ELF says nothing.

    Raises RunError when the file is missing or not an ELF file.
    """
    try:
        with elf_path.open("rb") as file:
            elf = ELFFile(file)
            dwarf = elf.get_dwarf_info() if elf.has_dwarf_info() else None
            names = dict(_source_names(dwarf)) if dwarf else {}
            lines = sorted(_lines(dwarf)) if dwarf else []
            return CodeMap(functions=tuple(sorted(_functions(elf, names))), lines=tuple(lines))
    except (OSError, ELFError) as error:
        raise RunError(f"cannot read the firmware {elf_path}: {error}", hint="build it again") from error


def locate(elf_path: Path, address: int) -> CodeLocation:
    """Where one address is; for many of one firmware take its `code_map`."""
    return code_map(elf_path).at(address)


def _source_names(dwarf: DWARFInfo) -> Iterator[tuple[str, str]]:
    """(symbol, name in the source) of C++ functions: "accumulate_shared<0, 4>"."""
    for unit in dwarf.iter_CUs():
        for entry in unit.iter_DIEs():
            symbol, name = (entry.attributes.get(key) for key in ("DW_AT_linkage_name", "DW_AT_name"))
            if symbol is not None and name is not None:
                yield symbol.value.decode(errors="replace"), name.value.decode(errors="replace")


def _functions(elf: ELFFile, names: Mapping[str, str]) -> Iterator[_Span]:
    table = elf.get_section_by_name(".symtab")
    if isinstance(table, SymbolTableSection):
        for symbol in table.iter_symbols():
            if symbol["st_info"]["type"] == "STT_FUNC":
                start = symbol["st_value"] & ~1
                yield start, start + max(symbol["st_size"], 2), names.get(symbol.name, str(symbol.name))


def _lines(dwarf: DWARFInfo) -> Iterator[_Span]:
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        if program is None:
            continue
        previous = None
        dropped = False  # sequences of functions that the linker dropped start at address 0
        for state in (entry.state for entry in program.get_entries() if entry.state is not None):
            if previous is None:
                dropped = state.address == 0
            elif previous.address < state.address and not dropped:
                yield previous.address, state.address, f"{_file_name(program, previous.file)}:{previous.line}"
            previous = None if state.end_sequence else state


def _file_name(program: Any, index: int) -> str:
    header = program.header
    entry = header["file_entry"][index if header["version"] >= 5 else index - 1]
    return Path(entry.name.decode(errors="replace")).name

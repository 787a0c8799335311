"""Where the bytes of an ELF went: every allocated byte belongs to exactly one symbol, category and, maybe, layer.

Symbols come from the ELF, the object file behind an address from the linker's map; what no symbol covers (string
literals, libc's unsized assembler routines, padding) gets an entry of its own, so that sums equal section sizes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import mapfile_parser
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section as ElfSection
from elftools.elf.sections import SymbolTableSection

from profiler.build.model import Category, Section, Symbol

_SHF_WRITE, _SHF_ALLOC = 0x1, 0x2
_LAYER = re.compile(r"layer_(\d+)_")
_STACK_SECTION, _ARENA_SECTION = ".stack", ".arena"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """One input section as the linker placed it."""

    address: int
    size_bytes: int
    object_name: str
    section_name: str


def read_sections(elf_path: Path) -> tuple[Section, ...]:
    """Allocated, non-empty sections in address order. `in_flash`: has bytes in the image; `in_ram`: writable."""
    with elf_path.open("rb") as file:
        sections = [
            Section(
                name=section.name,
                address=section["sh_addr"],
                size_bytes=section["sh_size"],
                in_flash=section["sh_type"] != "SHT_NOBITS",
                in_ram=bool(section["sh_flags"] & _SHF_WRITE),
            )
            for section in _allocated(ELFFile(file))
        ]
    return tuple(sorted(sections, key=lambda section: section.address))


def read_symbols(elf_path: Path, map_path: Path) -> tuple[Symbol, ...]:
    """One Symbol for each byte range of the image, in address order; sizes of a section's symbols add up to it."""
    pieces = _read_map(map_path)
    starts = [piece.address for piece in pieces]
    symbols: list[Symbol] = []
    with elf_path.open("rb") as file:
        elf = ELFFile(file)
        named = _named_symbols(elf)
        for section in _allocated(elf):
            start, end = section["sh_addr"], section["sh_addr"] + section["sh_size"]
            cursor = start
            inside = [entry for entry in named if start <= entry[0] < end]
            for address, size_bytes, name in inside:
                if address < cursor:  # an alias of, or a label inside, the previous symbol
                    continue
                symbols += _unnamed(cursor, address, section.name, pieces, starts)
                size_bytes = min(size_bytes, end - address)
                symbols.append(_symbol(name, address, size_bytes, section.name, _piece_at(address, pieces, starts)))
                cursor = address + size_bytes
            symbols += _unnamed(cursor, end, section.name, pieces, starts)
    return tuple(symbols)


def _allocated(elf: ELFFile) -> Iterator[ElfSection]:
    for section in elf.iter_sections():
        if section["sh_flags"] & _SHF_ALLOC and section["sh_size"] > 0:
            yield section


def _named_symbols(elf: ELFFile) -> list[tuple[int, int, str]]:
    """(address, size, name) of sized functions and objects, outermost first where two start together."""
    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        return []
    found = set()
    for symbol in table.iter_symbols():
        kind = symbol["st_info"]["type"]
        if kind in ("STT_FUNC", "STT_OBJECT") and symbol["st_size"] > 0 and isinstance(symbol["st_shndx"], int):
            address = symbol["st_value"] & ~1 if kind == "STT_FUNC" else symbol["st_value"]
            found.add((address, symbol["st_size"], symbol.name))
    return sorted(found, key=lambda entry: (entry[0], -entry[1], entry[2]))


def _read_map(map_path: Path) -> list[_Piece]:
    map_file = mapfile_parser.MapFile()
    map_file.readMapFile(map_path)
    pieces = [
        _Piece(
            address=piece.vram, size_bytes=piece.size, object_name=piece.filepath.name, section_name=piece.sectionType
        )
        for segment in map_file
        for piece in segment
        if piece.size > 0 and piece.vram > 0
    ]
    return sorted(pieces, key=lambda piece: piece.address)


def _piece_at(address: int, pieces: Sequence[_Piece], starts: Sequence[int]) -> _Piece | None:
    position = bisect_right(starts, address) - 1
    if position >= 0 and address < pieces[position].address + pieces[position].size_bytes:
        return pieces[position]
    return None


def _unnamed(start: int, end: int, section: str, pieces: Sequence[_Piece], starts: Sequence[int]) -> Iterator[Symbol]:
    """Entries for the bytes of [start, end) that no symbol covers, cut at input section bounds."""
    while start < end:
        piece = _piece_at(start, pieces, starts)
        if piece is not None:
            stop = min(end, piece.address + piece.size_bytes)
            name = f"({piece.section_name} of {piece.object_name})"
        else:
            following = bisect_right(starts, start)
            stop = min(end, pieces[following].address) if following < len(pieces) else end
            name = "(stack)" if section == _STACK_SECTION else "(padding)"
        yield _symbol(name, start, stop - start, section, piece)
        start = stop


def _symbol(name: str, address: int, size_bytes: int, section: str, piece: _Piece | None) -> Symbol:
    object_name = piece.object_name if piece is not None else None
    layer = _LAYER.search(object_name or "") or _LAYER.match(name)
    return Symbol(
        name=name,
        address=address,
        size_bytes=size_bytes,
        section=section,
        category=_category(name, section, object_name),
        layer=int(layer.group(1)) if layer else None,
        source_file=object_name,
    )


def _category(name: str, section: str, object_name: str | None) -> Category:
    """The first rule that matches; object names are those `firmware.py` gives, archives are the toolchain's."""
    rules = (
        (section == _STACK_SECTION, Category.STACK),
        (section == _ARENA_SECTION or name == "model_arena", Category.ARENA),
        (object_name is None, Category.OTHER),
        ("model_weights" in (object_name or ""), Category.WEIGHTS),
        ("model_layer_" in (object_name or ""), Category.KERNELS),
        ((object_name or "").startswith(("startup_", "bsp_")), Category.BOOT),
        ((object_name or "").startswith(("runtime_", "model_")), Category.HARNESS),
        (re.search(r"^lib\w+\.a|\.a\b|^crt|\.o$", object_name or "") is not None, Category.LIBC),
    )
    return next((category for matches, category in rules if matches), Category.OTHER)

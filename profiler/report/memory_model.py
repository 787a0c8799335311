"""Where flash and RAM went, as values. Bytes come from the linked ELF: their basis is `static`."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.boards.model import MemoryKind
from profiler.build.model import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLine:
    """One line of the account. `part_of` names the line this one details; such lines are not added to the total."""

    memory: MemoryKind
    what: str
    category: Category
    size_bytes: int
    part_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeTool:
    """The three totals `arm-none-eabi-size` prints: flash is text + data, RAM is data + bss."""

    text_bytes: int
    data_bytes: int
    bss_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionUse:
    """One memory of the board. `reserved_bytes` lie before the image (a bootloader's) and cannot be used."""

    name: str
    kind: MemoryKind
    address: int
    size_bytes: int
    used_bytes: int
    reserved_bytes: int = 0

    @property
    def free_bytes(self) -> int:
        return self.size_bytes - self.used_bytes - self.reserved_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerMemory:
    """Flash of one layer; `layer` None: shared by all layers or belonging to none."""

    layer: int | None = None
    category: Category
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionUse:
    """An ELF section as linked."""

    name: str
    address: int
    size_bytes: int
    in_flash: bool
    in_ram: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolUse:
    """One of the largest symbols."""

    name: str
    section: str
    category: Category
    size_bytes: int
    layer: int | None = None
    source_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryProfile:
    """The whole account: for each memory, the lines that are not a part of another add up to the total."""

    flash_bytes: int
    ram_bytes: int
    size_tool: SizeTool
    lines: tuple[MemoryLine, ...]
    flash_by_layer: tuple[LayerMemory, ...]
    regions: tuple[RegionUse, ...]
    sections: tuple[SectionUse, ...]
    top_symbols: tuple[SymbolUse, ...]

    def account(self, memory: MemoryKind) -> tuple[MemoryLine, ...]:
        """Lines of one memory, in report order."""
        return tuple(line for line in self.lines if line.memory is memory)

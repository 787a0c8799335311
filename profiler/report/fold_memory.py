"""The linked ELF's sections and symbols → the account of flash and RAM. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from profiler.boards.model import Board, MemoryKind, MemoryRegion
from profiler.build.model import Category, Firmware, Section, Symbol
from profiler.graph.model import Graph
from profiler.plan.model import MemoryPlan
from profiler.report.memory_model import (
    LayerMemory,
    MemoryLine,
    MemoryProfile,
    RegionUse,
    SectionUse,
    SizeTool,
    SymbolUse,
)

TOP_SYMBOLS = 24

_FLASH_LABELS = {
    Category.WEIGHTS: "weights, biases and quantization tables",
    Category.KERNELS: "kernel code",
    Category.HARNESS: "harness (serial protocol, timer, stack painter)",
    Category.BOOT: "boot code, vector table, drivers",
    Category.LIBC: "libc, libgcc, libm",
    Category.OTHER: "padding and unnamed bytes",
}
_RAM_LABELS = {
    Category.ARENA: "tensor arena",
    Category.STACK: "stack (reserved)",
    Category.HEAP: "heap (reserved)",
    Category.HARNESS: "harness variables and serial buffers",
    Category.BOOT: "boot and driver variables",
    Category.LIBC: "libc variables",
    Category.OTHER: "padding and unnamed bytes",
}


def fold_memory(firmware: Firmware, board: Board, plan: MemoryPlan, graph: Graph) -> MemoryProfile:
    """The account of every allocated byte of `firmware` on `board`.

    Flash is every section with contents in flash, RAM every section with an address in RAM, `.data` in both; so flash
    equals `text + data` and RAM `data + bss` of `arm-none-eabi-size`.
    """
    shares = {section.name: section_shares(section, firmware.symbols) for section in firmware.sections}
    return MemoryProfile(
        flash_bytes=sum(section.size_bytes for section in firmware.sections if section.in_flash),
        ram_bytes=sum(section.size_bytes for section in firmware.sections if section.in_ram),
        size_tool=_size_tool(firmware.sections),
        lines=(*_flash_lines(firmware.sections, shares), *_ram_lines(firmware.sections, shares, plan, graph)),
        flash_by_layer=_flash_by_layer(firmware, shares),
        regions=tuple(_region_use(region, board, firmware.sections) for region in board.memories),
        sections=tuple(_section_use(section) for section in firmware.sections),
        top_symbols=_top_symbols(firmware.symbols),
    )


def section_shares(section: Section, symbols: Iterable[Symbol]) -> Counter[tuple[Category, int | None]]:
    """Bytes of one section by (category, layer); adds up to the section's size.

    Aliases (two names for the same bytes) count once, for the first name by address, size and name; bytes under no
    symbol are OTHER.
    """
    inside = [symbol for symbol in symbols if symbol.section == section.name and symbol.size_bytes > 0]
    shares: Counter[tuple[Category, int | None]] = Counter()
    reached = section.address
    end = section.address + section.size_bytes
    for symbol in sorted(inside, key=lambda symbol: (symbol.address, -symbol.size_bytes, symbol.name)):
        start = max(symbol.address, reached)
        stop = min(symbol.address + symbol.size_bytes, end)
        if stop > start:
            shares[symbol.category, symbol.layer] += stop - start
            reached = stop
    rest = section.size_bytes - shares.total()
    if rest:
        shares[_home_category(section), None] += rest
    return shares


def _home_category(section: Section) -> Category:
    """What bytes without a symbol are, where the section itself tells."""
    for category in (Category.STACK, Category.HEAP, Category.ARENA):
        if category.value in section.name:
            return category
    return Category.OTHER


def _by_category(
    sections: Iterable[Section], shares: dict[str, Counter[tuple[Category, int | None]]]
) -> Counter[Category]:
    totals: Counter[Category] = Counter()
    for section in sections:
        for (category, _layer), size_bytes in shares[section.name].items():
            totals[category] += size_bytes
    return totals


def _lines(
    memory: MemoryKind, totals: Counter[Category], labels: dict[Category, str], suffix: str = ""
) -> list[MemoryLine]:
    order = list(labels) + [category for category in Category if category not in labels]
    return [
        MemoryLine(
            memory=memory,
            what=labels.get(category, category.value) + suffix,
            category=category,
            size_bytes=totals[category],
        )
        for category in order
        if totals[category]
    ]


def _flash_lines(
    sections: Sequence[Section], shares: dict[str, Counter[tuple[Category, int | None]]]
) -> list[MemoryLine]:
    stays = [section for section in sections if section.in_flash and not section.in_ram]
    copied = [section for section in sections if section.in_flash and section.in_ram]
    lines = _lines(MemoryKind.FLASH, _by_category(stays, shares), _FLASH_LABELS)
    for section in copied:
        if section.size_bytes:
            what = f"{section.name}: contents copied to RAM at boot"
            lines.append(
                MemoryLine(memory=MemoryKind.FLASH, what=what, category=Category.OTHER, size_bytes=section.size_bytes)
            )
    return lines


def _ram_lines(
    sections: Sequence[Section],
    shares: dict[str, Counter[tuple[Category, int | None]]],
    plan: MemoryPlan,
    graph: Graph,
) -> list[MemoryLine]:
    zeroed = [section for section in sections if section.in_ram and not section.in_flash]
    copied = [section for section in sections if section.in_flash and section.in_ram]
    lines: list[MemoryLine] = []
    for line in _lines(MemoryKind.RAM, _by_category(zeroed, shares), _RAM_LABELS):
        lines.append(line)
        if line.category is Category.ARENA:
            lines += _arena_parts(line, plan, graph)
    for section in copied:
        if section.size_bytes:
            lines.append(
                MemoryLine(
                    memory=MemoryKind.RAM,
                    what=f"{section.name}: initialized variables (also in flash)",
                    category=Category.OTHER,
                    size_bytes=section.size_bytes,
                )
            )
    return lines


def _arena_parts(arena: MemoryLine, plan: MemoryPlan, graph: Graph) -> list[MemoryLine]:
    """Input and output buffers, which live inside the arena and share its bytes with other tensors over time."""
    parts = []
    for word, indices in (("input", graph.inputs), ("output", graph.outputs)):
        size_bytes = sum(graph.tensors[index].size_bytes for index in indices if index in plan.tensor_offsets)
        if size_bytes:
            parts.append(
                MemoryLine(
                    memory=MemoryKind.RAM,
                    what=f"of which {word} buffer, shared over time",
                    category=Category.ARENA,
                    size_bytes=size_bytes,
                    part_of=arena.what,
                )
            )
    return parts


def _size_tool(sections: Sequence[Section]) -> SizeTool:
    return SizeTool(
        text_bytes=sum(section.size_bytes for section in sections if section.in_flash and not section.in_ram),
        data_bytes=sum(section.size_bytes for section in sections if section.in_flash and section.in_ram),
        bss_bytes=sum(section.size_bytes for section in sections if section.in_ram and not section.in_flash),
    )


def _flash_by_layer(
    firmware: Firmware, shares: dict[str, Counter[tuple[Category, int | None]]]
) -> tuple[LayerMemory, ...]:
    totals: Counter[tuple[Category, int | None]] = Counter()
    for section in firmware.sections:
        if section.in_flash:
            totals.update(shares[section.name])
    order = sorted(totals, key=lambda key: (key[1] is None, key[1] or 0, list(Category).index(key[0])))
    return tuple(
        LayerMemory(layer=layer, category=category, size_bytes=totals[category, layer]) for category, layer in order
    )


def _bytes_inside(region: MemoryRegion, section: Section) -> int:
    """Bytes of the section's run addresses inside the region, under any of its addresses."""
    end = section.address + section.size_bytes
    return sum(
        max(min(end, base + region.size_bytes) - max(section.address, base), 0)
        for base in (region.address, *region.aliases)
    )


def _region_use(region: MemoryRegion, board: Board, sections: Sequence[Section]) -> RegionUse:
    """Sections that run in the region and, in the boot flash, the load images of those that run elsewhere.

    Bytes at addresses where the board has no RAM count against the preferred RAM, which then shows the overflow.
    """
    used_bytes = before_image_bytes = 0
    for section in sections:
        inside_bytes = _bytes_inside(region, section)
        if inside_bytes and section.address - region.address < board.vector_table_offset_bytes:
            before_image_bytes += inside_bytes
        used_bytes += inside_bytes
        if region == board.boot_flash and section.in_flash:
            used_bytes += section.size_bytes - _bytes_in_flash(board, section)
        elif region == board.ram_regions[0] and not section.in_flash:
            used_bytes += section.size_bytes - sum(_bytes_inside(memory, section) for memory in board.memories)
    return RegionUse(
        name=region.name,
        kind=region.kind,
        address=region.address,
        size_bytes=region.size_bytes,
        used_bytes=used_bytes,
        reserved_bytes=max(board.vector_table_offset_bytes - before_image_bytes, 0)
        if region == board.boot_flash
        else 0,
    )


def _bytes_in_flash(board: Board, section: Section) -> int:
    flashes = [memory for memory in board.memories if memory.kind is MemoryKind.FLASH]
    return sum(_bytes_inside(flash, section) for flash in flashes)


def _section_use(section: Section) -> SectionUse:
    return SectionUse(
        name=section.name,
        address=section.address,
        size_bytes=section.size_bytes,
        in_flash=section.in_flash,
        in_ram=section.in_ram,
    )


def _top_symbols(symbols: Iterable[Symbol]) -> tuple[SymbolUse, ...]:
    largest = sorted(symbols, key=lambda symbol: (-symbol.size_bytes, symbol.name, symbol.address))[:TOP_SYMBOLS]
    return tuple(
        SymbolUse(
            name=symbol.name,
            section=symbol.section,
            category=symbol.category,
            size_bytes=symbol.size_bytes,
            layer=symbol.layer,
            source_file=symbol.source_file,
        )
        for symbol in largest
    )

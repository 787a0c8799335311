"""Which of a board's memories hold the program's data and which the arena, and whether it all fits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from profiler.boards.model import Board, MemoryKind, MemoryRegion
from profiler.errors import DoesNotFitError
from profiler.graph.model import Graph
from profiler.plan.lifetimes import lifetimes, tensor_bytes
from profiler.plan.problem import round_up

_SECTION_ALIGNMENT_BYTES = 8  # AAPCS: the stack is 8-byte aligned; the linker pads the others to no more than this


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestTensor:
    """The run-time tensor of most bytes: what to make smaller first."""

    tensor_index: int
    size_bytes: int
    first_operator: int
    last_operator: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySpan:
    """One region, or several that follow each other without a gap, and how much of it is used for what.

    `uses` are (what, bytes): "arena", "data, bss, stack", "flash".
    """

    regions: tuple[str, ...]
    address: int
    size_bytes: int
    uses: tuple[tuple[str, int], ...] = ()

    @property
    def used_bytes(self) -> int:
        """Bytes of all uses together."""
        return sum(size for _, size in self.uses)

    @property
    def free_bytes(self) -> int:
        """Bytes no use takes."""
        return self.size_bytes - self.used_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPlacement:
    """Where the linker puts things. `arena` and `data` are equal when both live in the same span.

    `spans` are all memories of the board, flash first, for reports; used ones carry their uses.
    """

    flash: MemorySpan
    arena: MemorySpan
    data: MemorySpan  # .data, .bss and the stack
    spans: tuple[MemorySpan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Whether a model fits a board. `reasons` is empty exactly when `placement` is there."""

    board: str
    ram_needed_bytes: int
    ram_bytes: int
    flash_needed_bytes: int
    flash_bytes: int
    placement: MemoryPlacement | None
    reasons: tuple[str, ...]


def largest_tensor(graph: Graph) -> LargestTensor | None:
    """The largest tensor that lives in the arena (the first of equals), None when there is none."""
    alive = lifetimes(graph)
    if not alive:
        return None
    index = max(alive, key=lambda tensor: tensor_bytes(graph.tensors[tensor]))
    return LargestTensor(
        tensor_index=index,
        size_bytes=tensor_bytes(graph.tensors[index]),
        first_operator=alive[index].first_operator,
        last_operator=alive[index].last_operator,
    )


def place(
    board: Board,
    *,
    arena_bytes: int,
    other_ram_bytes: int,
    stack_bytes: int,
    flash_bytes: int,
    largest: LargestTensor | None = None,
) -> MemoryPlacement:
    """The placement of `fit`, or DoesNotFitError saying what is needed, what there is, and which tensor is largest."""
    result = fit(
        board,
        arena_bytes=arena_bytes,
        other_ram_bytes=other_ram_bytes,
        stack_bytes=stack_bytes,
        flash_bytes=flash_bytes,
        largest=largest,
    )
    if result.placement is None:
        raise DoesNotFitError(
            "; ".join(result.reasons), hint="choose a board with more memory (`profiler boards`) or a smaller model"
        )
    return result.placement


def fit(
    board: Board,
    *,
    arena_bytes: int,
    other_ram_bytes: int,
    stack_bytes: int,
    flash_bytes: int,
    largest: LargestTensor | None = None,
) -> Fit:
    """Try to place a program with `other_ram_bytes` of .data and .bss besides the arena, and `flash_bytes` in flash.

    Single regions are preferred to joined ones, then low priority numbers, the arena having the first choice: it is
    where most data accesses go.
    """
    data_bytes = round_up(other_ram_bytes, _SECTION_ALIGNMENT_BYTES) + round_up(stack_bytes, _SECTION_ALIGNMENT_BYTES)
    arena_bytes = round_up(arena_bytes, _SECTION_ALIGNMENT_BYTES)
    flash = _boot_flash(board)
    pair = _choose_ram(board, arena_bytes, data_bytes)
    needed_bytes = arena_bytes + data_bytes
    ram_bytes = sum(region.size_bytes for region in board.ram_regions)
    reasons: list[str] = []
    if flash_bytes > flash.size_bytes:
        reasons.append(_shortage(board, "flash", flash_bytes, flash.size_bytes))
    if pair is None:
        reasons.append(_ram_reason(board, arena_bytes, needed_bytes, ram_bytes) + _largest_text(largest))
    placement = None
    if pair is not None and not reasons:
        placement = _placement(board, (flash, flash_bytes), (pair[0], arena_bytes), (pair[1], data_bytes))
    return Fit(
        board=board.name,
        ram_needed_bytes=needed_bytes,
        ram_bytes=ram_bytes,
        flash_needed_bytes=flash_bytes,
        flash_bytes=flash.size_bytes,
        placement=placement,
        reasons=tuple(reasons),
    )


def _choose_ram(board: Board, arena_bytes: int, data_bytes: int) -> tuple[MemorySpan, MemorySpan] | None:
    """Spans for the arena and for the data: the same span, or two without a region in common."""
    priorities = {region.name: region.priority for region in board.ram_regions}
    options = []
    for arena, data in product(_ram_spans(board), repeat=2):
        if arena == data:
            suits = arena_bytes + data_bytes <= arena.size_bytes
        else:
            disjoint = not set(arena.regions) & set(data.regions)
            suits = disjoint and arena_bytes <= arena.size_bytes and data_bytes <= data.size_bytes
        if suits:
            arena_priority, data_priority = (max(priorities[name] for name in span.regions) for span in (arena, data))
            joined = len(arena.regions) + len(data.regions)
            cost = (joined, arena_priority + data_priority, arena_priority, arena.address, data.address)
            options.append((cost, (arena, data)))
    return min(options, key=lambda option: option[0])[1] if options else None


def _ram_spans(board: Board) -> list[MemorySpan]:
    """Every run of one or more RAM regions that follow each other without a gap."""
    regions = sorted(board.ram_regions, key=lambda region: region.address)
    spans: list[MemorySpan] = []
    for start in range(len(regions)):
        run: list[MemoryRegion] = []
        for region in regions[start:]:
            if run and run[-1].address + run[-1].size_bytes != region.address:
                break
            run.append(region)
            spans.append(_span(run))
    return spans


def _boot_flash(board: Board) -> MemorySpan:
    """The boot flash and the flash right behind it, without what lies before the image (a second-stage loader)."""
    run = [board.boot_flash]
    for region in sorted(board.memories, key=lambda memory: memory.address):
        if region.kind is MemoryKind.FLASH and region.address == run[-1].address + run[-1].size_bytes:
            run.append(region)
    whole = _span(run)
    skipped = board.vector_table_offset_bytes
    return MemorySpan(regions=whole.regions, address=whole.address + skipped, size_bytes=whole.size_bytes - skipped)


def _span(run: list[MemoryRegion]) -> MemorySpan:
    return MemorySpan(
        regions=tuple(region.name for region in run),
        address=run[0].address,
        size_bytes=sum(region.size_bytes for region in run),
    )


def _placement(
    board: Board, flash: tuple[MemorySpan, int], arena: tuple[MemorySpan, int], data: tuple[MemorySpan, int]
) -> MemoryPlacement:
    wanted = (("flash", *flash), ("arena", *arena), ("data, bss, stack", *data))
    uses = {
        span: tuple((what, size) for what, holder, size in wanted if holder == span)
        for span in dict.fromkeys(holder for _, holder, _ in wanted)
    }
    filled = {
        span: MemorySpan(regions=span.regions, address=span.address, size_bytes=span.size_bytes, uses=use)
        for span, use in uses.items()
    }
    taken = {name for span in filled for name in span.regions}
    free = [_span([region]) for region in board.memories if region.name not in taken]
    return MemoryPlacement(
        flash=filled[flash[0]],
        arena=filled[arena[0]],
        data=filled[data[0]],
        spans=(*filled.values(), *free),
    )


def _ram_reason(board: Board, arena_bytes: int, needed_bytes: int, ram_bytes: int) -> str:
    text = _shortage(board, "RAM", needed_bytes, ram_bytes)
    if needed_bytes > ram_bytes:
        return text
    largest_bytes = max((span.size_bytes for span in _ram_spans(board)), default=0)
    return f"{text}, but in pieces of at most {_kib(largest_bytes)}: an arena of {_kib(arena_bytes)} finds no place"


def _largest_text(largest: LargestTensor | None) -> str:
    if largest is None:
        return ""
    first, last = largest.first_operator, largest.last_operator
    layers = f"layer {first}" if first == last else f"layers {first}–{last}"
    return f"; largest tensor: #{largest.tensor_index} ({_kib(largest.size_bytes)}, live in {layers})"


def _shortage(board: Board, memory: str, needed_bytes: int, available_bytes: int) -> str:
    needed, available = _kib(needed_bytes), _kib(available_bytes)
    if needed == available:  # rounding would hide the difference
        needed, available = f"{needed_bytes} bytes", f"{available_bytes} bytes"
    return f"model needs {needed} of {memory}, {board.name} has {available}"


def _kib(size_bytes: int) -> str:
    return f"{size_bytes / 1024:.1f} KiB"

"""Every way into every block of a layer, with its count: what `estimate` sums and `explain` lists."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from profiler.run.model import BlockCount, EdgeCount, LayerExecution
from profiler.timing.block_cost import CLEAN, BlockTimer, BlockTiming, PipelineState, refill_cycles
from profiler.timing.code_image import CodeImage
from profiler.timing.disassemble import encoding_size_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEntry:
    """`count` executions of a block that came the same way: its cycles, and those of the way in."""

    block: BlockCount
    code: bytes
    count: int
    state: PipelineState
    timing: BlockTiming
    refill_cycles: int


Blocks = Mapping[int, Sequence[BlockCount]]


def blocks_by_address(layers: Iterable[LayerExecution]) -> dict[int, list[BlockCount]]:
    """All blocks that start at an address: an emulator may cut the same code into blocks of different sizes."""
    blocks: dict[int, list[BlockCount]] = defaultdict(list)
    for layer in layers:
        for block in layer.blocks:
            if block not in blocks[block.address]:
                blocks[block.address].append(block)
    return dict(blocks)


def block_entries(layer: LayerExecution, elsewhere: Blocks, timer: BlockTimer, code: CodeImage) -> Iterator[BlockEntry]:
    """The ways into each block of a layer; their counts sum to the block's count.

    An edge whose target is not the address after its block is a taken branch. Executions that no edge accounts for
    (the first of a layer) start with an empty pipeline. `elsewhere` has the blocks of all layers, for edges that come
    from another one.
    """
    known = {**elsewhere, **blocks_by_address([layer])}
    incoming: dict[int, list[EdgeCount]] = defaultdict(list)
    for edge in layer.edges:
        incoming[edge.to_address].append(edge)
    for address, blocks in blocks_by_address([layer]).items():
        for block, origin, count in _shared_out(blocks, incoming[address]):
            yield _entry(block, count, _origin(known, origin, address), timer, code)


def _shared_out(
    blocks: Sequence[BlockCount], edges: Sequence[EdgeCount]
) -> Iterator[tuple[BlockCount, int | None, int]]:
    """(block, where from, count) so that each block's count is met; None where no edge is left to account for it."""
    edges_left: deque[tuple[int | None, int]] = deque((edge.from_address, edge.count) for edge in edges if edge.count)
    for block in blocks:
        left = block.count
        while left:
            origin, available = edges_left.popleft() if edges_left else (None, left)
            count = min(left, available)
            yield block, origin, count
            left -= count
            if available > count:
                edges_left.appendleft((origin, available - count))


def _origin(known: Blocks, address: int | None, target: int) -> BlockCount | None:
    """The block an edge came from; of several at its address the one that runs into the target, if any does."""
    candidates = known.get(address, ()) if address is not None else ()
    return next((block for block in candidates if _end(block) == target), candidates[-1] if candidates else None)


def _end(block: BlockCount) -> int:
    return block.address + block.size_bytes


def _entry(block: BlockCount, count: int, origin: BlockCount | None, timer: BlockTimer, code: CodeImage) -> BlockEntry:
    content = code.read(block.address, block.size_bytes)
    state, refill = CLEAN, 0
    if origin is not None:
        before = timer.time(code.read(origin.address, origin.size_bytes), CLEAN, origin.address % 4)
        state = before.exit_state
        if _end(origin) != block.address:
            first_size_bytes = encoding_size_bytes(content, 0)
            refill = refill_cycles(timer.core.branch, before.last, block.address, first_size_bytes)
            refill += before.taken_cycles
            state = state.after_refill(refill)
    timing = timer.time(content, state, block.address % 4)
    return BlockEntry(block=block, code=content, count=count, state=state, timing=timing, refill_cycles=refill)


def mispredicted_branches(layer: LayerExecution, elsewhere: Blocks) -> dict[BlockCount, int]:
    """Executions of each block's last branch that went its rarer way.

    An estimate of mispredictions: a dynamic predictor follows the more frequent direction.
    """
    known = {**elsewhere, **blocks_by_address([layer])}
    ways: dict[BlockCount, list[int]] = defaultdict(lambda: [0, 0])
    for edge in layer.edges:
        origin = _origin(known, edge.from_address, edge.to_address)
        if origin is not None:
            ways[origin][_end(origin) == edge.to_address] += edge.count
    return {block: min(counts) for block, counts in ways.items() if min(counts)}

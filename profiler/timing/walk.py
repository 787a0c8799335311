"""Every way into every block of a layer, with its count: what `estimate` sums and `explain` lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from profiler.run.model import BlockCount, EdgeCount, LayerExecution
from profiler.timing.block_cost import BlockWay, block_key
from profiler.timing.code_image import CodeImage


class WayIn(NamedTuple):
    """`count` executions of a block that came the same way; `origin` is the block before, if any is known."""

    block: BlockCount
    origin: BlockCount | None
    count: int

    @property
    def taken(self) -> bool:
        """Whether a taken branch led here: the block is not what follows the one before."""
        return self.origin is not None and _end(self.origin) != self.block.address


Blocks = Mapping[int, Sequence[BlockCount]]


def blocks_by_address(layers: Iterable[LayerExecution]) -> dict[int, list[BlockCount]]:
    """All blocks that start at an address: an emulator may cut the same code into blocks of different sizes."""
    blocks: dict[int, list[BlockCount]] = {}
    for layer in layers:
        for block in layer.blocks:
            known = blocks.setdefault(block.address, [])
            if block not in known:
                known.append(block)
    return blocks


def ways_in(layer: LayerExecution, elsewhere: Blocks) -> list[WayIn]:
    """The ways into each block of a layer; their counts sum to the block's count.

    Executions that no edge accounts for (the first of a layer) come from nowhere known. `elsewhere` has the blocks of
    all layers, for edges that come from another one.
    """
    here = blocks_by_address([layer])
    known = {**elsewhere, **here}
    incoming: dict[int, list[EdgeCount]] = defaultdict(list)
    for edge in layer.edges:
        if edge.count:
            incoming[edge.to_address].append(edge)
    ways = []
    for address, blocks in here.items():
        for block, origin, count in _shared_out(blocks, incoming.get(address, ())):
            ways.append(WayIn(block, _origin(known, origin, address), count))
    return ways


def block_ways(ways: Iterable[WayIn], code: CodeImage) -> list[BlockWay]:
    """Ways with the code in place of the addresses. Raises RunError when executed code is not in the image."""
    keys: dict[BlockCount, bytes] = {}

    def key_of(block: BlockCount) -> bytes:
        key = keys.get(block)
        if key is None:
            key = keys[block] = block_key(code.read(block.address, block.size_bytes), block.address)
        return key

    return [(key_of(way.block), None if way.origin is None else key_of(way.origin), way.taken) for way in ways]


def _shared_out(
    blocks: Sequence[BlockCount], edges: Sequence[EdgeCount]
) -> Iterator[tuple[BlockCount, int | None, int]]:
    """(block, where from, count) so that each block's count is met; None where no edge is left to account for it."""
    edges_left = iter(edges)
    origin: int | None = None
    available = 0
    for block in blocks:
        left = block.count
        while left:
            if not available:
                edge = next(edges_left, None)
                origin, available = (None, left) if edge is None else (edge.from_address, edge.count)
            count = min(left, available)
            yield block, origin, count
            left -= count
            available -= count


def _origin(known: Blocks, address: int | None, target: int) -> BlockCount | None:
    """The block an edge came from; of several at its address the one that runs into the target, if any does."""
    candidates = known.get(address, ()) if address is not None else ()
    if len(candidates) == 1:
        return candidates[0]
    return next((block for block in candidates if _end(block) == target), candidates[-1] if candidates else None)


def _end(block: BlockCount) -> int:
    return block.address + block.size_bytes


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

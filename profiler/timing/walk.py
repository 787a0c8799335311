"""Every way into every block of a layer, with its count: what `estimate` sums and `explain` lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from profiler.run.model import BlockCount, LayerExecution
from profiler.timing.block_cost import BlockWays, block_key
from profiler.timing.code_image import CodeImage


class WaysIn(NamedTuple):
    """Item by item: a block, the block before it, if any is known, how often the one was executed after the other."""

    blocks: list[BlockCount]
    origins: list[BlockCount | None]
    counts: list[int]


Blocks = Mapping[int, Sequence[BlockCount]]


def blocks_by_address(layers: Iterable[LayerExecution]) -> dict[int, list[BlockCount]]:
    """All blocks that start at an address: an emulator may cut the same code into blocks of different sizes."""
    blocks: dict[int, list[BlockCount]] = {}
    for layer in layers:
        for block in layer.blocks:
            known = blocks.get(block.address)
            if known is None:
                blocks[block.address] = [block]
            elif block not in known:
                known.append(block)
    return blocks


def ways_in(layer: LayerExecution, elsewhere: Blocks) -> WaysIn:
    """The ways into each block of a layer; their counts sum to the block's count.

    Executions that no edge accounts for (the first of a layer) come from nowhere known. `elsewhere` has the blocks of
    all layers, for edges that come from another one.
    """
    here = blocks_by_address([layer])
    known = {**elsewhere, **here}
    edges = sorted((edge for edge in layer.edges if edge.count), key=attrgetter("to_address"))
    first = {edge.to_address: number for number, edge in reversed(list(enumerate(edges)))}
    ways = WaysIn([], [], [])
    for address, blocks in here.items():
        number = first.get(address, len(edges))
        origin, available = None, 0
        for block in blocks:
            left = block.count
            while left:
                if not available:
                    edge = edges[number] if number < len(edges) and edges[number].to_address == address else None
                    origin = None if edge is None else _origin(known.get(edge.from_address, ()), address)
                    available = left if edge is None else edge.count
                    number += 1
                count = min(left, available)
                ways.blocks.append(block)
                ways.origins.append(origin)
                ways.counts.append(count)
                left -= count
                available -= count
    return ways


def block_ways(ways: WaysIn, code: CodeImage) -> BlockWays:
    """Ways with code in place of addresses; a block that is not what follows the one before was reached by a taken
    branch. Raises RunError when executed code is not in the image."""
    keys: dict[tuple[int, int], bytes] = {}

    def key_of(address: int, size_bytes: int) -> bytes:
        key = keys.get((address, size_bytes))
        if key is None:
            key = keys[address, size_bytes] = block_key(code.read(address, size_bytes), address)
        return key

    pairs = zip(ways.blocks, ways.origins, strict=True)
    return BlockWays(
        blocks=[key_of(block.address, block.size_bytes) for block in ways.blocks],
        origins=[None if before is None else key_of(before.address, before.size_bytes) for before in ways.origins],
        taken=[before is not None and _end(before) != block.address for block, before in pairs],
    )


def _origin(candidates: Sequence[BlockCount], target: int) -> BlockCount | None:
    """The block an edge came from; of several at its address the one that runs into the target, if any does."""
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
        origin = _origin(known.get(edge.from_address, ()), edge.to_address)
        if origin is not None:
            ways[origin][_end(origin) == edge.to_address] += edge.count
    return {block: min(counts) for block, counts in ways.items() if min(counts)}

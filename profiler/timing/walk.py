"""Every way into every block of a layer, with its count: what `estimate` sums and `explain` lists.

Arrays throughout: a program may have some hundred thousand blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from profiler.run.model import BlockCount, EdgeCount, LayerExecution
from profiler.timing.block_cost import NO_BLOCK, BlockWays, block_key
from profiler.timing.code_image import CodeImage

_Ints = npt.NDArray[np.int64]
_ADDRESS_BITS = 32


class Blocks:
    """Basic blocks by address, those at one address by size: an emulator may cut the same code into different ones."""

    def __init__(self, blocks: Iterable[BlockCount]) -> None:
        listed = list(blocks)
        addresses, sizes = _column(listed, "address"), _column(listed, "size_bytes")
        order = np.lexsort((sizes, addresses))
        self.blocks: list[BlockCount] = [listed[number] for number in order.tolist()]
        self.addresses = addresses[order]
        self.ends = self.addresses + sizes[order]
        self._spans = _span(self.addresses, self.ends)

    def origins(self, sources: _Ints, targets: _Ints) -> _Ints:
        """Positions of the blocks that control left at `sources` for `targets`, NO_BLOCK where there is none.

        Of several at an address it is the one that runs into the target, if any does, otherwise the longest.
        """
        if not self.blocks:
            return np.full(len(sources), NO_BLOCK)
        longest = np.searchsorted(self.addresses, sources, "right") - 1
        longest[self.addresses[longest] != sources] = NO_BLOCK
        spans = _span(sources, targets)
        running_into = np.minimum(np.searchsorted(self._spans, spans), len(self.blocks) - 1)
        return np.where(self._spans[running_into] == spans, running_into, longest)


def _span(addresses: _Ints, ends: _Ints) -> npt.NDArray[np.uint64]:
    """One number for an address and an end, in their order."""
    return addresses.astype(np.uint64) << np.uint64(_ADDRESS_BITS) | ends.astype(np.uint64)


def _column(items: Sequence[BlockCount] | Sequence[EdgeCount], name: str) -> _Ints:
    return np.fromiter(map(attrgetter(name), items), np.int64, len(items))


def blocks_of(layers: Iterable[LayerExecution]) -> Blocks:
    """The blocks of all layers, each once."""
    found = {(block.address, block.size_bytes): block for layer in layers for block in layer.blocks}
    return Blocks(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysIn:
    """Item by item: a block, the block before it (NO_BLOCK where none is known), whether a taken branch led from the
    one to the other, and how often that happened. Blocks are positions in `known`."""

    known: Sequence[BlockCount]
    blocks: _Ints
    origins: _Ints
    taken: npt.NDArray[np.bool_]
    counts: _Ints


class Walk:
    """One layer's way through its blocks."""

    def __init__(self, layer: LayerExecution, elsewhere: Blocks) -> None:
        """`elsewhere` has the blocks of all layers, for edges that come from another one."""
        self._here = Blocks(layer.blocks)
        self._edges = sorted(layer.edges, key=attrgetter("to_address"))
        self._origins = _origins(self._edges, self._here, elsewhere)
        self._known = [*self._here.blocks, *elsewhere.blocks]
        self._ends = np.concatenate((self._here.ends, elsewhere.ends, [0]))  # the last one for NO_BLOCK

    def ways_in(self) -> WaysIn:
        """The ways into each block of the layer; their counts sum to the block's count.

        Executions that no edge accounts for (the first of a layer) come from nowhere known.
        """
        blocks, sources, counts = _shared_out(self._here, self._edges)
        origins = np.full(len(blocks), NO_BLOCK)
        told = sources != NO_BLOCK
        origins[told] = self._origins[sources[told]]
        return WaysIn(
            known=self._known,
            blocks=blocks,
            origins=origins,
            taken=(origins != NO_BLOCK) & (self._ends[origins] != self._here.addresses[blocks]),
            counts=counts,
        )

    def mispredicted_branches(self) -> dict[BlockCount, int]:
        """Executions of each block's last branch that went its rarer way.

        An estimate of mispredictions: a dynamic predictor follows the more frequent direction.
        """
        ways = np.zeros((len(self._known) + 1, 2), np.int64)  # executions that branched, that ran on
        runs_on = (self._ends[self._origins] == _column(self._edges, "to_address")).astype(np.int64)
        np.add.at(ways, (self._origins, runs_on), _column(self._edges, "count"))
        rarer = ways[:-1].min(axis=1)  # without those of NO_BLOCK
        return {self._known[position]: int(rarer[position]) for position in np.flatnonzero(rarer).tolist()}


def _shared_out(here: Blocks, edges: Sequence[EdgeCount]) -> tuple[_Ints, _Ints, _Ints]:
    """(block, edge or NO_BLOCK, count): executions of the blocks at an address shared out among the edges to it.

    All executions lie one behind another on a line, block by block. The edges to an address lie there too, from where
    the executions of its first block begin to where those of its last one end.
    """
    block_ends = np.cumsum(_column(here.blocks, "count"))
    targets = _column(edges, "to_address")
    firsts, pasts = (np.searchsorted(here.addresses, targets, side) for side in ("left", "right"))
    begins, limits = (np.concatenate(([0], block_ends))[places] for places in (firsts, pasts))
    counted = np.concatenate(([0], np.cumsum(_column(edges, "count"))))
    before = counted[np.searchsorted(targets, targets)]  # by edges to lower addresses
    edge_ends = np.minimum(begins + counted[1:] - before, limits)
    ends = np.unique(np.concatenate((block_ends, edge_ends)))
    ends = ends[ends > 0]
    blocks = np.searchsorted(block_ends, ends)
    sources = np.searchsorted(edge_ends, ends)
    if edges:
        last = np.minimum(sources, len(edges) - 1)
        fits = (sources < len(edges)) & (targets[last] == here.addresses[blocks])
        sources = np.where(fits, sources, NO_BLOCK)
    else:
        sources = np.full(len(ends), NO_BLOCK)
    return blocks, sources, np.diff(ends, prepend=0)


def _origins(edges: Sequence[EdgeCount], here: Blocks, elsewhere: Blocks) -> _Ints:
    """Positions, in the blocks of this layer and then all, of the blocks that edges come from."""
    sources, targets = _column(edges, "from_address"), _column(edges, "to_address")
    near, far = (blocks.origins(sources, targets) for blocks in (here, elsewhere))
    return np.where(near != NO_BLOCK, near, np.where(far != NO_BLOCK, far + len(here.blocks), NO_BLOCK))


def block_ways(ways: WaysIn, code: CodeImage) -> BlockWays:
    """Ways with code in place of addresses. Raises RunError when executed code is not in the image."""
    used, places = np.unique(np.concatenate((ways.blocks, ways.origins)), return_inverse=True)
    none = int(used.size > 0 and used[0] == NO_BLOCK)
    blocks = [ways.known[position] for position in used[none:].tolist()]
    return BlockWays(
        keys=[block_key(code.read(block.address, block.size_bytes), block.address) for block in blocks],
        blocks=places[: len(ways.blocks)] - none,
        origins=places[len(ways.blocks) :] - none,
        taken=ways.taken,
    )

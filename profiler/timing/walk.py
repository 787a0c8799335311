"""Every way into every block of a layer, with its count: what `estimate` sums and `explain` lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from profiler.run.model import BlockCount, EdgeCount, ExecutionProfile, LayerExecution
from profiler.timing.block_cost import CLEAN, BlockTimer, BlockTiming, PipelineState, refill_cycles
from profiler.timing.code_image import CodeImage


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEntry:
    """`count` executions of a block that came the same way: its cycles, and those of the way in."""

    block: BlockCount
    code: bytes
    count: int
    state: PipelineState
    timing: BlockTiming
    refill_cycles: int


def blocks_by_address(profile: ExecutionProfile) -> dict[int, BlockCount]:
    """One block for each address of the whole profile, to look up where an edge from another layer came from."""
    return {block.address: block for layer in profile.layers for block in layer.blocks}


def block_entries(
    layer: LayerExecution, elsewhere: Mapping[int, BlockCount], timer: BlockTimer, code: CodeImage
) -> Iterator[BlockEntry]:
    """The ways into each block of a layer; their counts sum to the block's count.

    An edge whose target is not the address after its block is a taken branch. Executions that no edge accounts for
    (the first of a layer) start with an empty pipeline.
    """
    known = {**elsewhere, **{block.address: block for block in layer.blocks}}
    incoming: dict[int, list[EdgeCount]] = defaultdict(list)
    for edge in layer.edges:
        incoming[edge.to_address].append(edge)
    for block in layer.blocks:
        content = code.read(block.address, block.size_bytes)
        plain = timer.time(content)
        left = block.count
        for edge in incoming[block.address]:
            count = min(edge.count, left)
            left -= count
            source = known.get(edge.from_address)
            if source is None or not count:
                left += count
                continue
            before = timer.time(code.read(source.address, source.size_bytes))
            refill = 0
            if source.address + source.size_bytes != block.address:
                refill = refill_cycles(timer.core.branch, before.last, block.address, plain.first_size_bytes)
            state = before.exit_state.aged(refill)
            timing = timer.time(content, state)
            yield BlockEntry(
                block=block, code=content, count=count, state=state, timing=timing, refill_cycles=refill
            )
        if left:
            yield BlockEntry(block=block, code=content, count=left, state=CLEAN, timing=plain, refill_cycles=0)


def mispredicted_branches(layer: LayerExecution, elsewhere: Mapping[int, BlockCount]) -> dict[int, int]:
    """Executions of each block's last branch that went its rarer way, by block address.

    An estimate of mispredictions: a dynamic predictor follows the more frequent direction.
    """
    known = {**elsewhere, **{block.address: block for block in layer.blocks}}
    ways: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for edge in layer.edges:
        source = known.get(edge.from_address)
        if source is not None:
            ways[source.address][source.address + source.size_bytes == edge.to_address] += edge.count
    return {address: min(counts) for address, counts in ways.items() if min(counts)}

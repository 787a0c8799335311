"""Ways into blocks: whatever the counts, each execution is accounted for once."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.run.model import BlockCount, EdgeCount, LayerExecution
from profiler.timing.block_cost import NO_BLOCK
from profiler.timing.walk import Walk, blocks_of

_addresses = st.integers(0, 12).map(lambda number: 0x0800_0000 + 2 * number)
_blocks = st.dictionaries(st.tuples(_addresses, st.sampled_from((2, 4, 6))), st.integers(0, 9), max_size=8)
_edges = st.dictionaries(st.tuples(_addresses, _addresses), st.integers(0, 9), max_size=12)


def _layer(blocks: dict[tuple[int, int], int], edges: dict[tuple[int, int], int], number: int = 0) -> LayerExecution:
    return LayerExecution(
        layer=number,
        blocks=tuple(
            BlockCount(address=address, size_bytes=size, instructions=1, count=count)
            for (address, size), count in sorted(blocks.items())
        ),
        edges=tuple(EdgeCount(from_address=source, to_address=to, count=n) for (source, to), n in edges.items()),
        memory=(),
    )


@settings(deadline=None)
@given(blocks=_blocks, edges=_edges, others=_blocks)
def test_ways_account_for_every_execution_and_for_no_edge_twice(blocks, edges, others):
    layer = _layer(blocks, edges)
    ways = Walk(layer, blocks_of([layer, _layer(others, {}, 1)])).ways_in()
    executed: Counter[tuple[int, int]] = Counter()
    arrived: Counter[int] = Counter()
    for block, origin, taken, count in zip(ways.blocks, ways.origins, ways.taken, ways.counts, strict=True):
        assert count > 0
        its = ways.known[block]
        executed[its.address, its.size_bytes] += int(count)
        if origin == NO_BLOCK:
            assert not taken
            continue
        before = ways.known[origin]
        assert taken == (before.address + before.size_bytes != its.address)
        assert any(edge == (before.address, its.address) for edge in edges)
        arrived[its.address] += int(count)
    assert executed == Counter({key: count for key, count in blocks.items() if count})
    known = {address for address, _ in (*blocks, *others)}
    for address in {address for address, _ in blocks}:
        told = sum(count for (source, to), count in edges.items() if to == address and source in known)
        assert arrived[address] <= told


def test_of_blocks_at_one_address_the_one_that_runs_into_the_target_was_left():
    layer = _layer({(0x100, 2): 5, (0x100, 6): 3, (0x102, 2): 5}, {(0x100, 0x102): 5})
    ways = Walk(layer, blocks_of([layer])).ways_in()
    (origin,) = {int(o) for b, o in zip(ways.blocks, ways.origins, strict=True) if ways.known[b].address == 0x102}
    assert ways.known[origin].size_bytes == 2
    assert not ways.taken.any()


def test_a_branch_is_mispredicted_where_it_goes_its_rarer_way():
    layer = _layer({(0x100, 4): 10, (0x104, 2): 7, (0x200, 2): 3}, {(0x100, 0x104): 7, (0x100, 0x200): 3})
    assert Walk(layer, blocks_of([layer])).mispredicted_branches() == {layer.blocks[0]: 3}


def test_an_empty_layer_has_no_ways():
    layer = _layer({}, {(0x100, 0x104): 7})
    ways = Walk(layer, blocks_of([layer])).ways_in()
    assert len(ways.blocks) == len(ways.counts) == 0

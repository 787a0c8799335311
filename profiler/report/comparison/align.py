"""Which layer of one model is which of the other, when some were inserted, removed or changed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rapidfuzz.distance import Indel

from profiler.report.comparison.snapshot import LayerFacts

Pair = tuple[int | None, int | None]

# From what makes two layers the same to what merely makes one the other's successor. What a finer key leaves unmatched
# between two matched layers is matched by the next one.
_KEYS: tuple[Callable[[LayerFacts], tuple[object, ...]], ...] = (
    lambda layer: (layer.kind, layer.inputs, layer.outputs, layer.macs, layer.dtype),
    lambda layer: (layer.kind, layer.inputs, layer.outputs, layer.macs),
    lambda layer: (layer.kind, layer.outputs),
    lambda layer: (layer.kind, layer.inputs),
    lambda layer: (layer.kind,),
)


def align(before: Sequence[LayerFacts], after: Sequence[LayerFacts]) -> list[Pair]:
    """Pairs of positions in the order of the model; None stands for "not there".

    Every layer of both is in exactly one pair, and matched layers keep their order. Of equally good matches the first
    is taken; names do not count, as converters renumber them.
    """
    return list(_align(before, after, range(len(before)), range(len(after)), _KEYS))


def _align(
    before: Sequence[LayerFacts],
    after: Sequence[LayerFacts],
    left: range,
    right: range,
    keys: Sequence[Callable[[LayerFacts], tuple[object, ...]]],
) -> Iterator[Pair]:
    if not (keys and left and right):
        yield from ((index, None) for index in left)
        yield from ((None, index) for index in right)
        return
    key, coarser = keys[0], keys[1:]
    done_left = done_right = 0
    # Indel keeps the most layers possible; difflib's longest block first takes one added layer for two changes.
    blocks = Indel.opcodes([key(before[index]) for index in left], [key(after[index]) for index in right])
    for block in blocks:
        if block.tag != "equal":
            continue
        gap_left, gap_right = left[done_left : block.src_start], right[done_right : block.dest_start]
        yield from _align(before, after, gap_left, gap_right, coarser)
        yield from zip(left[block.src_start : block.src_end], right[block.dest_start : block.dest_end], strict=True)
        done_left, done_right = block.src_end, block.dest_end
    yield from _align(before, after, left[done_left:], right[done_right:], coarser)

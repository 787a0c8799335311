"""20,000 mutated models: each is read or refused, in bounded memory."""

from __future__ import annotations

import random
import resource
import struct
from collections.abc import Iterator

from profiler.errors import ProfilerError
from profiler.graph.check import require_supported
from profiler.graph.tflite_reader import read
from tests.support.small_models import convolution_model
from tests.unit.test_graph_builder import conv_softmax_model

MUTATIONS = 20_000
GROWTH_BYTES = 128 << 20  # the models have a few KiB
_EXTREMES = (0, 1, 4, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutations(seed: int) -> Iterator[bytes]:
    """Models with bytes overwritten, offsets redirected, pieces cut, doubled or swapped; seeded, so always the same."""
    choices = random.Random(seed)
    originals = (conv_softmax_model(), convolution_model(), convolution_model(name='*/ "??/\n../'))
    for number in range(MUTATIONS):
        data = bytearray(originals[number % len(originals)])
        for _ in range(choices.choice((1, 1, 2, 3, 8, 40))):
            mutate(data, choices)
        yield bytes(data)


def mutate(data: bytearray, choices: random.Random) -> None:
    """One change in place."""
    position = choices.randrange(len(data) - 8) if len(data) > 8 else 0
    match choices.randrange(6):
        case 0:
            data[position] ^= 1 << choices.randrange(8)
        case 1:
            width = choices.choice((1, 2, 4))
            data[position : position + width] = struct.pack("<I", choices.choice(_EXTREMES))[:width]
        case 2:  # an offset that points somewhere else in the file
            at = position & ~3
            data[at : at + 4] = struct.pack("<I", choices.randrange(len(data)))
        case 3 if len(data) > 64:
            del data[position : position + choices.randrange(1, 32)]
        case 4:
            data[position:position] = data[position : position + choices.randrange(1, 64)]
        case _:
            other = choices.randrange(len(data) - 8) if len(data) > 8 else 0
            data[position : position + 8], data[other : other + 8] = (
                data[other : other + 8],
                data[position : position + 8],
            )


def peak_bytes() -> int:
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_twenty_thousand_mutated_models_are_read_or_refused():
    counts = {"read": 0, "refused": 0}
    before = peak_bytes()
    for data in mutations(seed=4):
        try:
            require_supported(read(data))
        except ProfilerError:
            counts["refused"] += 1
        else:
            counts["read"] += 1
    assert peak_bytes() - before < GROWTH_BYTES
    assert counts["read"] + counts["refused"] == MUTATIONS
    assert counts["refused"] > MUTATIONS // 2
    assert counts["read"] > MUTATIONS // 20

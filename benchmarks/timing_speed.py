"""How long it takes to time a program of many distinct blocks that were never met before.

The program is made up: blocks of seven instructions, the last one a branch or a call to anywhere, each entered from the
one before and executed a thousand times.
The first estimate meets every block for the first time, the second knows them. The loop of plain Python beside them
tells how fast the machine is at the moment, so the ratio means something on a busy one too.

    python benchmarks/timing_speed.py [--blocks N] [--core CORE]
"""

from __future__ import annotations

import argparse
import itertools
import random
import time
from dataclasses import replace

from profiler.boards.loader import load_board
from profiler.run.model import BlockCount, EdgeCount, ExecutionProfile, LayerExecution
from profiler.timing.block_cost import block_timer
from profiler.timing.code_image import CodeImage, image_of
from profiler.timing.disassemble import decode
from profiler.timing.estimate import estimate
from profiler.timing.instruction_class import BRANCHES, InstructionClass

_INSTRUCTIONS = 7
_START = 0x0800_0000


def _encodings(generator: random.Random, wanted: int) -> list[bytes]:
    """Distinct 16-bit and 32-bit instructions that are no branches."""
    found: dict[bytes, None] = {}
    while len(found) < wanted:
        narrow = generator.random() < 0.6
        encoding = generator.randrange(0x2000, 0xC000).to_bytes(2, "little") if narrow else _wide(generator)
        if decode(encoding).kind not in BRANCHES | {InstructionClass.UNKNOWN}:
            found[encoding] = None
    return list(found)


def _wide(generator: random.Random) -> bytes:
    first = generator.choice((0xF8D0, 0xF8C0, 0xEA00, 0xEB00, 0xFB00, 0xF100)) | generator.randrange(13)
    return first.to_bytes(2, "little") + generator.randrange(0x0FFF).to_bytes(2, "little")


def _branch(generator: random.Random) -> bytes:
    """A branch with a condition, or a call, of any distance."""
    if generator.random() < 0.6:
        return generator.randrange(0xD000, 0xDE00).to_bytes(2, "little")
    halfwords = (0xF000 | generator.randrange(0x800), 0xF800 | generator.randrange(0x800))
    return b"".join(half.to_bytes(2, "little") for half in halfwords)


def _program(blocks: int, encodings: list[bytes], generator: random.Random) -> tuple[ExecutionProfile, CodeImage]:
    """Distinct blocks one behind another, each executed a thousand times."""
    contents: dict[bytes, None] = {}
    while len(contents) < blocks:
        content = [*generator.choices(encodings, k=_INSTRUCTIONS - 1), _branch(generator)]
        contents[b"".join(content)] = None
    counts, edges, address = [], [], _START
    for content in contents:
        counts.append(BlockCount(address=address, size_bytes=len(content), instructions=_INSTRUCTIONS, count=1000))
        address += len(content)
    for before, after in itertools.pairwise(counts):
        edges.append(EdgeCount(from_address=before.address, to_address=after.address, count=1000))
    layer = LayerExecution(layer=0, blocks=tuple(counts), edges=tuple(edges), memory=())
    return ExecutionProfile(layers=(layer,)), image_of([(_START, b"".join(contents))])


def _timed(what: str, profile: ExecutionProfile, code: CodeImage, core: str) -> float:
    board = load_board("nucleo_l4r5zi")
    board = replace(board, core=replace(board.core, name=core))
    started = time.process_time()
    cycles = estimate(profile, board, code).total_cycles
    seconds = time.process_time() - started
    print(f"{what:<28} {seconds:6.2f} s   {seconds / _yardstick():5.1f} × the loop   {cycles:,} cycles")
    return seconds


def _yardstick() -> float:
    """CPU seconds of a million squares summed in a loop."""
    started = time.process_time()
    sum(number * number for number in range(1_000_000))
    return time.process_time() - started


def main() -> None:
    """Print one line per estimate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=100_000)
    parser.add_argument("--encodings", type=int, default=5_000)
    parser.add_argument("--core", default="cortex-m4")
    chosen = parser.parse_args()
    generator = random.Random(1)
    profile, code = _program(chosen.blocks, _encodings(generator, chosen.encodings), generator)
    decode.cache_clear()
    block_timer.cache_clear()
    first = _timed(f"{chosen.blocks:,} blocks, never met", profile, code, chosen.core)
    _timed("the same again", profile, code, chosen.core)
    print(f"{first / chosen.blocks * 1e6:.1f} µs a block, {chosen.encodings:,} distinct encodings that are no branches")


if __name__ == "__main__":
    main()

"""The files that Python and Renode's counter (renode_counter.cs) write for each other."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from profiler.build.model import Firmware
from profiler.errors import RunError
from profiler.run.block_table import CodeTable, instruction_bytes
from profiler.run.counts import execution_profile
from profiler.run.machine import inference_symbols
from profiler.run.model import ExecutionProfile
from profiler.run.native_types import BlockRecord, EdgeRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedInference:
    """One inference. `instructions_so_far` are all the core has executed since reset, by Renode's own account."""

    profile: ExecutionProfile
    instructions_so_far: int


def write_table(path: Path, firmware: Firmware, tables: Sequence[CodeTable]) -> None:
    """What the counter must know: where model_invoke and the layers are, where blocks end, which instructions are wide.

    Raises RunError when the firmware has no model_invoke.
    """
    start, end, layers = inference_symbols(firmware)
    parts = [struct.pack("<III", start, end, len(layers))]
    parts += [struct.pack("<iI", layer, address) for layer, address in layers]
    parts.append(struct.pack("<I", len(tables)))
    for table in tables:
        halfwords = struct.unpack(f"<{len(table.code) // 2}H", table.code)
        parts.append(struct.pack("<II", table.address, len(halfwords)))
        parts += [
            struct.pack("<HB", size, instruction_bytes(halfword) == 4)
            for size, halfword in zip(table.block_bytes, halfwords, strict=True)
        ]
    path.write_bytes(b"".join(parts))


def read_inference(path: Path, tables: Sequence[CodeTable]) -> CountedInference:
    """What the counter wrote of one inference, without memory counts: Renode simulates neither caches nor flash.

    Raises RunError when the file is not of the counter's form.
    """
    blocks: list[BlockRecord] = []
    edges: list[EdgeRecord] = []
    layer, instructions = -1, 0
    try:
        for line in path.read_text(encoding="ascii").splitlines():
            kind, *words = line.split()
            numbers = [int(word) for word in words]
            match kind, numbers:
                case "layer", [layer]:
                    pass
                case "block", [address, count]:
                    table = _table_of(address, tables)
                    size, length = table.size_at(address), table.instructions_at(address)
                    blocks.append(BlockRecord(layer, address, size, length, count))
                case "edge", [source, target, count]:
                    edges.append(EdgeRecord(layer, source, target, 0, count))
                case "instructions", [instructions]:
                    pass
                case _:
                    raise ValueError(f"unknown line {line[:80]!r}")
    except (OSError, ValueError) as error:
        raise RunError(f"the counts that Renode wrote cannot be read: {error}", hint="please report this") from error
    return CountedInference(profile=execution_profile(blocks, edges, (), ()), instructions_so_far=instructions)


def _table_of(address: int, tables: Sequence[CodeTable]) -> CodeTable:
    for table in tables:
        if 0 <= address - table.address < len(table.code):
            return table
    raise ValueError(f"a block at 0x{address:08X}, where the firmware has no code")

"""Interrupts on the embedded emulator: Unicorn takes none, so a handler is called like a function."""

from __future__ import annotations

import struct

from profiler.run.engine import SAVED_BY_EXCEPTIONS
from profiler.run.machine import Machine

SYSTICK_EXCEPTION = 15
_VTOR = 0xE000_ED08


def call_handler(machine: Machine, exception: int) -> tuple[str, bool]:
    """Calls the handler of an exception between two blocks and restores what exception entry and return would.

    What the engine said, and whether the handler returned.
    """
    engine, flash = machine.engine, machine.board.boot_flash
    table = machine.tracer.register_value(_VTOR) or flash.address
    (handler,) = struct.unpack("<I", engine.read_memory(table + 4 * exception, 4))
    saved = {name: engine.read_register(name) for name in (*SAVED_BY_EXCEPTIONS, "PC")}
    back = flash.address + flash.size_bytes - 16
    engine.write_register("LR", back | 1)
    said = engine.run(handler & ~1, until=back)
    if engine.read_register("PC") != back:
        return said, False
    for name, value in saved.items():
        engine.write_register(name, value)
    return said, True

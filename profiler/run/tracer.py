"""The native tracer as a Python object: configuration in, records out.

The library is built from `profiler/run/native/` when the package is installed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path

from profiler.errors import RunError
from profiler.native_library import load_library
from profiler.run.native_types import (
    BlockRecord,
    CacheConfig,
    EdgeRecord,
    EventRecord,
    MemoryConfig,
    MemoryRecord,
    RegisterRule,
    TracerOptions,
    TracerStatus,
)

_u32 = ctypes.c_uint32
_pointer = ctypes.c_void_p
_size = ctypes.c_size_t

_SHARED: tuple[type[ctypes.Structure], ...] = (  # in the order of tracer_structure_bytes()
    TracerOptions,
    MemoryConfig,
    CacheConfig,
    RegisterRule,
    TracerStatus,
    BlockRecord,
    EdgeRecord,
    MemoryRecord,
    EventRecord,
)
_RECORDS: dict[int, type[ctypes.Structure]] = {0: BlockRecord, 1: EdgeRecord, 2: MemoryRecord, 4: EventRecord}

_status = ctypes.c_int32
_PROTOTYPES: dict[str, tuple[object, list[object]]] = {
    "tracer_create": (_pointer, [ctypes.POINTER(TracerOptions)]),
    "tracer_destroy": (None, [_pointer]),
    "tracer_add_memory": (_status, [_pointer, ctypes.POINTER(MemoryConfig)]),
    "tracer_add_alias": (_status, [_pointer, _u32, _u32]),
    "tracer_add_cache": (_status, [_pointer, ctypes.POINTER(CacheConfig)]),
    "tracer_set_simulating": (None, [_pointer, _u32]),
    "tracer_set_invoke": (None, [_pointer, _u32, _u32]),
    "tracer_add_layer": (_status, [_pointer, ctypes.c_int32, _u32]),
    "tracer_add_start_text": (_status, [_pointer, ctypes.c_char_p]),
    "tracer_set_end": (_status, [_pointer, ctypes.c_char_p, _u32]),
    "tracer_register_value": (_u32, [_pointer, _u32]),
    "tracer_resume": (None, [_pointer]),
    "tracer_set_registers": (_status, [_pointer, ctypes.POINTER(RegisterRule), _u32]),
    "tracer_set_atomic": (None, [_pointer, _u32, _u32]),
    "tracer_add_peripheral_range": (_pointer, [_pointer, _u32]),
    "tracer_set_uart": (
        _status,
        [_pointer, _u32, _u32, ctypes.c_char_p, _size, ctypes.POINTER(_u32), _size, ctypes.c_char_p, _u32],
    ),
    "tracer_set_profiled_invoke": (None, [_pointer, _u32, _u32]),
    "tracer_set_live": (None, [_pointer]),
    "tracer_send": (_status, [_pointer, ctypes.c_char_p, _size]),
    "tracer_clear_output": (None, [_pointer]),
    "tracer_advance": (_u32, [_pointer, ctypes.c_uint64]),
    "tracer_read_status": (None, [_pointer, ctypes.POINTER(TracerStatus)]),
    "tracer_records": (_pointer, [_pointer, _u32, ctypes.POINTER(ctypes.c_size_t)]),
}


class Tracer:
    """One tracer for one engine. Close it after the engine: the engine's hooks point into it."""

    def __init__(self, options: TracerOptions) -> None:
        """Raises RunError when the native library is missing or memory runs out."""
        self._library = load_library(Path(__file__).with_name("_tracer"), "tracer", _SHARED, _PROTOTYPES)
        self._options = options  # keeps on_tick alive
        self.handle: int | None = self._library.tracer_create(ctypes.byref(options))
        if not self.handle:
            raise RunError("not enough memory for the emulator's tables")

    def close(self) -> None:
        """Frees everything; the records are gone afterwards."""
        self._library.tracer_destroy(self.handle)
        self.handle = None

    def callback(self, name: str) -> int:
        """Address of a native hook, for the engine: `block`, `read`, `peripheral_write`, …"""
        address = ctypes.cast(getattr(self._library, f"tracer_on_{name}"), _pointer).value
        assert address is not None
        return address

    def add_memory(self, config: MemoryConfig) -> int:
        """Index of the new region."""
        return self._checked(self._library.tracer_add_memory(self.handle, ctypes.byref(config)), "memory regions")

    def add_alias(self, region: int, address: int) -> None:
        """The region's bytes also appear at `address`."""
        self._checked(self._library.tracer_add_alias(self.handle, region, address), "aliases")

    def add_cache(self, config: CacheConfig) -> None:
        """Caches serve a region in the order in which they are added, nearest to the core first."""
        self._checked(self._library.tracer_add_cache(self.handle, ctypes.byref(config)), "caches")

    def set_simulating(self, simulating: bool) -> None:
        """Whether fetches and data accesses are fed to line buffers and caches."""
        self._library.tracer_set_simulating(self.handle, int(simulating))

    def set_inference(self, entry: int, end: int, layers: Sequence[tuple[int, int]]) -> None:
        """Where model_invoke starts and ends, and (layer, entry address) of each layer function."""
        self._library.tracer_set_invoke(self.handle, entry, end)
        for layer, address in layers:
            self._checked(self._library.tracer_add_layer(self.handle, layer, address), "layers")

    def set_region(self, start: Sequence[bytes], end: bytes, end_address: int) -> None:
        """Counting begins once a line with each of `start` was transmitted, in order, and ends with the run: when `end`
        was transmitted (b"" for never) or the register at `end_address` was read (0 for none)."""
        for text in start:
            self._checked(self._library.tracer_add_start_text(self.handle, text), "(or too long) texts to start at")
        self._checked(self._library.tracer_set_end(self.handle, end, end_address), "characters in the text to end at")

    def register_value(self, address: int) -> int:
        """What was last written to a peripheral register, or its reset value."""
        return int(self._library.tracer_register_value(self.handle, address))

    def register_values(self, addresses: Iterable[int]) -> dict[int, int]:
        """The same of several, by address."""
        return {address: self.register_value(address) for address in addresses}

    def resume(self) -> None:
        """After a stop that was asked for, before the engine runs again."""
        self._library.tracer_resume(self.handle)

    def set_registers(self, rules: Sequence[RegisterRule]) -> None:
        """Rules of peripheral registers that are more than storage."""
        array = (RegisterRule * len(rules))(*rules)
        self._checked(self._library.tracer_set_registers(self.handle, array, len(rules)), "registers")

    def set_atomic(self, base: int, size: int) -> None:
        """Range in which 0x1000, 0x2000 and 0x3000 above a register are its xor, set and clear aliases."""
        self._library.tracer_set_atomic(self.handle, base, size)

    def add_peripheral_range(self, base: int) -> int:
        """User data for the peripheral callbacks of the range that starts at `base`."""
        user: int | None = self._library.tracer_add_peripheral_range(self.handle, base)
        if not user:
            raise RunError("the board has more than 15 peripheral ranges", hint="merge neighbouring ranges")
        return user

    def set_uart(self, model: int, base: int, messages: Sequence[bytes], prompt: bytes, idle_limit: int) -> None:
        """The console port: each of `messages` is sent after a `prompt` ("": at once); see native/uart.c."""
        script = b"".join(messages)
        ends = list(accumulate(len(message) for message in messages)) if prompt else []
        pauses = (_u32 * len(ends))(*ends)
        result = self._library.tracer_set_uart(
            self.handle, model, base, script, len(script), pauses, len(ends), prompt, idle_limit
        )
        self._checked(result, "bytes to send")

    def set_profiled_inference(self, entry: int, end: int) -> None:
        """Where model_invoke_profiled starts and ends: an inference too."""
        self._library.tracer_set_profiled_invoke(self.handle, entry, end)

    def set_live(self) -> None:
        """Time is what `advance` tells, and runs stop (SEGMENT) after each inference and each profiled layer."""
        self._library.tracer_set_live(self.handle)

    def advance(self, cycles: int) -> int:
        """Time passes; how often SysTick's interrupt came meanwhile."""
        return int(self._library.tracer_advance(self.handle, cycles))

    def send(self, data: bytes) -> None:
        """Further bytes for the console port, behind those that wait there."""
        self._checked(self._library.tracer_send(self.handle, data, len(data)), "bytes to send")

    def take_output(self) -> bytes:
        """What the firmware has transmitted since this was last asked."""
        said = self.output()
        self._library.tracer_clear_output(self.handle)
        return said

    def status(self) -> TracerStatus:
        """Where the run stands or why it ended."""
        status = TracerStatus()
        self._library.tracer_read_status(self.handle, ctypes.byref(status))
        return status

    def block_records(self) -> list[BlockRecord]:
        """Counts of the last inference; a block may occur more than once in a layer."""
        return self._records(0)

    def edge_records(self) -> list[EdgeRecord]:
        """Counts of the last inference; an edge belongs to the layer of the block it leads to."""
        return self._records(1)

    def memory_records(self) -> list[MemoryRecord]:
        """Counts of the last inference by layer and region index."""
        return self._records(2)

    def event_records(self) -> list[EventRecord]:
        """What happened at single instructions in the last inference; an instruction may occur more than once."""
        return self._records(4)

    def output(self) -> bytes:
        """Everything the firmware has transmitted."""
        count = ctypes.c_size_t()
        address = self._library.tracer_records(self.handle, 3, ctypes.byref(count))
        return ctypes.string_at(address, count.value) if count.value else b""

    def _records(self, kind: int) -> list:  # type: ignore[type-arg]  # of the ctypes structure of that kind
        count = ctypes.c_size_t()
        address = self._library.tracer_records(self.handle, kind, ctypes.byref(count))
        if not count.value:
            return []
        array = _RECORDS[kind] * count.value
        return list(array.from_buffer_copy(ctypes.string_at(address, ctypes.sizeof(array))))

    @staticmethod
    def _checked(result: int, what: str) -> int:
        if result < 0:
            raise RunError(f"too many {what} for the emulator")
        return result

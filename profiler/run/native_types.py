"""The structures of `native/tracer.h` for ctypes, field by field."""

from __future__ import annotations

import ctypes
from enum import IntEnum

_u32 = ctypes.c_uint32
_u64 = ctypes.c_uint64
_pointer = ctypes.c_void_p

TickFunction = ctypes.CFUNCTYPE(ctypes.c_int32, _u64)
MAX_MIRRORS = 8


class StopReason(IntEnum):
    """Why a run ended; `NONE` means that the engine itself gave up or the core went to sleep."""

    NONE = 0
    SCRIPT_DONE = 1
    INSTRUCTION_LIMIT = 2
    REQUESTED = 3
    MEMORY_FAULT = 4
    EXCEPTION = 5
    ILLEGAL_INSTRUCTION = 6
    FPU_DISABLED = 7
    UNALIGNED = 8
    STACK_OVERFLOW = 9
    RESET = 10
    DMA = 11
    TABLE_FULL = 12
    REGION_END = 13
    SEGMENT = 14


class TracerOptions(ctypes.Structure):
    """`TracerOptions` of tracer.h."""

    _fields_ = (
        ("engine", _pointer),
        ("reg_read", _pointer),
        ("emu_stop", _pointer),
        ("on_tick", TickFunction),
        ("reg_r0", ctypes.c_int32),
        ("reg_sp", ctypes.c_int32),
        ("reg_lr", ctypes.c_int32),
        ("has_fpu", _u32),
        ("has_dsp", _u32),
        ("baseline_isa", _u32),
        ("aligned_only", _u32),
        ("level1_caches", _u32),
        ("stack_limit", _u32),
        ("stack_top", _u32),
        ("instruction_limit", _u64),
        ("tick_instructions", _u64),
    )


class MemoryConfig(ctypes.Structure):
    """`MemoryConfig` of tracer.h."""

    _fields_ = (
        ("address", _u32),
        ("size_bytes", _u32),
        ("line_bytes", _u32),
        ("writable", _u32),
        ("timed", _u32),
        ("buffered", _u32),
        ("prefetched", _u32),
        ("host", _pointer),
    )


class CacheConfig(ctypes.Structure):
    """`CacheConfig` of tracer.h."""

    _fields_ = tuple(
        (name, _u32)
        for name in (
            "serves_instructions",
            "serves_data",
            "region_mask",
            "line_bytes",
            "ways",
            "sets",
            "replacement",
        )
    )


class RegisterMirror(ctypes.Structure):
    """One mirrored bit field of a RegisterRule."""

    _fields_ = (("from_lsb", _u32), ("to_lsb", _u32), ("width", _u32))


class RegisterRule(ctypes.Structure):
    """`RegisterRule` of tracer.h."""

    _fields_ = (
        ("address", _u32),
        ("reset_value", _u32),
        ("set_bits", _u32),
        ("clear_bits", _u32),
        ("mirror_count", _u32),
        ("mirrors", RegisterMirror * MAX_MIRRORS),
    )


class TracerStatus(ctypes.Structure):
    """`TracerStatus` of tracer.h."""

    _fields_ = (
        ("stop_reason", _u32),
        ("stop_address", _u32),
        ("access_address", _u32),
        ("access_bytes", _u32),
        ("access_kind", _u32),
        ("access_value", _u32),
        ("layer", ctypes.c_int32),
        ("stack_low", _u32),
        ("instructions", _u64),
        ("inferences", _u32),
        ("script_consumed", _u32),
        ("script_blocked", _u32),
        ("lost_transmit_bytes", _u32),
        ("counting", _u32),
        ("block_address", _u32),
        ("block_bytes", _u32),
    )


class BlockRecord(ctypes.Structure):
    """`BlockRecord` of tracer.h."""

    _fields_ = (
        ("layer", ctypes.c_int32),
        ("address", _u32),
        ("size_bytes", _u32),
        ("instructions", _u32),
        ("count", _u64),
    )


class EdgeRecord(ctypes.Structure):
    """`EdgeRecord` of tracer.h."""

    _fields_ = (
        ("layer", ctypes.c_int32),
        ("from_address", _u32),
        ("to_address", _u32),
        ("reserved", _u32),
        ("count", _u64),
    )


class MemoryRecord(ctypes.Structure):
    """`MemoryRecord` of tracer.h, its `Counts` written out."""

    _fields_ = (
        ("layer", ctypes.c_int32),
        ("region", _u32),
        ("fetches", _u64),
        ("fetch_misses", _u64),
        ("fetch_sequential_misses", _u64),
        ("reads", _u64),
        ("read_misses", _u64),
        ("read_sequential_misses", _u64),
        ("writes", _u64),
    )


class EventKind(IntEnum):
    """`EventKind` of events.h."""

    FETCH = 0
    FETCH_SEQUENTIAL = 1
    READ = 2
    READ_SEQUENTIAL = 3
    UNALIGNED = 4
    DIVIDE = 5


class EventRecord(ctypes.Structure):
    """`EventRecord` of events.h. `detail` is a region, or what `events.c` says of the kind."""

    _fields_ = (
        ("layer", ctypes.c_int32),
        ("address", _u32),
        ("kind", _u32),
        ("detail", _u32),
        ("count", _u64),
    )

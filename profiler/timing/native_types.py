"""The structures of `native/timer.h` for ctypes, field by field."""

from __future__ import annotations

import ctypes

_i32 = ctypes.c_int32
_u32 = ctypes.c_uint32
_u64 = ctypes.c_uint64
_i16 = ctypes.c_int16
_u8 = ctypes.c_uint8

MAX_OPERANDS = 40
MAX_UNITS = 16
CAUSES = 5
TRACKED = 98
NONE = 0xFFFF_FFFF  # no block before


class CoreOptions(ctypes.Structure):
    """`CoreOptions` of timer.h."""

    _fields_ = (
        ("issue_width", _i32),
        ("narrow_pairing", _i32),
        ("split_run_length", _i32),
        ("split_run_cycles", _i32),
        ("split_target_cycles", _i32),
        ("flags_cycles", _i32),
        ("unit_count", _i32 * MAX_UNITS),
    )


class Need(ctypes.Structure):
    """`Need` of timer.h."""

    _fields_ = (("number", _u8), ("offset", ctypes.c_int8))


class NativeOperation(ctypes.Structure):
    """`Operation` of timer.h."""

    _fields_ = (
        ("result_mask", _u64),
        ("conflict_mask", _u64),
        ("encoding", _u32),
        ("result_cycles", _i16),
        ("factor_cycles", _i16),
        ("extra_cycles", _i16),
        ("writeback_cycles", _i16),
        ("load_cycles", _i16),
        ("following_load_cycles", _i16),
        ("fpu_busy_cycles", _i16),
        ("shadow_cycles", _i16),
        ("refill_cycles", _i16),
        ("writeback", ctypes.c_int8),
        ("size_bytes", _u8),
        ("result_cause", _u8),
        ("extra_cause", _u8),
        ("early_alu", _u8),
        ("hides_load", _u8),
        ("is_load", _u8),
        ("uses_fpu", _u8),
        ("shadowed", _u8),
        ("first_slot_only", _u8),
        ("single_issue", _u8),
        ("opens_group", _u8),
        ("sets_flags", _u8),
        ("conditional", _u8),
        ("unknown", _u8),
        ("divides", _u8),
        ("units", _u8 * MAX_UNITS),
        ("need_count", _u8),
        ("needs", Need * MAX_OPERANDS),
    )


class Pending(ctypes.Structure):
    """`Pending` of timer.h."""

    _fields_ = (("at", _i16), ("number", _u8), ("cause", _u8))


class State(ctypes.Structure):
    """`State` of timer.h."""

    _fields_ = (
        ("load_results", _u64),
        ("load_cycles", _i16),
        ("fpu_cycles", _i16),
        ("shadow_cycles", _i16),
        ("following_load_cycles", _i16),
        ("idle_cycles", _i16),
        ("split_run", _u8),
        ("slots_free", _u8),
        ("units_free", ctypes.c_int8 * MAX_UNITS),
        ("pending_count", _u32),
        ("pending", Pending * TRACKED),
    )


class Timing(ctypes.Structure):
    """`Timing` of timer.h."""

    _fields_ = (("cycles", _i32 * CAUSES), ("exit_state", _u32))


class Way(ctypes.Structure):
    """`Way` of timer.h."""

    _fields_ = (("block", _u32), ("origin", _u32), ("taken", _u32))


class WayTiming(ctypes.Structure):
    """`WayTiming` of timer.h."""

    _fields_ = (
        ("cycles", _i32 * CAUSES),
        ("refill_cycles", _i32),
        ("entry_state", _u32),
        ("unknown", _i32),
        ("divides", _i32),
    )

"""The native timer of one core as a Python object: operations and blocks in, cycles out."""

from __future__ import annotations

import ctypes
import functools
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from profiler.errors import RunError
from profiler.native_library import load_library
from profiler.timing.core_model import CoreModel
from profiler.timing.instruction_class import InstructionClass
from profiler.timing.native_types import CAUSES, NONE, CoreOptions, NativeOperation, State, Timing, Way, WayTiming
from profiler.timing.operation import Operation

WAY: np.dtype[Any] = np.dtype(Way)
WAY_TIMING: np.dtype[Any] = np.dtype(WayTiming)


def _array(items: object) -> Any:
    return np.ctypeslib.ndpointer(items, flags="C_CONTIGUOUS")  # type: ignore[call-overload]


_u32 = ctypes.c_uint32
_pointer = ctypes.c_void_p
_status = ctypes.c_int32
_SHARED: tuple[type[ctypes.Structure], ...] = (CoreOptions, NativeOperation, State, Timing, Way, WayTiming)
_PROTOTYPES: dict[str, tuple[object, list[object]]] = {
    "timer_create": (_pointer, [ctypes.POINTER(CoreOptions)]),
    "timer_destroy": (None, [_pointer]),
    "timer_add_operation": (_status, [_pointer, ctypes.POINTER(NativeOperation)]),
    "timer_encoding_class": (_u32, [_u32, _u32]),
    "timer_missing": (_u32, [_pointer, ctypes.c_char_p, _array(np.uint32), _u32, _array(np.uint32)]),
    "timer_add_blocks": (_u32, [_pointer, ctypes.c_char_p, _array(np.uint32), ctypes.c_char_p, _u32]),
    "timer_time_ways": (_status, [_pointer, _array(WAY), _u32, _array(WAY_TIMING)]),
    "timer_trace": (_status, [_pointer, _u32, _u32, ctypes.POINTER(Timing), _array(np.int32)]),
    "timer_read_state": (None, [_pointer, _u32, ctypes.POINTER(State)]),
}


@functools.lru_cache(maxsize=1)
def _library() -> Any:
    # With the interpreter lock, so that threads that share a timer are in it one at a time.
    stem = Path(__file__).with_name("_timer")
    return load_library(stem, "timer", _SHARED, _PROTOTYPES, keeps_interpreter_lock=True)


class NativeTimer:
    """Everything one core's timer knows. Blocks and states are numbers here; state 0 has nothing unfinished."""

    def __init__(self, core: CoreModel) -> None:
        """Raises RunError when the native library is missing or memory runs out."""
        self._units = sorted(core.unit_count)
        options = CoreOptions(
            issue_width=core.issue_width,
            narrow_pairing=core.narrow_pairing is not None,
            split_run_length=core.fetch.split_run_length,
            split_run_cycles=core.fetch.split_run_cycles,
            split_target_cycles=core.branch.split_target_cycles,
            flags_cycles=core.branch.flags_cycles,
        )
        options.unit_count[: len(self._units)] = [core.unit_count[unit] for unit in self._units]
        self._native = _library()
        self._handle = self._native.timer_create(ctypes.byref(options))
        _enough(self._handle)
        weakref.finalize(self, self._native.timer_destroy, self._handle)

    def add_operation(self, encoding: bytes, operation: Operation) -> None:
        """What an encoding costs, and with it all of its class; once for each."""
        native = native_operation(encoding, operation, self._units)
        _enough(self._native.timer_add_operation(self._handle, ctypes.byref(native)) == 0)

    def missing(self, code: bytes, sizes: Sequence[int]) -> list[bytes]:
        """One encoding of each class that has no operation yet, of blocks that lie in `code` one behind another."""
        places = np.empty((len(code) // 2, 2), np.uint32)
        count = self._native.timer_missing(self._handle, code, np.asarray(sizes, np.uint32), len(sizes), places)
        _enough(count != NONE)
        return [code[at : at + size] for at, size in places[:count].tolist()]

    def add_blocks(self, code: bytes, sizes: Sequence[int], offsets: Sequence[int]) -> int:
        """Adds blocks that lie in `code` one behind another; returns the number of the first, the others follow.

        `offsets` are their bytes from a word boundary.
        """
        first: int = self._native.timer_add_blocks(
            self._handle, code, np.asarray(sizes, np.uint32), bytes(offsets), len(sizes)
        )
        _enough(first != NONE)
        return first

    def time_ways(self, ways: np.ndarray) -> np.ndarray:
        """Ways (WAY) into blocks → their timings (WAY_TIMING)."""
        timings = np.empty(len(ways), WAY_TIMING)
        _enough(self._native.timer_time_ways(self._handle, ways, len(ways), timings) == 0)
        return timings

    def trace(self, block: int, state: int, instructions: int) -> tuple[Timing, np.ndarray]:
        """A block's timing from a state, and its instructions' cycles by cause, (instructions, causes)."""
        timing, cycles = Timing(), np.empty((instructions, CAUSES), np.int32)
        status = self._native.timer_trace(self._handle, block, state, ctypes.byref(timing), cycles)
        _enough(status == 0)
        return timing, cycles

    def state(self, number: int) -> State:
        """What is unfinished in a state."""
        state = State()
        self._native.timer_read_state(self._handle, number, ctypes.byref(state))
        return state


def encoding_class(encoding: bytes) -> int:
    """The same number for encodings that cost the same on every core, differing in an offset or a plain constant."""
    number: int = _library().timer_encoding_class(int.from_bytes(encoding, "little"), len(encoding))
    return number


def native_operation(encoding: bytes, operation: Operation, units: Sequence[str]) -> NativeOperation:
    """The operation as the native side has it; `units` gives the execution units their numbers."""
    instruction = operation.instruction
    native = NativeOperation(
        encoding=int.from_bytes(encoding, "little"),
        size_bytes=len(encoding),
        result_mask=_mask(operation.results),
        conflict_mask=_mask((*instruction.address, *instruction.late)),
        need_count=len(operation.needs),
        writeback=operation.writeback,
        sets_flags=instruction.sets_flags,
        conditional=instruction.conditional,
        divides=instruction.kind is InstructionClass.DIVIDE,
        **{name: getattr(operation, name) for name in _SAME_NAMES},
    )
    for need, (number, offset) in zip(native.needs, operation.needs, strict=False):
        need.number, need.offset = number, offset
    for unit in operation.units:
        native.units[units.index(unit)] += 1
    return native


_SAME_NAMES = frozenset(name for name, *_ in NativeOperation._fields_) & frozenset(Operation.__slots__) - {
    "needs", "units", "writeback",
}  # fmt: skip


def _mask(registers: Sequence[int]) -> int:
    return sum(1 << register for register in set(registers))


def _enough(there: object) -> None:
    if not there:
        raise RunError("not enough memory to time the program's blocks")

"""From a run that stopped to the error a user reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from profiler.errors import FirmwareFault, LimitExceeded, RunError
from profiler.run.location import locate
from profiler.run.model import DISPATCH
from profiler.run.native_types import StopReason, TracerStatus

_WRITE_KINDS = (17, 20, 22)  # UC_MEM_WRITE, _WRITE_UNMAPPED, _WRITE_PROT
_FETCH_KINDS = (18, 21, 24)
_WRITE_PROTECTED = 22
PERIPHERAL_SPACE = range(0x4000_0000, 0x6000_0000)  # Armv7-M Architecture Reference Manual, B3.1
_UNDEFINED_INSTRUCTION, _PREFETCH_ABORT = 1, 3  # QEMU's exception numbers for Arm (target/arm/cpu.h)
_EXCEPTION_NAMES = {2: "SVC", 4: "a data abort", 7: "a breakpoint"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """How a run ended. `engine_message` is what the engine itself complained of, "" for nothing."""

    status: TracerStatus
    registers: Mapping[str, int]
    engine_message: str

    @property
    def reason(self) -> StopReason:
        return StopReason(self.status.stop_reason)

    @property
    def needs_exact_address(self) -> bool:
        """Whether `stop_address` is only the start of the block in which it happened."""
        return self.reason in (
            StopReason.NONE,
            StopReason.MEMORY_FAULT,
            StopReason.EXCEPTION,
            StopReason.UNALIGNED,
            StopReason.RESET,
            StopReason.DMA,
        )


def error_for(stop: Stop, elf_path: Path) -> RunError:
    """The error that tells why a run ended, where, and what to do."""
    status = stop.status
    where = f"in {locate(elf_path, status.stop_address)}, {_layer_text(status)}"
    if stop.reason is StopReason.INSTRUCTION_LIMIT:
        return LimitExceeded(
            f"the run reached its limit of {status.instructions:,} instructions {where}",
            hint="raise PROFILER_MAX_INSTRUCTIONS, or look for an endless loop at that line",
        )
    if stop.reason is StopReason.REQUESTED:
        return LimitExceeded(
            f"the run reached its wall-clock limit after {status.instructions:,} instructions {where}",
            hint="raise PROFILER_MAX_WALL_SECONDS, or look for an endless loop at that line",
        )
    what, hint = _fault_text(stop)
    return FirmwareFault(f"{what} {where}\n{_registers_text(stop.registers)}", hint=hint)


def _layer_text(status: TracerStatus) -> str:
    if not status.counting:
        return "outside of an inference"
    return "between layers" if status.layer == DISPATCH else f"layer {status.layer}"


def _fault_text(stop: Stop) -> tuple[str, str]:
    match stop.reason:
        case StopReason.MEMORY_FAULT:
            return _memory_text(stop.status)
        case StopReason.EXCEPTION:
            return _exception_text(stop)
        case StopReason.NONE if not stop.engine_message:
            return "the core went to sleep", "nothing wakes it on the emulator; wait for events by polling"
        case StopReason.NONE if "INSN_INVALID" in stop.engine_message:
            return _ILLEGAL
        case StopReason.NONE:
            return f"the emulator gave up: {stop.engine_message}", "please report this firmware"
        case StopReason.UNALIGNED:
            return (
                f"the firmware made an unaligned {_access_text(stop.status)}",
                "that instruction needs natural alignment on this core; align the buffer or use a byte-wise access",
            )
        case StopReason.STACK_OVERFLOW:
            return (
                f"the stack overflowed: the stack pointer went down to 0x{stop.status.access_address:08X}",
                "reserve more stack for the firmware",
            )
        case StopReason.DMA:
            return (
                f"the firmware gave EasyDMA {stop.status.access_bytes} bytes at "
                f"0x{stop.status.access_address:08X}, which is not RAM",
                "copy the buffer to RAM first",
            )
        case _:
            return _TEXTS[stop.reason]


_ILLEGAL = (
    "the firmware executed an instruction that this core does not have",
    "a deliberate trap, or a build for another core: compare the firmware's -mcpu with the board file",
)
_TEXTS = {
    StopReason.ILLEGAL_INSTRUCTION: _ILLEGAL,
    StopReason.FPU_DISABLED: (
        "the firmware executed a floating-point instruction before it enabled the FPU",
        "start-up code must set CP10 and CP11 in CPACR (0xE000ED88) first",
    ),
    StopReason.RESET: (
        "the firmware reset itself",
        "a fault handler or an assertion of the firmware asked for it; the line tells which",
    ),
    StopReason.TABLE_FULL: (
        "the firmware did more different things than the emulator keeps account of",
        "look for a runaway jump, or for output without end",
    ),
}


def _exception_text(stop: Stop) -> tuple[str, str]:
    number = stop.status.access_value
    if number == _PREFETCH_ABORT:
        return _jump_text(stop.registers["pc"])
    if number == _UNDEFINED_INSTRUCTION:
        return _ILLEGAL
    name = _EXCEPTION_NAMES.get(number, f"exception {number}")
    return f"the firmware raised {name}", "an assertion or a breakpoint of the firmware; the line tells which"


def _jump_text(target: int) -> tuple[str, str]:
    return (
        f"the firmware jumped to 0x{target & ~1:08X}, where there is no code memory,",
        "a corrupted function pointer or return address",
    )


def _memory_text(status: TracerStatus) -> tuple[str, str]:
    if status.access_kind in _FETCH_KINDS:
        return _jump_text(status.access_address)
    if status.access_kind == _WRITE_PROTECTED:
        return f"the firmware made a {_access_text(status)}, which is flash,", "a corrupted pointer"
    what = f"the firmware made a {_access_text(status)}, where the board has nothing,"
    if status.access_address in PERIPHERAL_SPACE:
        return what, "firmware of another board, or a range missing from [[peripherals]] in the board file"
    return what, "a corrupted pointer, or firmware of another board"


def _access_text(status: TracerStatus) -> str:
    verb = "write" if status.access_kind in _WRITE_KINDS else "read"
    return f"{status.access_bytes}-byte {verb} at 0x{status.access_address:08X}"


def _registers_text(registers: Mapping[str, int]) -> str:
    words = [f"{name}={value:08X}" for name, value in registers.items()]
    return "\n".join("  " + " ".join(words[start : start + 6]) for start in range(0, len(words), 6))

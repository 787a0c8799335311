"""The ceilings a kernel runs under: what the core can multiply in a cycle, and what it can load."""

from __future__ import annotations

from profiler.boards.model import Board, CoreFeature
from profiler.report.profile import Basis, Figure, Roofline, Unavailable

_SOURCE = (
    "Integer: SMLAD does two 16-bit multiply-accumulates in one cycle (Cortex-M4 TRM 100166, processor instructions); "
    "without it MUL + ADD take two cycles (Cortex-M3 and M0+ TRMs, instruction set summary). Float: VMUL + VADD "
    "take two cycles on Cortex-M4 (TRM 100166, FPU instruction set). Loads: width of the core's data interface. "
    "Uncached flash: bytes of one access over its wait states."
)
_INTEGER_PEAK_WITHOUT_DSP = 0.5
_INTEGER_PEAK_WITH_DSP = 2.0
_FLOAT_PEAK = {"cortex-m4": 0.5}
_WIDE_LOAD_CORES = {"cortex-m7": 8}  # 64-bit TCM and AXI interfaces (Cortex-M7 TRM DDI 0489, section 1.2)
_LOAD_BYTES = 4


def fold_roofline(board: Board, dtype: str) -> Roofline:
    """Ceilings of `board` for a model that computes in `dtype`."""
    load_bytes = _WIDE_LOAD_CORES.get(board.core.name, _LOAD_BYTES)
    flash = board.boot_flash
    uncached = min(float(load_bytes), flash.line_bytes / (1 + flash.read_wait_cycles))
    return Roofline(
        peak_macs_per_cycle=_peak(board, dtype),
        load_bytes_per_cycle=Figure(value=load_bytes, basis=Basis.STATIC),
        flash_bytes_per_cycle=Figure(value=uncached, basis=Basis.STATIC),
        source=_SOURCE,
    )


def _peak(board: Board, dtype: str) -> Figure | Unavailable:
    if not dtype.startswith("float"):
        has_dsp = CoreFeature.DSP in board.core.features
        return Figure(value=_INTEGER_PEAK_WITH_DSP if has_dsp else _INTEGER_PEAK_WITHOUT_DSP, basis=Basis.STATIC)
    if CoreFeature.FPU not in board.core.features:
        return Unavailable(reason=f"{board.core.name} has no floating-point unit: libgcc computes floats")
    if board.core.name not in _FLOAT_PEAK:
        return Unavailable(reason=f"Arm does not publish the FPU's instruction timing of {board.core.name}")
    return Figure(value=_FLOAT_PEAK[board.core.name], basis=Basis.STATIC)

"""Agreement with the reference interpreter, as the report says it. Pure."""

from __future__ import annotations

from math import isfinite

from profiler.accuracy.model import OutputAgreement, ReferenceUnavailable
from profiler.report.profile import Basis, Correctness, Figure, Unavailable


def fold_correctness(agreement: OutputAgreement | ReferenceUnavailable) -> Correctness | Unavailable:
    """The largest difference is in LSB, unless some output is float: then it is the relative one."""
    if isinstance(agreement, ReferenceUnavailable):
        return Unavailable(reason=f"{agreement.reference}: {agreement.reason}")
    is_float = agreement.max_relative is not None
    return Correctness(
        reference=agreement.reference,
        input_sets=agreement.input_sets,
        bit_equal_share=Figure(value=agreement.bit_equal_share, basis=Basis.EMULATED),
        largest_difference=_largest((agreement.max_relative if is_float else agreement.max_lsb) or 0),
        difference_unit="relative" if is_float else "LSB",
        agrees=agreement.agrees,
    )


def _largest(difference: float) -> Figure | Unavailable:
    if not isfinite(difference):
        return Unavailable(reason="an output or its reference is not a finite number, or the reference is all zeros")
    return Figure(value=difference, basis=Basis.EMULATED)

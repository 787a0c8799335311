"""Agreement with the reference interpreter, as the report says it."""

from __future__ import annotations

from profiler.accuracy.model import OutputAgreement, ReferenceUnavailable
from profiler.report.profile import Basis, Correctness, Figure, Unavailable


def fold_correctness(agreement: OutputAgreement | ReferenceUnavailable) -> Correctness | Unavailable:
    """The largest difference is in LSB, unless some output is float32: then it is the relative one."""
    if isinstance(agreement, ReferenceUnavailable):
        return Unavailable(f"{agreement.reference}: {agreement.reason}")
    is_float = agreement.max_relative is not None
    largest = agreement.max_relative if is_float else agreement.max_lsb
    return Correctness(
        reference=agreement.reference,
        input_sets=agreement.input_sets,
        bit_equal_share=Figure(value=agreement.bit_equal_share, basis=Basis.EMULATED),
        largest_difference=Figure(value=largest or 0, basis=Basis.EMULATED),
        difference_unit="relative" if is_float else "LSB",
        agrees=agreement.agrees,
    )

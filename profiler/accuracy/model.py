"""How well a target's outputs agree with a reference interpreter's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceUnavailable:
    """Stands where reference outputs or an agreement would stand, and says why there are none."""

    reference: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputDifference:
    """One graph output, over all input sets.

    `max_lsb` is for integer outputs: the largest difference in units of the last place. `max_relative` is for float
    outputs: the largest |target - reference| of an inference divided by the largest |reference| of the same output in
    the same inference (so that a softmax's probabilities near 0 are judged by what they weigh); 0 when bits are equal,
    infinite when either side is not finite and their bits differ, or when the reference is all zeros.
    """

    tensor_index: int
    elements: int
    bit_equal_elements: int
    max_lsb: int | None
    max_relative: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputAgreement:
    """All outputs of a target against a reference, over the same input sets."""

    reference: str  # with its version: "TFLM 0.dev20261023182759"
    input_sets: int
    outputs: tuple[OutputDifference, ...]
    tolerance_lsb: int
    tolerance_relative: float

    @property
    def bit_equal_share(self) -> float:
        """Of all output elements, 0 to 1; 1 when there are none."""
        elements = sum(output.elements for output in self.outputs)
        return sum(output.bit_equal_elements for output in self.outputs) / elements if elements else 1.0

    @property
    def max_lsb(self) -> int | None:
        """The largest of all integer outputs, None when there are none."""
        return max((output.max_lsb for output in self.outputs if output.max_lsb is not None), default=None)

    @property
    def max_relative(self) -> float | None:
        """The largest of all float outputs, None when there are none."""
        return max((output.max_relative for output in self.outputs if output.max_relative is not None), default=None)

    @property
    def agrees(self) -> bool:
        """Whether every output is within its tolerance."""
        return (self.max_lsb or 0) <= self.tolerance_lsb and (self.max_relative or 0.0) <= self.tolerance_relative

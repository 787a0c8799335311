"""What operators that join tensors along an axis, and those that take one apart, have in common: parts and a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from profiler.codegen.model import Constant, int32_constants
from profiler.graph.model import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """What is beyond the axis is one run of a part; as many turns as there is before it."""

    turns: int
    lengths: tuple[int, ...]  # elements, of each part

    @property
    def constants(self) -> tuple[Constant, ...]:
        """What `join.h` and `split.h` read."""
        return int32_constants({"kTurns": self.turns, "kTotal": sum(self.lengths), "kLengths": self.lengths})


def runs_of(parts: Sequence[Tensor], whole: Tensor, axis: int) -> Runs:
    """The runs of parts that make up the whole."""
    turns = prod(whole.shape[: axis % len(whole.shape)])
    return Runs(turns=turns, lengths=tuple(part.elements // turns for part in parts))


def why_not_parts(
    parts: Sequence[Tensor], whole: Tensor, axis: int, *, names: tuple[str, str], of_one: bool
) -> Iterator[str | None]:
    """The parts, behind one another along the axis, are the whole. `names`: what parts and whole are of the operator;
    `of_one`: parts lack the axis, along which each has a length of 1."""
    several, one = names
    rank = len(whole.shape)
    if not -rank <= axis < rank:
        yield f"axis {axis} is none of the {one}'s {rank}"
    axis %= rank
    shapes = [part.shape for part in parts]
    if of_one:
        shapes = [(*shape[:axis], 1, *shape[axis:]) for shape in shapes]
    before, behind = whole.shape[:axis], whole.shape[axis + 1 :]
    if any((shape[:axis], shape[axis + 1 :]) != (before, behind) for shape in shapes):
        yield f"{several} are {shapes}, must be {whole.shape} but along axis {axis}"
    if sum(shape[axis] for shape in shapes) != whole.shape[axis] or not whole.elements:
        yield f"{several} are {shapes}, {one} is {whole.shape}"

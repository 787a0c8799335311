"""How a tensor is read in another order: nested loops over the output, each with a step in the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profiler.codegen.model import Lowered, int32_constants
from profiler.graph.model import Tensor
from profiler.plan.model import OperatorNeeds

_LEVELS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The output, element by element, is the input's `first` element and what is `steps` from there, in elements; the
    last loop is the innermost."""

    first: int
    sizes: tuple[int, ...]
    steps: tuple[int, ...]

    @property
    def goes_forward(self) -> bool:
        """Whether every element is read behind the one before it, so that the output may be written over the input."""
        reach = 0
        for size, step in zip(reversed(self.sizes), reversed(self.steps), strict=True):
            if step <= reach:
                return False
            reach += (size - 1) * step
        return True

    def lowered(self, source: Tensor) -> Lowered:
        """For kernels around `kernels/common/gather.h`."""
        filled = _LEVELS - len(self.sizes)
        sizes, steps = (1,) * filled + self.sizes, (0,) * filled + self.steps
        values = {"kInputs": source.elements, "kFirst": self.first}
        values |= {f"kSize{level}": size for level, size in enumerate(sizes)}
        values |= {f"kStep{level}": step for level, step in enumerate(steps)}
        return Lowered(
            constants=int32_constants(values),
            arguments=("input:0", "output:0"),
            needs=OperatorNeeds(in_place_inputs=(0,) if self.goes_forward else ()),
        )


def walk_of(first: int, sizes: Sequence[int], steps: Sequence[int]) -> Walk:
    """The walk with as few loops as possible: loops of one turn go, loops that continue one another become one."""
    loops: list[tuple[int, int]] = []
    for size, step in zip(sizes, steps, strict=True):
        if size == 1:
            continue
        if loops and loops[-1][1] == size * step:
            loops[-1] = (loops[-1][0] * size, step)
        else:
            loops.append((size, step))
    loops = loops or [(1, 1)]
    return Walk(first=first, sizes=tuple(size for size, _ in loops), steps=tuple(step for _, step in loops))


def steps_of(shape: Sequence[int]) -> tuple[int, ...]:
    """Elements from one index of each axis to the next."""
    steps: list[int] = []
    elements = 1
    for size in reversed(shape):
        steps.insert(0, elements)
        elements *= size
    return tuple(steps)

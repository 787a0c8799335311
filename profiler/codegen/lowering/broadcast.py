"""How two operands of different shapes are walked together, with as few loops as possible."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.codegen.model import Constant

_LOOPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """Four nested loops over the output; a stride is what a step means in an operand, 0 where it is repeated."""

    sizes: tuple[int, ...]
    strides_a: tuple[int, ...]
    strides_b: tuple[int, ...]

    def constants(self) -> tuple[Constant, ...]:
        """kSize0..3, kStrideA0..3 and kStrideB0..3."""
        named = {"kSize": self.sizes, "kStrideA": self.strides_a, "kStrideB": self.strides_b}
        return tuple(
            Constant(c_type="int32_t", name=f"{name}{loop}", value=value)
            for name, values in named.items()
            for loop, value in enumerate(values)
        )


def broadcast_of(a: tuple[int, ...], b: tuple[int, ...], output: tuple[int, ...]) -> Broadcast | str:
    """The walk over shapes `a` and `b` that yields `output`, or the reason why there is none."""
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    if any(one != other and 1 not in (one, other) for one, other in zip(a, b, strict=True)):
        return f"shapes {a} and {b} do not broadcast"
    sizes = tuple(max(pair) for pair in zip(a, b, strict=True))
    if (1,) * (rank - len(output)) + output != sizes or 0 in (*a, *b):
        return f"output is {output}, must be {sizes} and not empty"
    loops = _merged(sizes, _strides(a), _strides(b))
    if len(loops) > _LOOPS:
        return f"shapes {a} and {b} need {len(loops)} nested loops, at most {_LOOPS} are supported"
    loops = [(1, 0, 0)] * (_LOOPS - len(loops)) + loops
    size, stride_a, stride_b = zip(*loops, strict=True)
    return Broadcast(sizes=size, strides_a=stride_a, strides_b=stride_b)


def _strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides: list[int] = []
    elements = 1
    for size in reversed(shape):
        strides.insert(0, 0 if size == 1 else elements)
        elements *= size
    return tuple(strides)


def _merged(
    sizes: tuple[int, ...], strides_a: tuple[int, ...], strides_b: tuple[int, ...]
) -> list[tuple[int, int, int]]:
    """(size, stride in a, stride in b) per loop, outermost first; loops that continue one another become one."""
    loops: list[tuple[int, int, int]] = []
    for size, stride_a, stride_b in zip(sizes, strides_a, strides_b, strict=True):
        if size == 1:
            continue
        if loops:
            outer_size, outer_a, outer_b = loops[-1]
            if (outer_a, outer_b) == (stride_a * size, stride_b * size):
                loops[-1] = (outer_size * size, stride_a, stride_b)
                continue
        loops.append((size, stride_a, stride_b))
    return loops

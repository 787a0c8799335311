"""The memory plan: where each tensor lives in the arena, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorNeeds:
    """What the chosen kernel of one operator asks of the planner."""

    scratch_bytes: int = 0  # live only while the operator runs
    in_place_inputs: tuple[int, ...] = ()  # positions of inputs the (first) output may overwrite


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One buffer in the arena. Several tensors share a buffer when an operator works in place.

    Live from the start of operator `first_operator` to the end of operator `last_operator`, both inclusive; graph
    inputs are live from operator 0, graph outputs to the last operator.
    """

    tensor_indices: tuple[int, ...]  # empty for scratch
    scratch_of_operator: int | None
    offset_bytes: int
    size_bytes: int
    first_operator: int
    last_operator: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPlan:
    """`lower_bound_bytes` is the largest sum of simultaneously live buffers: no plan can be smaller."""

    arena_bytes: int
    lower_bound_bytes: int
    alignment_bytes: int
    planner: str
    placements: tuple[Placement, ...]
    tensor_offsets: Mapping[int, int] = field(default_factory=dict)
    scratch_offsets: Mapping[int, int] = field(default_factory=dict)  # operator index → offset

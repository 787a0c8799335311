"""What a core's instructions cost: the tables in `cores/*.toml`, checked and typed."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, fields
from typing import Any

from profiler.errors import BoardError
from profiler.resources import package_folder
from profiler.timing.instruction_class import InstructionClass
from profiler.timing.native_types import MAX_UNITS


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCost:
    """Cost of one instruction class. Its result can be consumed `latency` cycles after its last issue cycle.

    Issue is occupied for `cycles`, plus ceil(words / `words_per_cycle`) for classes that move several words.
    """

    cycles: int
    latency: int
    source: str
    words_per_cycle: int = 0
    overlapped_load_cycles: int = 0  # trailing cycles that a directly following, independent load hides
    overlaps_previous_load: bool = False  # this class hides the trailing cycles of a load right before it
    factor_cycles: int = 0  # more before a multiply can use its result as a factor
    fpu_busy_cycles: int = 0  # the FPU takes no other instruction meanwhile, the integer pipeline goes on
    shadow_cycles: int = 0  # for so many cycles behind it no class that is `shadowed` issues
    shadowed: bool = False
    units: tuple[str, ...] = ()  # execution units it needs for one cycle (dual-issue cores); one may come twice
    first_slot_only: bool = False  # pairs only as the older of two instructions
    single_issue: bool = False  # pairs with nothing
    flags_cycles: int = 0  # more when it sets flags
    following_load_cycles: int = 0  # more for a load directly after it


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchCost:
    """Cycles after a taken branch until its target issues, by how early the core knows the target."""

    direct_refill_cycles: int  # B, Bcc, CBZ, CBNZ
    call_refill_cycles: int  # BL
    register_refill_cycles: int  # BX, BLX, MOV PC
    load_refill_cycles: int  # LDR PC, POP {.., PC}
    table_refill_cycles: int  # TBB, TBH
    split_target_cycles: int  # more, when the target is a 32-bit instruction that is not 4-byte aligned
    flags_cycles: int  # more, right after an instruction that sets flags, if it needs them or could pair with that one
    mispredict_cycles: int  # more, for a conditional branch predicted wrongly; 0 where nothing is predicted
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperandTiming:
    """Cycles earlier or later than the execute stage at which operands are needed."""

    address_early_cycles: int
    shifted_early_cycles: int
    accumulator_late_cycles: int
    fp_accumulator_late_cycles: int
    store_data_late_cycles: int
    fp_store_data_late_cycles: int
    base_update_overlaps: bool  # a load that updates its base still overlaps with the next load
    early_alu: bool  # adds, moves and shifts whose operands are there a cycle early have their result a cycle early
    updated_base_early: bool  # the next instruction can address with an updated base without waiting
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchCost:
    """`split_run_cycles` more when the first `split_run_length` instructions after a pause (a stall, an instruction of
    several cycles, one of another kind) are 32 bits wide and each cross a word boundary."""

    split_run_length: int
    split_run_cycles: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DivideCost:
    """Cycles of a divide by its operands: `base_cycles` and one more for every `bits_a_cycle` bits that the dividend is
    longer than the divisor."""

    zero_cycles: int  # when an operand is zero
    shorter_cycles: int  # when the dividend is shorter than the divisor
    base_cycles: int
    bits_a_cycle: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnalignedCost:
    """Cycles more of a read that is not aligned: of a halfword, of a word at an odd address, of other words."""

    halfword_cycles: int
    word_cycles: int
    odd_word_cycles: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowPairing:
    """Two 16-bit instructions issue together when the younger one is of `younger`.

    `either_slot`: when either one is; the other one uses the units of its cost. `immediates`: additions and
    subtractions of a constant and moves count as of `younger` too.
    """

    younger: frozenset[InstructionClass]
    source: str
    either_slot: bool = False
    immediates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreModel:
    """One core's cost table. `error_fraction` bounds the total either way on the parts of `compared_socs`,
    `other_error_fraction` on all others; `validated`: held-out measurements of those parts justify the bound."""

    name: str
    issue_width: int
    unit_count: dict[str, int]  # execution units of a dual-issue core
    costs: dict[InstructionClass, ClassCost]
    branch: BranchCost
    operands: OperandTiming
    fetch: FetchCost
    narrow_pairing: NarrowPairing | None  # None: which instructions pair is in their costs
    divide: DivideCost | None  # None: the class's cycles, whatever the operands
    unaligned: UnalignedCost | None  # None: unaligned reads fault, or nothing is known of them
    error_fraction: float
    other_error_fraction: float
    compared_socs: tuple[str, ...]
    error_source: str
    validated: bool
    sources: tuple[str, ...]


def core_names() -> tuple[str, ...]:
    """Cores that have a cost table, sorted."""
    return tuple(sorted(path.stem for path in (package_folder() / "timing" / "cores").glob("*.toml")))


@functools.lru_cache(maxsize=16)
def load_core_model(name: str) -> CoreModel:
    """Cost table of a core, e.g. "cortex-m4". Raises BoardError when there is none, or when it is wrong."""
    if name not in core_names():
        raise BoardError(
            f"no cycle costs for core {name!r}", hint=f"cores with a cost table: {', '.join(core_names())}"
        )
    try:
        return parse_core_model(_with_base(name))
    except (KeyError, TypeError, ValueError) as error:
        hint = "compare it with cortex-m4.toml"
        raise BoardError(f"the cost table {name}.toml is wrong: {error}", hint=hint) from error


def _with_base(name: str) -> dict[str, Any]:
    """A table as its file has it; one with a `base` says only where it differs from that core's."""
    path = package_folder() / "timing" / "cores" / f"{name}.toml"
    data = tomllib.loads(path.read_text("utf-8"))
    if "base" not in data:
        return data
    base = _with_base(data.pop("base"))
    return {
        **base,
        **{key: {**base[key], **value} if isinstance(value, dict) else value for key, value in data.items()},
    }


def parse_core_model(data: dict[str, Any]) -> CoreModel:
    """Core model of a parsed table. Raises KeyError, TypeError or ValueError for what is missing or not known."""
    costs = {InstructionClass(kind): _class_cost(kind, entry) for kind, entry in data["cost"].items()}
    missing = [kind.value for kind in InstructionClass if kind not in costs and kind.value not in data["absent"]]
    if missing:
        raise ValueError(f"no cost for {', '.join(missing)}, and they are not listed as absent")
    units = dict(data.get("unit_count", {}))
    unknown = {unit for cost in costs.values() for unit in cost.units} - units.keys()
    if unknown:
        raise ValueError(f"unit_count has no {', '.join(sorted(unknown))}")
    if len(units) > MAX_UNITS:
        raise ValueError(f"unit_count has {len(units)} units, {MAX_UNITS} are possible")
    return CoreModel(
        name=data["name"],
        issue_width=data["issue_width"],
        unit_count=units,
        costs=costs,
        branch=BranchCost(**data["branch"]),
        operands=OperandTiming(**data["operands"]),
        fetch=FetchCost(**data["fetch"]),
        narrow_pairing=_narrow_pairing(data.get("narrow_pairing")),
        divide=DivideCost(**data["divide"]) if "divide" in data else None,
        unaligned=UnalignedCost(**data["unaligned"]) if "unaligned" in data else None,
        error_fraction=data["error"]["fraction"],
        other_error_fraction=data["error"]["other_fraction"],
        compared_socs=tuple(data["error"]["compared_socs"]),
        error_source=data["error"]["source"],
        validated=data["error"]["validated"],
        sources=tuple(data["sources"]),
    )


def _narrow_pairing(entry: dict[str, Any] | None) -> NarrowPairing | None:
    if entry is None:
        return None
    younger = frozenset(InstructionClass(kind) for kind in entry["younger"])
    return NarrowPairing(**{**entry, "younger": younger})


def _class_cost(kind: str, entry: dict[str, Any]) -> ClassCost:
    unknown = entry.keys() - {field.name for field in fields(ClassCost)}
    if unknown:
        raise ValueError(f"cost.{kind} has unknown keys {', '.join(sorted(unknown))}")
    cycles = entry["cycles"]
    values = {"latency": 1, **entry, "units": tuple(entry.get("units", ()))}
    if min(cycles, values["latency"]) < 0:
        raise ValueError(f"cost.{kind} is negative")
    return ClassCost(**values)

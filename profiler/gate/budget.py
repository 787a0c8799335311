"""The budget file: limits for every model and board, and for those that a pattern names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from profiler.errors import BudgetError
from profiler.gate.metrics import LIMIT_KEYS, LimitKey, Rule
from profiler.gate.quantities import Increase, parse_amount, parse_increase

NO_LIMIT = "none"
"""Written as a value, it lifts a limit that an earlier table set."""

_DEFAULTS, _LIMITS = "defaults", "limits"
_UNCHANGED = {f"max_{name}_increase": "0%" for name in ("latency", "flash", "ram", "arena", "stack")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit. `amount` is in the unit of reports (bytes, ms, cycles; a share as a fraction of 1)."""

    key: LimitKey
    written: str
    amount: float | Increase


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetTable:
    """Limits for the models and boards that match the patterns; None lifts a limit."""

    where: str
    model: str = "*"
    board: str = "*"
    limits: Mapping[str, Limit | None]

    def applies(self, model: str, board: str) -> bool:
        return fnmatchcase(model, self.model) and fnmatchcase(board, self.board)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Tables in the order of the file: a later one overrides an earlier one, key by key."""

    tables: tuple[BudgetTable, ...]

    def limits_for(self, model: str, board: str) -> tuple[Limit, ...]:
        """What a model must keep to on a board, in report order."""
        found: dict[str, Limit | None] = {}
        for table in self.tables:
            if table.applies(model, board):
                found.update(table.limits)
        return tuple(limit for key in LIMIT_KEYS if (limit := found.get(key)) is not None)

    def require_use(self, runs: Sequence[tuple[str, str]]) -> None:
        """Raises BudgetError for a table that applies to none of the (model, board) pairs: a typing mistake."""
        for table in self.tables:
            if not any(table.applies(model, board) for model, board in runs):
                models, boards = (", ".join(dict.fromkeys(names)) for names in zip(*runs, strict=True))
                raise BudgetError(
                    f"{table.where} applies to nothing: model {table.model!r}, board {table.board!r}",
                    hint=f"gated are the models {models} on {boards}; `--unused ignore` lets unused tables be",
                )


def unchanged_budget() -> Budget:
    """What a baseline alone stands for: nothing may grow."""
    return Budget(tables=(_table(_UNCHANGED, "a baseline without a budget"),))


def read_budget(path: Path) -> Budget:
    """The budget in a TOML file. Raises BudgetError: what is wrong, in which table, and the choices."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BudgetError(f"cannot read {path}: {error.strerror}", hint="docs/gate.md shows a budget") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BudgetError(f"{path} is no TOML: {error}", hint="docs/gate.md shows a budget") from error
    unknown = [name for name in data if name not in (_DEFAULTS, _LIMITS)]
    if unknown:
        hint = f"a budget has the table [{_DEFAULTS}] and tables [[{_LIMITS}]]; limits go inside them"
        raise BudgetError(f"{path}: {unknown[0]!r} is neither", hint=hint)
    tables = []
    if _DEFAULTS in data:
        tables.append(_table(_as_table(data[_DEFAULTS], f"{path}: [{_DEFAULTS}]"), f"{path}: [{_DEFAULTS}]"))
    for number, entry in enumerate(_as_list(data.get(_LIMITS, []), str(path)), start=1):
        where = f"{path}: [[{_LIMITS}]] number {number}"
        tables.append(_patterned(_as_table(entry, where), where))
    if not any(table.limits for table in tables):
        raise BudgetError(f"{path} limits nothing", hint=f"choose of: {', '.join(LIMIT_KEYS)}")
    return Budget(tables=tuple(tables))


def with_limits(budget: Budget | None, written: Sequence[str]) -> Budget | None:
    """The budget and limits of the command line (`max_flash=64 KiB`), which override it. Raises BudgetError."""
    if not written:
        return budget
    limits = {}
    for text in written:
        key, equals, value = text.partition("=")
        if not equals:
            raise BudgetError(f"--limit {text!r} is no KEY=VALUE", hint='write for example --limit "max_flash=64 KiB"')
        limits[key.strip()] = value.strip()
    return Budget(tables=(*(budget.tables if budget else ()), _table(limits, "--limit")))


def _as_table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BudgetError(f"{where} is no table", hint=f"write [{_DEFAULTS}] or [[{_LIMITS}]] above the limits")
    return value


def _as_list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise BudgetError(f"{where}: {_LIMITS} is one table", hint=f"write [[{_LIMITS}]], which may be repeated")
    return value


def _patterned(entry: Mapping[str, Any], where: str) -> BudgetTable:
    patterns = {name: entry.get(name, "*") for name in ("model", "board")}
    for name, pattern in patterns.items():
        if not isinstance(pattern, str) or not pattern:
            raise BudgetError(f"{where}: {name} is {pattern!r}", hint="write a name or a pattern, such as kws*")
    limits = {key: value for key, value in entry.items() if key not in patterns}
    return _table(limits, where, **patterns)


def _table(limits: Mapping[str, object], where: str, model: str = "*", board: str = "*") -> BudgetTable:
    found = {key: _limit(key, value, where) for key, value in limits.items()}
    return BudgetTable(where=where, model=model, board=board, limits=found)


def _limit(name: str, written: object, where: str) -> Limit | None:
    key = LIMIT_KEYS.get(name)
    if key is None:
        near = get_close_matches(name, LIMIT_KEYS, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        raise BudgetError(f"{where}: there is no limit {name!r}", hint=f"{guess}choose of: {', '.join(LIMIT_KEYS)}")
    if written == NO_LIMIT:
        return None
    if isinstance(written, str) and written.strip().isdecimal():
        written = int(written)
    parse = parse_increase if key.rule is Rule.INCREASE else parse_amount
    try:
        amount = parse(written, key.metric.dimension)
    except BudgetError as error:
        raise BudgetError(f"{where}: {name} = {error.message}", hint=error.hint) from error
    return Limit(key=key, written=str(written), amount=amount)

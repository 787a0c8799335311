"""The baseline file: what models cost when somebody last agreed to it. Small, sorted, one line a fact, for review.

A TOML file (or JSON, by its name): per model and board the origin of the figures, the figures, the sections of flash
and RAM, and one line a layer. Layers carry no number, so that a new one adds a line and changes no other.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import TypeAdapter, ValidationError
from tomlkit.items import Table

from profiler.errors import BaselineError
from profiler.report.comparison.snapshot import FIGURES, LayerFacts, Origin, Snapshot, take_snapshot
from profiler.report.fold_layers import milliseconds
from profiler.report.profile import Figure, Unavailable
from profiler.report.serialize import ProfileFormatError, from_json

BASELINE_VERSION = 1
_HEADER = (
    "What these models cost when this file was last agreed to. `profiler gate --baseline` compares with it,",
    "`profiler gate --update-baseline` writes it: review the difference like that of code.",
)
_DERIVED = "latency_ms"  # cycles and clock tell it
_HINT = "restore the file, or write a new one with `profiler gate --update-baseline`"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineEntry:
    """One model on one board. Everything is as in a Snapshot, less what follows from the rest."""

    origin: Mapping[str, str | int]
    figures: Mapping[str, Figure | Unavailable]
    sections: Mapping[str, int]
    layers: tuple[LayerFacts, ...]
    between_layers_cycles: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Entries by model name, then board name."""

    baseline_version: int = BASELINE_VERSION
    models: Mapping[str, Mapping[str, BaselineEntry]] = field(default_factory=dict)

    def snapshot(self, model: str, board: str) -> Snapshot | None:
        """The entry as what is compared, or None. Raises BaselineError when its origin is incomplete."""
        entry = self.models.get(model, {}).get(board)
        return None if entry is None else _snapshot(model, board, entry)


@cache
def _adapter() -> TypeAdapter[Baseline]:
    return TypeAdapter(Baseline)


def updated(baseline: Baseline, snapshots: Iterable[Snapshot]) -> Baseline:
    """The baseline with these snapshots' entries put in; others stay."""
    models = {model: dict(boards) for model, boards in baseline.models.items()}
    for snapshot in snapshots:
        models.setdefault(snapshot.origin.model, {})[snapshot.origin.board] = _entry(snapshot)
    return replace(baseline, models=models)


def _entry(snapshot: Snapshot) -> BaselineEntry:
    kept = [name for name in FIGURES if name in snapshot.figures and name != _DERIVED]
    origin = {name: value for name, value in asdict(snapshot.origin).items() if name not in ("model", "board")}
    return BaselineEntry(
        origin=origin,
        figures={name: snapshot.figures[name] for name in kept},
        sections=snapshot.sections,
        layers=snapshot.layers,
        between_layers_cycles=snapshot.between_layers_cycles,
    )


def _snapshot(model: str, board: str, entry: BaselineEntry) -> Snapshot:
    try:
        origin = TypeAdapter(Origin).validate_python({**entry.origin, "model": model, "board": board}, extra="forbid")
    except ValidationError as error:
        raise BaselineError(
            f"the baseline's entry of {model} on {board} has a wrong origin: {_first(error)}", hint=_HINT
        ) from error
    cycles = entry.figures.get("cycles", Unavailable(reason="not kept in the baseline"))
    latency = milliseconds(cycles, origin.clock_hz) if isinstance(cycles, Figure) else cycles
    return Snapshot(
        origin=origin,
        figures={_DERIVED: latency, **entry.figures},
        sections=entry.sections,
        layers=entry.layers,
        between_layers_cycles=entry.between_layers_cycles,
    )


def read_baseline(path: Path) -> Baseline:
    """The baseline in a TOML or JSON file; a saved profile is one with a single entry. Raises BaselineError."""
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        if isinstance(data, dict) and "schema_version" in data:
            return updated(Baseline(), [take_snapshot(from_json(text))])
        version = data.get("baseline_version") if isinstance(data, dict) else None
        if version != BASELINE_VERSION:
            told = f"has baseline_version {version!r}, this version reads {BASELINE_VERSION}"
            raise BaselineError(f"{path} {told}" if version else f"{path} is no baseline", hint=_HINT)
        baseline = _adapter().validate_json(json.dumps(data, allow_nan=False), strict=True, extra="forbid")
    except OSError as error:
        hint = "write one with `profiler gate --update-baseline`"
        raise BaselineError(f"cannot read {path}: {error.strerror}", hint=hint) from error
    except ValidationError as error:
        raise BaselineError(f"{path} is damaged at {_first(error)}", hint=_HINT) from error
    except ProfileFormatError as error:
        raise BaselineError(f"{path}: {error.message}", hint=error.hint) from error
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, no JSON, not finite
        raise BaselineError(f"{path} cannot be read: {error}", hint=_HINT) from error
    for model, boards in baseline.models.items():
        for board, entry in boards.items():
            _snapshot(model, board, entry)
    return baseline


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'top level'}: {first['msg']}"


def baseline_text(baseline: Baseline, suffix: str) -> str:
    """The file's contents: JSON for the suffix `.json`, else TOML. Equal baselines give equal text."""
    plain = _plain(baseline)
    if suffix == ".json":
        return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    document = tomlkit.document()
    for line in _HEADER:
        document.add(tomlkit.comment(line))
    document.add("baseline_version", tomlkit.item(plain["baseline_version"]))
    models = tomlkit.table(is_super_table=True)
    for model, boards in plain["models"].items():
        of_model = tomlkit.table(is_super_table=True)
        for board, entry in boards.items():
            of_model.add(board, _table(entry))
        models.add(model, of_model)
    document.add("models", models)
    return tomlkit.dumps(document)


def _plain(baseline: Baseline) -> dict[str, Any]:
    plain = _adapter().dump_python(baseline, mode="json", exclude_none=True)
    models = {
        model: {board: boards[board] for board in sorted(boards)} for model, boards in sorted(plain["models"].items())
    }
    return {"baseline_version": plain["baseline_version"], "models": models}


def _table(entry: Mapping[str, Any]) -> Table:
    """Scalars and layers first, then the tables, each figure and each layer on a line of its own."""
    table = tomlkit.table()
    layers = tomlkit.array()
    for layer in entry["layers"]:
        layers.append(_inline(layer))
    table.add("layers", layers.multiline(True))
    if "between_layers_cycles" in entry:
        table.add("between_layers_cycles", entry["between_layers_cycles"])
    for name in ("origin", "figures", "sections"):
        part = tomlkit.table()
        for key, value in entry[name].items():
            part.add(key, _inline(value) if isinstance(value, dict) else value)
        table.add(name, part)
    return table


def _inline(values: Mapping[str, Any]) -> Any:
    inline = tomlkit.inline_table()
    inline.update(values)
    return inline

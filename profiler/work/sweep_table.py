"""Rows of a sweep as a table: one source for its columns, their types and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from profiler.errors import SettingsError
from profiler.pipeline import Options
from profiler.report.profile import Correctness, Figure, Profile, TimingModel, Unavailable
from profiler.report.serialize import from_json
from profiler.report.targets import TargetMeasurement
from profiler.store.model import BoardTask, Result

if TYPE_CHECKING:
    import pandas

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model on one board; without a result `task.failure` says why."""

    model: str
    model_sha256: str
    task: BoardTask
    options: Options
    result: Result | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: pandas' nullable type, and the value of a row (None: not available)."""

    name: str
    dtype: str
    value: Callable[[Row, Profile | None], Value]


def _figure(name: str, get: Callable[[Profile], Figure | Unavailable], dtype: str = "Int64") -> Column:
    def value(_row: Row, profile: Profile | None) -> Value:
        figure = None if profile is None else get(profile)
        return figure.value if isinstance(figure, Figure) else None

    return Column(name=name, dtype=dtype, value=value)


def _latency(name: str, get: Callable[[Figure], Value], dtype: str) -> Column:
    def value(_row: Row, profile: Profile | None) -> Value:
        figure = None if profile is None else profile.summary.latency_ms
        return get(figure) if isinstance(figure, Figure) else None

    return Column(name=name, dtype=dtype, value=value)


def _measured(name: str, dtype: str, get: Callable[[TargetMeasurement], Value]) -> Column:
    def value(_row: Row, profile: Profile | None) -> Value:
        return get(profile.targets[0]) if profile is not None and profile.targets else None

    return Column(name=name, dtype=dtype, value=value)


def _of_profile(name: str, dtype: str, get: Callable[[Profile], Value]) -> Column:
    return Column(name=name, dtype=dtype, value=lambda _row, profile: None if profile is None else get(profile))


def _of_row(name: str, get: Callable[[Row], Value], dtype: str = "string") -> Column:
    return Column(name=name, dtype=dtype, value=lambda row, _profile: get(row))


COLUMNS: tuple[Column, ...] = (
    _of_row("model", lambda row: row.model),
    _of_row("model_sha256", lambda row: row.model_sha256),
    _of_row("board", lambda row: row.task.board),
    _of_row("optimization", lambda row: row.options.optimization.value),
    _of_row("kernels", lambda row: row.options.kernels),
    _of_row("planner", lambda row: row.options.planner),
    _of_row("seed", lambda row: row.options.seed, "Int64"),
    _of_row("input_sets", lambda row: row.options.input_sets, "Int64"),
    _of_row("memory_config", lambda row: str(row.options.memory_config)),
    _of_row("on", lambda row: row.options.on),
    _of_row("repeat", lambda row: row.options.repeat, "Int64"),
    _of_row("state", lambda row: row.task.state.value),
    _of_profile("core", "string", lambda profile: profile.board.core),
    _of_profile("clock_hz", "Int64", lambda profile: profile.board.clock_hz),
    _of_profile("macs", "Int64", lambda profile: profile.model.macs.value),
    _figure("instructions", lambda profile: profile.summary.instructions),
    _figure("cycles", lambda profile: profile.summary.cycles),
    _figure("cycles_per_mac", lambda profile: profile.summary.cycles_per_mac, "Float64"),
    _latency("latency_ms", lambda figure: figure.value, "Float64"),
    _latency("latency_low_ms", lambda figure: figure.low, "Float64"),
    _latency("latency_high_ms", lambda figure: figure.high, "Float64"),
    _latency("latency_basis", lambda figure: figure.basis.value, "string"),
    _measured("measured_latency_ms", "Float64", lambda target: target.latency_ms),
    _measured("measured_cycles", "Float64", lambda target: target.cycles.median),
    _measured("measured_outputs_equal", "boolean", lambda target: target.outputs_equal),
    _measured("measured_basis", "string", lambda target: target.basis.value),
    _of_profile(
        "timing_validated",
        "boolean",
        lambda profile: profile.timing_model.validated if isinstance(profile.timing_model, TimingModel) else None,
    ),
    _figure("ram_bytes", lambda profile: profile.summary.ram_bytes),
    _of_profile("ram_available_bytes", "Int64", lambda profile: profile.summary.ram_available_bytes),
    _figure("flash_bytes", lambda profile: profile.summary.flash_bytes),
    _of_profile("flash_available_bytes", "Int64", lambda profile: profile.summary.flash_available_bytes),
    _figure("arena_bytes", lambda profile: profile.summary.arena_bytes),
    _figure("stack_high_water_bytes", lambda profile: profile.summary.stack_high_water_bytes),
    _of_profile(
        "outputs_agree",
        "boolean",
        lambda profile: profile.correctness.agrees if isinstance(profile.correctness, Correctness) else None,
    ),
    _of_profile("warnings", "string", lambda profile: "\n".join(profile.warnings)),
    _of_row("failure_code", lambda row: row.task.failure.code if row.task.failure else None),
    _of_row("failure_message", lambda row: row.task.failure.message if row.task.failure else None),
    _of_row("failure_hint", lambda row: row.task.failure.hint if row.task.failure else None),
    _of_row("engine_version", lambda row: row.result.engine_version if row.result else None),
    _of_row("result_key", lambda row: row.result.key if row.result else None),
)


def table(rows: Sequence[Row]) -> pandas.DataFrame:
    """A pandas table with COLUMNS, a row each; what is not available is NA."""
    import pandas

    profiles = [from_json(row.result.profile_json) if row.result else None for row in rows]
    pairs = list(zip(rows, profiles, strict=True))
    values = {column.name: [column.value(row, profile) for row, profile in pairs] for column in COLUMNS}
    return pandas.DataFrame(values, dtype=object).astype({column.name: column.dtype for column in COLUMNS})


def _write_json(frame: pandas.DataFrame, path: Path) -> None:
    path.write_text(frame.to_json(orient="records", indent=2) + "\n", encoding="utf-8")


WRITERS: dict[str, Callable[[pandas.DataFrame, Path], None]] = {
    ".parquet": lambda frame, path: frame.to_parquet(path, index=False),
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
    ".json": _write_json,
}


def check_output(path: Path) -> None:
    """Raises SettingsError when a table could not be written there: better before the work than after it."""
    if path.suffix not in WRITERS:
        raise SettingsError(f"{path} names no kind of table", hint=f"end it in one of: {', '.join(WRITERS)}")
    if path.is_dir() or not path.parent.is_dir():
        raise SettingsError(f"{path} cannot be written", hint="give a file in a folder that exists")


def write_table(frame: pandas.DataFrame, path: Path) -> None:
    """Writes a table, whole or not at all. Raises SettingsError."""
    check_output(path)
    scratch = path.with_name(f".{path.name}.partial")
    try:
        WRITERS[path.suffix](frame, scratch)
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise SettingsError(
            f"{path} cannot be written: {error.strerror or error}", hint="choose another file"
        ) from error

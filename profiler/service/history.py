"""How a model did over time."""

from __future__ import annotations

from profiler.report.profile import Figure, Profile, Unavailable
from profiler.service.context import Service
from profiler.service.schemas import HistoryBody
from profiler.store.model import HistoryEntry

MOST_ROWS = 200
"""The newest so many; older ones are found by the list of profiles."""


def history_rows(
    service: Service, *, model_name: str | None = None, model_sha256: str | None = None, board: str | None = None
) -> list[HistoryBody]:
    """Finished profiles with their headline figures, the oldest first. Blocks."""
    entries = service.store.history(model_name=model_name, model_sha256=model_sha256, board=board)
    return [_row(entry, service.profile(str(entry.result_key))) for entry in entries[-MOST_ROWS:]]


def _row(entry: HistoryEntry, profile: Profile) -> HistoryBody:
    summary = profile.summary
    options = profile.options
    return HistoryBody(
        job_id=entry.job_id,
        finished=entry.finished,
        model_name=entry.model_name,
        model_sha256=entry.model_sha256,
        board=entry.board,
        board_digest=profile.board.digest,
        profiler_version=profile.provenance.profiler_version,
        options=f"-{options.optimization}, kernels {options.kernels}"
        + (f", {options.memory_config}" if options.memory_config else "")
        + "".join(f", run on {target.name}" for target in profile.targets or ()),
        tags=list(entry.tags),
        result_key=entry.result_key,
        latency_ms=_value(summary.latency_ms),
        cycles=_value(summary.cycles),
        ram_bytes=int(summary.ram_bytes.value),
        flash_bytes=int(summary.flash_bytes.value),
    )


def _value(figure: Figure | Unavailable) -> float | None:
    return None if isinstance(figure, Unavailable) else figure.value

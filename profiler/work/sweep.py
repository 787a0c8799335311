"""Many models on many boards: a table with a row for each, computed by the engine and not twice."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from profiler.boards.loader import ALL_BOARDS, find_boards
from profiler.convert.load import load_model, model_path
from profiler.convert.source import SAVED_MODEL_FILES
from profiler.errors import ProfilerError, SettingsError
from profiler.graph.zoo import resolve, zoo_models
from profiler.pipeline import Options
from profiler.settings import Settings, load_settings
from profiler.store.model import BoardTask, Failure, Job, JobId, JobRequest, JobState, Result
from profiler.store.request import MAXIMUM_NAME_CHARACTERS
from profiler.store.store import Store
from profiler.work.engine import Engine
from profiler.work.failures import failure_of_error
from profiler.work.identity import require_one_board
from profiler.work.isolation import Limits
from profiler.work.sweep_table import Row, table

if TYPE_CHECKING:
    import pandas

_GLOB = frozenset("*?[")
_MODEL_SUFFIX = ".tflite"
_WAIT_SECONDS = 1.0
_BOARDS_PER_JOB = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepProgress:
    """How far a sweep is: tasks that are done (known ones too), that failed, and all there are; the stage that began
    last, as "MODEL on BOARD: STAGE"."""

    done: int
    failed: int
    total: int
    latest: str = ""


def sweep(
    models: str | Path | Iterable[str | Path],
    boards: str | Iterable[str] = ALL_BOARDS,
    *,
    options: Options | Sequence[Options] | None = None,
    settings: Settings | None = None,
    scheduler: str | None = None,
    on_progress: Callable[[SweepProgress], None] | None = None,
) -> pandas.DataFrame:
    """Profile each model on each board with each of the options; one row each, failures with their cause.

    `models`: files, folders of `.tflite` files, SavedModels, glob patterns, `zoo:NAME`, `zoo:*`. `boards`: names or
    board files, or "all". Results that are known are not computed again, those of a sweep that was interrupted
    included; failures are.
    `scheduler`: address of a Dask scheduler; else this machine's processors do the work. docs/reference.md tells
    the columns. Raises ProfilerError: a model or board that does not exist, another sweep at work on the same store.
    """
    settings = settings or load_settings()
    paths = find_models([models] if isinstance(models, str | Path) else models)
    names = find_boards([boards] if isinstance(boards, str) else boards)
    chosen = [options] if isinstance(options, Options) else list(options or [Options()])
    for each in chosen:
        require_one_board(names, each)
    with closing(Store.open(None, settings.data_folder / "sweep")) as store:
        run = _Sweep(store, settings, scheduler, on_progress or (lambda _progress: None))
        return table(run.rows(paths, names, chosen))


def find_models(models: Iterable[str | Path]) -> list[tuple[str, Path]]:
    """(what to call it, its file) of each model, in the order asked for, none twice. Raises ModelError, SettingsError
    for a pattern or a folder without models."""
    found: dict[Path, str] = {}
    for model in models:
        for name, path in _expanded(str(model)):
            found.setdefault(path.resolve(), name)
    if not found:
        raise SettingsError("no model was given", hint="give .tflite files, folders of them, or zoo:*")
    return [(name, path) for path, name in found.items()]


def _is_saved_model(path: Path) -> bool:
    return any((path / name).is_file() for name in SAVED_MODEL_FILES)


def _expanded(model: str) -> Iterator[tuple[str, Path]]:
    if model == "zoo:*":
        yield from ((entry.reference, resolve(entry.reference)) for entry in zoo_models())
        return
    path = Path(model)
    pattern = bool(_GLOB & set(model)) and not path.exists()
    if not pattern and (not path.is_dir() or _is_saved_model(path)):
        yield model, model_path(model)
        return
    if pattern:
        anchor = Path(path.anchor) if path.is_absolute() else Path()
        matches = anchor.glob(str(path.relative_to(anchor)))
    else:
        matches = path.glob(f"*{_MODEL_SUFFIX}")
    files = sorted(match for match in matches if match.is_file() or _is_saved_model(match))
    if not files:
        raise SettingsError(f"{model} has no {_MODEL_SUFFIX} file", hint="check the pattern or the folder")
    yield from ((str(file), file) for file in files)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A job of a sweep, with what its rows are told by."""

    model: str
    options_index: int
    options: Options


class _Sweep:
    """One sweep on a store."""

    def __init__(
        self, store: Store, settings: Settings, scheduler: str | None, on_progress: Callable[[SweepProgress], None]
    ) -> None:
        self._store = store
        self._settings = settings
        self._on_progress = on_progress
        self._changes: queue.SimpleQueue[JobId] = queue.SimpleQueue()
        self._engine = Engine(store, settings, scheduler, on_change=self._changes.put)
        self._rows: dict[tuple[str, str, int], Row] = {}
        self._asked: dict[JobId, _Asked] = {}

    def rows(self, models: Sequence[tuple[str, Path]], boards: Sequence[str], options: Sequence[Options]) -> list[Row]:
        """A row of each combination, models first. An interrupt leaves what was computed in the store."""
        order = [(name, board, index) for name, _ in models for board in boards for index in range(len(options))]
        self._engine.start(abandon=True)
        try:
            for name, path in models:
                asked = [_Asked(model=name, options_index=index, options=each) for index, each in enumerate(options)]
                try:
                    digest = self._store.put_model(self._model(path))
                except ProfilerError as error:  # a Keras model that cannot be converted
                    self._refuse(asked, boards, failure_of_error(error, Limits.of(self._settings)))
                    continue
                for each_asked in asked:
                    self._ask(each_asked, digest, boards)
            self._tell(len(order), "")
            self._follow(len(order))
        finally:
            self._engine.close(graceful=False)
        return [self._rows[key] for key in order]

    def _model(self, path: Path) -> bytes:
        """A .tflite file as it is, to be checked by a confined child; anything else becomes one here."""
        if path.suffix == _MODEL_SUFFIX:
            return path.read_bytes()
        return load_model(str(path), cache_folder=self._settings.cache_folder)

    def _refuse(self, asked: Sequence[_Asked], boards: Sequence[str], failure: Failure) -> None:
        for each, board in product(asked, boards):
            self._keep(each, "", BoardTask(board=board, state=JobState.FAILED, failure=failure), None)

    def _ask(self, asked: _Asked, digest: str, boards: Sequence[str]) -> None:
        """Rows of what is known; jobs for the rest."""
        missing = []
        for board in boards:
            known = self._engine.known_result(digest, board, asked.options)
            if known is None:
                missing.append(board)
            else:
                task = BoardTask(board=board, state=JobState.DONE, result_key=known.key)
                self._keep(asked, digest, task, known)
        for start in range(0, len(missing), _BOARDS_PER_JOB):
            request = JobRequest(
                model_sha256=digest,
                model_name=asked.model[-MAXIMUM_NAME_CHARACTERS:],
                boards=tuple(missing[start : start + _BOARDS_PER_JOB]),
                options=asked.options,
            )
            job = self._store.accept(request)
            self._asked[job.id] = asked
            self._engine.submit(job.id)

    def _follow(self, total: int) -> None:
        """Until every job has ended."""
        open_jobs = set(self._asked)
        for job_id in list(open_jobs):
            self._look(job_id, open_jobs, total)
        while open_jobs:
            try:
                changed = self._changes.get(timeout=_WAIT_SECONDS)
            except queue.Empty:
                continue
            if changed in open_jobs:
                self._look(changed, open_jobs, total)

    def _look(self, job_id: JobId, open_jobs: set[JobId], total: int) -> None:
        job, asked = self._store.job(job_id), self._asked[job_id]
        for task in job.tasks:
            if task.state.is_final and (asked.model, task.board, asked.options_index) not in self._rows:
                result = self._store.result(task.result_key) if task.result_key else None
                self._keep(asked, job.request.model_sha256, task, result)
        if job.state.is_final:
            open_jobs.discard(job_id)
        self._tell(total, _latest(job))

    def _keep(self, asked: _Asked, digest: str, task: BoardTask, result: Result | None) -> None:
        row = Row(model=asked.model, model_sha256=digest, task=task, options=asked.options, result=result)
        self._rows[asked.model, task.board, asked.options_index] = row

    def _tell(self, total: int, latest: str) -> None:
        failed = sum(row.result is None for row in self._rows.values())
        self._on_progress(SweepProgress(done=len(self._rows) - failed, failed=failed, total=total, latest=latest))


def _latest(job: Job) -> str:
    running = [task for task in job.tasks if task.state is JobState.RUNNING and task.stage]
    return f"{job.request.model_name} on {running[0].board}: {running[0].stage}" if running else ""

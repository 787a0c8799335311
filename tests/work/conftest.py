"""Engines on stores of their own; what was compiled once serves all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from profiler.pipeline import Options
from profiler.settings import Settings, load_settings
from profiler.store.model import Job, JobRequest
from profiler.store.store import Store
from profiler.work.engine import Engine
from tests.support.small_models import convolution_model

BOARD = "nucleo_l4r5zi"
SLOW = Options(input_sets=1000)  # runs for a minute, unless stopped


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def settings(cache_folder: Path, tmp_path: Path) -> Settings:
    return load_settings(cache_folder=cache_folder, data_folder=tmp_path / "data", workers=1, jobs=2)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """A store without an engine."""
    opened = Store.open(None, settings.data_folder)
    yield opened
    opened.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """An engine at work on a store."""

    engine: Engine
    store: Store
    settings: Settings


@pytest.fixture(scope="module")
def working(cache_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    """One for all tests of a module: its children take a second to start."""
    settings = load_settings(cache_folder=cache_folder, data_folder=tmp_path_factory.mktemp("data"), workers=2, jobs=2)
    store = Store.open(None, settings.data_folder)
    engine = Engine(store, settings)
    engine.start()
    yield Working(engine=engine, store=store, settings=settings)
    engine.close(graceful=False)
    store.close()


def accept(
    store: Store,
    *,
    seed: int = 0,
    boards: tuple[str, ...] = (BOARD,),
    model: bytes | None = None,
    options: Options | None = None,
) -> Job:
    """Accepts a small job."""
    digest = store.put_model(convolution_model(seed=seed) if model is None else model)
    request = JobRequest(
        model_sha256=digest, model_name="small.tflite", boards=boards, options=options or Options(input_sets=1)
    )
    return store.accept(request)


def wait_for_stage(store: Store, job: Job, stage: str) -> None:
    """Waits until the job's first task is in that stage."""
    end = time.monotonic() + 60
    while store.job(job.id).tasks[0].stage != stage:
        assert time.monotonic() < end, store.job(job.id)
        time.sleep(0.05)

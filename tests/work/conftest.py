"""Engines on stores of their own; what was compiled once serves all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    return load_settings(cache_folder=cache_folder, data_folder=tmp_path / "data", workers=2, jobs=2)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = Store.open(None, settings.data_folder)
    yield opened
    opened.close()


@pytest.fixture
def engine(store: Store, settings: Settings) -> Iterator[Engine]:
    started = Engine(store, settings)
    started.start()
    yield started
    started.close(graceful=False)


@pytest.fixture
def accept(store: Store) -> Callable[..., Job]:
    """Accepts a small job."""

    def accept_(*, seed: int = 0, boards: tuple[str, ...] = (BOARD,), model: bytes | None = None,
                options: Options | None = None) -> Job:  # fmt: skip
        digest = store.put_model(convolution_model(seed=seed) if model is None else model)
        request = JobRequest(
            model_sha256=digest, model_name="small.tflite", boards=boards, options=options or Options(input_sets=1)
        )
        return store.accept(request)

    return accept_

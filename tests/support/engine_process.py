"""A server in a process of its own, to be killed at any moment: accepts jobs and works on them.

python -m tests.support.engine_process DATA CACHE JOBS MODELS: accepts JOBS jobs over MODELS different models, writes
the id of each accepted one into DATA/accepted.txt, and ends when all are finished. Started again, it goes on.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from profiler.pipeline import Options
from profiler.settings import load_settings
from profiler.store.model import JobRequest
from profiler.store.store import Store
from profiler.work.engine import Engine
from tests.support.small_models import convolution_model


def accept_all(store: Store, engine: Engine, *, jobs: int, models: int) -> None:
    """As a client does that repeats a request until it is answered: with a key, so that it is one job."""
    with (store.data_folder / "accepted.txt").open("a") as told:
        for number in range(jobs):
            request = JobRequest(
                model_sha256=store.put_model(convolution_model(seed=number % models)),
                model_name=f"model_{number}.tflite",
                boards=("nucleo_l4r5zi",),
                options=Options(input_sets=1),
            )
            job = store.accept(request, idempotency_key=f"job {number}")
            told.write(f"{job.id}\n")
            told.flush()
            os.fsync(told.fileno())
            engine.submit(job.id)


def main() -> None:
    data, cache, jobs, models = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    settings = load_settings(data_folder=data, cache_folder=cache, workers=1, jobs=1, max_attempts=20)
    store = Store.open(None, data)
    engine = Engine(store, settings)
    engine.start()
    print("started", flush=True)
    accepting = threading.Thread(target=accept_all, args=(store, engine), kwargs={"jobs": jobs, "models": models})
    accepting.start()
    accepting.join()
    cursor: str | None = None
    while True:
        page = store.jobs(cursor=cursor)
        for job in page.items:
            engine.wait(job.id)
        cursor = page.next_cursor
        if cursor is None:
            break
    engine.close()


if __name__ == "__main__":
    main()

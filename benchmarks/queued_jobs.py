"""Many queued profile jobs: do all finish, how fast, and does memory stay bounded?

Every job asks something else (its inputs have a seed of its own), so that none is answered from the results of another;
firmware is built once a model and board. Prints figures; exit code 1 when a job was lost or failed.

    python benchmarks/queued_jobs.py --jobs 200
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from profiler.graph.zoo import resolve, zoo_models
from profiler.pipeline import Options
from profiler.settings import load_settings
from profiler.store.model import JobRequest, JobState
from profiler.store.store import Store
from profiler.work.engine import Engine

_MIB = 1 << 20


class Memory:
    """The most that this process, and it with all its children, held at once."""

    def __init__(self) -> None:
        self.own_bytes = 0
        self.total_bytes = 0
        self.own_history: list[int] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Looks twice a second."""
        done = threading.Event()

        def look() -> None:
            me = psutil.Process()
            while not done.wait(0.5):
                own = me.memory_info().rss
                total = own
                for child in me.children(recursive=True):
                    try:
                        total += child.memory_info().rss
                    except psutil.NoSuchProcess:
                        continue
                self.own_history.append(own)
                self.own_bytes, self.total_bytes = max(self.own_bytes, own), max(self.total_bytes, total)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def main() -> int:
    """Accepts all jobs first, then works them off."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--models", nargs="+", default=[model.reference for model in zoo_models()])
    parser.add_argument("--board", default="nucleo_h7a3zi", help="one that all of the models fit")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_folder=Path(folder))
        store = Store.open(None, settings.data_folder)
        began = time.monotonic()
        ids = []
        for number in range(arguments.jobs):
            model = arguments.models[number % len(arguments.models)]
            request = JobRequest(
                model_sha256=store.put_model(resolve(model).read_bytes()),
                model_name=model,
                boards=(arguments.board,),
                options=Options(seed=number, input_sets=1),
            )
            ids.append(store.accept(request).id)
        accepted = time.monotonic()
        memory, engine = Memory(), Engine(store, settings)
        with memory.watched():
            engine.start()
            jobs = [engine.wait(job_id) for job_id in ids]
            engine.close()
        ended = time.monotonic()
        store.close()
    states = Counter(job.state for job in jobs)
    half = len(memory.own_history) // 2
    print(f"jobs accepted            {len(ids)} in {accepted - began:.1f} s")
    print(f"jobs finished            {dict(states)}")
    print(f"attempts                 {dict(Counter(job.tasks[0].attempts for job in jobs))}")
    print(f"time                     {ended - accepted:.1f} s, {len(ids) / (ended - accepted):.2f} jobs/s")
    print(f"engine's memory, most    {memory.own_bytes / _MIB:.0f} MiB")
    print(f"  in the second half     {max(memory.own_history[half:], default=0) / _MIB:.0f} MiB")
    print(f"with all children, most  {memory.total_bytes / _MIB:.0f} MiB")
    for failure in {str(job.tasks[0].failure) for job in jobs if job.tasks[0].failure}:
        print(f"failed: {failure}")
    return 0 if states == {JobState.DONE: len(ids)} else 1


if __name__ == "__main__":
    sys.exit(main())

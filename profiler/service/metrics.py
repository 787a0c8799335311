"""What `/metrics` tells Prometheus."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from profiler.store.store import Store

_STAGE_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
_REQUEST_BUCKETS = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 3, 10, 30)


class Metrics:
    """The service's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lock = threading.Lock()
        self._seen_until = time.time()
        self._counted: dict[tuple[str, str, int], Histogram] = {}
        self.jobs = Gauge("profiler_jobs", "Jobs by state", ["state"], registry=self.registry)
        self.queue = Gauge("profiler_queue_length", "Board tasks that wait for a worker", registry=self.registry)
        self.stage_seconds = Histogram(
            "profiler_stage_seconds",
            "Duration of the stages of profiles",
            ["stage"],
            buckets=_STAGE_BUCKETS,
            registry=self.registry,
        )
        self.cache = Counter(
            "profiler_estimates_total", "Estimates, by where they came from", ["source"], registry=self.registry
        )
        self.requests = Histogram(
            "profiler_request_seconds",
            "Duration of requests",
            ["method", "route", "status"],
            buckets=_REQUEST_BUCKETS,
            registry=self.registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        known = method if method in ("GET", "POST", "DELETE", "HEAD", "OPTIONS") else "other"
        labels = (known, route, status // 100)
        counted = self._counted.get(labels)
        if counted is None:
            counted = self._counted[labels] = self.requests.labels(known, route, f"{status // 100}xx")
        counted.observe(seconds)

    def estimated(self, source: str) -> None:
        """Count an estimate: `memory`, `store`, `run` or `pending`."""
        self.cache.labels(source).inc()

    def observe_stages(self, store: Store) -> None:
        """Take in what ended since the last time. Blocks."""
        with self._lock:
            for finished, seconds in store.finished_stages(self._seen_until):
                self._seen_until = max(self._seen_until, finished)
                for stage, duration in seconds.items():
                    self.stage_seconds.labels(stage).observe(duration)

    def text(self, jobs_by_state: Mapping[str, int], queue_length: int) -> bytes:
        """The exposition, with the state of now."""
        for state, count in jobs_by_state.items():
            self.jobs.labels(state).set(count)
        self.queue.set(queue_length)
        return generate_latest(self.registry)

"""Reference outputs are computed once per interpreter version, model and inputs, and then read from disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from profiler.accuracy.interpreter_process import pack, unpack
from profiler.accuracy.model import ReferenceUnavailable
from profiler.build.cache import ContentCache, counted, digest_of
from profiler.version import VERSION

Outputs = tuple[tuple[bytes, ...], ...]  # [input set][graph output]
_FILE = "outputs.bin"


class _NotKept(Exception):
    """Carries an answer that must not be cached out of the cache's callback."""

    def __init__(self, answer: ReferenceUnavailable) -> None:
        super().__init__(answer.reason)
        self.answer = answer


def cached_outputs(
    name: str,
    model: bytes,
    inputs: Sequence[Sequence[bytes]],
    cache_folder: Path,
    compute: Callable[[], Outputs | ReferenceUnavailable],
) -> Outputs | ReferenceUnavailable:
    """The answer of `compute`, by the reference `name` (with its version); a refusal is asked for again each time."""

    def make(folder: Path) -> None:
        answer = compute()
        if isinstance(answer, ReferenceUnavailable):
            raise _NotKept(answer)
        (folder / _FILE).write_bytes(pack(data for outputs in answer for data in outputs))

    try:
        entry = ContentCache(cache_folder).entry("references", digest_of(VERSION, name, model, *counted(inputs)), make)
    except _NotKept as refused:
        return refused.answer
    flat = list(unpack((entry / _FILE).read_bytes()))
    width = len(flat) // len(inputs)
    return tuple(tuple(flat[start * width : (start + 1) * width]) for start in range(len(inputs)))

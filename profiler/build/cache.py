"""Content-addressed folder of built things: an entry's name is the digest of everything it was made from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import filelock

from profiler.errors import SettingsError

_CONTENTS = "contents.json"  # beside the files of an entry: each with its SHA-256


def digest_of(*parts: bytes | str) -> str:
    """SHA-256 over the parts, each with its length, so that no two different lists collide."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def counted(input_sets: Iterable[Sequence[bytes]]) -> Iterator[bytes | str]:
    """Input sets as parts for `digest_of`: each set's length before its tensors, so that sets cannot run together."""
    for input_set in input_sets:
        yield str(len(input_set))
        yield from input_set


class ContentCache:
    """Entries are folders of files, written whole or not at all; two processes never build the same entry at once.

    An entry damaged on disk (by a crash of the machine, a full disk, somebody's editor) is made anew.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def entry(self, kind: str, digest: str, make: Callable[[Path], None]) -> Path:
        """The folder of entry `digest`; when absent, `make` fills a temporary folder that then takes its place.

        An exception of `make` leaves no entry behind. Raises SettingsError when the cache cannot be written.
        """
        final = self._folder / kind / digest[:2] / digest
        if _is_intact(final):
            _touch(final)
            return final
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(final.with_suffix(".lock")):
                if not _is_intact(final):
                    _make(final, make)
        except OSError as error:
            raise SettingsError(
                f"the cache folder {self._folder} cannot be used: {error.strerror or error}",
                hint="set PROFILER_CACHE_FOLDER to a folder that can be written and has space left",
            ) from error
        return final


def _make(final: Path, make: Callable[[Path], None]) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="partial-", dir=final.parent))
    try:
        make(scratch)
        (scratch / _CONTENTS).write_text(json.dumps(_digests(scratch)), encoding="utf-8")
        shutil.rmtree(final, ignore_errors=True)
        scratch.rename(final)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _touch(entry: Path) -> None:
    """Used now: whoever makes room deletes what was unused longest."""
    with contextlib.suppress(OSError):
        os.utime(entry / _CONTENTS)


def _is_intact(entry: Path) -> bool:
    try:
        contents = json.loads((entry / _CONTENTS).read_bytes())
        found = _digests(entry)
    except (OSError, ValueError):  # absent, or damaged
        return False
    return bool(found == contents)


def _digests(entry: Path) -> dict[str, str]:
    files = (path for path in entry.iterdir() if path.name != _CONTENTS)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

"""Content-addressed folder of built things: an entry's name is the digest of everything it was made from."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import filelock


def digest_of(*parts: bytes | str) -> str:
    """SHA-256 over the parts, each with its length, so that no two different lists collide."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


class ContentCache:
    """Entries are folders, written whole or not at all; two processes never build the same entry at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def entry(self, kind: str, digest: str, make: Callable[[Path], None]) -> Path:
        """The folder of entry `digest`; when absent, `make` fills a temporary folder that then takes its place.

        An exception of `make` leaves no entry behind.
        """
        final = self._folder / kind / digest[:2] / digest
        if final.is_dir():
            return final
        final.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(final.with_suffix(".lock")):
            if final.is_dir():
                return final
            scratch = Path(tempfile.mkdtemp(prefix="partial-", dir=final.parent))
            try:
                make(scratch)
                scratch.rename(final)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        return final

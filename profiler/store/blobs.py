"""Model files on disk, addressed by their SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from profiler.errors import StoreError


class Blobs:
    """A folder of files, each named by its digest; a file is whole or absent, whatever is killed when."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Keeps `data`; its SHA-256. Raises StoreError when the folder cannot be written."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        try:
            if path.is_file() and path.stat().st_size == len(data):
                os.utime(path)  # used: eviction takes the longest unused
                return digest
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix="partial-", delete=False) as scratch:
                try:
                    scratch.write(data)
                    scratch.flush()
                    os.fsync(scratch.fileno())
                    Path(scratch.name).replace(path)
                except OSError:
                    Path(scratch.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise StoreError(
                f"a model cannot be written to {self.folder}: {error.strerror or error}",
                hint="set PROFILER_DATA_FOLDER to a folder that can be written and has space left",
            ) from error
        return digest

    def path(self, digest: str) -> Path:
        """Where the file of that digest is, or would be."""
        return self.folder / digest[:2] / digest

    def read(self, digest: str) -> bytes:
        """The file's bytes, checked against the digest. Raises StoreError when it is absent or damaged."""
        path = self.path(digest)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError as error:
            raise StoreError(
                f"the model {digest[:12]}… is not kept any more: {error.strerror}", hint="send it again"
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreError(f"the file of model {digest[:12]}… is damaged", hint=f"delete {path} and send it again")
        return data

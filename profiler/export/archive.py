"""Files → one zip, always the same bytes; and files put in place whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from profiler.errors import SettingsError

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the earliest time that the format can tell
_UNIX = 3
_REGULAR_FILE = 0o100644 << 16


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """A zip of the files in path order, without times, owners or anything else of this machine but its zlib."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, date_time=_EARLIEST)
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_FILE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path], compresslevel=9)
    return buffer.getvalue()


def write_file(path: Path, data: bytes) -> Path:
    """Write `path` whole or not at all, making its folder. Returns it. Raises SettingsError when that is impossible."""
    if path.is_dir():
        raise SettingsError(f"{path} is a folder", hint=f"name the file to write: -o {path / 'NAME'}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".partial-", delete=False) as scratch:
            scratch.write(data)
        partial = Path(scratch.name)
        try:
            partial.chmod(0o666 & ~_umask())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="choose another place with -o") from error
    return path


def _umask() -> int:
    """The process's mask can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask

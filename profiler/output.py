"""Files that a user asked for: there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from profiler.errors import SettingsError


def prepare_folder(folder: Path) -> None:
    """Make the folder where it is absent. Raises SettingsError when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _refused(folder, PermissionError("Permission denied"))


def write_output(path: Path, content: str | bytes) -> Path:
    """Write `path`, text as UTF-8, making its folder. Returns it. Raises SettingsError when that is impossible.

    What is no file, such as a terminal or a pipe, is written as it is; of a link, the file it leads to.
    """
    if path.is_dir():
        raise SettingsError(f"{path} is a folder", hint=f"name the file to write: {path / 'NAME'}")
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        raise _refused(path, error) from error
    return path


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".partial-", delete=False) as scratch:
        partial = Path(scratch.name)
        try:
            scratch.write(data)
            scratch.flush()
            partial.chmod(0o666 & ~_umask())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _umask() -> int:
    """The process's mask can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _refused(path: Path, error: OSError) -> SettingsError:
    return SettingsError(f"cannot write {path}: {error.strerror or error}", hint="choose another place (--output)")

"""Files → one zip, always the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

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

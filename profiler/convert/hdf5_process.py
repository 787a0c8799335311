"""Two attributes of an HDF5 file as JSON, read in a process of its own: `python -P hdf5_process.py FILE`.

The HDF5 library is C that dies, or does not end, of some damaged files. On standard output: `config` (null where there
is none) and `version`, or `error`. Nothing here imports the rest of the project, so that it starts fast.
"""

from __future__ import annotations

import json
import sys
from typing import Any

CONFIG = "model_config"
_VERSION = "keras_version"


def main() -> int:
    """Read the attributes; whatever h5py says is wrong is part of the answer."""
    import h5py

    try:
        with h5py.File(sys.argv[1]) as file:
            config, version = file.attrs.get(CONFIG), file.attrs.get(_VERSION, "")
        answer = {"config": None if config is None else _text(config), "version": _text(version)}
    except Exception as error:
        answer = {"error": f"{error}"}
    json.dump(answer, sys.stdout)
    return 0


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    sys.exit(main())

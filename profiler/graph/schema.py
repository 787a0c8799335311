"""The numbers that a `.tflite` file has for types and operators, as the package `tflite` has them from its schema.

Only the modules of the enumerations are run: `import tflite` runs 200 others and numpy, which takes as long as all else
that `profiler inspect` does.
"""

from __future__ import annotations

import runpy
from importlib.util import find_spec
from pathlib import Path


def enumeration(name: str) -> dict[int, str]:
    """Number → name of an enumeration of the schema, such as `TensorType`. Raises ImportError without the package."""
    package = find_spec("tflite")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("No module named 'tflite'", name="tflite")
    members = vars(runpy.run_path(str(Path(package.origin).with_name(f"{name}.py")))[name])
    return {number: text for text, number in members.items() if text.isupper() and isinstance(number, int)}

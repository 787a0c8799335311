"""Everything that starts from a `.tflite` works without TensorFlow, and without loading it where it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiler.graph.zoo import resolve
from tests.support.modules import modules_after

BOARD = "nucleo_l4r5zi"
COMMANDS = {
    "inspect": ["inspect", "MODEL"],
    "run": ["run", "MODEL", "--board", BOARD],
    "explain": ["explain", "MODEL", "--board", BOARD],
    "compare": ["compare", "MODEL", "--boards", BOARD, "--variants", "as-it-is=MODEL", "--target-samples", "3"],
    "gate": ["gate", "MODEL", "--board", BOARD, "--limit", "max_flash=1 MiB"],
    "export a library": ["export", "MODEL", "--format", "cpp-library", "--output", "OUTPUT/library.zip"],
    "export a copy": ["export", "MODEL", "--format", "tflite", "--output", "OUTPUT/copy.tflite"],
    "export firmware": ["export", "MODEL", "--format", "firmware", "--board", BOARD, "--output", "OUTPUT/firmware"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_starts_from_a_tflite_file_loads_no_tensorflow(name: str, tmp_path: Path) -> None:
    words = {"MODEL": str(resolve("zoo:kws")), "OUTPUT": str(tmp_path)}
    arguments = COMMANDS[name]
    for word, value in words.items():
        arguments = [argument.replace(word, value) for argument in arguments]
    assert modules_after(arguments, ("tensorflow", "keras", "h5py")) == set()

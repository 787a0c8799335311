"""Exported libraries, unpacked and built far from the checkout as their users would."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from profiler.export.formats import export
from profiler.export.model import ExportOptions
from profiler.settings import load_settings

WARNINGS = ("-Wall", "-Wextra", "-Werror")
HOST_FLAGS = ("-std=c++17", "-O2", "-ffp-contract=off", *WARNINGS)
# Runs inferences until the inputs end; {arena} is "arena" where the caller has it.
DRIVER = """
#include <stdio.h>
#include "{name}/model.h"
static uint8_t arena[{upper}_ARENA_BYTES] __attribute__((aligned({upper}_ARENA_ALIGNMENT_BYTES)));
int main(void) {{
  (void)arena;
  for (;;) {{
    for (uint32_t i = 0; i < {upper}_INPUT_COUNT; ++i) {{
      const uint32_t size = {name}_inputs[i].size_bytes;
      if (fread({name}_input({first}i), 1, size, stdin) != size) return 0;
    }}
    {name}_invoke({arena});
    for (uint32_t i = 0; i < {upper}_OUTPUT_COUNT; ++i) {{
      fwrite({name}_output({first}i), 1, {name}_outputs[i].size_bytes, stdout);
    }}
  }}
}}
"""


def zip_bytes(model: Path | str, folder: Path, options: ExportOptions) -> bytes:
    """The zip that `profiler export --format cpp-library` writes."""
    target = folder / "library.zip"
    export(str(model), target, to="cpp-library", options=options, settings=load_settings())
    return target.read_bytes()


def library(model: Path | str, folder: Path, options: ExportOptions) -> Path:
    """The unpacked library's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(zip_bytes(model, folder, options))) as archive:
        archive.extractall(folder)
    return folder / (options.name or "model")


def driver(name: str, *, caller: bool) -> str:
    return DRIVER.format(
        name=name, upper=name.upper(), arena="arena" if caller else "", first="arena, " if caller else ""
    )


def need(program: str) -> None:
    """Skip the test when a program is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def compile_sources(compiler: str, flags: Sequence[str], sources: Sequence[Path], output: Path) -> None:
    """One compiler call, as a reader of the library's README types it."""
    command = [compiler, *flags, *map(str, sources), "-o", str(output)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[:4000]


def run_program(program: Path, inputs: Sequence[Sequence[bytes]]) -> bytes:
    """What the driver writes for these input sets."""
    data = b"".join(b"".join(one) for one in inputs)
    return subprocess.run([str(program)], input=data, capture_output=True, check=True).stdout

"""Weights as C++ text are the weights: every bit arrives."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from profiler.codegen.model import Blob
from profiler.export.arrays import array_definition
from tests.support.exported import HOST_FLAGS, compile_sources, need

_RANDOM = np.random.default_rng(0)
_BITS = _RANDOM.integers(0, 2**32, 400, dtype=np.uint32)
_FINITE = _BITS[np.isfinite(_BITS.view(np.float32))].view(np.float32)
_EXTREMES = np.array([0, -0.0, 1, -1, 1e-45, -1e-45, 1.17549435e-38, 3.4028235e38, np.inf, -np.inf, 0.1], np.float32)


def _integers(dtype: type[np.generic]) -> np.ndarray:
    info = np.iinfo(dtype)  # type: ignore[type-var]
    edges = np.array([info.min, info.min + 1, 0, info.max - 1, info.max], dtype=dtype)
    return np.concatenate([edges, _RANDOM.integers(info.min, info.max, 200, dtype=dtype, endpoint=True)])


ARRAYS = {
    "int8_t": _integers(np.int8),
    "uint8_t": _integers(np.uint8),
    "int16_t": _integers(np.int16),
    "uint16_t": _integers(np.uint16),
    "int32_t": _integers(np.int32),
    "uint32_t": _integers(np.uint32),
    "int64_t": _integers(np.int64),
    "float": np.concatenate([_EXTREMES, _FINITE]),
    "bool": np.array([True, False, True]),
}


def _definition(c_type: str, data: bytes, alignment_bytes: int = 4) -> str:
    return array_definition(f"a_{c_type}", Blob(name="a", c_type=c_type, data=data, alignment_bytes=alignment_bytes))


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_every_bit_of_every_type_survives_the_compiler(compiler: str, tmp_path: Path) -> None:
    need(compiler)
    lines = ["#include <stdint.h>", "#include <stdio.h>", "namespace {"]
    lines += [_definition(c_type, values.tobytes()) for c_type, values in ARRAYS.items()]
    lines += ["}", "int main() {"]
    lines += [f"fwrite(a_{c_type}, 1, sizeof(a_{c_type}), stdout);" for c_type in ARRAYS]
    lines.append("}")
    source = tmp_path / "arrays.cc"
    source.write_text("\n".join(lines))
    compile_sources(compiler, [*HOST_FLAGS, "-pedantic"], [source], tmp_path / "arrays")
    written = subprocess.run([str(tmp_path / "arrays")], capture_output=True, check=True).stdout
    assert written == b"".join(values.tobytes() for values in ARRAYS.values())


def test_no_number_stays_one() -> None:
    text = _definition("float", np.array([np.nan, 1], np.float32).tobytes())
    assert '__builtin_nanf(""), 0x1p+0f,' in text


def test_lines_stay_readable_and_alignment_is_kept() -> None:
    text = _definition("int8_t", bytes(1000), alignment_bytes=16)
    assert max(map(len, text.splitlines())) <= 120
    assert text.startswith("alignas(16) const int8_t a_int8_t[] = {\n")
    assert text.count("0,") == 1000

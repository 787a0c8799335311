"""Read-only data as C++ arrays: the same numbers for every compiler, without files that an assembler must find."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

import numpy as np

from profiler.codegen.model import Blob

_LINE_CHARACTERS = 118
_INDENT = "    "


def array_definition(symbol: str, blob: Blob) -> str:
    """`alignas(4) const int8_t layer_00_weights[] = {…};`, values in the blob's own element type."""
    dtype, literal = _ELEMENTS[blob.c_type]
    values = np.frombuffer(blob.data, dtype=dtype).tolist()
    lines = "\n".join(_filled(map(literal, values)))
    return f"alignas({blob.alignment_bytes}) const {blob.c_type} {symbol}[] = {{\n{lines}\n}};\n"


def _filled(literals: Iterator[str]) -> Iterator[str]:
    """Lines as full as they may be."""
    line = _INDENT
    for literal in literals:
        if len(line) + len(literal) + 2 > _LINE_CHARACTERS and line != _INDENT:
            yield line.rstrip()
            line = _INDENT
        line += f"{literal}, "
    yield line.rstrip()


def _integer(value: int) -> str:
    """The smallest of a type cannot be written as a literal: its digits are those of a positive number first."""
    return f"({value + 1} - 1)" if value in (-(2**31), -(2**63)) else str(value)


def _unsigned(value: int) -> str:
    return f"{value}u"


def _packed(value: int) -> str:
    return f"{value:#010x}u"


def _real(value: float) -> str:
    """Hexadecimal, so that every bit arrives."""
    if math.isnan(value):
        return '__builtin_nanf("")'
    if math.isinf(value):
        return "__builtin_inff()" if value > 0 else "-__builtin_inff()"
    return re.sub(r"\.?0*p", "p", value.hex()) + "f" if value else f"{value}f"


def _boolean(value: bool) -> str:
    return "true" if value else "false"


_ELEMENTS: dict[str, tuple[str, Callable[..., str]]] = {
    "int8_t": ("<i1", _integer),
    "uint8_t": ("<u1", _unsigned),
    "int16_t": ("<i2", _integer),
    "uint16_t": ("<u2", _unsigned),
    "int32_t": ("<i4", _integer),
    "uint32_t": ("<u4", _packed),
    "int64_t": ("<i8", _integer),
    "float": ("<f4", _real),
    "bool": ("?", _boolean),
}

"""FlatBuffers that nobody has to trust: every access is checked against the file before it is made.

The layout (https://flatbuffers.dev/internals/): a table starts with the signed 32-bit distance back to its vtable; the
vtable holds its own size, the table's size and, for each field, where in the table it lies (0: absent). Strings,
vectors and tables are reached by unsigned 32-bit distances from where they are mentioned.
"""

from __future__ import annotations

import struct
from typing import NoReturn

from profiler.errors import ModelError

DAMAGED_HINT = "The file is damaged or incomplete: convert the model again, or fetch it again and compare its digest."
_OFFSET_BYTES = 4
_VTABLE_HEADER_BYTES = 4
# An honest file mentions each byte once or, where strings or vtables are shared, a few times. Without a limit a small
# file whose vectors all point at the same bytes could ask for any amount of memory and time. Numbers become Python
# objects, many times their size in the file, so they are limited by themselves; large published models stay below 10 %.
_REREAD_FACTOR = 4
_REREAD_SLACK_BYTES = 1 << 20
_ITEMS_LIMIT = 4_000_000
_ITEMS_PER_TABLE = 20


class FlatBuffer:
    """The bytes of a file with budgets of how much of it may be read in total, repeated reads included."""

    __slots__ = ("_budget_bytes", "_budget_items", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._budget_bytes = _REREAD_FACTOR * len(data) + _REREAD_SLACK_BYTES
        self._budget_items = _ITEMS_LIMIT

    @property
    def size_bytes(self) -> int:
        """Bytes of the whole file."""
        return len(self.data)

    def root(self, identifier: bytes, where: str) -> Table:
        """The root table. Raises ModelError when the file identifier is not `identifier`."""
        if self.size_bytes < 2 * _OFFSET_BYTES or self.data[4:8] != identifier:
            found = self.data[4:8]
            raise ModelError(
                f"not a TensorFlow Lite model: bytes 4 to 7 are {found!r}, expected {identifier!r}",
                hint="Give a .tflite file, as written by the TensorFlow Lite or LiteRT converter.",
            )
        return Table(self, self.follow(0, where), where)

    def number(self, kind: str, position: int, where: str) -> int:
        """One little-endian integer of struct format `kind`."""
        self.require(position, struct.calcsize(kind), where)
        return int(struct.unpack_from("<" + kind, self.data, position)[0])

    def follow(self, position: int, where: str) -> int:
        """The position that the unsigned offset at `position` points to."""
        target = position + self.number("I", position, where)
        self.require(target, _OFFSET_BYTES, where)
        return target

    def require(self, position: int, size_bytes: int, where: str) -> None:
        """Raises ModelError unless `size_bytes` from `position` lie inside the file and inside the reading budget."""
        if position < 0 or size_bytes < 0 or position + size_bytes > self.size_bytes:
            damaged(where, f"{size_bytes} bytes at offset {position} are outside the file of {self.size_bytes} bytes")
        self._budget_bytes -= size_bytes
        if self._budget_bytes < 0:
            damaged(where, "the file refers to the same bytes again and again")

    def take_items(self, count: int, where: str) -> None:
        """Raises ModelError when more numbers and tables were read than any honest model has."""
        self._budget_items -= count
        if self._budget_items < 0:
            damaged(where, f"the model lists more than {_ITEMS_LIMIT} numbers")


class Table:
    """One table. `where` says in errors what the table is; fields are numbered as in the schema, from 0."""

    __slots__ = ("_buffer", "_field_count", "_position", "_size_bytes", "_vtable", "where")

    def __init__(self, buffer: FlatBuffer, position: int, where: str) -> None:
        self._buffer = buffer
        self._position = position
        self.where = where
        buffer.take_items(_ITEMS_PER_TABLE, where)
        self._vtable = position - buffer.number("i", position, where)
        vtable_bytes = buffer.number("H", self._vtable, where)
        self._size_bytes = buffer.number("H", self._vtable + 2, where)
        if vtable_bytes < _VTABLE_HEADER_BYTES or vtable_bytes % 2 or self._size_bytes < _OFFSET_BYTES:
            damaged(where, f"its vtable tells impossible sizes ({vtable_bytes} and {self._size_bytes} bytes)")
        buffer.require(self._vtable, vtable_bytes, where)
        buffer.require(position, self._size_bytes, where)
        self._field_count = (vtable_bytes - _VTABLE_HEADER_BYTES) // 2

    def _locate(self, field: int, size_bytes: int) -> int | None:
        """Position of a field's inline bytes, None when the field is absent."""
        if field >= self._field_count:
            return None
        offset = self._buffer.number("H", self._vtable + _VTABLE_HEADER_BYTES + 2 * field, self.where)
        if not offset:
            return None
        if offset < _OFFSET_BYTES or offset + size_bytes > self._size_bytes:
            damaged(self.where, f"field {field} lies at {offset}, outside its table of {self._size_bytes} bytes")
        return self._position + offset

    def integer(self, field: int, kind: str, default: int = 0) -> int:
        """A scalar of struct format `kind` (`b`, `B`, `i`, `I`, `Q`, …)."""
        position = self._locate(field, struct.calcsize(kind))
        return default if position is None else self._buffer.number(kind, position, self.where)

    def boolean(self, field: int) -> bool:
        """A one-byte truth value; False when the field is absent."""
        return self.integer(field, "B") != 0

    def real(self, field: int, default: float = 0.0) -> float:
        """A 32-bit float scalar."""
        position = self._locate(field, 4)
        if position is None:
            return default
        return float(struct.unpack_from("<f", self._buffer.data, position)[0])

    def table(self, field: int, what: str) -> Table | None:
        """A table that belongs to this one."""
        position = self._locate(field, _OFFSET_BYTES)
        if position is None:
            return None
        where = f"{self.where}, {what}"
        return Table(self._buffer, self._buffer.follow(position, where), where)

    def _vector(self, field: int, item_bytes: int, what: str) -> tuple[int, int]:
        """Position of the first item and number of items; (0, 0) when the field is absent."""
        position = self._locate(field, _OFFSET_BYTES)
        if position is None:
            return 0, 0
        where = f"{self.where}, {what}"
        start = self._buffer.follow(position, where)
        count = self._buffer.number("I", start, where)
        self._buffer.require(start + _OFFSET_BYTES, count * item_bytes, where)
        return start + _OFFSET_BYTES, count

    def require(self, position: int, size_bytes: int) -> None:
        """Raises ModelError unless the file has `size_bytes` at `position`."""
        self._buffer.require(position, size_bytes, self.where)

    def has(self, field: int) -> bool:
        """Whether the writer stored the field."""
        return self._locate(field, 1) is not None

    def raw(self, field: int, what: str) -> bytes:
        """A vector of bytes; empty when the field is absent."""
        start, count = self._vector(field, 1, what)
        return self._buffer.data[start : start + count]

    def text(self, field: int, what: str) -> str:
        """A string; bytes that are not UTF-8 are replaced, so that a name never makes a model unreadable."""
        return self.raw(field, what).decode("utf-8", errors="replace")

    def integers(self, field: int, kind: str, what: str) -> tuple[int, ...]:
        """A vector of integers of struct format `kind`; empty when the field is absent."""
        start, count = self._vector(field, struct.calcsize(kind), what)
        self._buffer.take_items(count, self.where)
        return struct.unpack_from(f"<{count}{kind}", self._buffer.data, start)

    def reals(self, field: int, what: str) -> tuple[float, ...]:
        """A vector of 32-bit floats; empty when the field is absent."""
        start, count = self._vector(field, 4, what)
        self._buffer.take_items(count, self.where)
        return struct.unpack_from(f"<{count}f", self._buffer.data, start)

    def tables(self, field: int, what: str, limit: int) -> list[Table]:
        """A vector of tables. Raises ModelError when it has more than `limit` entries."""
        start, count = self._vector(field, _OFFSET_BYTES, what)
        if count > limit:
            damaged(self.where, f"{count} entries of {what}, more than the {limit} this version reads")
        positions = range(start, start + _OFFSET_BYTES * count, _OFFSET_BYTES)
        return [
            Table(self._buffer, self._buffer.follow(position, f"{what} {number}"), f"{what} {number}")
            for number, position in enumerate(positions)
        ]


def damaged(where: str, reason: str) -> NoReturn:
    """Raises the ModelError of a file that cannot be what its writer wrote."""
    raise ModelError(f"{where}: {reason}", hint=DAMAGED_HINT)

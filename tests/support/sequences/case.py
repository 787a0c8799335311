"""The form of the tables of micro-sequences."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Case(NamedTuple):
    """A sequence as assembly, instructions separated by ";".

    "=>" is a taken branch to what follows it, placed at a word boundary; "~>" one to a place 2 bytes behind a word
    boundary. `cycles` is what the source says, or the range it gives. `differs` is why the model does not agree yet.
    """

    core: str
    source: str
    text: str
    cycles: int | tuple[int, int]
    differs: str = ""


Entry: TypeAlias = tuple[str, int | tuple[int, int]] | tuple[str, int, str]
Table: TypeAlias = dict[str, list[Entry]]
"""Source → what it says."""

"""docs/reports.md explains every figure, basis, format and kind of byte that a report can show."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from profiler.build.model import Category
from profiler.report.profile import Basis, Summary
from profiler.report.renderers import RENDERERS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
# Heap: the firmware has none, and its linker script no section for one.
KINDS = {
    Category.WEIGHTS: "weights, biases",
    Category.KERNELS: "kernel code",
    Category.HARNESS: "harness",
    Category.BOOT: "boot code",
    Category.LIBC: "libc",
    Category.ARENA: "tensor arena",
    Category.STACK: "stack",
    Category.OTHER: "padding",
}


@pytest.mark.parametrize("name", [field.name for field in fields(Summary)])
def test_every_figure_of_the_summary_is_explained(name: str) -> None:
    rows = [line.split(" | ")[0] for line in PAGE.splitlines() if line.startswith("| `")]
    assert any(f"`{name}`" in first for first in rows)


@pytest.mark.parametrize("basis", Basis)
def test_every_basis_is_explained(basis: Basis) -> None:
    assert f"| `{basis.value}` | " in PAGE


@pytest.mark.parametrize("name", RENDERERS)
def test_every_format_is_listed_with_its_file(name: str) -> None:
    assert f"| `{name}` | `MODEL-BOARD.{RENDERERS[name].extension}` |" in PAGE


@pytest.mark.parametrize("category", [category for category in Category if category is not Category.HEAP])
def test_every_kind_of_byte_is_in_the_account(category: Category) -> None:
    account = PAGE.split("## What flash and RAM include")[1].split("\n## ")[0]
    assert KINDS[category] in account

"""docs/architecture.md and CONTRIBUTING.md name files, functions and values that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_PAGES = {name: (_ROOT / name).read_text(encoding="utf-8") for name in ("docs/architecture.md", "CONTRIBUTING.md")}
_MADE_UP = ("<", "NAME", "../")  # placeholders, and folders beside the checkout


def _files() -> list[tuple[str, str, str]]:
    """(page, path, names): `graph/check.py`, `graph/check.py: require_supported`, `boards/`."""
    found = []
    for page, text in _PAGES.items():
        for quoted in re.findall(r"`([^`\n]+)`", text):
            path, _, names = quoted.partition(": ")
            is_path = re.fullmatch(r"[\w./<>-]+(/|\.\w{1,4})", path) and "/" in path
            if is_path and not any(mark in path for mark in _MADE_UP) and not path.startswith("./"):
                found.append((page, path, names))
    return found


@pytest.mark.parametrize(("page", "path", "names"), _files())
def test_files_and_what_is_said_to_be_in_them_exist(page: str, path: str, names: str) -> None:
    inside = [_ROOT / path, _ROOT / "profiler" / path, _ROOT / "firmware_harness" / path]
    found = next((candidate for candidate in inside if candidate.exists()), None)
    assert found is not None, f"{page} names {path}"
    for name in filter(None, names.split(", ")):
        attribute = name.rpartition(".")[2]
        assert re.search(rf"(def|class) {attribute}\b", found.read_text(encoding="utf-8")), f"{page}: {path}: {name}"


def test_paths_were_found() -> None:
    assert len(_files()) > 40


def test_every_value_of_the_stages_is_one_of_the_code() -> None:
    table = _PAGES["docs/architecture.md"].split("## Stages")[1].split("## Where")[0]
    values = set(re.findall(r"`([A-Z][A-Za-z]+)[(:` ]", table))
    code = "".join(path.read_text(encoding="utf-8") for path in (_ROOT / "profiler").glob("*/*.py"))
    assert len(values) > 10
    for value in values:
        assert f"class {value}" in code, value

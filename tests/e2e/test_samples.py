"""Committed sample reports and pictures are what `python reports/rebuild_samples.py` makes today."""

from __future__ import annotations

import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from profiler.build.toolchain import find_toolchain
from profiler.report.profile import Profile
from profiler.report.renderers import RENDERERS
from profiler.report.serialize import from_json

_ROOT = Path(__file__).resolve().parents[2]
_SAMPLES = _ROOT / "reports" / "samples"
_REBUILD: dict[str, Any] = runpy.run_path(str(_ROOT / "reports" / "rebuild_samples.py"))
_AGAIN = "run `python reports/rebuild_samples.py` and commit what it writes"


@cache
def _sample(name: str) -> Profile:
    return from_json((_SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def _names() -> list[str]:
    return [_REBUILD["sample_name"](*profiled) for profiled in _REBUILD["PROFILED"]]


def test_there_is_a_sample_of_every_profile_and_nothing_else() -> None:
    extensions = [RENDERERS[name].extension for name in _REBUILD["FORMATS"]]
    expected = {f"{name}.{extension}" for name in _names() for extension in extensions}
    assert {path.name for path in _SAMPLES.iterdir()} == expected, _AGAIN


@pytest.mark.parametrize(("model", "board"), _REBUILD["PROFILED"])
def test_a_fresh_run_gives_the_figures_of_the_sample(model: str, board: str, tmp_path: Path) -> None:
    sample = _sample(_REBUILD["sample_name"](model, board))
    toolchain = find_toolchain("arm-none-eabi-").title
    if sample.provenance.toolchain != toolchain:
        pytest.skip(f"samples were built by {sample.provenance.toolchain}, this is {toolchain}")
    fresh = _REBUILD["fresh_profile"](model, board, tmp_path)
    assert fresh.summary == sample.summary, _AGAIN
    assert fresh.layers == sample.layers, _AGAIN
    assert fresh.memory == sample.memory, _AGAIN
    assert fresh.arena == sample.arena, _AGAIN


@pytest.mark.parametrize("name", _names())
def test_samples_of_all_formats_show_the_same_profile(name: str) -> None:
    for format_name in _REBUILD["FORMATS"]:
        renderer = RENDERERS[format_name]
        saved = (_SAMPLES / f"{name}.{renderer.extension}").read_text(encoding="utf-8")
        assert renderer.render(_sample(name)) == saved, _AGAIN


def test_the_picture_of_the_terminal_shows_the_sample() -> None:
    sample = _sample(_REBUILD["sample_name"](*_REBUILD["PICTURED"]))
    picture = (_ROOT / "docs" / "images" / "terminal.svg").read_text(encoding="utf-8")
    assert _REBUILD["terminal_picture"](sample) == picture, _AGAIN


def test_pictures_of_the_report_are_there() -> None:
    for name in ("report_desktop", "report_phone"):
        picture = (_ROOT / "docs" / "images" / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 30_000, "an empty page"

"""Committed sample reports and pictures are what `python reports/rebuild_samples.py` makes today."""

from __future__ import annotations

import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from profiler.cli.report_files import report_stem
from profiler.report.profile import Profile
from profiler.report.renderers import RENDERERS
from profiler.report.serialize import from_json

_ROOT = Path(__file__).resolve().parents[2]
_SAMPLES = _ROOT / "reports" / "samples"
_REBUILD: dict[str, Any] = runpy.run_path(str(_ROOT / "reports" / "rebuild_samples.py"))
_AGAIN = "run `python reports/rebuild_samples.py` and commit what it writes"


def _samples() -> list[Path]:
    return sorted(_SAMPLES.glob("*.json"))


@cache
def _sample(path: Path) -> Profile:
    return from_json(path.read_text(encoding="utf-8"))


def test_there_is_a_sample_of_every_profile_and_nothing_else() -> None:
    extensions = [RENDERERS[name].extension for name in _REBUILD["FORMATS"]]
    expected = {f"{path.stem}.{extension}" for path in _samples() for extension in extensions}
    assert {path.name for path in _SAMPLES.iterdir()} == expected, _AGAIN
    profiled = {(_sample(path).model.name, _sample(path).board.name) for path in _samples()}
    assert profiled == set(_REBUILD["PROFILED"]), _AGAIN


@pytest.mark.parametrize(("model", "board"), _REBUILD["PROFILED"])
def test_a_fresh_run_gives_the_figures_of_the_sample(model: str, board: str, tmp_path: Path) -> None:
    fresh = _REBUILD["fresh_profile"](model, board, tmp_path)
    sample = _sample(_SAMPLES / f"{report_stem(fresh)}.json")
    made_by, made_now_by = sample.provenance.toolchain, fresh.provenance.toolchain
    if made_by != made_now_by:
        pytest.skip(f"samples were built by {made_by}, this is {made_now_by}")
    assert fresh.summary == sample.summary, _AGAIN
    assert fresh.layers == sample.layers, _AGAIN
    assert fresh.memory == sample.memory, _AGAIN
    assert fresh.arena == sample.arena, _AGAIN


@pytest.mark.parametrize("sample", _samples(), ids=lambda path: path.stem)
def test_samples_of_all_formats_show_the_same_profile(sample: Path) -> None:
    for format_name in _REBUILD["FORMATS"]:
        renderer = RENDERERS[format_name]
        saved = sample.with_suffix(f".{renderer.extension}").read_text(encoding="utf-8")
        assert renderer.render(_sample(sample)) == saved, _AGAIN


def test_the_picture_of_the_terminal_shows_the_sample() -> None:
    profiles = {(_sample(path).model.name, _sample(path).board.name): _sample(path) for path in _samples()}
    picture = (_ROOT / "docs" / "images" / "terminal.svg").read_text(encoding="utf-8")
    assert _REBUILD["terminal_picture"](profiles[_REBUILD["PICTURED"]]) == picture, _AGAIN


def test_pictures_of_the_report_are_there() -> None:
    for name in ("report_desktop", "report_phone"):
        picture = (_ROOT / "docs" / "images" / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 30_000, "an empty page"

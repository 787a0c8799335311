"""Names of report files, whatever a model is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.cli.report_files import report_stem
from tests.support.sample_profile import sample_profile


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("zoo:kws", "kws"),
        ("person detect (v2).tflite", "person_detect__v2_"),
        ("größe.tflite", "größe"),
        ("../../etc/passwd", "_.._etc_passwd"),
        (".tflite", "model"),
        ("-rf.tflite", "rf"),
        ("a" * 300, "a" * 80),
    ],
)
def test_a_models_name_becomes_a_files_name(name: str, stem: str) -> None:
    profile = sample_profile()
    named = replace(profile, model=replace(profile.model, name=name))
    assert report_stem(named) == f"{stem}-{profile.board.name}"

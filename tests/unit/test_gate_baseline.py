"""Claims about the baseline file: nothing is lost in it, nothing strange is read from it, and diffs stay small."""

from __future__ import annotations

import contextlib
import difflib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.errors import BaselineError
from profiler.gate.baseline import Baseline, baseline_text, read_baseline, updated
from profiler.report.comparison.compare import compare_snapshots
from profiler.report.comparison.snapshot import take_snapshot
from profiler.report.profile import Unavailable
from profiler.report.serialize import to_json
from tests.support.sample_gate import GROWN, SMALL, facts, snapshot
from tests.support.sample_profile import sample_profile

BASELINE = updated(Baseline(), [SMALL])


def saved(tmp_path, text, name="baseline.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_baseline(path)


@pytest.mark.parametrize("suffix", [".toml", ".json"])
@pytest.mark.parametrize(
    "kept", [SMALL, take_snapshot(sample_profile()), take_snapshot(sample_profile(run=Unavailable(reason="off")))]
)
def test_a_snapshot_comes_back_from_the_file_as_it_was(suffix, kept, tmp_path):
    text = baseline_text(updated(Baseline(), [kept]), suffix)
    found = saved(tmp_path, text, f"baseline{suffix}")
    assert found.snapshot(kept.origin.model, kept.origin.board) == kept
    assert baseline_text(found, suffix) == text


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20))
def test_any_name_is_kept_as_text(tmp_path_factory, name):
    kept = replace(SMALL, origin=replace(SMALL.origin, model=name), layers=(facts(name),))
    text = baseline_text(updated(Baseline(), [kept]), ".toml")
    assert saved(tmp_path_factory.mktemp("names"), text).snapshot(name, "nucleo_l4r5zi") == kept


def test_a_new_layer_adds_one_line_for_itself_and_changes_no_other_layer():
    old, new = (baseline_text(updated(Baseline(), [each]), ".toml").splitlines() for each in (SMALL, GROWN))
    changed = [line for line in difflib.ndiff(old, new) if line[0] in "+-"]
    assert [line for line in changed if "kind =" in line and line[0] == "-"] == []
    assert len([line for line in changed if "kind =" in line]) == 1


def test_every_fact_has_a_line_and_entries_are_sorted():
    other = replace(SMALL, origin=replace(SMALL.origin, model="ad.tflite"))
    text = baseline_text(updated(BASELINE, [other]), ".toml")
    assert text == baseline_text(updated(updated(Baseline(), [other]), [SMALL]), ".toml")
    assert text.index('"ad.tflite"') < text.index('"kws.tflite"')
    for figure in ("cycles = {value", "flash_bytes = {value", '"flash.weights" = ', "toolchain = "):
        assert sum(line.startswith(figure) for line in text.splitlines()) == 2
    assert text.startswith("# What these models cost")


def test_updating_one_model_leaves_the_others():
    other = replace(GROWN, origin=replace(GROWN.origin, model="ad.tflite"))
    both = updated(BASELINE, [other])
    assert both.snapshot("kws.tflite", "nucleo_l4r5zi") == SMALL
    assert both.snapshot("ad.tflite", "nucleo_l4r5zi") == other
    assert both.snapshot("ad.tflite", "elsewhere") is None


def test_a_saved_profile_is_a_baseline_of_one_entry(tmp_path):
    found = saved(tmp_path, to_json(sample_profile()), "profile.json")
    assert found.snapshot("kws_tiny.tflite", sample_profile().board.name) == take_snapshot(sample_profile())


GOOD = baseline_text(BASELINE, ".toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no baseline"),
        ("baseline_version = 99", "baseline_version 99"),
        ("baseline_version = = 1", "cannot be read"),
        (GOOD.replace("between_layers_cycles", "between"), "damaged at models.kws.tflite.nucleo_l4r5zi.between"),
        (GOOD.replace("macs = 100", 'macs = "many"'), "layers.0.macs"),
        (GOOD.replace("clock_hz", "clock"), "wrong origin"),
        (GOOD.replace("between_layers_cycles = 10", "between_layers_cycles = nan"), "cannot be read|damaged"),
        (GOOD.replace('basis = "static"', 'basis = "guessed"'), "basis"),
    ],
)
def test_a_damaged_baseline_is_refused_with_the_place(text, words, tmp_path):
    with pytest.raises(BaselineError, match=words) as caught:
        saved(tmp_path, text)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["[]", "3", "null", "{", "[" * 100_000, '{"schema_version": 1}'])
def test_json_that_is_no_baseline_is_refused(text, tmp_path):
    with pytest.raises(BaselineError):
        saved(tmp_path, text, "baseline.json")


def test_no_byte_that_is_changed_makes_it_crash(tmp_path):
    path = tmp_path / "baseline.toml"
    data = GOOD.encode()
    for position in range(0, len(data), 7):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x15]) + data[position + 1 :])
        with contextlib.suppress(BaselineError):
            read_baseline(path)


def test_a_missing_file_says_how_to_write_one(tmp_path):
    with pytest.raises(BaselineError) as caught:
        read_baseline(tmp_path / "none.toml")
    assert "--update-baseline" in (caught.value.hint or "")


def test_what_the_file_keeps_explains_as_well_as_the_profile():
    kept = updated(Baseline(), [SMALL]).snapshot("kws.tflite", "nucleo_l4r5zi")
    assert kept is not None
    assert compare_snapshots(kept, GROWN) == compare_snapshots(SMALL, GROWN)
    assert json.loads(baseline_text(BASELINE, ".json"))["baseline_version"] == 1


def test_unknown_cycles_of_a_layer_stay_unknown():
    kept = snapshot(facts(cycles=None), between=None)
    found = updated(Baseline(), [kept]).snapshot("kws.tflite", "nucleo_l4r5zi")
    assert found == kept

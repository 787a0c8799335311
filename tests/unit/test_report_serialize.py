"""Claims about saved profiles."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.report.profile import Unavailable
from profiler.report.serialize import ProfileFormatError, from_json, json_schema, json_schema_text, to_json
from tests.support.sample_profile import sample_profile

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "profile.schema.json"
PROFILES = {
    "complete": sample_profile(),
    "without a run": sample_profile(run=Unavailable(reason="the run was switched off")),
}


def changed(edit):
    plain = json.loads(to_json(PROFILES["complete"]))
    edit(plain)
    return json.dumps(plain)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_saved_profile_comes_back_equal(profile):
    assert from_json(to_json(profile)) == profile
    assert from_json(to_json(profile, indent=None).encode()) == profile


@given(name=st.text(max_size=30))
def test_any_model_name_survives(name):
    profile = replace(PROFILES["complete"], model=replace(PROFILES["complete"].model, name=name))
    assert from_json(to_json(profile)) == profile


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_saved_profile_is_valid_under_the_published_schema(profile):
    validator = jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))
    validator.validate(json.loads(to_json(profile)))


def test_the_published_schema_is_the_generated_one():
    assert PUBLISHED.read_text(encoding="utf-8") == json_schema_text(), (
        "write it anew: profiler schema > docs/profile.schema.json"
    )


def test_the_schema_refuses_another_version_and_a_missing_part():
    validator = jsonschema.Draft202012Validator(json_schema())
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert not validator.is_valid(json.loads(changed(lambda plain: plain.update(schema_version=99))))
    assert not validator.is_valid(json.loads(changed(lambda plain: plain.pop("memory"))))


def test_equal_profiles_give_equal_text():
    assert to_json(sample_profile()) == to_json(sample_profile())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a saved profile"),
        ("{", "not a saved profile"),
        ("[" * 100_000, "not a saved profile"),
        (b"\xff\xfe\x00", "not a saved profile"),
        ("[]", "has no schema_version"),
        ("{}", "has no schema_version"),
        (changed(lambda plain: plain.update(schema_version=99)), "schema_version 99, this version reads 1"),
        (changed(lambda plain: plain.update(schema_version="1")), "schema_version '1'"),
        (changed(lambda plain: plain.pop("summary")), "damaged at summary"),
        (changed(lambda plain: plain.update(surprise=1)), "damaged at surprise"),
        (changed(lambda plain: plain["arena"].update(arena_bytes="16640")), "damaged at arena.arena_bytes"),
        (changed(lambda plain: plain["model"]["macs"].update(basis="guessed")), "damaged at model.macs"),
    ],
)
def test_a_damaged_or_foreign_file_is_refused_with_the_place(text, message):
    with pytest.raises(ProfileFormatError) as caught:
        from_json(text)
    assert message in caught.value.message
    assert caught.value.hint

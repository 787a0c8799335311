"""The one name that reaches C, CMake and paths is an identifier everywhere, or is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.errors import SettingsError
from profiler.export.names import DEFAULT_NAME, LONGEST_NAME, checked_name

HOSTILE = (
    "",
    "../up",
    "a/b",
    "a b",
    "a-b",
    "9lives",
    "_a",
    "a_",
    "a__b",
    "Kws",
    "kws\n",
    "kws;rm",
    'k"ws',
    "k$(id)",
    "größe",
    "ａ",
    "kws\0",
    "{{ n }}",
    "int",
    "namespace",
    "x" * (LONGEST_NAME + 1),
)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_lower_case_identifier_is_refused_with_one_that_is(name: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        checked_name(name)
    assert refusal.value.hint
    if found := re.search(r"--name (\S+)$", refusal.value.hint):
        assert checked_name(found[1]) == found[1]


@pytest.mark.parametrize("name", [DEFAULT_NAME, "kws", "a", "kws2_int8", "x" * LONGEST_NAME, "std", "main", "linux"])
def test_an_identifier_is_taken_as_it_is(name: str) -> None:
    assert checked_name(name) == name


@given(st.text(max_size=60) | st.from_regex(r"[a-z_0-9]{1,12}", fullmatch=True))
def test_whatever_is_allowed_is_safe_in_c_in_paths_and_in_macros(name: str) -> None:
    try:
        allowed = checked_name(name)
    except SettingsError as refusal:
        found = re.search(r"--name (\S+)$", refusal.hint or "")
        assert found is None or checked_name(found[1])
        return
    assert re.fullmatch(r"[a-z][a-z0-9_]*", allowed, re.ASCII)
    assert "__" not in allowed
    assert allowed.upper().lower() == allowed

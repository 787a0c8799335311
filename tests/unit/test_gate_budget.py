"""Claims about budgets: every amount means what it says, and a mistake is named with the choices."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.errors import BudgetError
from profiler.gate.budget import read_budget, with_limits
from profiler.gate.metrics import LIMIT_KEYS, Rule
from profiler.gate.quantities import Dimension, Increase, parse_amount, parse_increase


@pytest.mark.parametrize(
    ("written", "dimension", "amount"),
    [
        ("64 KiB", Dimension.BYTES, 65_536),
        ("64KiB", Dimension.BYTES, 65_536),
        ("1.5 MiB", Dimension.BYTES, 1_572_864),
        ("64 kB", Dimension.BYTES, 64_000),
        ("512 B", Dimension.BYTES, 512),
        (4096, Dimension.BYTES, 4096),
        ("12 ms", Dimension.TIME, 12),
        ("450 us", Dimension.TIME, 0.45),
        ("450 µs", Dimension.TIME, 0.45),
        ("1 s", Dimension.TIME, 1000),
        ("1.5 Mcycles", Dimension.CYCLES, 1_500_000),
        (20_000, Dimension.CYCLES, 20_000),
        ("99.5%", Dimension.SHARE, 0.995),
        ("0 B", Dimension.BYTES, 0),
    ],
)
def test_amounts_are_read_with_their_units(written, dimension, amount):
    assert parse_amount(written, dimension) == pytest.approx(amount, rel=1e-12)


@pytest.mark.parametrize(
    ("written", "dimension", "words"),
    [
        ("64", Dimension.TIME, "the unit is missing"),
        (12, Dimension.TIME, "no amount with a unit"),
        ("12 m", Dimension.TIME, "the unit is missing"),
        ("12 KiB", Dimension.TIME, "'B' is no unit of it"),
        ("12 ms", Dimension.BYTES, "'s' is no unit of it"),
        ("64 kib", Dimension.BYTES, "no unit of it"),
        ("-1 B", Dimension.BYTES, "not 0 or more"),
        (-1, Dimension.BYTES, "not 0 or more"),
        ("inf B", Dimension.BYTES, "is"),
        ("nan", Dimension.BYTES, "is"),
        ("much", Dimension.BYTES, "no amount"),
        (True, Dimension.BYTES, "no amount"),
        (None, Dimension.BYTES, "no amount"),
        (1.5, Dimension.BYTES, "no amount"),
        (["64 KiB"], Dimension.BYTES, "no amount"),
    ],
)
def test_what_is_no_amount_is_refused_with_examples(written, dimension, words):
    with pytest.raises(BudgetError, match=words) as caught:
        parse_amount(written, dimension)
    assert dimension.examples in (caught.value.hint or "")


def test_increases_are_shares_of_the_baseline_or_amounts_on_top_of_it():
    assert parse_increase("2%", Dimension.TIME) == Increase(share=0.02)
    assert parse_increase("2 %", Dimension.TIME).allowed(50) == pytest.approx(51)
    assert parse_increase("512 B", Dimension.BYTES).allowed(1000) == 1512
    assert parse_increase("0%", Dimension.BYTES).allowed(1000) == 1000
    with pytest.raises(BudgetError):
        parse_increase("-2%", Dimension.BYTES)
    with pytest.raises(BudgetError) as caught:
        parse_increase("2 apples", Dimension.BYTES)
    assert "2%" in (caught.value.hint or "")


@given(st.text(max_size=12), st.sampled_from(Dimension))
def test_no_text_does_anything_but_be_read_or_refused(text, dimension):
    with contextlib.suppress(BudgetError):
        assert parse_amount(text, dimension) >= 0


def budget(tmp_path: Path, text: str):
    path = tmp_path / "budget.toml"
    path.write_text(text, encoding="utf-8")
    return read_budget(path)


def written(limits):
    return {limit.key.key: limit.written for limit in limits}


def test_later_tables_override_earlier_ones_key_by_key(tmp_path):
    found = budget(
        tmp_path,
        """
        [defaults]
        max_flash = "64 KiB"
        max_latency_increase = "2%"
        [[limits]]
        model = "kws*"
        max_flash = "128 KiB"
        [[limits]]
        model = "kws*"
        board = "*pico"
        max_latency_increase = "none"
        max_latency = "50 ms"
        """,
    )
    assert written(found.limits_for("ad.tflite", "pico")) == {"max_flash": "64 KiB", "max_latency_increase": "2%"}
    assert written(found.limits_for("kws.tflite", "nucleo"))["max_flash"] == "128 KiB"
    assert written(found.limits_for("kws.tflite", "pico")) == {"max_latency": "50 ms", "max_flash": "128 KiB"}


def test_limits_of_the_command_line_override_the_file(tmp_path):
    found = with_limits(budget(tmp_path, '[defaults]\nmax_flash = "64 KiB"'), ["max_flash = 1 KiB", "max_ram=512"])
    assert written(found.limits_for("a", "b")) == {"max_flash": "1 KiB", "max_ram": "512"}
    with pytest.raises(BudgetError, match="KEY=VALUE"):
        with_limits(None, ["max_flash"])


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ('[defaults]\nmax_flsh = "64 KiB"', r"\[defaults\]: there is no limit 'max_flsh'", "did you mean max_flash"),
        ('[defaults]\nfast = "1 ms"', "there is no limit 'fast'", "max_latency"),
        ('[defaults]\nmax_flash = "64 ms"', "max_flash = '64 ms': 's' is no unit", "64 KiB"),
        ("[defaults]\nmax_latency = 12", "max_latency = 12", "12 ms"),
        ('[[limits]]\nmodel = 3\nmax_flash = "1 B"', "number 1: model is 3", "pattern"),
        ('[limits]\nmax_flash = "1 B"', "limits is one table", r"\[\[limits\]\]"),
        ("defaults = 3", "is no table", r"\[defaults\]"),
        ('max_flash = "1 B"', "'max_flash' is neither", r"\[defaults\]"),
        ("", "limits nothing", "max_flash"),
        ("[defaults]", "limits nothing", "max_flash"),
        ("[defaults", "is no TOML", "docs/gate.md"),
    ],
)
def test_a_mistake_in_a_budget_is_named_with_its_place_and_the_choices(text, words, hint, tmp_path):
    with pytest.raises(BudgetError, match=words) as caught:
        budget(tmp_path, text)
    assert str(tmp_path) in caught.value.message
    assert hint.replace("\\", "") in (caught.value.hint or "")


def test_a_budget_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(BudgetError, match="No such file"):
        read_budget(tmp_path / "none.toml")


def test_a_table_that_applies_to_nothing_lists_what_there_is(tmp_path):
    found = budget(tmp_path, '[[limits]]\nmodel = "kvs*"\nmax_flash = "1 B"')
    with pytest.raises(BudgetError, match=r"number 1 applies to nothing: model 'kvs\*'") as caught:
        found.require_use([("kws.tflite", "pico"), ("ad.tflite", "pico")])
    assert "kws.tflite, ad.tflite on pico" in (caught.value.hint or "")
    found.require_use([("kvs.tflite", "pico")])


def test_every_metric_has_a_key_for_each_of_its_rules_and_the_page_tells_all_of_them():
    page = (Path(__file__).resolve().parents[2] / "docs" / "gate.md").read_text(encoding="utf-8")
    for key, limit in LIMIT_KEYS.items():
        assert f"`{key}`" in page, key
        assert key.endswith("_increase") == (limit.rule is Rule.INCREASE)

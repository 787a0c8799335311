"""Claims about numbers and names as people read them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.report.formatting import (
    clean_text,
    format_bytes,
    format_count,
    format_figure,
    format_ms,
    format_shape,
    format_shapes,
    format_uncertainty,
)
from profiler.report.profile import Basis, Figure, Unavailable


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (23_552, "23.0 KiB"), (2 << 20, "2.00 MiB"), (-2048, "-2.0 KiB")],
)
def test_bytes_are_binary(size_bytes, text):
    assert format_bytes(size_bytes) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (61, "61"),
        (999, "999"),
        (412_345, "412 k"),
        (7_697_990, "7.70 M"),
        (999_999, "1.00 M"),
        (1.637, "1.64"),
    ],
)
def test_counts_keep_three_digits(count, text):
    assert format_count(count) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(75.13, "75.1 ms"), (0.412, "412 µs"), (226.9, "227 ms"), (12_345, "12.3 s"), (0, "0.00 µs")],
)
def test_times_choose_their_unit(milliseconds, text):
    assert format_ms(milliseconds) == text


@given(count=st.integers(1, 10**12))
def test_a_count_is_never_off_by_more_than_its_last_digit(count):
    digits, _, prefix = format_count(count).partition(" ")
    shown = float(digits) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[prefix]
    assert shown == pytest.approx(count, rel=0.0051)


def figure(value, low, high):
    return Figure(value=value, basis=Basis.EMULATED_MODEL, low=low, high=high)


def test_uncertainty_is_symmetric_lopsided_or_absent():
    assert format_uncertainty(figure(100, 75, 125)) == " ±25 %"
    assert format_uncertainty(figure(100, 90, 130)) == " −10 % +30 %"
    assert format_uncertainty(Figure(value=3, basis=Basis.STATIC)) == ""
    assert format_uncertainty(figure(0, 0, 0)) == ""


def test_shapes_in_a_row_that_are_the_same_are_counted():
    assert format_shapes(()) == ""
    assert format_shapes([(1, 8)]) == "1×8"
    assert format_shapes([(1, 8)] * 4) == "4 of 1×8"
    assert format_shapes([(2,), (3,), (3,), ()]) == "2 2 of 3 scalar"


def test_an_unavailable_figure_shows_its_reason_never_a_number():
    assert format_figure(Unavailable(reason="not run"), "ms") == "unavailable (not run)"


def test_shapes():
    assert format_shape((1, 49, 10, 1)) == "1×49×10×1"
    assert format_shape(()) == "scalar"


@given(text=st.text(max_size=300))
def test_clean_text_is_one_short_line_without_hidden_characters(text):
    shown = clean_text(text)
    assert len(shown) <= 120
    assert not [char for char in shown if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"]


def test_names_that_differ_in_hidden_characters_do_not_look_alike():
    assert clean_text("conv\u202e1") != clean_text("conv1")
    assert clean_text("a\x1b[31mb\nc") == "a\ufffd[31mb\ufffdc"

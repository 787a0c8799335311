"""Claims about the text reports: what they say, and that a name from a model stays a name."""

import csv
import io
import re

import pytest
from rich.console import Console

from profiler.report.profile import Unavailable
from profiler.report.renderers import RENDERERS
from profiler.report.renderers.markdown import escape
from profiler.report.renderers.terminal import print_profile
from tests.support.sample_profile import sample_profile

PROFILE = sample_profile()
NOT_RUN = sample_profile(run=Unavailable(reason="the run was switched off"))
HOSTILE = (
    "[bold red]loud[/bold red]",
    "\x1b]0;title\x07\x1b[2J",
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.org")',
    "a|b\n\n# heading",
    "@somebody fixes #1 ![x](http://example.org/x.png)",
    "</script><img src=x onerror=alert(1)>",
    "\u202egnirts",
)


def hostile_profile(name):
    return sample_profile(names=dict.fromkeys(range(10), name), model_name=name)


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("profile", [PROFILE, NOT_RUN], ids=["complete", "not run"])
def test_every_format_renders_and_is_deterministic(name, profile):
    text = RENDERERS[name].render(profile)
    assert text
    assert text == RENDERERS[name].render(profile)


@pytest.mark.parametrize("name", [name for name in RENDERERS if name != "csv"])
def test_an_unavailable_figure_gives_its_reason(name):
    assert "the run was switched off" in RENDERERS[name].render(NOT_RUN)


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("name", [name for name in RENDERERS if name not in ("json", "html")])
def test_no_control_or_bidirectional_character_reaches_a_text_report(name, hostile):
    text = RENDERERS[name].render(hostile_profile(hostile))
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def terminal(profile, width=120):
    console = Console(file=io.StringIO(), width=width, color_system="truecolor", force_terminal=True)
    print_profile(profile, console)
    return console.file.getvalue()


def test_terminal_shows_markup_in_a_name_as_text():
    assert "[bold red]loud[/bold red]" in terminal(hostile_profile(HOSTILE[0]))


def test_terminal_shows_value_uncertainty_and_basis_in_one_line():
    line = next(line for line in RENDERERS["terminal"].render(PROFILE).splitlines() if "latency" in line)
    assert re.search(r"20\.3 ms ±25 %\s+emulated\+model", line)


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_terminal_lines_stay_inside_the_window_and_show_every_layer(width):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_profile(PROFILE, console)
    lines = console.file.getvalue().splitlines()
    assert max(len(line) for line in lines) <= width
    for layer in PROFILE.layers:
        assert any(line.split()[:1] == [str(layer.index)] for line in lines)


def table(profile):
    return list(csv.DictReader(io.StringIO(RENDERERS["csv"].render(profile), newline="")))


def test_csv_has_one_row_a_layer_with_exact_cycles():
    rows = table(PROFILE)
    assert [int(row["cycles"]) for row in rows] == [layer.time.cycles.value for layer in PROFILE.layers]
    assert {row["cycles_basis"] for row in rows} == {"emulated+model"}


def test_csv_leaves_an_unavailable_figure_empty_and_says_why_beside_it():
    for row in table(NOT_RUN):
        assert row["cycles"] == row["instructions"] == row["latency_ms"] == ""
        assert row["cycles_basis"] == "unavailable: the run was switched off"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", " =", "＝"])
def test_no_csv_cell_is_a_formula(start):
    for row in table(hostile_profile(start + "cmd|' /C calc'!A0")):
        assert not row["name"].lstrip().startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markdown_tables_keep_their_columns_whatever_the_name(hostile):
    def columns(text):
        return [line.count("|") for line in text.splitlines() if line.startswith("|")]

    assert columns(RENDERERS["markdown"].render(hostile_profile(hostile))) == columns(
        RENDERERS["markdown"].render(PROFILE)
    )


def test_markdown_names_hold_no_html_mention_issue_or_link():
    shown = escape("<b> @you #1 [x](http://a.b) *c* `d` a|b _e_ www.a.b :tada: $x$ ~f~")
    assert not re.search(r"[<>@\[\]*`|~$]|(?<!&)#|_e_|http:|www\.a|:tada", shown)
    assert escape("layer_07_conv2d-1.5") == "layer_07_conv2d-1.5"


def test_pandas_has_one_row_a_layer_and_missing_figures_are_na():
    frame = PROFILE.to_pandas()
    assert list(frame.index) == list(range(9))
    assert int(frame["cycles"].sum()) == sum(layer.time.cycles.value for layer in PROFILE.layers)
    assert NOT_RUN.to_pandas()["cycles"].isna().all()


def test_notebook_html_escapes_names():
    html = hostile_profile("<script>alert(1)</script>")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html

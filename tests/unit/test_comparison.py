"""Claims about comparisons: layers find their counterparts, and what explains a change adds up to it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from profiler.report.comparison import COMPARISON_RENDERERS
from profiler.report.comparison.align import align
from profiler.report.comparison.compare import compare, compare_snapshots
from profiler.report.comparison.html import render_fragment
from profiler.report.comparison.model import Comparison, LayerStatus
from profiler.report.comparison.serialize import from_json
from profiler.report.comparison.snapshot import take_snapshot
from profiler.report.profile import Unavailable
from tests.support.sample_gate import facts, snapshot
from tests.support.sample_profile import sample_profile

PROFILE = sample_profile()
SNAPSHOT = take_snapshot(PROFILE)
NOT_RUN = sample_profile(run=Unavailable(reason="the run was switched off"))
HOSTILE = "</script><b>[bold red]x[/]\x1b[2J|@you #1\u202e"


layers = st.builds(facts, st.sampled_from(["CONV_2D", "ADD", "SOFTMAX"]), size=st.sampled_from([8, 16]))


@given(before=st.lists(layers, max_size=8), after=st.lists(layers, max_size=8))
def test_every_layer_is_in_exactly_one_pair_and_matched_ones_keep_their_order(before, after):
    pairs = align(before, after)
    assert [left for left, _ in pairs if left is not None] == list(range(len(before)))
    assert [right for _, right in pairs if right is not None] == list(range(len(after)))
    assert all(
        before[left].kind == after[right].kind for left, right in pairs if left is not None and right is not None
    )


@given(before=st.lists(layers, max_size=10), new=layers, position=st.integers(0, 10))
def test_one_new_layer_is_one_addition_however_alike_its_neighbours_are(before, new, position):
    after = [*before[:position], new, *before[position:]]
    pairs = align(before, after)
    assert [right for left, right in pairs if left is None] == [right for left, right in pairs if left is None][:1]
    assert len(pairs) == len(after)
    backwards = align(after, before)
    assert sum(right is None for _, right in backwards) == 1


def test_a_new_layer_that_changes_its_neighbours_input_leaves_the_neighbour_matched():
    before = [facts(), facts("FULLY_CONNECTED", size=8), facts("SOFTMAX")]
    after = [facts(), facts("ADD"), facts("FULLY_CONNECTED", size=16, macs=200), facts("SOFTMAX")]
    assert align(before, after) == [(0, 0), (None, 1), (1, 2), (2, 3)]


costly = st.builds(
    facts,
    st.sampled_from(["CONV_2D", "ADD"]),
    cycles=st.integers(0, 10**6),
    weights_bytes=st.integers(0, 10**5),
    code_bytes=st.integers(0, 10**4),
    live_bytes=st.integers(0, 10**4),
)
chains = st.lists(costly, max_size=6)


@given(before=chains, after=chains, boots=st.tuples(st.integers(0, 500), st.integers(0, 500)))
def test_contributions_add_up_to_the_change_of_every_figure(before, after, boots):
    found = compare_snapshots(snapshot(*before, boot_bytes=boots[0]), snapshot(*after, between=25, boot_bytes=boots[1]))
    for name in ("cycles", "flash_bytes", "ram_bytes"):
        causes = found.contributions.get(name, ())
        assert sum(cause.delta for cause in causes) == found.figure(name).delta
        assert [cause.delta for cause in causes] == sorted((cause.delta for cause in causes), reverse=True)


def test_contributions_of_the_real_fold_add_up_too():
    grown = sample_profile(names={3: "renamed"})
    larger = replace(grown, layers=grown.layers[:-1])
    found = compare(grown, larger)
    removed = [layer for layer in found.layers if layer.status is LayerStatus.REMOVED]
    assert [layer.before_index for layer in removed] == [8]
    assert found.contributions["cycles"][-1].layer == 8


def test_a_profile_compared_with_itself_has_nothing_to_explain():
    found = compare(PROFILE, PROFILE)
    assert found.explanation == ()
    assert found.contributions == {}
    assert found.circumstances == ()
    assert found.same_model
    assert {layer.status for layer in found.layers} == {LayerStatus.SAME}
    assert {figure.delta for figure in found.figures} == {0}


def test_the_line_of_a_new_layer_names_number_kind_and_costs():
    old = snapshot(facts(), facts("SOFTMAX"))
    new = snapshot(facts(), facts("ADD", cycles=1_200_000, weights_bytes=9_216, code_bytes=0), facts("SOFTMAX"))
    line = compare_snapshots(old, new).explanation[0]
    assert line == "layer 1 ADD (1×8 → 1×8) is new: +1.20 M cycles, +9,216 B of weights"


def test_explanation_begins_with_what_grew_most_and_ends_layers_with_what_shrank():
    old = snapshot(facts(cycles=1000), facts("ADD", cycles=1000), facts("SOFTMAX", cycles=1000))
    new = snapshot(facts(cycles=1100), facts("ADD", cycles=500), facts("SOFTMAX", cycles=1300))
    lines = compare_snapshots(old, new).explanation[:3]
    assert [line.split()[2].rstrip(":") for line in lines] == ["SOFTMAX", "CONV_2D", "ADD"]
    assert "−500 cycles" in lines[2]


def test_an_arena_that_grew_names_the_layer_that_decides_it():
    old, new = snapshot(facts()), snapshot(facts(), facts("ADD", live_bytes=4_096))
    (cause,) = compare_snapshots(old, new).contributions["arena_bytes"]
    assert cause.delta == 4_096 - 128
    assert "layer 1 ADD, which is new (before: 128 B)" in cause.text


def test_circumstances_name_tool_board_and_options_that_differ():
    other = replace(
        SNAPSHOT, origin=replace(SNAPSHOT.origin, toolchain="arm-none-eabi-gcc 13.2.1", board_digest="f" * 64)
    )
    found = compare_snapshots(SNAPSHOT, other)
    assert found.circumstances == (
        f"board definition: {SNAPSHOT.origin.board_digest[:12]} → ffffffffffff",
        f"compiler: {SNAPSHOT.origin.toolchain} → arm-none-eabi-gcc 13.2.1",
    )


def test_unavailable_figures_have_no_delta_and_are_no_zero():
    found = compare(NOT_RUN, PROFILE)
    assert found.figure("cycles").delta is None
    assert {layer.delta.cycles for layer in found.layers} == {None}
    assert "cycles" not in found.contributions
    assert "unavailable (the run was switched off)" in COMPARISON_RENDERERS["terminal"].render(found)


def changed() -> Comparison:
    return compare_snapshots(snapshot(facts(), facts("ADD")), snapshot(facts(size=16), facts("SOFTMAX"), boot_bytes=90))


@pytest.mark.parametrize("name", COMPARISON_RENDERERS)
def test_every_format_is_deterministic_and_names_what_changed(name):
    text = COMPARISON_RENDERERS[name].render(changed())
    assert text == COMPARISON_RENDERERS[name].render(changed())
    assert "SOFTMAX" in text
    assert "−10 B" in text


@pytest.mark.parametrize("name", [name for name in COMPARISON_RENDERERS if name != "json"])
def test_names_from_a_file_stay_text(name):
    hostile = facts(HOSTILE, dtype=HOSTILE)
    origin = replace(SNAPSHOT.origin, model=HOSTILE, board=HOSTILE, toolchain=HOSTILE)
    old = replace(snapshot(facts()), origin=replace(origin, toolchain="gcc"))
    text = COMPARISON_RENDERERS[name].render(compare_snapshots(old, replace(snapshot(hostile), origin=origin)))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    if name in ("html", "markdown"):
        assert "<b>" not in text
        assert "[bold" not in text or name == "html"


def test_json_is_read_back_as_the_same_comparison():
    assert from_json(COMPARISON_RENDERERS["json"].render(changed())) == changed()
    assert json.loads(COMPARISON_RENDERERS["json"].render(changed()))["schema_version"] == 1


def test_markdown_has_the_tables_it_seems_to_have():
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(COMPARISON_RENDERERS["markdown"].render(changed()))
    assert sum(token.type == "table_open" for token in tokens) == 3
    assert sum(token.type == "bullet_list_open" for token in tokens) == 1


def test_the_html_fragment_is_no_page_and_brings_no_script_or_style():
    fragment = render_fragment(changed())
    assert not re.search(r"<(html|body|script|style|link|img)\b", fragment)
    assert fragment in COMPARISON_RENDERERS["html"].render(changed())

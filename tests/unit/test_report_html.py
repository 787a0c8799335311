"""Claims about the HTML report: self-contained, escaped, complete."""

import json
import re
from html.parser import HTMLParser

import pytest

from profiler.report.figures import figures
from profiler.report.profile import Unavailable
from profiler.report.renderers.html import render, script_json
from tests.support.sample_profile import sample_profile

PROFILE = sample_profile()
NOT_RUN = sample_profile(run=Unavailable(reason="the run was switched off"))
HOSTILE_NAME = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u2028"


class Page(HTMLParser):
    """Elements with their attributes, and the text outside of styles and scripts."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.texts = []
        self.scripts = []
        self.inside = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, _tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1] += data
        elif self.inside != "style":
            self.texts.append(data)

    def named(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(scope="module")
def page():
    return Page(render(PROFILE))


def test_page_asks_for_nothing_from_outside(page):
    loading = {"src", "srcset", "data", "poster", "action", "background"}
    assert not [(tag, attrs) for tag, attrs in page.elements if loading & set(attrs)]
    assert not page.named("link")
    assert all(attrs["href"].startswith("#") for attrs in page.named("a"))
    policy = next(
        attrs["content"] for attrs in page.named("meta") if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")


def test_every_section_link_leads_somewhere(page):
    ids = [attrs["id"] for _tag, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["href"].removeprefix("#") for attrs in page.named("a")} <= set(ids)


def test_charts_are_labelled_and_their_data_is_in_the_page(page):
    drawn = [attrs for attrs in page.named("div") if "data-chart" in attrs]
    assert [attrs["data-chart"] for attrs in drawn] == ["latency", "flash", "ram", "arena", "roofline"]
    assert all(attrs["aria-label"] and attrs["role"] == "img" for attrs in drawn)
    assert json.loads(page.scripts[0]).keys() == {attrs["data-chart"] for attrs in drawn}


def test_plotly_is_inlined_once_and_not_run_while_the_page_loads(page):
    scripts = page.named("script")
    large = [attrs for attrs, text in zip(scripts, page.scripts, strict=True) if len(text) > 1_000_000]
    assert large == [{"type": "text/plain", "id": "plotly"}]


def test_a_hostile_name_adds_no_element_and_no_script():
    hostile = sample_profile(names=dict.fromkeys(range(10), HOSTILE_NAME), model_name=HOSTILE_NAME)
    page, plain = Page(render(hostile)), Page(render(PROFILE))
    assert [tag for tag, _attrs in page.elements] == [tag for tag, _attrs in plain.elements]
    assert not [attrs for _tag, attrs in page.elements if any(name.startswith("on") for name in attrs)]
    assert any("</script><script>alert(1)" in text for text in page.texts)


def test_script_json_cannot_end_its_element_and_stays_json():
    value = {"name": HOSTILE_NAME}
    assert not re.search("[<>&\u2028\u2029]", script_json(value))
    assert json.loads(script_json(value)) == value


def test_every_layer_is_a_row_that_sorts_by_number(page):
    values = [attrs["data-value"] for attrs in page.named("td") if "data-value" in attrs]
    for layer in PROFILE.layers:
        assert str(layer.time.cycles.value) in values


def test_headings_to_sort_by_are_buttons(page):
    assert page.named("button")
    assert all(attrs.get("type") == "button" for attrs in page.named("button"))


def test_account_totals_are_in_the_page(page):
    texts = {text.strip() for text in page.texts}
    assert f"{PROFILE.memory.flash_bytes:,}" in texts
    assert f"{PROFILE.memory.ram_bytes:,}" in texts


def test_without_a_run_the_page_gives_the_reason_and_draws_what_it_can():
    page = Page(render(NOT_RUN))
    assert [attrs["data-chart"] for attrs in page.named("div") if "data-chart" in attrs] == ["flash", "ram", "arena"]
    assert any("No chart: the run was switched off" in text for text in page.texts)


def test_latency_bars_add_up_to_the_layers_milliseconds():
    chart = figures(PROFILE)["latency"]
    bars = [trace for trace in chart["data"] if trace["type"] == "bar"]
    for position, layer in enumerate(PROFILE.layers):
        assert sum(trace["x"][position] for trace in bars) == pytest.approx(layer.time.latency_ms.value)


@pytest.mark.parametrize("name", ["flash", "ram"])
def test_treemap_boxes_add_up_to_the_box_around_them(name):
    trace = figures(PROFILE)[name]["data"][0]
    value = dict(zip(trace["ids"], trace["values"], strict=True))
    for parent in set(trace["parents"]) - {""}:
        inside = [box for box, above in zip(trace["ids"], trace["parents"], strict=True) if above == parent]
        assert sum(value[box] for box in inside) == value[parent]


def test_arena_chart_has_a_box_for_every_buffer_inside_the_arena():
    traces = figures(PROFILE)["arena"]["data"]
    assert sum(len(trace["y"]) for trace in traces) == len(PROFILE.arena.buffers)
    for trace in traces:
        tops = [base + size for base, size in zip(trace["base"], trace["y"], strict=True)]
        assert max(tops) <= PROFILE.arena.arena_bytes


def test_names_in_charts_are_escaped():
    chart = figures(sample_profile(names={1: "<a href='http://example.org'>x</a>"}))["arena"]
    assert "<a" not in json.dumps(chart)

"""Claims about the gate's formats: each is valid in its own terms, tells the failure, and lets no name act."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from urllib.parse import unquote
from xml.etree import ElementTree

import junitparser
import pytest
from markdown_it import MarkdownIt

from profiler.gate.model import GateResult, Problem, Verdict
from profiler.gate.renderers import GATE_RENDERERS
from tests.support.sample_gate import GROWN, SMALL, facts, outcome, snapshot

HOSTILE = "]]></failure><b>[bold red]x[/]\x1b[2J::error::x|@you\r\n::stop-commands::x\u202e%0A"
PROBLEM = Problem(kind="ToolchainError", message="no compiler, 100% gone", hint="apt-get install it", exit_code=3)


def _hostile() -> GateResult:
    old = snapshot(facts(HOSTILE))
    new = snapshot(facts(HOSTILE), facts(HOSTILE, cycles=10**6))
    old, new = (
        replace(each, origin=replace(each.origin, model=HOSTILE, toolchain=HOSTILE + side))
        for each, side in ((old, ""), (new, "2"))
    )
    return outcome(new, before=old, source=HOSTILE)


OUTCOMES = {
    "pass": outcome(SMALL),
    "fail": outcome(GROWN),
    "warn": outcome(SMALL, before=None, missing=Verdict.WARN),
    "problem": outcome(PROBLEM),
    "several": GateResult(entries=(*outcome(GROWN).entries, *outcome(PROBLEM).entries, *outcome(SMALL).entries)),
    "hostile": _hostile(),
}


def rendered(name: str, result: GateResult) -> str:
    return GATE_RENDERERS[name].render(result)


@pytest.mark.parametrize("result", OUTCOMES.values(), ids=OUTCOMES)
@pytest.mark.parametrize("name", GATE_RENDERERS)
def test_every_format_is_deterministic_and_free_of_control_characters(name, result):
    text = rendered(name, result)
    assert text == rendered(name, result)
    if name != "json":
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("name", GATE_RENDERERS)
def test_every_format_names_the_layer_that_grew(name):
    assert "layer 1 CONV_2D (1×16 → 1×16) is new: +90.0 k cycles" in rendered(name, OUTCOMES["fail"]).replace(
        "&gt;", ">"
    )


@pytest.mark.parametrize("name", GATE_RENDERERS)
def test_every_format_tells_why_a_model_could_not_be_judged(name):
    text = rendered(name, OUTCOMES["problem"])
    assert "no compiler, 100%" in text
    assert "apt-get install it" in text


# JUnit: what the XSD that Jenkins publishes (junit-10.xsd) allows inside each element.
_ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "disabled", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id"},
    "testcase": {"name", "assertions", "time", "classname", "status"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set(),
}
_CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
}
_REQUIRED = {"testsuite": {"name", "tests"}, "testcase": {"name"}}


@pytest.mark.parametrize("result", OUTCOMES.values(), ids=OUTCOMES)
def test_junit_keeps_to_the_schema(result):
    root = ElementTree.fromstring(rendered("junit", result))
    assert root.tag == "testsuites"
    for element in root.iter():
        assert set(element.attrib) <= _ATTRIBUTES[element.tag]
        assert _REQUIRED.get(element.tag, set()) <= set(element.attrib)
        assert {child.tag for child in element} <= _CHILDREN.get(element.tag, set())


@pytest.mark.parametrize("result", OUTCOMES.values(), ids=OUTCOMES)
def test_junit_is_read_back_with_the_same_verdicts(result):
    suites = junitparser.JUnitXml.fromroot(ElementTree.fromstring(rendered("junit", result)))
    assert suites.tests == sum(len(entry.checks) or 1 for entry in result.entries)
    for suite, entry in zip(suites, result.entries, strict=True):
        if entry.problem:
            assert (suite.errors, suite.failures) == (1, 0)
            continue
        found = [type(case.result[0]).__name__ if case.result else "pass" for case in suite]
        expected = {Verdict.PASS: "pass", Verdict.WARN: "Skipped", Verdict.FAIL: "Failure"}
        assert found == [expected[check.verdict] for check in entry.checks]
        assert (suite.failures, suite.skipped) == (found.count("Failure"), found.count("Skipped"))


# Workflow commands, as docs.github.com describes them: ::NAME PROPERTY=VALUE,…::MESSAGE with %, CR, LF escaped, and
# in properties also colons and commas.
_COMMAND = re.compile(r"::(?P<level>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")


def _commands(result: GateResult) -> list[tuple[str, dict[str, str], str]]:
    found = []
    for line in rendered("github", result).splitlines():
        match = _COMMAND.fullmatch(line)
        assert match, line
        for part in (match["properties"], match["message"]):
            assert all(code in ("%25", "%0A", "%0D", "%3A", "%2C") for code in re.findall("%..?", part))
        pairs = [pair.split("=", 1) for pair in match["properties"].split(",")]
        found.append((match["level"], {name: unquote(value) for name, value in pairs}, unquote(match["message"])))
    return found


@pytest.mark.parametrize("result", OUTCOMES.values(), ids=OUTCOMES)
def test_annotations_are_workflow_commands(result):
    for _level, properties, message in _commands(result):
        assert set(properties) <= {"file", "title"}
        assert properties["title"]
        assert message


def test_a_failure_is_an_error_on_the_models_file_and_a_pass_is_silent():
    commands = _commands(OUTCOMES["fail"])
    assert [(level, properties["file"]) for level, properties, _ in commands] == [("error", "models/kws.tflite")] * 2
    assert "\n- layer 1 CONV_2D" in commands[0][2]
    assert _commands(OUTCOMES["pass"]) == []
    assert next(level for level, _, _ in _commands(OUTCOMES["warn"])) == "warning"


def test_a_model_of_the_zoo_is_no_file_to_point_at():
    ((_, properties, _), *_) = _commands(outcome(GROWN, source="zoo:kws"))
    assert "file" not in properties


@pytest.mark.parametrize("result", OUTCOMES.values(), ids=OUTCOMES)
def test_markdown_has_a_heading_and_a_table_for_each_model_and_no_html_of_a_name(result):
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(rendered("markdown", result))
    headings = [token.tag for token in tokens if token.type == "heading_open"]
    assert headings == ["h2", *["h3"] * len(result.entries)]
    assert sum(token.type == "table_open" for token in tokens) == sum(bool(entry.checks) for entry in result.entries)
    html = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert all(re.fullmatch(r"</details>|<details><summary>[\w ,]+</summary>", block) for block in html)
    inline = [child for token in tokens for child in token.children or []]
    assert not [child for child in inline if child.type in ("html_inline", "link_open", "image")]


def test_json_tells_verdict_exit_code_and_causes():
    plain = json.loads(rendered("json", OUTCOMES["several"]))
    assert (plain["schema_version"], plain["verdict"], plain["exit_code"]) == (1, "fail", 3)
    assert [entry["verdict"] for entry in plain["entries"]] == ["fail", "fail", "pass"]
    latency = plain["entries"][0]["checks"][0]
    assert (latency["limit"], latency["verdict"]) == ("max_latency_increase", "fail")
    assert latency["causes"][0].startswith("layer 1 CONV_2D")
    assert plain["entries"][0]["comparison"]["contributions"]["cycles"][0]["layer"] == 1


def test_the_terminal_ends_with_one_line_of_verdict():
    assert rendered("terminal", OUTCOMES["fail"]).splitlines()[-1] == "gate failed: 2 of 5 limits failed"
    assert rendered("terminal", OUTCOMES["pass"]).splitlines()[-1] == "gate passed: 5 limits kept"
    assert (
        rendered("terminal", OUTCOMES["problem"]).splitlines()[-1] == "gate failed: 1 of 1 models could not be judged"
    )
    last = rendered("terminal", OUTCOMES["several"]).splitlines()[-1]
    assert last == "gate failed: 2 of 10 limits failed; 1 of 3 models could not be judged"


@pytest.mark.parametrize("name", ["terminal", "markdown"])
def test_one_reason_for_many_limits_is_told_once(name):
    text = rendered(name, OUTCOMES["warn"])
    assert text.count("has no entry") == 1
    assert "latency, flash, RAM, arena, stack high water" in text


def test_xml_is_what_the_declaration_says():
    text = rendered("junit", OUTCOMES["hostile"])
    assert ElementTree.parse(io.BytesIO(text.encode("utf-8"))).getroot().tag == "testsuites"

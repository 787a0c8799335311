"""A gate's outcome as JUnit XML, as CI servers read it: a suite a model and board, a case a limit."""

from __future__ import annotations

from xml.etree import ElementTree

from profiler.gate.model import Check, GateEntry, GateResult, Verdict
from profiler.gate.renderers.rows import entry_title, explained
from profiler.report.formatting import clean_text

_LIMIT = 2000


def render(result: GateResult) -> str:
    """The whole file. Times are 0: a gate measures the model, and equal outcomes give equal text."""
    suites = [_suite(entry) for entry in result.entries]
    root = ElementTree.Element("testsuites", {"name": "profiler gate", **_sums(suites)})
    root.extend(suites)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _sums(suites: list[ElementTree.Element]) -> dict[str, str]:
    counted = {name: sum(int(suite.get(name, "0")) for suite in suites) for name in ("tests", "failures", "errors")}
    return {name: str(count) for name, count in counted.items()} | {"time": "0"}


def _suite(entry: GateEntry) -> ElementTree.Element:
    cases = [_case(entry, check) for check in entry.checks] if entry.problem is None else [_broken(entry)]
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": sum(case.find("error") is not None for case in cases),
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    attributes = {name: str(count) for name, count in counts.items()} | {"time": "0"}
    suite = ElementTree.Element("testsuite", {"name": entry_title(entry), **attributes})
    suite.extend(cases)
    told = [*entry.notes, *explained(entry)]
    if told:
        ElementTree.SubElement(suite, "system-out").text = "\n".join(clean_text(line, _LIMIT) for line in told)
    return suite


def _new_case(entry: GateEntry, name: str) -> ElementTree.Element:
    attributes = {"classname": f"{clean_text(entry.board, 40)}.{clean_text(entry.model, 80)}", "name": name}
    return ElementTree.Element("testcase", {**attributes, "time": "0"})


def _case(entry: GateEntry, check: Check) -> ElementTree.Element:
    case = _new_case(entry, f"{check.limit} = {clean_text(check.written, 40)}")
    reason = clean_text(check.reason, _LIMIT)
    if check.verdict is Verdict.FAIL:
        failure = ElementTree.SubElement(case, "failure", {"type": check.limit, "message": reason})
        failure.text = "\n".join([reason, *(clean_text(f"- {cause}", _LIMIT) for cause in check.causes)])
    elif check.verdict is Verdict.WARN:
        ElementTree.SubElement(case, "skipped", {"message": reason})
    return case


def _broken(entry: GateEntry) -> ElementTree.Element:
    case = _new_case(entry, "profile")
    problem = entry.problem
    assert problem is not None
    message = clean_text(problem.message, _LIMIT)
    error = ElementTree.SubElement(case, "error", {"type": problem.kind, "message": message})
    error.text = "\n".join([message, *([f"hint: {clean_text(problem.hint, _LIMIT)}"] if problem.hint else [])])
    return case

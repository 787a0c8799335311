"""A gate's outcome as GitHub workflow commands: annotations on a run and its files.

`::error file=…,title=…::message`, as docs.github.com tells of workflow commands for GitHub Actions.
"""

from __future__ import annotations

from collections.abc import Iterator

from profiler.gate.model import GateEntry, GateResult, Verdict
from profiler.gate.renderers.rows import entry_title, failed_checks
from profiler.graph.zoo import PREFIX
from profiler.report.formatting import clean_text

_LEVELS = {Verdict.FAIL: "error", Verdict.WARN: "warning", Verdict.PASS: "notice"}
_LIMIT = 1000


def render(result: GateResult) -> str:
    """One command a line; nothing for what passed without a note."""
    return "".join(f"{line}\n" for entry in result.entries for line in _entry(entry))


def _entry(entry: GateEntry) -> Iterator[str]:
    title = entry_title(entry)
    if entry.problem:
        hint = [f"hint: {entry.problem.hint}"] if entry.problem.hint else []
        yield _command("error", entry, f"{entry.problem.kind}: {title}", [entry.problem.message, *hint])
    for check in failed_checks(entry):
        lines = [check.reason, *(f"- {cause}" for cause in check.causes)]
        yield _command(_LEVELS[check.verdict], entry, f"{check.limit} = {check.written}: {title}", lines)
    for note in entry.notes:
        yield _command("notice", entry, title, [note])


def _command(level: str, entry: GateEntry, title: str, lines: list[str]) -> str:
    properties = {} if entry.source.startswith(PREFIX) else {"file": clean_text(entry.source, _LIMIT)}
    properties["title"] = clean_text(title, 200)
    shown = ",".join(f"{name}={_escape_property(value)}" for name, value in properties.items())
    return f"::{level} {shown}::{_escape_data(chr(10).join(clean_text(line, _LIMIT) for line in lines))}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")

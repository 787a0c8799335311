"""`--format terminal,junit=out.xml`: which formats of a gate's outcome go where."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from profiler.cli.saved import write_text
from profiler.errors import SettingsError
from profiler.gate.model import GateResult
from profiler.gate.renderers import GATE_RENDERERS
from profiler.gate.renderers.terminal import print_gate
from profiler.report.renderers import require_formats

_FOR_PROGRAMS = ("json", "junit")  # spoilt by anything else on the same stream


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOutput:
    """A format and its file; None: standard output."""

    format_name: str
    path: Path | None


def parse_outputs(text: str) -> tuple[GateOutput, ...]:
    """Raises SettingsError: an unknown format, or two that would spoil each other on standard output."""
    outputs = []
    for word in text.split(","):
        name, _, path = word.strip().partition("=")
        require_formats([name], GATE_RENDERERS)
        outputs.append(GateOutput(format_name=name, path=Path(path) if path else None))
    printed = [output.format_name for output in outputs if output.path is None]
    spoilt = [name for name in printed if name in _FOR_PROGRAMS]
    if spoilt and len(printed) > 1:
        raise SettingsError(
            f"{' and '.join(printed)} would share standard output", hint=f"give a file: {spoilt[0]}=FILE"
        )
    return tuple(outputs)


def write_outputs(result: GateResult, outputs: Sequence[GateOutput], *, quiet: bool) -> None:
    """All formats; `quiet` leaves out what would be printed. Raises SettingsError when a file cannot be written."""
    for output in outputs:
        if output.path is not None:
            write_text(output.path, GATE_RENDERERS[output.format_name].render(result))
        elif output.format_name == "terminal" and not quiet:
            print_gate(result, Console(highlight=False))
        elif not quiet:
            sys.stdout.write(GATE_RENDERERS[output.format_name].render(result))

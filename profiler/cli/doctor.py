"""`profiler doctor`: what is there, what is missing, and the exact command to get it."""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape


def doctor(json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Tell what is installed, what is missing, and the command that gets it. Exit code 3 when something needed is."""
    from profiler.cli.doctor_service import service_findings
    from profiler.cli.doctor_tools import tool_findings
    from profiler.settings import load_settings

    settings = load_settings()
    findings = [*tool_findings(settings), *service_findings(settings)]
    if json:
        typer.echo(json_module.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        console = Console(highlight=False)
        for finding in findings:
            mark = (
                "[green]found  [/]"
                if finding.found
                else ("[red]missing[/]" if finding.needed else "[yellow]absent [/]")
            )
            console.print(f"{mark} [bold]{finding.name}[/]  {escape(finding.found or finding.purpose)}", soft_wrap=True)
            if not finding.found:
                console.print(f"         get it: {escape(finding.remedy)}", soft_wrap=True)
    if any(finding.needed and not finding.found for finding in findings):
        raise typer.Exit(3)

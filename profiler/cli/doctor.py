"""`profiler doctor`: what is there, what is missing, and the exact command to get it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json as json_module
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from profiler.build.toolchain import find_toolchain
from profiler.cli.doctor_service import service_findings
from profiler.cli.finding import Finding
from profiler.convert.convert import require_tensorflow
from profiler.errors import ProfilerError
from profiler.run.renode_program import find_renode
from profiler.settings import load_settings

_REQUIRED_UNICORN = "2.1.3"


def doctor(json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Tell what is installed, what is missing, and the command that gets it. Exit code 3 when something needed is."""
    findings = list(_findings())
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


def _findings() -> Iterator[Finding]:
    python = platform.python_version() if sys.version_info >= (3, 11) else None
    yield Finding(
        name="Python", found=python, needed=True, purpose="3.11 or newer", remedy="apt-get install python3 python3-venv"
    )
    yield _toolchain()
    yield _emulator()
    yield _tracer()
    yield _package("tflite-micro", needed=True, purpose="checks the firmware's outputs")
    yield _package("ai-edge-litert", needed=False, purpose="second opinion on outputs", extra="litert")
    yield _tensorflow()
    yield _package("scikit-learn", needed=False, purpose="accuracy on datasets", extra="data")
    yield _network_isolation()
    yield _renode()
    yield _program("g++", "kernel tests on this machine", "apt-get install g++", needed=False)
    yield from service_findings(load_settings())


def _toolchain() -> Finding:
    name, purpose = "cross compiler", "builds the firmware"
    try:
        toolchain = find_toolchain(load_settings().toolchain_prefix)
    except ProfilerError as error:
        return Finding(name=name, found=None, needed=True, purpose=error.message, remedy=error.hint or "")
    return Finding(name=name, found=toolchain.title, needed=True, purpose=purpose, remedy="")


def _emulator() -> Finding:
    version = _version("unicorn")
    wrong = version is not None and version != _REQUIRED_UNICORN
    return Finding(
        name="unicorn",
        found=None if wrong else version,
        needed=True,
        purpose=f"version {version} is installed, {_REQUIRED_UNICORN} is needed" if wrong else "runs the firmware",
        remedy=f"pip install unicorn=={_REQUIRED_UNICORN}",
    )


def _network_isolation() -> Finding:
    from profiler.work.isolation import can_leave_network

    return Finding(
        name="network isolation",
        found="of processes that work on models" if can_leave_network() else None,
        needed=False,
        purpose="keeps processes that work on models of others off the network",
        remedy="sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000 (in a container: allow "
        "user namespaces)",
    )


def _tensorflow() -> Finding:
    try:
        found = require_tensorflow()
    except ProfilerError:
        found = None
    remedy = "pip install 'cortexm-profiler[keras]'"
    return Finding(name="TensorFlow", found=found, needed=False, purpose="Keras models, quantization", remedy=remedy)


def _tracer() -> Finding:
    spec = importlib.util.find_spec("profiler.run._tracer")
    return Finding(
        name="native tracer",
        found=spec.origin if spec else None,
        needed=True,
        purpose="counts blocks and edges while the emulator runs",
        remedy="pip install --force-reinstall --no-deps . (needs a C compiler: apt-get install gcc)",
    )


def _renode() -> Finding:
    name = "Renode"
    try:
        program = find_renode(load_settings().renode)
        found = f"{program.version()} ({' '.join(program.command)}, from {program.origin})"
    except ProfilerError as error:
        return Finding(name=name, found=None, needed=False, purpose=error.message, remedy="profiler install renode")
    return Finding(name=name, found=found, needed=False, purpose="", remedy="")


def _package(name: str, *, needed: bool, purpose: str, extra: str | None = None) -> Finding:
    remedy = f"pip install 'cortexm-profiler[{extra}]'" if extra else f"pip install {name}"
    return Finding(name=name, found=_version(name), needed=needed, purpose=purpose, remedy=remedy)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _program(name: str, purpose: str, remedy: str, *, needed: bool) -> Finding:
    return Finding(name=name, found=shutil.which(name), needed=needed, purpose=purpose, remedy=remedy)

"""deploy/: the files are valid, agree with each other and with the program they run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from profiler.cli.main import app
from profiler.settings import load_settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")


def parse(arguments: list[str]) -> None:
    """Raises when the command line has no such command or option."""
    group = typer.main.get_command(app)
    with group.make_context("profiler", list(arguments), resilient_parsing=False) as context:
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])  # type: ignore[attr-defined]
        command.make_context(name, rest, parent=context)


def test_compose_is_valid_by_the_public_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, str(DEPLOY / "compose.yaml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_compose_runs_commands_that_there_are():
    for name in ("server", "worker"):
        parse(COMPOSE["services"][name]["command"])


def test_compose_settings_are_settings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("server", "worker"):
        for variable, value in COMPOSE["services"][name]["environment"].items():
            plain = re.sub(r"\$\{\w+:\?[^}]*\}", "secret", re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))
            monkeypatch.setenv(variable, plain)
    settings = load_settings()
    assert settings.scheduler == "tcp://scheduler:8786"
    assert settings.database_url == "postgresql://profiler:secret@database/profiler"
    assert not settings.service.is_local
    assert "localhost" in settings.service.allowed_hosts


def test_only_the_server_can_be_reached_and_it_needs_a_password_nobody_published():
    services = COMPOSE["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["server"]
    assert all(port.startswith("127.0.0.1:") for port in services["server"]["ports"])
    assert COMPOSE["networks"]["back"]["internal"] is True
    assert all(services[name]["networks"] == ["back"] for name in ("database", "scheduler", "worker"))
    assert "PASSWORD: ${PROFILER_DATABASE_PASSWORD:?" in (DEPLOY / "compose.yaml").read_text(encoding="utf-8")


def test_the_image_installs_as_a_checkout_does_and_runs_without_privileges():
    assert "./do setup" in CONTAINERFILE
    assert "apt-get install" not in CONTAINERFILE
    assert re.search(r"^USER 10001$", CONTAINERFILE, re.MULTILINE)
    steps = [line.split()[0] for line in CONTAINERFILE.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert steps.index("COPY") < steps.index("USER") < steps.index("ENTRYPOINT") < steps.index("CMD")
    command = re.search(r"^CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    assert command is not None
    parse(yaml.safe_load(command[1]))
    for path in re.findall(r"/opt/profiler/(\S*?)(?::|\s|$)", CONTAINERFILE):
        assert path in ("", ".venv/bin"), path


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_run_commands_that_there_are(unit):
    (start,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    program, *arguments = shlex.split(start)
    assert (Path(sys.prefix) / "bin" / Path(program).name).is_file()
    if Path(program).name == "profiler":
        parse(arguments)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_valid(unit, tmp_path):
    text = unit.read_text(encoding="utf-8").replace("/opt/profiler/.venv", sys.prefix)
    (tmp_path / unit.name).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / unit.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert unit.name not in done.stderr, done.stderr


def test_every_file_is_explained():
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    for path in DEPLOY.iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in page, path.name

"""`profiler keys`: made, listed, revoked; and `profiler doctor` about the service."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from profiler.cli.doctor_service import service_findings
from profiler.cli.finding import Finding
from profiler.cli.main import app
from profiler.errors import SettingsError, StoreError
from profiler.service.keys import PREFIX, Scope, allows, digest
from profiler.settings import load_settings
from profiler.store.store import Store


@pytest.fixture(autouse=True)
def _data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROFILER_DATA_FOLDER", str(tmp_path / "data"))


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_key_is_shown_once_and_kept_as_a_hash(tmp_path):
    secret = run("keys", "create", "ci", "--scope", "submit").splitlines()[0]
    assert secret.startswith(PREFIX)
    (kept,) = Store.open(None, tmp_path / "data").keys()
    assert (kept.name, kept.scopes, kept.hash) == ("ci", ("submit",), digest(secret))
    assert secret not in run("keys", "list", "--json")


def test_two_keys_differ():
    assert run("keys", "create", "a") != run("keys", "create", "a")


def test_keys_are_listed_and_revoked():
    run("keys", "create", "one", "-s", "read", "-s", "admin")
    (key,) = json.loads(run("keys", "list", "--json"))
    assert (key["name"], key["scopes"], key["revoked"]) == ("one", ["read", "admin"], None)
    assert "one" in run("keys", "list")
    run("keys", "revoke", key["id"])
    assert json.loads(run("keys", "list", "--json"))[0]["revoked"]
    with pytest.raises(StoreError, match="no key"):
        run("keys", "revoke", "nobody")


def test_an_unknown_scope_is_an_error_that_names_the_others():
    with pytest.raises(SettingsError, match="root") as refusal:
        run("keys", "create", "x", "--scope", "root")
    assert "read, submit, admin" in str(refusal.value.hint)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [((), set()), (("read",), {"read"}), (("submit",), {"read", "submit"}), (("admin",), {"read", "submit", "admin"})],
)
def test_each_scope_includes_those_before(scopes, allowed):
    assert {scope.value for scope in Scope if allows(scopes, scope)} == allowed
    assert not allows(("root", ""), Scope.READ)


def findings(monkeypatch, **variables: str) -> dict[str, Finding]:
    """What `profiler doctor` says of the service, by name."""
    for name, value in variables.items():
        monkeypatch.setenv(f"PROFILER_{name}", value)
    result = {}
    for finding in service_findings(load_settings()):
        assert finding.found or (finding.purpose and finding.remedy), finding
        result[finding.name.removeprefix("service: ")] = finding
    return result


def test_doctor_finds_nothing_wrong_with_a_service_that_needs_no_set_up(tmp_path, monkeypatch):
    fresh = findings(monkeypatch, DATA_FOLDER=str(tmp_path / "new"), LAB_FILE=str(tmp_path / "none.toml"))
    assert not [name for name, finding in fresh.items() if finding.needed and not finding.found]
    assert not (tmp_path / "new").exists()  # looking changes nothing
    Store.open(None, tmp_path / "new").close()
    assert "revision" in findings(monkeypatch)["database"].found


def test_doctor_tells_what_the_service_would_stumble_over(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "lab.toml").write_text("[boards.a]\n")
    monkeypatch.setattr("profiler.work.cluster.CONNECT_SECONDS", 0.5)
    wrong = findings(
        monkeypatch, DATA_FOLDER=str(tmp_path / "file" / "x"), DATABASE_URL="postgresql://u:secret@127.0.0.1:1/d",
        SCHEDULER="tcp://127.0.0.1:1", LAB_FILE=str(tmp_path / "lab.toml"), DISK_LIMIT_BYTES=str(1 << 60),
    )  # fmt: skip
    assert {name for name, finding in wrong.items() if not finding.found} == {
        "data folder", "database", "scheduler", "attached boards", "disk",
    }  # fmt: skip
    assert wrong["psycopg"].needed
    assert "secret" not in str(wrong)
    assert "profiler worker --scheduler tcp://127.0.0.1:1" in wrong["scheduler"].remedy


def test_doctor_tells_of_a_database_of_a_newer_version_and_of_a_missing_key(tmp_path, monkeypatch):
    monkeypatch.setenv("PROFILER_DATA_FOLDER", str(tmp_path))
    Store.open(None, tmp_path).close()
    monkeypatch.setenv("PROFILER_SERVICE_HOST", "0.0.0.0")
    assert "keys create" in findings(monkeypatch)["API keys"].remedy
    run("keys", "create", "a")
    assert findings(monkeypatch)["API keys"].found
    with sqlite3.connect(tmp_path / "profiler.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert "newer version" in findings(monkeypatch)["database"].purpose

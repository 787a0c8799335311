"""`profiler keys`: made, listed, revoked; and `profiler doctor` about the service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from profiler.cli.main import app
from profiler.errors import SettingsError, StoreError
from profiler.service.keys import PREFIX, Scope, allows, digest
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

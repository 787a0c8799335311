"""`profiler keys`: make, list and revoke the API keys of the service."""

from __future__ import annotations

import datetime
import json as json_module
import secrets
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from profiler.service.keys import Scope, digest, new_secret, parse_scopes

if TYPE_CHECKING:
    from profiler.store.model import ApiKey
    from profiler.store.store import Store

keys = typer.Typer(help="Make, list and revoke the API keys of the service.", no_args_is_help=True)


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, for people.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", "-s", help=f"What it may do: {', '.join(Scope)}. May be repeated.")
    ] = None,
) -> None:
    """Make a key and print it: the only time it is shown, as only its hash is kept."""
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise typer.BadParameter("a name has 1 to 100 printable characters")
    from profiler.store.model import ApiKey

    secret = new_secret()
    key = ApiKey(
        id=secrets.token_hex(6),
        name=name,
        scopes=parse_scopes(scope or [Scope.SUBMIT.value]),
        hash=digest(secret),
        created=datetime.datetime.now(datetime.UTC),
    )
    _store().add_key(key)
    typer.echo(secret)
    typer.echo(f"key {key.id} of {name}, scopes: {', '.join(key.scopes)}. It is not shown again.", err=True)


@keys.command("list")
def list_keys(json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False) -> None:
    """List the keys, revoked ones too; the keys themselves are not known any more."""
    found = _store().keys()
    if json:
        values = [{"id": key.id, "name": key.name, "scopes": key.scopes, **_times(key)} for key in found]
        typer.echo(json_module.dumps(values, indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("id", "name", "scopes", "created", "revoked"):
        table.add_column(heading)
    for key in found:
        times = _times(key)
        table.add_row(key.id, escape(key.name), ", ".join(key.scopes), times["created"], times["revoked"] or "")
    Console().print(table)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, see `profiler keys list`.")],
) -> None:
    """Make a key invalid. A running service notices within seconds."""
    _store().revoke_key(key_id)
    typer.echo(f"key {key_id} is revoked")


def _store() -> Store:
    from profiler.settings import load_settings
    from profiler.store.store import Store  # loads a database library: `profiler --help` must not wait for it

    settings = load_settings()
    return Store.open(settings.database_url, settings.data_folder)


def _times(key: ApiKey) -> dict[str, str | None]:
    revoked = key.revoked.isoformat(timespec="seconds") if key.revoked else None
    return {"created": key.created.isoformat(timespec="seconds"), "revoked": revoked}

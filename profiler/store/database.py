"""A connection to SQLite or PostgreSQL, its tables brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from profiler.errors import StoreError

_BUSY_TIMEOUT_MS = 30_000
_MIGRATION_LOCK = 0x70726F66  # any number that others do not use; PostgreSQL locks by number
_WRITES = "profiler_writes"


def embedded_file(data_folder: Path) -> Path:
    """The SQLite database of a store that is not told another one."""
    return (data_folder / "profiler.sqlite").resolve()


def url_of(database_url: str | None, data_folder: Path) -> str:
    """The database's URL; without one, that of the embedded file."""
    return database_url or f"sqlite:///{embedded_file(data_folder)}"


def connect(database_url: str) -> Engine:
    """An engine for `sqlite:///PATH` or `postgresql://…`, its database migrated to this version's tables.

    Raises StoreError: no such kind of database, no driver, no connection, or a database of a newer version.
    """
    url = _url(database_url)
    engine = create_engine(url, pool_pre_ping=not _is_sqlite(url))
    if _is_sqlite(url):
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        _migrate(engine)
    except StoreError:
        engine.dispose()
        raise
    except DBAPIError as error:
        engine.dispose()
        raise _unusable(url, error) from error
    return engine


def _unusable(url: URL, error: DBAPIError) -> StoreError:
    return StoreError(
        f"the database {url.render_as_string(hide_password=True)} cannot be used: {error.orig}",
        hint="check database_url, and that the database runs and may be written",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """What a look at a database showed. `revision` None: it has no tables yet."""

    url: str  # without the password
    revision: str | None
    is_current: bool
    is_newer: bool  # of a version of profiler that this one does not know


def look(database_url: str) -> DatabaseState:
    """What is there, without changing it. Raises StoreError when it cannot be reached."""
    url = _url(database_url)
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
            script = ScriptDirectory.from_config(alembic_config(connection))
    except DBAPIError as error:
        raise _unusable(url, error) from error
    finally:
        engine.dispose()
    known = {each.revision for each in script.walk_revisions()}
    return DatabaseState(
        url=url.render_as_string(hide_password=True),
        revision=revision,
        is_current=revision == script.get_current_head(),
        is_newer=revision is not None and revision not in known,
    )


def writer(engine: Engine) -> Engine:
    """The same engine for transactions that write: on SQLite they wait for each other when they begin."""
    return engine.execution_options(**{_WRITES: True})


def alembic_config(connection: Connection) -> Config:
    """Alembic set up for the migrations of this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _url(text_url: str) -> URL:
    try:
        url = make_url(text_url)
        if url.get_backend_name() == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        elif not _is_sqlite(url):
            raise ArgumentError(f"{url.get_backend_name()} is not supported")
        url.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(
            f"database_url names no database: {error}", hint="sqlite:////path/file or postgresql://user@host/name"
        ) from error
    except ImportError as error:
        raise StoreError(
            f"the driver of {url.get_backend_name()} is missing", hint="pip install 'cortexm-profiler[postgres]'"
        ) from error
    return url


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so, not where the driver guesses
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # an accepted job survives a power cut too
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # a transaction that reads first and writes then fails at once when another wrote in between; IMMEDIATE waits
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine) -> None:
    with writer(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
        config = alembic_config(connection)
        script = ScriptDirectory.from_config(config)
        current = MigrationContext.configure(connection).get_current_revision()
        if current == script.get_current_head():
            return
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(
                f"the database has revision {current}, which this version does not know",
                hint="a newer version of profiler wrote it: use that version, or another database",
            ) from error

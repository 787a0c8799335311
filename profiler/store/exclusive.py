"""One engine works on a store at a time: what is running belongs to it, and what it left behind can be told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
from sqlalchemy import Engine, text

from profiler.errors import StoreError

_ENGINE_LOCK = 0x656E6769  # any number that others do not use; PostgreSQL locks by number


@contextmanager
def hold_exclusively(database: Engine, data_folder: Path) -> Iterator[None]:
    """Until the block ends or the process dies, however it dies. Raises StoreError when somebody else holds it."""
    busy = StoreError(
        f"another engine works on the store in {data_folder}",
        hint="stop the other `profiler serve` or `profiler sweep`, or choose another PROFILER_DATA_FOLDER",
    )
    try:
        with filelock.FileLock(data_folder / "engine.lock", timeout=0):
            if database.dialect.name != "postgresql":
                yield
                return
            # several hosts may share the database; the lock lives as long as its connection
            with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                number = {"number": _ENGINE_LOCK}
                if not connection.execute(text("SELECT pg_try_advisory_lock(:number)"), number).scalar_one():
                    raise busy
                try:
                    yield
                finally:
                    connection.execute(text("SELECT pg_advisory_unlock(:number)"), number)
    except filelock.Timeout as error:
        raise busy from error

"""The same claims on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy

from profiler.store.store import Store
from tests.support.postgres import postgres_cluster, postgres_programs


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres_cluster(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database; of PostgreSQL a schema, which is made sooner."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'profiler.sqlite'}"
        return
    server = sqlalchemy.make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql+psycopg")
    name = f"test_{uuid.uuid4().hex}"
    admin = sqlalchemy.create_engine(server)
    with admin.begin() as connection:
        connection.execute(sqlalchemy.text(f"CREATE SCHEMA {name}"))
    admin.dispose()
    yield server.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)


class Clock:
    """Time that a test moves; every look at it is a second later."""

    def __init__(self) -> None:
        self.now = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)

    def __call__(self) -> datetime.datetime:
        self.now += datetime.timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_store(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Callable[[], Store]]:
    """Opens the same store, as often as called."""
    opened: list[Store] = []

    def open_() -> Store:
        opened.append(Store.open(database_url, tmp_path / "data", clock))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()

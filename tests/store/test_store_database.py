"""Claims about databases: migrations, engines' lock, keys, models on disk."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from profiler.errors import StoreError
from profiler.store.database import alembic_config, connect, writer
from profiler.store.model import ApiKey
from profiler.store.store import Store
from profiler.store.tables import metadata


def test_migrations_from_nothing_give_the_tables_of_the_code(database_url: str) -> None:
    engine = connect(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        tables = set(sqlalchemy.inspect(connection).get_table_names())
    assert tables == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_every_migration_can_be_taken_back_and_made_again(database_url: str) -> None:
    engine = connect(database_url)
    with writer(engine).begin() as connection:
        command.downgrade(alembic_config(connection), "base")
        assert sqlalchemy.inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()
    connect(database_url).dispose()


def test_a_database_of_a_newer_version_is_not_touched(database_url: str) -> None:
    engine = connect(database_url)
    with writer(engine).begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="revision 9999, which this version does not know"):
        connect(database_url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://x/y", "names no database"),
        ("no url", "names no database"),
        ("sqlite:////nowhere/at/all/x.sqlite", "cannot be used"),
        ("postgresql://u:secret@/d?host=/nowhere", "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as raised:
        connect(url)
    assert "secret" not in raised.value.message
    assert raised.value.hint


def test_two_engines_never_work_on_one_store(open_store: Callable[[], Store]) -> None:
    one, other = open_store(), open_store()
    with one.exclusively(), pytest.raises(StoreError, match="another engine works on the store"), other.exclusively():
        pass
    with other.exclusively():
        pass


def test_servers_with_folders_of_their_own_share_a_postgresql_database_one_at_a_time(
    database_url: str, tmp_path: Path
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("an SQLite database is on one host, where the folder's lock holds")
    one, other = (Store.open(database_url, tmp_path / name) for name in ("one", "other"))
    with one.exclusively(), pytest.raises(StoreError, match="another engine"), other.exclusively():
        pass
    one.close()
    other.close()


def test_keys_are_kept_found_by_hash_and_revoked(store: Store) -> None:
    key = ApiKey(
        id="k1",
        name="ci",
        scopes=("read", "submit"),
        hash="h1",
        created=datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC),
    )
    store.add_key(key)
    assert store.keys() == (key,)
    assert store.key_by_hash("h1") == key
    assert store.key_by_hash("h2") is None
    store.revoke_key("k1")
    revoked = store.key_by_hash("h1")
    assert revoked is not None
    assert revoked.revoked is not None
    store.revoke_key("k1")
    assert store.key_by_hash("h1") == revoked
    with pytest.raises(StoreError, match="no key 'k2'"):
        store.revoke_key("k2")


def test_models_are_addressed_by_their_content_and_checked(tmp_path: Path) -> None:
    store = Store.open(None, tmp_path)
    digest = store.put_model(b"abc")
    assert store.put_model(b"abc") == digest
    assert store.blobs.read(digest) == b"abc"
    assert [path for path in (tmp_path / "models").rglob("*") if path.is_file()] == [store.model_path(digest)]
    store.model_path(digest).write_bytes(b"abd")
    with pytest.raises(StoreError, match="is damaged"):
        store.blobs.read(digest)
    with pytest.raises(StoreError, match="not kept any more"):
        store.blobs.read("0" * 64)
    store.close()


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        Store.open(None, tmp_path / "file" / "data")

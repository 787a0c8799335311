"""Results and keys in the database. Every function works within its caller's transaction."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from profiler.errors import StoreError
from profiler.store.codec import compressed, key_from, options_text, result_from, seconds, to_text
from profiler.store.model import ApiKey, Result, ResultKey
from profiler.store.tables import api_keys, results


def insert_result(connection: Connection, result: Result) -> None:
    """Keeps a result unless there is one at its address: results are immutable."""
    values = {
        "key": result.key,
        "model_sha256": result.model_sha256,
        "board": result.board,
        "board_digest": result.board_digest,
        "options": options_text(result.options),
        "engine_version": result.engine_version,
        "created": seconds(result.created),
        "profile": compressed(result.profile_json),
    }
    if connection.dialect.name == "postgresql":
        connection.execute(postgresql.insert(results).values(values).on_conflict_do_nothing())
    else:
        connection.execute(sqlite.insert(results).values(values).on_conflict_do_nothing())


def load_result(connection: Connection, key: ResultKey) -> Result | None:
    """The result at that address."""
    row = connection.execute(select(results).where(results.c.key == key)).mappings().one_or_none()
    return None if row is None else result_from(row)


def insert_key(connection: Connection, key: ApiKey) -> None:
    """Keeps a new key."""
    connection.execute(
        insert(api_keys).values(
            id=key.id,
            name=key.name,
            scopes=to_text(key.scopes),
            hash=key.hash,
            created=seconds(key.created),
            revoked=None if key.revoked is None else seconds(key.revoked),
        )
    )


def load_keys(connection: Connection) -> tuple[ApiKey, ...]:
    """All keys, the oldest first, revoked ones too."""
    return tuple(key_from(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.created)).mappings())


def load_key_by_hash(connection: Connection, hash_: str) -> ApiKey | None:
    """The key with that hash, revoked or not."""
    row = connection.execute(select(api_keys).where(api_keys.c.hash == hash_)).mappings().one_or_none()
    return None if row is None else key_from(row)


def revoke(connection: Connection, key_id: str, *, now: float) -> None:
    """The key is not valid from now on; a second time changes nothing. Raises StoreError when there is none."""
    where = (api_keys.c.id == key_id, api_keys.c.revoked.is_(None))
    changed = connection.execute(update(api_keys).where(*where).values(revoked=now)).rowcount
    if not changed and connection.execute(select(api_keys.c.id).where(api_keys.c.id == key_id)).first() is None:
        raise StoreError(f"there is no key {key_id[:64]!r}", hint="`profiler keys list` shows which there are")

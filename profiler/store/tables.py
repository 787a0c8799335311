"""The database's tables. `migrations/` brings a database here; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

# SQLite counts up only plain INTEGER keys
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Times are seconds since 1970 in UTC: the same type, order and precision on every database.

jobs = Table(
    "jobs",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("state", String(16), nullable=False, index=True),
    Column("model_sha256", String(64), nullable=False, index=True),
    Column("model_name", String(400), nullable=False, index=True),
    Column("options", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("created", Float, nullable=False, index=True),
    Column("started", Float),
    Column("finished", Float),
    Column("cancel_requested", Boolean, nullable=False),
    Column("request_id", String(64)),
    Column("key_id", String(32)),
    Column("idempotency_key", String(300), unique=True),  # within its API key: see jobs.py
    Column("body_digest", String(64), nullable=False),
    Column("event_count", Integer, nullable=False),
    sqlite_autoincrement=True,
)

job_tags = Table(
    "job_tags",
    metadata,
    Column("job_number", _NUMBER, ForeignKey("jobs.number", ondelete="CASCADE"), primary_key=True),
    Column("tag", String(100), primary_key=True, index=True),
)

tasks = Table(
    "tasks",
    metadata,
    Column("job_number", _NUMBER, ForeignKey("jobs.number", ondelete="CASCADE"), primary_key=True),
    Column("board", String(400), primary_key=True, index=True),
    Column("position", Integer, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("stage", String(32)),
    Column("stage_seconds", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("worker", String(200)),
    Column("finished", Float),
    Column("result_key", String(64), index=True),
    Column("failure_code", String(64)),
    Column("failure_message", Text),
    Column("failure_hint", Text),
)

events = Table(
    "events",
    metadata,
    Column("job_number", _NUMBER, ForeignKey("jobs.number", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("time", Float, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("data", Text, nullable=False),
)

results = Table(
    "results",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("model_sha256", String(64), nullable=False, index=True),
    Column("board", String(400), nullable=False),
    Column("board_digest", String(64), nullable=False),
    Column("options", Text, nullable=False),
    Column("engine_version", String(200), nullable=False),
    Column("created", Float, nullable=False),
    Column("profile", LargeBinary, nullable=False),  # zlib of UTF-8 JSON
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("hash", String(200), nullable=False, unique=True),
    Column("created", Float, nullable=False),
    Column("revoked", Float),
)

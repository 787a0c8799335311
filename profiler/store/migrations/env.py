"""Alembic's entry: runs the migrations on the connection that `database.py` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from profiler.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()

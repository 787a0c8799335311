"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One version up."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=200), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("revoked", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
    )
    op.create_table(
        "jobs",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=False),
        sa.Column("model_name", sa.String(length=400), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("started", sa.Float(), nullable=True),
        sa.Column("finished", sa.Float(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("key_id", sa.String(length=32), nullable=True),
        sa.Column("idempotency_key", sa.String(length=300), nullable=True),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_jobs")),
        sa.UniqueConstraint("id", name=op.f("uq_jobs_id")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_jobs_idempotency_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_jobs_created"), "jobs", ["created"], unique=False)
    op.create_index(op.f("ix_jobs_model_name"), "jobs", ["model_name"], unique=False)
    op.create_index(op.f("ix_jobs_model_sha256"), "jobs", ["model_sha256"], unique=False)
    op.create_index(op.f("ix_jobs_state"), "jobs", ["state"], unique=False)
    _create_results()
    _create_parts_of_jobs()


def _create_results() -> None:
    op.create_table(
        "results",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=False),
        sa.Column("board", sa.String(length=400), nullable=False),
        sa.Column("board_digest", sa.String(length=64), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("engine_version", sa.String(length=200), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("profile", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_results")),
    )
    op.create_index(op.f("ix_results_model_sha256"), "results", ["model_sha256"], unique=False)


def _create_parts_of_jobs() -> None:
    op.create_table(
        "events",
        sa.Column("job_number", _NUMBER, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("time", sa.Float(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_number"], ["jobs.number"], name=op.f("fk_events_job_number"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_number", "sequence", name=op.f("pk_events")),
    )
    op.create_table(
        "job_tags",
        sa.Column("job_number", _NUMBER, nullable=False),
        sa.Column("tag", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_number"], ["jobs.number"], name=op.f("fk_job_tags_job_number"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_number", "tag", name=op.f("pk_job_tags")),
    )
    op.create_index(op.f("ix_job_tags_tag"), "job_tags", ["tag"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("job_number", _NUMBER, nullable=False),
        sa.Column("board", sa.String(length=400), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=True),
        sa.Column("stage_seconds", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=True),
        sa.Column("finished", sa.Float(), nullable=True),
        sa.Column("result_key", sa.String(length=64), nullable=True),
        sa.Column("failure_code", sa.String(length=64), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("failure_hint", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_number"], ["jobs.number"], name=op.f("fk_tasks_job_number"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_number", "board", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_board"), "tasks", ["board"], unique=False)
    op.create_index(op.f("ix_tasks_result_key"), "tasks", ["result_key"], unique=False)
    op.create_index(op.f("ix_tasks_state"), "tasks", ["state"], unique=False)


def downgrade() -> None:
    """One version down."""
    op.drop_index(op.f("ix_tasks_state"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_result_key"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_board"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(op.f("ix_job_tags_tag"), table_name="job_tags")
    op.drop_table("job_tags")
    op.drop_table("events")
    op.drop_index(op.f("ix_results_model_sha256"), table_name="results")
    op.drop_table("results")
    op.drop_index(op.f("ix_jobs_state"), table_name="jobs")
    op.drop_index(op.f("ix_jobs_model_sha256"), table_name="jobs")
    op.drop_index(op.f("ix_jobs_model_name"), table_name="jobs")
    op.drop_index(op.f("ix_jobs_created"), table_name="jobs")
    op.drop_table("jobs")
    op.drop_table("api_keys")

"""events: what was altered, asked and answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("response", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_requests")),
    )
    op.add_column(
        "events", sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column(
        "events", sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column("events", sa.Column("request_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_events_request_id",
        "events",
        ["request_id"],
        unique=False,
        postgresql_where=sa.text("request_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_events_request_id",
        table_name="events",
        postgresql_where=sa.text("request_id IS NOT NULL"),
    )
    op.drop_column("events", "request_id")
    op.drop_column("events", "after")
    op.drop_column("events", "before")
    op.drop_table("event_requests")

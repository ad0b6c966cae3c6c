"""queued tasks: work that outlasts its request."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queued_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "IMPORT_SUBSCRIPTIONS",
                "MIGRATE_SUBSCRIPTIONS",
                name="queuedwork",
                native_enum=False,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queued_tasks")),
    )
    op.create_index(
        op.f("ix_queued_tasks_claimed_until"), "queued_tasks", ["claimed_until"], unique=False
    )
    op.create_index(
        "ix_queued_tasks_one_import",
        "queued_tasks",
        ["environment_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'IMPORT_SUBSCRIPTIONS'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_queued_tasks_one_import",
        table_name="queued_tasks",
        postgresql_where=sa.text("kind = 'IMPORT_SUBSCRIPTIONS'"),
    )
    op.drop_index(op.f("ix_queued_tasks_claimed_until"), table_name="queued_tasks")
    op.drop_table("queued_tasks")

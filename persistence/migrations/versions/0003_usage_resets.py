"""usage: windows whose end is to be told of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usage_resets",
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("feature_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "environment_id",
            "customer_id",
            "resource_id",
            "feature_id",
            "due_at",
            name=op.f("pk_usage_resets"),
        ),
    )
    op.create_index(
        op.f("ix_usage_resets_environment_id_due_at"),
        "usage_resets",
        ["environment_id", "due_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_usage_resets_environment_id_due_at"), table_name="usage_resets")
    op.drop_table("usage_resets")

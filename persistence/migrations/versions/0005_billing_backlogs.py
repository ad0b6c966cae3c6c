"""billing: what a provider is still to be told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "billing_backlogs",
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column(
            "entity_type",
            sa.Enum("CUSTOMER", "SUBSCRIPTION", name="syncedentity", native_enum=False, length=64),
            nullable=False,
        ),
        sa.Column("calls", postgresql.JSONB(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("environment_id", "entity_id", name=op.f("pk_billing_backlogs")),
    )
    op.create_index(
        op.f("ix_billing_backlogs_environment_id_next_attempt_at"),
        "billing_backlogs",
        ["environment_id", "next_attempt_at"],
        unique=False,
    )
    op.add_column("customers", sa.Column("billing_sync_error", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("customers", "billing_sync_error")
    op.drop_index(
        op.f("ix_billing_backlogs_environment_id_next_attempt_at"), table_name="billing_backlogs"
    )
    op.drop_table("billing_backlogs")

"""credits: what grants are invoiced."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credit_grants", sa.Column("latest_invoice", postgresql.JSONB(), nullable=True))
    op.create_index(
        "ix_credit_grants_invoice",
        "credit_grants",
        ["environment_id", "invoice_id"],
        unique=False,
        postgresql_where=sa.text("invoice_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_credit_grants_invoice", table_name="credit_grants")
    op.drop_column("credit_grants", "latest_invoice")

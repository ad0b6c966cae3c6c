"""entitlements: which currencies a scope's wallets may overdraw."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "entitlement_snapshots",
        sa.Column("credit_terms", postgresql.JSONB(), nullable=False, server_default="{}"),
    )
    op.alter_column("entitlement_snapshots", "credit_terms", server_default=None)
    # What was kept does not know of it: resolved anew when next asked for, stamps kept.
    op.execute("UPDATE entitlement_snapshots SET version = -1")


def downgrade() -> None:
    op.drop_column("entitlement_snapshots", "credit_terms")

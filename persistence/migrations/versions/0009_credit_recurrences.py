"""credits: what subscriptions grant anew each period stands in the wallet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "credit_wallets",
        sa.Column(
            "recurrences",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
            server_default=sa.text("'[]'::jsonb"),
        ),
    )
    op.alter_column("credit_wallets", "recurrences", server_default=None)


def downgrade() -> None:
    op.drop_column("credit_wallets", "recurrences")

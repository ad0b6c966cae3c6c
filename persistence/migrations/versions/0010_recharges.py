"""credits: automatic recharge."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recharge_settings",
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column(
            "threshold_type",
            sa.Enum(
                "CreditAmount", "DollarAmount", name="thresholdtype", native_enum=False, length=64
            ),
            nullable=False,
        ),
        sa.Column("threshold_value", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column("target_balance", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column(
            "grant_expiration_period",
            sa.Enum(
                "OneMonth", "OneYear", name="grantexpirationperiod", native_enum=False, length=64
            ),
            nullable=False,
        ),
        sa.Column("max_spend_limit", sa.Numeric(precision=38, scale=10), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "environment_id", "customer_id", "currency_id", name=op.f("pk_recharge_settings")
        ),
        sa.UniqueConstraint("id", name=op.f("uq_recharge_settings_id")),
    )
    op.create_index(
        "ix_recharge_settings_enabled",
        "recharge_settings",
        ["environment_id", "held_until"],
        unique=False,
        postgresql_where=sa.text("is_enabled"),
    )
    op.create_index(
        "ix_credit_grants_recharge",
        "credit_grants",
        ["environment_id", "recharge_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("recharge_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_credit_grants_recharge",
        table_name="credit_grants",
        postgresql_where=sa.text("recharge_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_recharge_settings_enabled",
        table_name="recharge_settings",
        postgresql_where=sa.text("is_enabled"),
    )
    op.drop_table("recharge_settings")

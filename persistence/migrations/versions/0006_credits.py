"""credits: wallets, the grants they hold, and their ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_consumption_keys",
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("currency_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "environment_id",
            "customer_id",
            "resource_id",
            "currency_id",
            "idempotency_key",
            name=op.f("pk_credit_consumption_keys"),
        ),
    )
    op.create_index(
        op.f("ix_credit_consumption_keys_reported_at"),
        "credit_consumption_keys",
        ["reported_at"],
        unique=False,
        postgresql_using="brin",
    )
    op.create_table(
        "credit_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("currency_id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column(
            "grant_type",
            sa.Enum(
                "OVERDRAFT",
                "PAID",
                "PROMOTIONAL",
                "RECURRING",
                name="creditgranttype",
                native_enum=False,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column("consumed_amount", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column("cost", postgresql.JSONB(), nullable=False),
        sa.Column("priority", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column(
            "additional_meta_data",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column(
            "payment_collection",
            sa.Enum(
                "ACTION_REQUIRED",
                "FAILED",
                "NOT_REQUIRED",
                "PROCESSING",
                name="paymentcollection",
                native_enum=False,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("is_payment_pending", sa.Boolean(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=True),
        sa.Column(
            "source_type",
            sa.Enum(
                "ADDON_ENTITLEMENT",
                "PLAN_ENTITLEMENT",
                "PRICE",
                name="creditgrantsourcetype",
                native_enum=False,
                length=64,
            ),
            nullable=True,
        ),
        sa.Column("subscription_id", sa.Uuid(), nullable=True),
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column("recharge_id", sa.Uuid(), nullable=True),
        sa.Column(
            "stage",
            sa.Enum("WAITING", "ACTIVE", "ENDED", name="grantstage", native_enum=False, length=64),
            nullable=False,
        ),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_grants")),
        sa.UniqueConstraint(
            "environment_id", "grant_id", name=op.f("uq_credit_grants_environment_id_grant_id")
        ),
    )
    op.create_index(
        "ix_credit_grants_listed",
        "credit_grants",
        ["environment_id", "customer_id", "resource_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_credit_grants_open",
        "credit_grants",
        ["environment_id", "customer_id", "resource_id", "currency_id"],
        unique=False,
        postgresql_where=sa.text("is_open"),
    )
    op.create_index(
        "ix_credit_grants_subscription",
        "credit_grants",
        ["environment_id", "subscription_id"],
        unique=False,
        postgresql_where=sa.text("subscription_id IS NOT NULL"),
    )
    op.create_table(
        "credit_ledger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("currency_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "CREDITS_CONSUMED",
                "CREDITS_CONSUMPTION_TRANSFER_SOURCE",
                "CREDITS_CONSUMPTION_TRANSFER_TARGET",
                "CREDITS_EXPIRED",
                "CREDITS_GRANTED",
                "CREDITS_UPDATED",
                "CREDITS_VOIDED",
                name="creditledgereventtype",
                native_enum=False,
                length=64,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("feature_id", sa.Uuid(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("dimensions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_ledger")),
    )
    op.create_index(
        "ix_credit_ledger_consumed",
        "credit_ledger",
        ["environment_id", "customer_id", "resource_id", "currency_id", "timestamp"],
        unique=False,
        postgresql_where=sa.text("type = 'CREDITS_CONSUMED'"),
    )
    op.create_index(
        "ix_credit_ledger_listed",
        "credit_ledger",
        ["environment_id", "customer_id", "resource_id", "position"],
        unique=False,
    )
    op.create_table(
        "credit_wallets",
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("currency_id", sa.Uuid(), nullable=False),
        sa.Column("granted", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column("consumed", sa.Numeric(precision=38, scale=10), nullable=False),
        sa.Column("next_change", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "environment_id",
            "customer_id",
            "resource_id",
            "currency_id",
            name=op.f("pk_credit_wallets"),
        ),
    )
    op.create_index(
        "ix_credit_wallets_due",
        "credit_wallets",
        ["environment_id", "next_change"],
        unique=False,
        postgresql_where=sa.text("next_change IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_credit_wallets_due",
        table_name="credit_wallets",
        postgresql_where=sa.text("next_change IS NOT NULL"),
    )
    op.drop_table("credit_wallets")
    op.drop_index("ix_credit_ledger_listed", table_name="credit_ledger")
    op.drop_index(
        "ix_credit_ledger_consumed",
        table_name="credit_ledger",
        postgresql_where=sa.text("type = 'CREDITS_CONSUMED'"),
    )
    op.drop_table("credit_ledger")
    op.drop_index(
        "ix_credit_grants_subscription",
        table_name="credit_grants",
        postgresql_where=sa.text("subscription_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_credit_grants_open", table_name="credit_grants", postgresql_where=sa.text("is_open")
    )
    op.drop_index("ix_credit_grants_listed", table_name="credit_grants")
    op.drop_table("credit_grants")
    op.drop_index(
        op.f("ix_credit_consumption_keys_reported_at"),
        table_name="credit_consumption_keys",
        postgresql_using="brin",
    )
    op.drop_table("credit_consumption_keys")

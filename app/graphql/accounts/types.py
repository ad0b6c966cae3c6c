"""Output types of accounts, environments and the test clock."""

from datetime import datetime
from uuid import UUID

import strawberry

from app.graphql.access import require_right, shown_secret
from app.graphql.accounts.enums import (
    AccountAccessMethod,
    AccountStatus,
    ApiKeyScopeAction,
    ApiKeyScopeResource,
    ApiKeyType,
    EnvironmentProvisionStatus,
    EnvironmentType,
)
from app.graphql.accounts.listing import (
    ANY_API_KEY,
    NEWEST_API_KEY,
    ApiKeyFilter,
    ApiKeySort,
)
from app.graphql.billing.enums import BillingAnchor, ProrationBehavior
from app.graphql.context import Info


@strawberry.type
class ApiKeyScope:
    action: ApiKeyScopeAction
    resource: ApiKeyScopeResource


@strawberry.type
class ApiKey:
    created_at: datetime
    description: str | None
    display_name: str
    environment_id: str
    expire_at: datetime | None
    id: UUID
    key_type: ApiKeyType
    scopes: list[ApiKeyScope] | None
    token: str


@strawberry.type
class RotateApiKeyResult:
    new_api_key: ApiKey
    old_api_key: ApiKey | None


@strawberry.type
class EnvironmentListItem:
    color: str | None
    created_at: datetime | None
    description: str | None
    display_name: str
    harden_client_access_enabled: bool
    id: str
    is_sandbox: bool
    slug: str
    type: EnvironmentType
    secret: strawberry.Private[str]

    @strawberry.field
    def signing_token(self, info: Info) -> str:
        """As of `Environment`."""
        return shown_secret(self.secret, info.context.principal)


@strawberry.type
class Account:
    access_method: AccountAccessMethod
    account_email_domain: str | None
    account_status: AccountStatus | None
    display_name: str
    id: str
    saml_enabled: bool | None
    subscription_billing_anchor: BillingAnchor | None
    subscription_proration_behavior: ProrationBehavior | None
    timezone: str | None


@strawberry.type
class Environment:
    account: Account | None
    color: str | None
    created_at: datetime | None
    description: str | None
    display_name: str
    harden_client_access_enabled: bool
    id: UUID
    is_sandbox: bool
    permanent_deletion_date: datetime | None
    provision_status: EnvironmentProvisionStatus | None
    slug: str
    type: EnvironmentType
    secret: strawberry.Private[str]

    @strawberry.field
    def signing_token(self, info: Info) -> str:
        """Whole for server keys only: who knows it can speak for any customer."""
        return shown_secret(self.secret, info.context.principal)

    @strawberry.field
    async def api_keys(
        self,
        info: Info,
        filter: ApiKeyFilter | None = ANY_API_KEY,
        sorting: list[ApiKeySort] | None = NEWEST_API_KEY,
    ) -> list[ApiKey]:
        """The environment's keys that have not expired."""
        from app.graphql.accounts.keys import live_keys

        require_right("apiKeys", info.context.principal)

        return await live_keys(info, filter, sorting)


@strawberry.type
class SdkConfiguration:
    is_widget_watermark_enabled: bool | None
    sentry_dsn: str | None
    show_watermark: bool | None


@strawberry.type
class TestClock:
    frozen_time: datetime

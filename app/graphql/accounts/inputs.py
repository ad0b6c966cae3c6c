"""Command inputs of accounts, environments and the test clock."""

from datetime import datetime

import strawberry

from app.graphql.accounts.enums import (
    ApiKeyScopeAction,
    ApiKeyScopeResource,
    ApiKeyType,
    EnvironmentProvisionStatus,
)
from app.graphql.billing.enums import BillingAnchor, ProrationBehavior
from app.graphql.paging import CursorPaging


@strawberry.input
class AdvanceTestClockInput:
    frozen_time: datetime


@strawberry.input
class SetTestClockInput:
    frozen_time: datetime


@strawberry.input
class ApiKeyScopeInput:
    action: ApiKeyScopeAction
    resource: ApiKeyScopeResource


@strawberry.input
class ApiKeyExpirationFilterInput:
    expires_after: datetime | None = strawberry.UNSET
    expires_before: datetime | None = strawberry.UNSET
    include_never_expires: bool | None = strawberry.UNSET


@strawberry.input
class GetApiKeysInput:
    display_name_contains: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    expiration_filter: ApiKeyExpirationFilterInput | None = strawberry.UNSET
    key_types: list[ApiKeyType] | None = strawberry.UNSET
    paging: CursorPaging | None = strawberry.UNSET


@strawberry.input
class CreateScopedApiKeyInput:
    description: str | None = strawberry.UNSET
    display_name: str
    environment_id: str
    scopes: list[ApiKeyScopeInput]


@strawberry.input
class UpdateApiKeyInput:
    description: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    expire_at: datetime | None = strawberry.UNSET
    id: str
    scopes: list[ApiKeyScopeInput] | None = strawberry.UNSET


@strawberry.input
class RotateApiKeyInput:
    environment_id: str | None = strawberry.UNSET
    expiration_date: datetime | None = strawberry.UNSET
    id: str


@strawberry.input
class RevokeApiKeyInput:
    environment_id: str | None = strawberry.UNSET
    id: str


@strawberry.input
class EnvironmentInput:
    color: str | None = strawberry.UNSET
    description: str | None = strawberry.UNSET
    display_name: str | None = strawberry.UNSET
    harden_client_access_enabled: bool | None = strawberry.UNSET
    provision_status: EnvironmentProvisionStatus | None = strawberry.UNSET


@strawberry.input
class UpdateAccountInput:
    display_name: str
    subscription_billing_anchor: BillingAnchor | None = strawberry.UNSET
    subscription_proration_behavior: ProrationBehavior | None = strawberry.UNSET
    timezone: str | None = strawberry.UNSET


@strawberry.input
class UpdateOneEnvironmentInput:
    id: str
    update: EnvironmentInput

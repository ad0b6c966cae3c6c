"""GraphQL enums of accounts, environments and the test clock: the domain's own, made known to Strawberry."""

import strawberry

from domain.accounts.enums import (
    AccountAccessMethod,
    AccountStatus,
    ApiKeyType,
    EnvironmentProvisionStatus,
    EnvironmentType,
)
from domain.accounts.scopes import ApiKeyScopeAction, ApiKeyScopeResource

__all__ = [
    "AccountAccessMethod",
    "AccountStatus",
    "ApiKeyScopeAction",
    "ApiKeyScopeResource",
    "ApiKeyType",
    "EnvironmentProvisionStatus",
    "EnvironmentType",
]

for _enum in (
    AccountAccessMethod,
    AccountStatus,
    ApiKeyScopeAction,
    ApiKeyScopeResource,
    ApiKeyType,
    EnvironmentProvisionStatus,
    EnvironmentType,
):
    strawberry.enum(_enum)

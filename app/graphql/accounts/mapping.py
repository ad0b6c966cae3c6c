"""Accounts and environments as the wire shows them."""

from app.graphql.accounts.enums import (
    AccountAccessMethod,
    AccountStatus,
    EnvironmentProvisionStatus,
)
from app.graphql.accounts.inputs import ApiKeyScopeInput
from app.graphql.accounts.types import (
    Account,
    ApiKey,
    ApiKeyScope,
    Environment,
    EnvironmentListItem,
)
from domain.accounts import model, scopes
from domain.accounts.enums import ApiKeyType


def account_to_graphql(account: model.Account) -> Account:
    return Account(
        access_method=AccountAccessMethod.INVITE_ONLY,
        account_email_domain=None,
        account_status=AccountStatus.ACTIVE,
        display_name=account.display_name,
        id=str(account.id),
        saml_enabled=False,
        subscription_billing_anchor=account.subscription_billing_anchor,
        subscription_proration_behavior=account.subscription_proration_behavior,
        timezone=account.timezone,
    )


def environment_to_graphql(environment: model.Environment, account: Account | None) -> Environment:
    return Environment(
        account=account,
        color=environment.color,
        created_at=environment.created_at,
        description=environment.description,
        display_name=environment.display_name,
        harden_client_access_enabled=environment.harden_client_access_enabled,
        id=environment.id,
        is_sandbox=environment.is_sandbox,
        permanent_deletion_date=environment.permanent_deletion_date,
        provision_status=EnvironmentProvisionStatus.DONE,
        secret=environment.signing_token,
        slug=environment.slug,
        type=environment.type,
    )


def environment_item_to_graphql(environment: model.Environment) -> EnvironmentListItem:
    return EnvironmentListItem(
        color=environment.color,
        created_at=environment.created_at,
        description=environment.description,
        display_name=environment.display_name,
        harden_client_access_enabled=environment.harden_client_access_enabled,
        id=str(environment.id),
        is_sandbox=environment.is_sandbox,
        secret=environment.signing_token,
        slug=environment.slug,
        type=environment.type,
    )


def scopes_from_graphql(given: list[ApiKeyScopeInput]) -> tuple[scopes.ApiKeyScope, ...]:
    return tuple(scopes.ApiKeyScope(action=s.action, resource=s.resource) for s in given)


def scope_to_graphql(scope: scopes.ApiKeyScope) -> ApiKeyScope:
    return ApiKeyScope(action=scope.action, resource=scope.resource)


def key_to_graphql(key: model.ApiKey, *, is_full: bool) -> ApiKey:
    """The key; its token whole for those who may see it, else masked (spec, platform §1)."""
    return ApiKey(
        created_at=key.created_at,
        description=key.description,
        display_name=key.display_name,
        environment_id=str(key.environment_id),
        expire_at=key.expire_at,
        id=key.id,
        key_type=key.key_type,
        scopes=[scope_to_graphql(scope) for scope in key.scopes or ()]
        if key.key_type is ApiKeyType.SCOPED
        else None,
        token=key.token if is_full else model.masked(key.token),
    )

"""What a scoped key may do, and who is asking (spec, platform §1.2, §1.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class ApiKeyScopeAction(StrEnum):
    READ = "READ"
    WRITE = "WRITE"


class ApiKeyScopeResource(StrEnum):
    API_KEY = "API_KEY"
    COUPON = "COUPON"
    CUSTOMER = "CUSTOMER"
    ENVIRONMENT = "ENVIRONMENT"
    EVENT_QUEUE = "EVENT_QUEUE"
    SUBSCRIPTION = "SUBSCRIPTION"


class EventActor(StrEnum):
    """Who did it, as event logs and refusals name it."""

    APP_CUSTOMER = "APP_CUSTOMER"
    APP_PUBLIC = "APP_PUBLIC"
    APP_SERVER = "APP_SERVER"
    AWS = "AWS"
    IMPORT = "IMPORT"
    MIGRATION = "MIGRATION"
    SALESFORCE = "SALESFORCE"
    SCHEDULER = "SCHEDULER"
    SCOPED_KEY = "SCOPED_KEY"
    SERVICE = "SERVICE"
    STRIPE = "STRIPE"
    SUPPORT = "SUPPORT"
    SYSTEM = "SYSTEM"
    USER = "USER"
    WORKFLOW = "WORKFLOW"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ApiKeyScope:
    """One right: an action on a resource."""

    action: ApiKeyScopeAction
    resource: ApiKeyScopeResource


# ENVIRONMENT covers every resource but these two (spec, platform §1.2).
_NOT_IN_ENVIRONMENT = frozenset({ApiKeyScopeResource.API_KEY, ApiKeyScopeResource.EVENT_QUEUE})


def covers(granted: Iterable[ApiKeyScope], wanted: ApiKeyScope) -> bool:
    """Whether the scopes `granted` include `wanted`: WRITE implies READ, ENVIRONMENT the rest.

    Source: spec, platform §1.2.
    """
    resources = {wanted.resource}
    if wanted.resource not in _NOT_IN_ENVIRONMENT:
        resources.add(ApiKeyScopeResource.ENVIRONMENT)
    actions = {wanted.action, ApiKeyScopeAction.WRITE}
    return any(scope.resource in resources and scope.action in actions for scope in granted)

"""Which root fields a key may name: client keys' narrow set, scopes, other environments.

Rights are decided for the whole document before anything of it runs. Source: spec, platform
§1.2-§1.4, §2 (isolation), §4.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, OperationType

from app.context import Context, Principal
from app.graphql.documents import INTROSPECTION, Operation, argument_values, named_values
from app.graphql.roots import (
    CLIENT_ROOTS,
    CUSTOMER_BOUND,
    FREE_FOR_ALL,
    READING_MUTATIONS,
    RESOURCE_OF,
    SUBSCRIPTION_ROOTS,
)
from domain.accounts.enums import ApiKeyType
from domain.accounts.scopes import (
    ApiKeyScope,
    ApiKeyScopeAction,
    ApiKeyScopeResource,
    EventActor,
    covers,
)
from domain.errors import DomainError, ErrorCode, Forbidden, bad_input
from domain.ids import as_uuid

# What names a customer in arguments, at any depth.
_CUSTOMER_NAMES = ("customerId", "customerRefId", "customerIds")
_SUBSCRIPTION_NAMES = ("subscriptionId", "subscriptionRefId")


async def authorize(
    operation: Operation, given: Mapping[str, Any] | None, context: Context
) -> DomainError | None:
    """The refusal of the whole operation, or None where the key may run all of it."""
    principal = context.principal
    variables = operation.variables(given)
    for node in operation.root_fields:
        refusal = _introspection(node, context) or _right(
            node, operation.kind, variables, principal
        )
        if refusal is None and node.arguments:
            refusal = _foreign_environment(node, variables, principal)
        if refusal is None and principal.hardened and principal.key_type is ApiKeyType.CLIENT:
            refusal = await _other_customer(node, variables, context)
        if refusal is not None:
            return refusal
    return None


def require_right(field: str, principal: Principal) -> None:
    """For what hangs below other fields: the right that the root field of that name needs.

    Raises IdentityForbidden.
    """
    scope = ApiKeyScope(
        action=ApiKeyScopeAction.READ,
        resource=RESOURCE_OF[field],
    )
    match principal.key_type:
        case ApiKeyType.CLIENT:
            allowed = field in CLIENT_ROOTS
        case ApiKeyType.SCOPED:
            allowed = covers(principal.scopes, scope)
        case _:
            allowed = True
    if not allowed:
        raise _forbidden(field, principal)


def shown_secret(secret: str, principal: Principal) -> str:
    """The environment's secret for server keys, stars for all others."""
    return secret if principal.key_type is ApiKeyType.SERVER else "****"


def unauthenticated(message: str = "The API key is missing or not valid") -> Forbidden:
    """401, refusing the whole document."""
    return Forbidden(ErrorCode.Unauthenticated, message)


def _introspection(node: FieldNode, context: Context) -> DomainError | None:
    name = node.name.value
    if name in INTROSPECTION:
        if name != "__typename" and not context.introspection:
            return bad_input("Introspection is switched off")
        return None
    return unauthenticated() if context.principal.introspection_only else None


def _right(
    node: FieldNode,
    kind: OperationType,
    variables: Mapping[str, Any],
    principal: Principal,
) -> DomainError | None:
    name = node.name.value
    match principal.key_type:
        case ApiKeyType.CLIENT:
            return None if name in CLIENT_ROOTS else _forbidden(name, principal)
        case ApiKeyType.SCOPED:
            if name in FREE_FOR_ALL or name in INTROSPECTION:
                return None
            wanted = _wanted(node, kind, variables)
            allowed = all(covers(principal.scopes, scope) for scope in wanted)
            return None if allowed else _forbidden(name, principal)
        case _:
            return None


def _wanted(
    node: FieldNode, kind: OperationType, variables: Mapping[str, Any]
) -> list[ApiKeyScope]:
    name = node.name.value
    writes = kind is OperationType.MUTATION and name not in READING_MUTATIONS
    action = ApiKeyScopeAction.WRITE if writes else ApiKeyScopeAction.READ
    resource = RESOURCE_OF[name]
    wanted = [ApiKeyScope(action=action, resource=resource)]
    if name == "provisionCustomer":
        given = argument_values(node, variables).get("input")
        if isinstance(given, Mapping) and given.get("subscriptionParams") is not None:
            wanted.append(ApiKeyScope(action=action, resource=ApiKeyScopeResource.SUBSCRIPTION))
    return wanted


def _forbidden(field: str, principal: Principal) -> Forbidden:
    return Forbidden(
        ErrorCode.IdentityForbidden,
        f"{field} is not allowed to this key",
        accessedField=field,
        currentIdentityType=principal.actor.value,
        requiredIdentityType=EventActor.APP_SERVER.value,
    )


def _foreign_environment(
    node: FieldNode, variables: Mapping[str, Any], principal: Principal
) -> DomainError | None:
    """A named environment must be the key's own; `environmentId` defaults to it."""
    own = principal.scope.environment_id
    for _, text in named_values(argument_values(node, variables), ("environmentId",)):
        if as_uuid(text) != own:
            return Forbidden(
                ErrorCode.AccessDeniedError, "environmentId is not the environment of this key"
            )
    return None


async def _other_customer(
    node: FieldNode, variables: Mapping[str, Any], context: Context
) -> DomainError | None:
    """Under hardened client access a request may only name the token's own customer."""
    name = node.name.value
    arguments = argument_values(node, variables)
    named = {text for _, text in named_values(arguments, _CUSTOMER_NAMES)}
    if name == "getCustomerByRefId":
        named |= {text for _, text in named_values(arguments, ("refId",))}
    subscriptions = {text for _, text in named_values(arguments, _SUBSCRIPTION_NAMES)}
    bound = name in CUSTOMER_BOUND or name in SUBSCRIPTION_ROOTS - {"packagePublished"}
    if not (bound or named or subscriptions):
        return None
    own = context.principal.customer_ref_id
    if own is None:
        return unauthenticated("A customer token is required")
    named |= await _owners(subscriptions, context)
    if named - {own}:
        return Forbidden(
            ErrorCode.AuthCustomerMismatch, "The customer token is not of the requested customer"
        )
    return None


async def _owners(subscription_ref_ids: set[str], context: Context) -> set[str]:
    """The customers of the named subscriptions; unknown ones have none."""
    if not subscription_ref_ids:
        return set()
    readers = context.runtime.readers
    found = await readers.subscriptions.by_ref_ids(subscription_ref_ids)
    owners = await readers.customers.by_ids({s.customer_id for s in found.values()})
    return {customer.ref_id for customer in owners.values()}

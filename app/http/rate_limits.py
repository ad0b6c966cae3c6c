"""The reference's published rate limits, for those who want them (profile `reference`).

Fixed windows of 60 s from the first call, counted in this process. Source: spec, platform §3.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from graphql import FieldNode, OperationType

from app.context import Principal
from app.graphql.documents import argument_values, document_of, named_values
from app.graphql.roots import READING_MUTATIONS
from app.graphql.schema import schema
from domain.errors import ErrorCode, LimitExceeded

WINDOW_S = 60
WINDOWS_MAX = 100_000
MUTATIONS_PER_ENTITY = 30

_SHARED = "reads"
_PER_MINUTE: dict[int, str] = {
    6000: "cachedEntitlements entitlement entitlementV2 entitlements entitlementsState "
    "entitlementsWithSummary getActiveSubscriptions",
    3000: "getSubscription reportUsage previewSubscription estimateSubscription "
    "estimateSubscriptionUpdate getCustomerByRefId",
    1500: "subscriptions customerPortal creditGrants",
    600: "reportUsageBulk",
    500: "coupons revokePromotionalEntitlement creditBalanceSummary creditsLedger creditUsage "
    "voidCreditGrant",
    250: "provisionSubscription provisionSubscriptionV2 applySubscription provisionCustomer "
    "usageHistoryV2 cancelSubscription updateOneCustomer updateOneSubscription archiveCustomer "
    "migrateSubscriptionToLatest createCreditGrant",
}
_LIMIT_OF = {root: limit for limit, roots in _PER_MINUTE.items() for root in roots.split()}
_EVENTS_PER_S = 1000

# Usage has published limits of its own, far above an entity's.
_REPORTS = frozenset(
    {"reportUsage", "reportUsageBulk", "reportEvent", "reportEntitlementCheckRequested"}
)
_SUBSCRIPTION_NAMES = ("subscriptionId", "subscriptionRefId")
# Where `refId` names the customer, or the subscription, itself.
_CUSTOMER_BY_REF_ID = frozenset(
    {
        "attachCustomerPaymentMethod",
        "createOneCustomer",
        "importOneCustomer",
        "provisionCustomer",
        "updateOneCustomer",
    }
)
_SUBSCRIPTION_BY_REF_ID = frozenset({"updateOneSubscription"})


class RateLimits:
    """Counts calls per key and operation, and mutations per entity."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._windows: dict[tuple[str, ...], tuple[float, float]] = {}

    def check(
        self,
        principal: Principal,
        query: str,
        given: Mapping[str, Any] | None,
        name: str | None,
    ) -> None:
        """Count the operation; raises RateLimitExceeded with `retryAfterSeconds`."""
        document = document_of(query, schema._schema)  # noqa: SLF001 - the only way to it
        operation = document.operation(name)
        if document.errors or operation is None:
            return
        variables = operation.variables(given)
        for node in operation.root_fields:
            self._count_operation(principal, node, variables)
            if operation.kind is OperationType.MUTATION:
                self._count_entity(principal, node, variables)

    def _count_operation(
        self, principal: Principal, node: FieldNode, variables: Mapping[str, Any]
    ) -> None:
        root, key = node.name.value, str(principal.key_id)
        if root == "reportEvent":
            count = _events_in(argument_values(node, variables))
            self._count((key, root), _EVENTS_PER_S, window_s=1, by=min(count, _EVENTS_PER_S))
            return
        limit = _LIMIT_OF.get(root)
        if root == "paywall":
            named = any(named_values(argument_values(node, variables), ("customerId",)))
            limit = 3000 if named else 6000
        if limit is not None:
            self._count((key, _SHARED if limit == 6000 else root), limit)

    def _count_entity(
        self, principal: Principal, node: FieldNode, variables: Mapping[str, Any]
    ) -> None:
        tenant = str(principal.scope.environment_id)
        entities = _entities_of(node.name.value, argument_values(node, variables))
        for kind, entity in sorted(entities):
            self._count((tenant, kind, entity), MUTATIONS_PER_ENTITY)

    def _count(
        self, subject: tuple[str, ...], limit: int, *, window_s: float = WINDOW_S, by: float = 1
    ) -> None:
        now = self._now_s()
        start, count = self._windows.get(subject, (now, 0.0))
        if now >= start + window_s:
            start, count = now, 0.0
        if count + by > limit:
            wait_s = max(1, math.ceil(start + window_s - now))
            raise LimitExceeded(
                ErrorCode.RateLimitExceeded,
                f"At most {limit} calls in {window_s} seconds",
                retryAfterSeconds=wait_s,
            )
        if subject not in self._windows and len(self._windows) >= WINDOWS_MAX:
            self._forget_past(now)
        self._windows[subject] = (start, count + by)

    def _forget_past(self, now: float) -> None:
        live = {s: w for s, w in self._windows.items() if now < w[0] + WINDOW_S}
        self._windows = live if len(live) < WINDOWS_MAX else {}


def _events_in(arguments: Mapping[str, Any]) -> int:
    given = arguments.get("events")
    events = given.get("usageEvents") if isinstance(given, Mapping) else None
    return len(events) if isinstance(events, list) else 1


def _entities_of(root: str, arguments: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What a mutation changes: each subscription and customer that it names, once.

    A customer with one resource counts as `customerId:resourceId`.
    """
    if root in READING_MUTATIONS or root in _REPORTS:
        return set()
    names = ("customerId", "refId", "resourceId", *_SUBSCRIPTION_NAMES)
    subscriptions, customers, resources = set(), set(), set()
    for name, text in named_values(arguments, names):
        if name == "resourceId":
            resources.add(text)
        elif name == "customerId" or (name == "refId" and root in _CUSTOMER_BY_REF_ID):
            customers.add(text)
        elif name in _SUBSCRIPTION_NAMES or root in _SUBSCRIPTION_BY_REF_ID:
            subscriptions.add(text)
    if len(customers) == len(resources) == 1:
        customers = {f"{customers.pop()}:{resources.pop()}"}
    return {("subscription", s) for s in subscriptions} | {("customer", c) for c in customers}

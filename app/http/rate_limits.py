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
            given = argument_values(node, variables).get("events")
            size = len(given) if isinstance(given, list) else 1
            self._count((key, root), _EVENTS_PER_S, window_s=1, by=size)
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
        root = node.name.value
        if root.startswith(("estimate", "preview", "report")):
            return
        arguments = argument_values(node, variables)
        names = dict(
            named_values(arguments, ("customerId", "refId", "resourceId", "subscriptionId"))
        )
        customer = names.get("customerId") or (
            names.get("refId") if root == "updateOneCustomer" else None
        )
        tenant = str(principal.scope.environment_id)
        if subscription := names.get("subscriptionId"):
            self._count((tenant, "subscription", subscription), MUTATIONS_PER_ENTITY)
        if customer:
            entity = f"{customer}:{names['resourceId']}" if "resourceId" in names else customer
            self._count((tenant, "customer", entity), MUTATIONS_PER_ENTITY)

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

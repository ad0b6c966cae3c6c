"""What subscribers are told of entitlements and usage, read as it stood at the event.

Source: spec, entitlements §10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.ports import Runtime
from app.usecases.entitlements import CheckEntitlement, check_entitlement, list_entitlements
from domain.entitlements.model import Answer, Scope, ScopeView
from domain.events import CommittedEvent

RESET = "reset"
"""In the data of ENTITLEMENTS_UPDATED: the usage of one feature began anew in one scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeNews:
    """A scope's entitlements after a change."""

    scope: Scope
    view: ScopeView
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageNews:
    """A scope's entitlement to a feature after its usage changed."""

    scope: Scope
    feature_ref_id: str
    answer: Answer


async def entitlements_news(event: CommittedEvent, runtime: Runtime) -> tuple[ScopeNews, ...]:
    """The scopes that the event changed: the named one, or all that were ever asked for.

    Of a report whether it is news at all is for the caller to ask (`flips`).
    """
    scopes = await _scopes(event, runtime)
    news = []
    for scope in scopes:
        view, answers = await list_entitlements(scope, runtime=runtime)
        news.append(ScopeNews(scope=scope, view=view, answers=tuple(answers)))
    return tuple(news)


async def usage_news(event: CommittedEvent, runtime: Runtime) -> UsageNews | None:
    """The feature's entitlement, full, after a report."""
    feature = event.data.get("feature")
    ref_id = await _customer_ref_id(event, runtime)
    if not isinstance(feature, Mapping) or ref_id is None:
        return None
    scope = Scope(customer_ref_id=ref_id, resource_id=event.resource_id)
    answer = await check_entitlement(
        CheckEntitlement(scope=scope, feature_ref_id=str(feature["id"])), runtime=runtime
    )
    return UsageNews(scope=scope, feature_ref_id=str(feature["id"]), answer=answer)


def flips(data: Mapping[str, Any]) -> bool:
    """Whether a report made a hard limit reached, or no longer reached.

    Percentages are floored: below 100 is below the limit.
    """
    before, after = data.get("previousUsageUsedPercentage"), data.get("usageUsedPercentage")
    if data.get("hasUnlimitedUsage") or data.get("hasSoftLimit"):
        return False
    if before is None or after is None:
        return False
    return (float(before) < 100) != (float(after) < 100)


async def _customer_ref_id(event: CommittedEvent, runtime: Runtime) -> str | None:
    if event.customer_id is None:
        return None
    found = await runtime.readers.customers.by_ids([event.customer_id])
    customer = found.get(event.customer_id)
    return customer.ref_id if customer else None


async def _scopes(event: CommittedEvent, runtime: Runtime) -> list[Scope]:
    ref_id = await _customer_ref_id(event, runtime)
    if ref_id is None or event.customer_id is None:
        return []
    if event.resource_id:
        return [Scope(customer_ref_id=ref_id, resource_id=event.resource_id)]
    whole = [Scope(customer_ref_id=ref_id, resource_id=None)]
    if event.type == "MEASUREMENT_REPORTED" or RESET in event.data:
        return whole
    asked = await runtime.readers.entitlements.resources_asked_for(event.customer_id)
    return whole + [Scope(customer_ref_id=ref_id, resource_id=name) for name in asked]

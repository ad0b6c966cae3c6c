"""What subscribers are told of entitlements and usage, read as it stood at the event.

Source: spec, entitlements §10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.ports import Runtime
from app.usecases.entitlements import CheckEntitlement, check_entitlement, list_entitlements
from domain.entitlements.model import Answer, Scope, ScopeAnswers
from domain.events import CommittedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageNews:
    """A scope's entitlement to a feature after its usage changed."""

    scope: Scope
    feature_ref_id: str
    answer: Answer


async def entitlements_news(event: CommittedEvent, runtime: Runtime) -> ScopeAnswers | None:
    """The entitlements of the scope that the event is about, as they stand after it.

    Of usage and of wallets whether it is news at all is for the caller to ask (`flips`,
    `flipped_by_wallet`).
    """
    ref_id = await _customer_ref_id(event, runtime)
    if ref_id is None:
        return None
    scope = Scope(customer_ref_id=ref_id, resource_id=event.resource_id)
    return await list_entitlements(scope, runtime=runtime)


async def usage_news(event: CommittedEvent, runtime: Runtime) -> UsageNews | None:
    """The feature's entitlement, full, after a report; the report says of whom and what."""
    customer, feature = event.data.get("customer"), event.data.get("feature")
    if not isinstance(customer, Mapping) or not isinstance(feature, Mapping):
        return None
    scope = Scope(customer_ref_id=str(customer["id"]), resource_id=event.resource_id)
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


def crosses_zero(data: Mapping[str, Any]) -> bool:
    """Whether a wallet's change left something where there was nothing, or the reverse."""
    return (float(data["previousBalance"]) > 0) != (float(data["currentBalance"]) > 0)


def flipped_by_wallet(news: ScopeAnswers, currency_id: str) -> tuple[bool, bool]:
    """Of a wallet that crossed zero: whether it flips feature rows, and its own row.

    A soft one flips nothing: its credits may be spent before and after.
    """
    features = any(
        answer.row is not None
        and answer.row.credit_currency_id == currency_id
        and not answer.row.grant.has_soft_limit
        for answer in news.features
    )
    own = any(
        answer.currency_id == currency_id and not answer.has_soft_limit for answer in news.credits
    )
    return features, own


async def _customer_ref_id(event: CommittedEvent, runtime: Runtime) -> str | None:
    if event.customer_id is None:
        return None
    found = await runtime.readers.customers.by_ids([event.customer_id])
    customer = found.get(event.customer_id)
    return customer.ref_id if customer else None

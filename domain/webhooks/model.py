"""Hooks, deliveries and what is sent: who is told, how often is tried, the flat envelope.

Source: spec, platform §7.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from domain.errors import InvalidInput, invalid_argument
from domain.ids import AccountId, EnvironmentId
from domain.periods import wire_time
from domain.webhooks.enums import EventLogType, HookStatus

ENDPOINT_LENGTH_MAX = 2048
SECRET_HEADER = "Stigg-Webhooks-Secret"  # noqa: S105 - a name
SIGNATURE_HEADER = "X-Webhook-Signature"

ATTEMPTS_MAX = 6
ATTEMPTS_AT_ONCE = 3
ATTEMPTS_APART_S = 30
ANSWER_TIMEOUT_S = 30

DEFAULT_THRESHOLDS: Mapping[str, tuple[int, ...]] = {
    EventLogType.ENTITLEMENT_USAGE_EXCEEDED: (80, 100),
    EventLogType.SUBSCRIPTION_SPENT_LIMIT_EXCEEDED: (80, 100),
    EventLogType.CREDIT_BALANCE_LOW: (20,),
    EventLogType.CREDIT_GRANT_BALANCE_LOW: (20,),
    EventLogType.CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED: (80, 90, 100),
}
THRESHOLDS_AS_OF: Mapping[str, str] = {
    EventLogType.CREDIT_GRANT_BALANCE_LOW: EventLogType.CREDIT_BALANCE_LOW
}
"""Whose thresholds a type takes that has none configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """An address that is told of some types of events."""

    id: UUID
    endpoint: str
    event_log_types: tuple[EventLogType, ...]
    status: HookStatus
    secret_key: str = field(repr=False)
    description: str | None = None
    configuration: Mapping[str, Any] | None = None
    created_at: datetime


class DeliveryStatus(StrEnum):
    """PENDING until an attempt succeeds or the last one fails."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one hook; `id` is the receiver's `messageId`, on every attempt."""

    id: UUID
    environment_id: EnvironmentId
    hook_id: UUID
    event_id: UUID
    type: EventLogType
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    next_attempt_at: datetime | None
    answer_code: int | None = None
    answer_text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one attempt; `code` None = no answer at all."""

    code: int | None
    text: str

    @property
    def is_success(self) -> bool:
        return self.code is not None and 200 <= self.code < 300


def after_attempt(delivery: Delivery, answer: Answer, *, now: datetime) -> Delivery:
    """The delivery after one more attempt, answered at `now`.

    Three attempts at once, then three 30 s apart: at 0, 0, 0, 30, 60, 90 s; then failed and kept.
    """
    assert delivery.status is DeliveryStatus.PENDING, "a finished delivery is not tried again"
    tried = replace(
        delivery,
        attempts=delivery.attempts + 1,
        answer_code=answer.code,
        answer_text=answer.text,
        next_attempt_at=None,
    )
    if answer.is_success:
        return replace(tried, status=DeliveryStatus.DELIVERED)
    if tried.attempts >= ATTEMPTS_MAX:
        return replace(tried, status=DeliveryStatus.FAILED)
    wait_s = 0 if tried.attempts < ATTEMPTS_AT_ONCE else ATTEMPTS_APART_S
    return replace(tried, next_attempt_at=now + timedelta(seconds=wait_s))


def signature_of(body: bytes, secret_key: str) -> str:
    """`sha256=<hex HMAC of the body>`."""
    return "sha256=" + hmac.new(secret_key.encode(), body, hashlib.sha256).hexdigest()


def envelope(
    *,
    type_: EventLogType,
    message_id: UUID,
    trace_id: str | None,
    occurred_at: datetime,
    account_id: AccountId,
    environment_id: EnvironmentId,
    body: Mapping[str, Any],
) -> dict[str, Any]:
    """The flat message: no wrapper around the body; the envelope's own names win."""
    return dict(body) | {
        "type": TYPE_NAMES[type_],
        "messageId": str(message_id),
        "traceId": trace_id or "",
        "timestamp": wire_time(occurred_at),
        "accountId": str(account_id),
        "environmentId": str(environment_id),
    }


def require_endpoint(endpoint: str | None) -> str:
    """An absolute http(s) address. Raises InvalidArgumentError."""
    text = (endpoint or "").strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or len(text) > ENDPOINT_LENGTH_MAX or any(ord(c) <= 32 for c in text):
        raise invalid_argument("endpoint must be an absolute http or https address")
    return text


def require_types(types: Iterable[EventLogType] | None) -> tuple[EventLogType, ...]:
    """At least one type, each once. Raises InvalidArgumentError."""
    unique = tuple(dict.fromkeys(types or ()))
    if not unique:
        raise invalid_argument("eventLogTypes must name at least one type")
    return unique


def require_configuration(configuration: object) -> Mapping[str, Any] | None:
    """`{"<type>": {"thresholds": [1-1000, …]}}`, or nothing. Raises InvalidArgumentError."""
    if configuration is None:
        return None
    if not isinstance(configuration, Mapping):
        raise _bad_configuration("must be an object")
    for name, settings in configuration.items():
        if name not in DEFAULT_THRESHOLDS:
            raise _bad_configuration(f"knows no thresholds of {name}")
        thresholds = settings.get("thresholds") if isinstance(settings, Mapping) else None
        if (
            not isinstance(thresholds, list)
            or not thresholds
            or not all(_is_percentage(threshold) for threshold in thresholds)
        ):
            raise _bad_configuration(f"{name}.thresholds must be percentages")
    return configuration


def _is_percentage(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1000


def _bad_configuration(what: str) -> InvalidInput:
    return invalid_argument(f"configuration {what}")


def thresholds_of(
    type_: EventLogType, configuration: Mapping[str, Any] | None
) -> tuple[float, ...]:
    """The percentages that the hook wants to hear of.

    A grant's are those of the whole balance where it has none of its own.
    """
    for name in (type_, THRESHOLDS_AS_OF.get(type_)):
        configured = (configuration or {}).get(name) if name else None
        given = configured.get("thresholds") if isinstance(configured, Mapping) else None
        if given:
            return tuple(given)
    return DEFAULT_THRESHOLDS.get(type_, ())


def crossed_upwards(thresholds: Iterable[float], *, before: float, after: float) -> float | None:
    """The most severe threshold with before < T <= after.

    `[50, 80, 100]`: 41 → 83 crosses 80; 83 → 91 none; 91 → 100 crosses 100.
    """
    return max((t for t in thresholds if before < t <= after), default=None)


def crossed_downwards(thresholds: Iterable[float], *, before: float, after: float) -> float | None:
    """The most severe threshold of what is left, with before > T >= after.

    `[50, 20]`: 60 → 20 crosses 20.
    """
    return min((t for t in thresholds if before > t >= after), default=None)


# The strings that receivers see; a type without one is only logged.
TYPE_NAMES: Mapping[EventLogType, str] = {
    EventLogType[name]: text
    for name, text in {
        "CUSTOMER_CREATED": "customer.created",
        "CUSTOMER_UPDATED": "customer.updated",
        "CUSTOMER_DELETED": "customer.deleted",
        "SUBSCRIPTION_CREATED": "subscription.created",
        "SUBSCRIPTION_UPDATED": "subscription.updated",
        "SUBSCRIPTION_CANCELED": "subscription.canceled",
        "SUBSCRIPTION_EXPIRED": "subscription.expired",
        "CREATE_SUBSCRIPTION_FAILED": "subscription.create_failed",
        "SUBSCRIPTION_TRIAL_STARTED": "subscription.trial_started",
        "SUBSCRIPTION_TRIAL_CONVERTED": "subscription.trial_converted",
        "SUBSCRIPTION_TRIAL_EXPIRED": "subscription.trial_expired",
        "SUBSCRIPTION_TRIAL_ENDS_SOON": "subscription.trial.ends_soon",
        "SUBSCRIPTION_BILLING_MONTH_ENDS_SOON": "subscription.billing_month.ends_soon",
        "SUBSCRIPTION_SPENT_LIMIT_EXCEEDED": "subscription.spend_limit.exceeded",
        "ENTITLEMENTS_UPDATED": "entitlements.updated",
        "ENTITLEMENT_USAGE_EXCEEDED": "entitlement.usage_exceeded",
        "MEASUREMENT_REPORTED": "measurement.reported",
        "PROMOTIONAL_ENTITLEMENT_GRANTED": "promotionalEntitlement.granted",
        "PROMOTIONAL_ENTITLEMENT_UPDATED": "promotionalEntitlement.updated",
        "PROMOTIONAL_ENTITLEMENT_REVOKED": "promotionalEntitlement.revoked",
        "PROMOTIONAL_ENTITLEMENT_EXPIRED": "promotionalEntitlement.expired",
        "PROMOTIONAL_ENTITLEMENT_ENDS_SOON": "promotionalEntitlement.ends_soon",
        "PLAN_CREATED": "plan.created",
        "PLAN_UPDATED": "plan.updated",
        "PLAN_DELETED": "plan.deleted",
        "ADDON_CREATED": "addon.created",
        "ADDON_UPDATED": "addon.updated",
        "ADDON_DELETED": "addon.deleted",
        "FEATURE_CREATED": "feature.created",
        "FEATURE_UPDATED": "feature.updated",
        "FEATURE_DELETED": "feature.deleted",
        "FEATURE_ARCHIVED": "feature.archived",
        "PRODUCT_CREATED": "product.created",
        "PRODUCT_UPDATED": "product.updated",
        "PRODUCT_DELETED": "product.deleted",
        "PRODUCT_UNARCHIVED": "product.unarchived",
        "FEATURE_GROUP_CREATED": "feature_group.created",
        "FEATURE_GROUP_UPDATED": "feature_group.updated",
        "FEATURE_GROUP_ARCHIVED": "feature_group.archived",
        "FEATURE_GROUP_UN_ARCHIVED": "feature_group.unarchived",
        "COUPON_CREATED": "coupon.created",
        "COUPON_UPDATED": "coupon.updated",
        "COUPON_ARCHIVED": "coupon.archived",
        "CREDIT_GRANT_CREATED": "credit_grant.created",
        "CREDIT_GRANT_UPDATED": "credit_grant.updated",
        "CREDIT_GRANT_DEPLETED": "credit_grant.depleted",
        "CREDIT_GRANT_EXPIRED": "credit_grant.expired",
        "CREDIT_GRANT_VOIDED": "credit_grant.voided",
        "CREDIT_GRANT_BALANCE_LOW": "credit_grant.balance.low",
        "CREDIT_BALANCE_LOW": "credit_balance.low",
        "CREDIT_BALANCE_DEPLETED": "credit_balance.depleted",
        "CUSTOM_CURRENCY_CREATED": "credit_type.created",
        "CUSTOM_CURRENCY_UPDATED": "credit_type.updated",
        "CUSTOM_CURRENCY_ARCHIVED": "credit_type.archived",
        "CUSTOM_CURRENCY_UNARCHIVED": "credit_type.unarchived",
        "CUSTOMER_PAYMENT_FAILED": "customer.payment_failed",
        "SYNC_FAILED": "sync.failed",
        "AUTOMATIC_RECHARGE_OPERATION_ATTEMPTED": "automatic_recharge.operation.attempted",
        "AUTOMATIC_RECHARGE_CONFIGURATION_CHANGED": "automatic_recharge.configuration.changed",
        "CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED": "credits.automatic_recharge_limit_exceeded",
        "CREDITS_GRANT_GRANTED_OLD": "credits.granted",
        "CREDITS_GRANT_EXPIRED_OLD": "credits.expired",
        "CREDITS_GRANT_UPDATED_OLD": "credits.grant.updated",
        "CREDITS_GRANT_BALANCE_LOW_OLD": "credits.grant.usage_low",
        "CREDITS_GRANT_DEPLETED_OLD": "credits.grant.depleted",
        "CREDITS_BALANCE_LOW_OLD": "credits.balance.usage_low",
        "CREDITS_BALANCE_DEPLETED_OLD": "credits.balance.depleted",
    }.items()
}

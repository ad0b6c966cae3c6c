"""What is told of automatic recharge: attempts, changed settings, and a limit that draws near.

Of thresholds each hook is told of its own. Source: spec, platform §7.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from app.ports import UnitOfWork
from app.usecases.credits.events import currency_body, grant_body
from domain.changes import change_of
from domain.credits.model import CreditGrant
from domain.credits.recharge import RechargeSettings, spend_percentage
from domain.customers.events import customer_body
from domain.events import Event
from domain.periods import wire_time
from domain.webhooks.enums import EventLogType
from domain.webhooks.model import crossed_upwards

LIMIT_EXCEEDED = EventLogType.CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED
WAS_SPENT = "previousSpendPercentage"
IS_SPENT = "currentSpendPercentage"


class ChangedBy(StrEnum):
    """Why settings changed."""

    REQUEST = "REQUEST"
    PAYMENT_FAILURE = "PAYMENT_FAILURE"


async def tell_changed(
    work: UnitOfWork,
    before: RechargeSettings | None,
    after: RechargeSettings,
    by: ChangedBy,
    *,
    at: datetime,
) -> None:
    """The settings were saved, or put out of force because a payment failed."""
    data = await _about(work, after) | {
        "configuration": settings_body(after),
        "changedBy": by.value,
    }
    type_ = EventLogType.AUTOMATIC_RECHARGE_CONFIGURATION_CHANGED
    work.publish(_event(type_, after, data, before=before, at=at))


async def tell_attempted(
    work: UnitOfWork, settings: RechargeSettings, grant: CreditGrant, *, at: datetime
) -> None:
    """A recharge was tried: `paymentCollection` NOT_REQUIRED means that it is in the wallet."""
    invoice = grant.latest_invoice
    data = await _about(work, settings) | {
        "configuration": settings_body(settings),
        "grant": grant_body(grant),
        "isSuccessful": not grant.is_payment_pending,
        "paymentCollection": grant.payment_collection.value,
        "error": None if invoice is None else invoice.error_message,
        "attemptedAt": wire_time(at),
    }
    type_ = EventLogType.AUTOMATIC_RECHARGE_OPERATION_ATTEMPTED
    work.publish(_event(type_, settings, data, at=at))


async def tell_spend(
    work: UnitOfWork,
    settings: RechargeSettings,
    *,
    before: Decimal,
    after: Decimal | None,
    at: datetime,
) -> None:
    """A recharge takes the month's spend past a threshold; `after` None: past the limit itself.

    Then it is held back, and all that the limit allows counts as spent.
    """
    limit = settings.max_spend_limit
    if limit is None:
        return
    was = spend_percentage(before, limit)
    now = 100 if after is None else spend_percentage(after, limit)
    wanted = await work.hooks.thresholds(LIMIT_EXCEEDED)
    if crossed_upwards(wanted, before=was, after=now) is None:
        return
    data = await _about(work, settings) | {
        "maxSpendLimit": float(limit),
        "currentMonthlySpend": float(before if after is None else after),
        WAS_SPENT: was,
        IS_SPENT: now,
    }
    work.publish(_event(LIMIT_EXCEEDED, settings, data, at=at))


def settings_body(settings: RechargeSettings) -> Mapping[str, object]:
    """The `configuration` object of webhooks, in the contract's names."""
    limit = settings.max_spend_limit
    return {
        "id": str(settings.id),
        "isEnabled": settings.is_enabled,
        "thresholdType": settings.threshold_type.value,
        "thresholdValue": float(settings.threshold_value),
        "targetBalance": float(settings.target_balance),
        "grantExpirationPeriod": settings.grant_expiration_period.value,
        "maxSpendLimit": None if limit is None else float(limit),
    }


async def _about(work: UnitOfWork, settings: RechargeSettings) -> dict[str, object]:
    customers = await work.customers.by_ids([settings.customer_id])
    currencies = await work.currencies.by_ids([settings.currency_id])
    return {
        "customer": customer_body(customers[settings.customer_id]),
        "creditCurrency": currency_body(currencies[settings.currency_id]),
    }


def _event(
    type_: EventLogType,
    settings: RechargeSettings,
    data: Mapping[str, object],
    *,
    before: RechargeSettings | None = None,
    at: datetime,
) -> Event:
    assert settings.id is not None, "nothing is told of settings that nobody saved"
    return Event(
        type=type_.value,
        entity_type="CREDIT",
        entity_id=settings.id,
        customer_id=settings.customer_id,
        data=data,
        occurred_at=at,
        change=None if before is None else change_of(before, settings),
    )

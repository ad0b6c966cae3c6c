"""What waits for a provider that does not answer, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.billing.model import Charge, PaymentOutcome
from domain.billing.syncs import (
    BillingCall,
    CallKind,
    SyncedEntity,
    queued,
    tried_in_vain,
)
from domain.catalog.enums import Currency
from domain.subscriptions.enums import PaymentCollectionMethod, SubscriptionInvoiceBillingReason
from domain.subscriptions.model import InvoiceLine
from tests.builders import uid, utc

NOW = utc("2024-04-01T00:00")
ID = uid("subscription")
Reason = SubscriptionInvoiceBillingReason


def a_charge(amount: str, reason: Reason = Reason.SUBSCRIPTION_CREATION) -> Charge:
    lines = (InvoiceLine(description="Plan", amount=Decimal(amount)),)
    return Charge(currency=Currency.USD, reason=reason, lines=lines)


def a_call(key: str = "key", **given: object) -> BillingCall:
    return replace(BillingCall(kind=CallKind.CHARGE, key=key), **given)  # type: ignore[arg-type]  # any field


def test_a_wait_is_no_longer_than_the_absence_so_far() -> None:
    entity = SyncedEntity.SUBSCRIPTION
    backlog = queued(None, (a_call(),), entity_type=entity, entity_id=ID, now=NOW)
    waits = []
    at = NOW
    for _ in range(11):
        waits.append(backlog.next_attempt_at - at)
        at = backlog.next_attempt_at
        backlog = tried_in_vain(backlog, backlog.calls, now=at)
    minutes = [int(wait / timedelta(minutes=1)) for wait in waits]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]


def test_what_comes_later_queues_behind_and_keeps_the_time() -> None:
    entity = SyncedEntity.SUBSCRIPTION
    first = queued(None, (a_call("a"),), entity_type=entity, entity_id=ID, now=NOW)
    later = NOW + timedelta(hours=1)
    both = queued(first, (a_call("b"),), entity_type=entity, entity_id=ID, now=later)
    assert [call.key for call in both.calls] == ["a", "b"]
    assert both.next_attempt_at == first.next_attempt_at


def test_only_what_was_not_heard_waits_on() -> None:
    calls = (a_call("a"), a_call("b"))
    backlog = queued(None, calls, entity_type=SyncedEntity.SUBSCRIPTION, entity_id=ID, now=NOW)
    assert tried_in_vain(backlog, calls[1:], now=NOW).calls == (calls[1],)


INVOICED = PaymentCollectionMethod.INVOICE


@pytest.mark.parametrize(
    ("call", "outcome", "is_awaited"),
    [
        (a_call(charge=a_charge("50")), PaymentOutcome.PROCESSING, True),
        (a_call(charge=a_charge("50", Reason.SUBSCRIPTION_UPDATE)), "PROCESSING", True),
        (a_call(charge=a_charge("50", Reason.BILLING_CYCLE)), "PROCESSING", False),
        (a_call(charge=a_charge("50"), method=INVOICED), "OPEN", False),
        (a_call(charge=a_charge("-5")), "NOTHING_DUE", False),
        (a_call(), "NOTHING_DUE", False),
        (a_call(kind=CallKind.CANCEL, charge=a_charge("5")), "NOTHING_DUE", False),
    ],
)
def test_what_is_known_of_a_payment_that_waits(
    call: BillingCall, outcome: PaymentOutcome, is_awaited: bool
) -> None:
    assert call.outcome.value == outcome
    assert call.is_awaited is is_awaited
    assert not call.is_overage


def test_overage_has_invoices_of_its_own() -> None:
    assert a_call(charge=a_charge("5", Reason.OTHER)).is_overage

"""Any subscription survives its row and the JSON in it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import orjson
from hypothesis import given, settings

from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import Subscription
from persistence.mapping.subscriptions import subscription_from_row, subscription_to_row
from tests.strategies import values_of

# Ended, so that nothing falls due: instants drawn at random contradict each other.
ENDED = values_of(Subscription).map(
    lambda subscription: replace(subscription, status=SubscriptionStatus.CANCELED)
)


@settings(max_examples=25)
@given(subscription=ENDED)
def test_a_subscription_survives_its_row(subscription: Subscription) -> None:
    row: dict[str, Any] = subscription_to_row(subscription)
    for name in ("prices", "addons", "entitlements", "detail"):
        row[name] = orjson.loads(orjson.dumps(row[name]))
    assert subscription_from_row(cast("Any", SimpleNamespace(**row))) == subscription

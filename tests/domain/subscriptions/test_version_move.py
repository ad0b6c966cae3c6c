"""Moving subscriptions to a published version. Source: spec, catalog §4 and §12 (21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.catalog.enums import PricingType
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import SubscriptionAddon
from domain.subscriptions.version_move import move_to_version
from tests.builders import NOW, a_customer, a_plan, a_price, a_subscription, an_addon, uid

LATER = NOW + timedelta(days=1)
V1 = a_plan("plan-pro", a_price(20))
V2 = a_plan("plan-pro", a_price(25), version_number=2)
HELD = a_subscription(a_customer(), V1)


def test_a_subscription_moves_and_keeps_its_prices() -> None:
    moved = move_to_version(HELD, V2, older={V1.id}, now=LATER)
    assert moved == replace(HELD, plan_id=V2.id, updated_at=LATER)
    assert moved.prices == HELD.prices


@pytest.mark.parametrize(
    "status",
    [
        SubscriptionStatus.ACTIVE,
        SubscriptionStatus.IN_TRIAL,
        SubscriptionStatus.NOT_STARTED,
        SubscriptionStatus.PAYMENT_PENDING,
    ],
)
def test_every_open_subscription_moves(status: SubscriptionStatus) -> None:
    held = replace(HELD, status=status)
    assert move_to_version(held, V2, older={V1.id}, now=LATER).plan_id == V2.id


def test_ended_other_and_differently_priced_subscriptions_stay() -> None:
    ended = replace(HELD, status=SubscriptionStatus.CANCELED)
    assert move_to_version(ended, V2, older={V1.id}, now=LATER) is ended
    assert move_to_version(HELD, V2, older=set(), now=LATER) is HELD
    free = replace(V2, pricing_type=PricingType.FREE)
    assert move_to_version(HELD, free, older={V1.id}, now=LATER) is HELD


def test_an_addon_moves_where_it_is_held() -> None:
    old, new = an_addon("addon-a"), an_addon("addon-a", version_number=2)
    other = an_addon("addon-b")
    held = replace(
        HELD,
        addons=tuple(
            SubscriptionAddon(
                id=uid(a.ref_id),
                addon_id=a.id,
                addon_ref_id=a.ref_id,
                quantity=1,
                created_at=NOW,
                updated_at=NOW,
            )
            for a in (old, other)
        ),
    )
    moved = move_to_version(held, new, older={old.id}, now=LATER)
    assert [a.addon_id for a in moved.addons] == [new.id, other.id]
    assert move_to_version(HELD, new, older={old.id}, now=LATER) is HELD

"""Deferred changes, migrations and what they charge (spec, subscriptions §7, §11, §14)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import BillingModel, BillingPeriod, PricingType
from domain.catalog.model import ProductSettings
from domain.errors import DomainError, ErrorCode
from domain.subscriptions.charges import Terms, change_charge, uncharged_shares, unused_credit
from domain.subscriptions.enums import (
    BillingAnchor,
    ScheduleStrategy,
    SubscriptionProrationBehavior,
    SubscriptionScheduleStatus,
    SubscriptionScheduleType,
)
from domain.subscriptions.execution import updates_due
from domain.subscriptions.facts import BillingSettings
from domain.subscriptions.migration import outdated_packages, rebound, require_migratable
from domain.subscriptions.model import Subscription
from domain.subscriptions.overrides import Seller
from domain.subscriptions.provisioning import decide
from domain.subscriptions.request import (
    AddonRequest,
    ContentRequest,
    CouponRequest,
    DiscountRequest,
    PriceOverrideRequest,
    ProvisionRequest,
    QuantityRequest,
    UpdateRequest,
)
from domain.subscriptions.updating import decide_update, settle_update
from tests.builders import a_plan, a_price, a_product, an_addon, utc
from tests.domain.subscriptions.facts import (
    content_facts,
    counted_ids,
    provision_facts,
    provisioned,
    update_facts,
)

ANNUALLY = BillingPeriod.ANNUALLY
WAITS = a_product(settings=ProductSettings(prorate_at_end_of_billing_period=True))
APRIL, MAY = utc("2024-04-01"), utc("2024-05-01")
PRO = a_plan("plan-pro", a_price(50), a_price(500, period=ANNUALLY))
MONTHLY = ContentRequest(billing_period=BillingPeriod.MONTHLY)


def bought(**given: Any) -> Subscription:
    return provisioned(PRO, now=APRIL, content=MONTHLY, **given).subscription


def updated(subscription: Subscription, plan: Any = PRO, **given: Any) -> Subscription:
    request = UpdateRequest(subscription_ref_id=subscription.ref_id, **given)
    facts = update_facts(subscription, plan, now=utc("2024-04-10"))
    return settle_update(decide_update(request, facts), request, facts, result=None).subscription


def executed(subscription: Subscription, plan: Any = PRO) -> Any:
    facts = replace(provision_facts(plan, now=MAY), content=content_facts(plan))
    step = updates_due(subscription, facts, Terms())
    return step, step.finish(None, step.charged).subscription


AT_END = ScheduleStrategy.END_OF_BILLING_PERIOD


def test_a_coupon_and_an_override_wait_when_told_to() -> None:
    content = ContentRequest(
        coupon=CouponRequest(discount=DiscountRequest(percent_off=Decimal(20))),
        price_overrides=(PriceOverrideRequest(base_charge=True, amount=Decimal(40)),),
    )
    waiting = updated(bought(), content=content, schedule_strategy=AT_END)
    assert waiting.coupon is None
    assert [one.type for one in waiting.scheduled_updates] == [
        SubscriptionScheduleType.Coupon,
        SubscriptionScheduleType.PriceOverride,
    ]
    _, after = executed(waiting)
    assert after.coupon is not None
    assert [one.price.amount for one in after.prices] == [Decimal(40)]
    done = SubscriptionScheduleStatus.Done
    assert {one.status for one in after.scheduled_updates} == {done}


def test_a_waiting_period_begins_a_cycle_and_is_charged() -> None:
    content = ContentRequest(billing_period=ANNUALLY)
    waiting = updated(bought(), content=content, schedule_strategy=AT_END)
    step, after = executed(waiting)
    assert after.billing_cycle_anchor == MAY
    assert after.current_billing_period_end == utc("2025-05-01")
    assert step.charged.charge.total == 500


def test_what_changed_unpaid_is_not_credited() -> None:
    none = SubscriptionProrationBehavior.NONE
    old = bought()
    new = replace(
        old,
        prices=tuple(
            replace(one, price=replace(one.price, amount=Decimal(100))) for one in old.prices
        ),
    )
    charged = change_charge(
        old,
        new,
        Terms(proration=none),
        at=utc("2024-04-16"),
        anchor_moves=False,
        same_plan=True,
    )
    assert charged.charge is None
    (share,) = uncharged_shares(old, new).values()
    assert share == Decimal("0.5")
    remembered = replace(new, prices=tuple(replace(one, charged_ratio=share) for one in new.prices))
    credit = unused_credit(remembered, at=utc("2024-04-16"))
    assert credit is not None
    assert credit.total == -25


def test_a_longer_period_under_a_months_anchor_begins_with_a_stub() -> None:
    settings = BillingSettings(anchor=BillingAnchor.START_OF_THE_MONTH)
    old = bought()
    facts = provision_facts(PRO, old, now=utc("2024-04-16"), settings=settings)
    request = ProvisionRequest(
        customer_ref_id="c",
        plan_ref_id="plan-pro",
        content=ContentRequest(billing_period=ANNUALLY),
    )
    charge = decide(request, facts).charged.charge
    assert charge is not None
    # 25.00 back; 15 days of the year that ends on the first of May: 500 x 15/366.
    assert charge.total == Decimal("-25.00") + Decimal("20.49")


class TestMigration:
    def seats(self, amount: int, version: int, **given: Any) -> Any:
        per_unit = BillingModel.PER_UNIT
        price = a_price(amount, model=per_unit, feature="feature-seats", **given)
        return a_plan("plan-seats", price, version_number=version)

    def held(self, quantity: int = 5) -> Subscription:
        units = QuantityRequest(id="feature-seats", quantity=Decimal(quantity))
        plan = self.seats(10, 1)
        content = ContentRequest(quantities=(units,))
        return provisioned(plan, now=APRIL, content=content).subscription

    def rebound(self, one: Subscription, plan: Any) -> Subscription:
        seller = Seller(new_id=counted_ids(), now=MAY)
        return rebound(one, content_facts(plan), seller=seller)

    def test_quantities_are_clamped(self) -> None:
        latest = self.seats(12, 2, max_unit_quantity=3)
        (price,) = self.rebound(self.held(), latest).prices
        assert (price.quantity, price.price.amount) == (Decimal(3), Decimal(12))

    def test_overrides_survive(self) -> None:
        one = self.held()
        own = replace(one.prices[0].price, amount=Decimal(7), is_override=True)
        one = replace(one, prices=(replace(one.prices[0], price=own),))
        (price,) = self.rebound(one, self.seats(12, 2)).prices
        assert price.price.amount == 7
        assert outdated_packages(one, content_facts(self.seats(12, 2))) == ()

    def test_outdated_are_those_whose_prices_differ(self) -> None:
        one = self.held()
        assert outdated_packages(one, content_facts(self.seats(10, 2))) == ()
        assert outdated_packages(one, content_facts(self.seats(12, 2))) == ("plan-seats",)

    def test_an_outdated_addon_is_named(self) -> None:
        plan = a_plan("plan-pro", a_price(50), compatible_addon_ref_ids=("addon-a",))
        old, new = an_addon("addon-a", a_price(5)), an_addon("addon-a", a_price(6))
        content = ContentRequest(addons=(AddonRequest(ref_id="addon-a"),))
        one = provisioned(
            plan, now=APRIL, content=content, facts={"content": content_facts(plan, old)}
        ).subscription
        assert outdated_packages(one, content_facts(plan, new)) == ("addon-a",)
        bare = content_facts(a_plan("plan-pro", a_price(50), version_number=2), new)
        with pytest.raises(DomainError) as refused:
            require_migratable(one, bare)
        assert refused.value.code is ErrorCode.IncompatibleSubscriptionAddon

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (PricingType.FREE, PricingType.PAID),
            (PricingType.FREE, PricingType.CUSTOM),
            (PricingType.CUSTOM, PricingType.PAID),
        ],
    )
    def test_what_was_not_bought_does_not_migrate(
        self, before: PricingType, after: PricingType
    ) -> None:
        old = a_plan("plan-x", pricing_type=before)
        prices = (a_price(5),) if after is PricingType.PAID else ()
        new = a_plan("plan-x", *prices, pricing_type=after, version_number=2)
        one = provisioned(old, now=APRIL).subscription
        with pytest.raises(DomainError) as refused:
            require_migratable(one, content_facts(new))
        assert refused.value.code is ErrorCode.InvalidArgumentError

    def test_a_period_that_is_no_longer_sold_becomes_one_that_is(self) -> None:
        annual = a_plan("plan-pro", a_price(500, period=ANNUALLY), version_number=2)
        moved = self.rebound(bought(), annual)
        assert moved.billing_period is ANNUALLY
        assert moved.product_id == a_product().id


def test_what_waits_beside_a_new_cycle_waits_for_that_cycles_end() -> None:
    plan = a_plan(
        "plan-pro",
        a_price(50),
        a_price(500, period=ANNUALLY),
        compatible_addon_ref_ids=("addon-a",),
    )
    addon = an_addon("addon-a", a_price(5), a_price(55, period=ANNUALLY))
    facts: dict[str, Any] = {"content": content_facts(plan, addon), "product": WAITS}
    content = replace(MONTHLY, addons=(AddonRequest(ref_id="addon-a"),))
    old = provisioned(plan, now=APRIL, content=content, facts=facts).subscription
    yearly = ContentRequest(billing_period=ANNUALLY, addons=())
    new = provisioned(plan, old, now=utc("2024-04-10"), content=yearly, facts=facts).subscription
    assert new.id != old.id
    (waiting,) = new.scheduled_updates
    assert waiting.scheduled_execution_time == utc("2025-04-10")
    request = UpdateRequest(subscription_ref_id=old.ref_id, content=yearly)
    known = update_facts(old, plan, now=utc("2024-04-10"), content=facts["content"], product=WAITS)
    updated_one = decide_update(request, known).new
    (waiting,) = updated_one.scheduled_updates
    assert waiting.scheduled_execution_time == utc("2025-04-10")

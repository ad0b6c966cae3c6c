"""Previews are what the same call then does (spec, subscriptions §11), usage included.

The money of the preview is that of the invoice which the sandbox makes, under every rule and
behaviour.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from app.ports import Runtime
from app.usecases.subscriptions.change import update_subscription
from app.usecases.subscriptions.previews import preview_subscription, preview_subscription_update
from app.usecases.subscriptions.provision import provision_subscription
from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    Currency,
    MeterType,
    SubscriptionUpdateUsageCutoffBehavior,
)
from domain.money import Money
from domain.subscriptions.enums import (
    SubscriptionBillingCycleAnchor,
    SubscriptionProrationBehavior,
)
from domain.subscriptions.model import Invoice
from domain.subscriptions.previews import InvoiceShown
from domain.subscriptions.request import (
    BillingRequest,
    ContentRequest,
    CouponRequest,
    DiscountRequest,
    ProvisionRequest,
    UpdateRequest,
)
from tests.app.billing.shop import Shop
from tests.builders import a_customer, a_feature, a_plan, a_price, a_product, utc

Operation = Callable[..., Awaitable[Any]]
YEAR, MONTH = BillingPeriod.ANNUALLY, BillingPeriod.MONTHLY
NOW, UNCHANGED = SubscriptionBillingCycleAnchor.NOW, SubscriptionBillingCycleAnchor.UNCHANGED
CALLS = a_feature("feature-calls", meter_type=MeterType.Incremental)


def a_metered_plan(ref_id: str, base: int, unit: str) -> Any:
    usage = BillingModel.USAGE_BASED
    return a_plan(
        ref_id,
        a_price(base),
        a_price(unit, model=usage, feature="feature-calls"),
        a_price(base * 10, period=YEAR),
        a_price(unit, model=usage, feature="feature-calls", period=YEAR),
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a customer has and asks for; `calls` are used before."""

    coupon: DiscountRequest | None = None
    minimum: Money | None = None
    calls: int
    tax: Decimal | None = None

    def content(self, period: BillingPeriod) -> ContentRequest:
        content = ContentRequest(billing_period=period)
        if self.minimum is not None:
            content = replace(content, minimum_spend=self.minimum)
        if self.coupon is not None:
            content = replace(content, coupon=CouponRequest(discount=self.coupon))
        return content


CASES = (
    Case(minimum=Money(Decimal(40), Currency.USD), calls=97),
    Case(coupon=DiscountRequest(percent_off=Decimal(20)), calls=31, tax=Decimal(17)),
    Case(coupon=DiscountRequest(amounts_off=(Money(Decimal(15), Currency.USD),)), calls=31),
    Case(
        coupon=DiscountRequest(percent_off=Decimal(35)),
        minimum=Money(Decimal(40), Currency.USD),
        calls=31,
    ),
)
RULES = pytest.mark.parametrize("rule", list(SubscriptionUpdateUsageCutoffBehavior))
BEHAVIORS = pytest.mark.parametrize("behavior", list(SubscriptionProrationBehavior))


class Life:
    """One customer of the shop, who has bought the small plan."""

    def __init__(self, shop: Shop, name: str, case: Case) -> None:
        self.runtime: Runtime = shop.runtime
        self.shop = shop
        self.name = name
        self.case = case

    async def begin(self) -> str:
        await self.shop.attach("pm_ok", customer=self.name)
        bought = await provision_subscription(self.provision("plan-small"), runtime=self.runtime)
        assert bought.subscription is not None
        await self.shop.use("feature-calls", self.case.calls, customerId=self.name)
        return bought.subscription.ref_id

    def provision(self, plan: str, **given: Any) -> ProvisionRequest:
        period = given.pop("period", MONTH)
        return ProvisionRequest(
            customer_ref_id=self.name,
            plan_ref_id=plan,
            content=self.case.content(period),
            **given,
        )

    async def latest(self) -> Invoice | None:
        """The latest invoice of what is live."""
        async with self.runtime.new_unit_of_work() as work:
            customer = (await work.customers.by_ref_ids([self.name]))[self.name]
            found = await work.subscriptions.of_customers([customer.id], statuses=None)
        (live,) = [one for one in found[customer.id] if one.is_live]
        return live.latest_invoice

    async def agrees(self, request: Any, preview: Operation, act: Operation) -> None:
        """Preview the request, do it, and compare."""
        before = await self.latest()
        shown: InvoiceShown = (await preview(request, runtime=self.runtime)).immediate
        assert await self.latest() == before, "a preview writes nothing"
        await act(request, runtime=self.runtime)
        made = await self.latest()
        if made is None or made == before:
            assert not shown.total, self.case
            assert not shown.amount_due, self.case
            return
        assert made.total is not None
        assert shown.total == max(made.total, Decimal(0)), self.case
        assert shown.amount_due == made.amount_due, self.case
        if made.total > 0:
            assert shown.sub_total == made.sub_total, self.case
            assert shown.total_excluding_tax == made.total_excluding_tax, self.case
            assert shown.tax == made.tax, self.case
        assert shown.balance is not None
        assert shown.balance.before == made.starting_balance, self.case
        assert shown.balance.after == made.ending_balance, self.case


async def lives(shop: Shop, rule: SubscriptionUpdateUsageCutoffBehavior) -> list[tuple[Life, str]]:
    """A life for every case, at the middle of its first month."""
    names = [f"customer-{number}" for number in range(len(CASES))]
    await shop.open(
        a_metered_plan("plan-small", 20, "1"),
        a_metered_plan("plan-big", 50, "2"),
        features=(CALLS,),
        product=a_product(usage_reset_cutoff=rule),
        customers=tuple(a_customer(name) for name in names),
    )
    made = [Life(shop, name, case) for name, case in zip(names, CASES, strict=True)]
    begun = [(life, await life.begin()) for life in made]
    shop.clock.set(utc("2024-04-16T09:30"))
    return begun


@RULES
@BEHAVIORS
@pytest.mark.parametrize(
    ("anchor", "period"), [(UNCHANGED, MONTH), (NOW, MONTH), (UNCHANGED, YEAR)]
)
async def test_of_a_plan_change(
    shop: Shop,
    rule: SubscriptionUpdateUsageCutoffBehavior,
    behavior: SubscriptionProrationBehavior,
    anchor: SubscriptionBillingCycleAnchor,
    period: BillingPeriod,
) -> None:
    for life, _ in await lives(shop, rule):
        request = life.provision(
            "plan-big",
            period=period,
            billing_cycle_anchor=anchor,
            billing=BillingRequest(proration_behavior=behavior, tax_percentage=life.case.tax),
        )
        await life.agrees(request, preview_subscription, provision_subscription)


@RULES
@BEHAVIORS
@pytest.mark.parametrize("period", [None, YEAR])
async def test_of_an_update_that_begins_a_new_cycle(
    shop: Shop,
    rule: SubscriptionUpdateUsageCutoffBehavior,
    behavior: SubscriptionProrationBehavior,
    period: BillingPeriod | None,
) -> None:
    for life, ref_id in await lives(shop, rule):
        request = UpdateRequest(
            subscription_ref_id=ref_id,
            content=ContentRequest(billing_period=period),
            billing_cycle_anchor=UNCHANGED if period else NOW,
            billing=BillingRequest(proration_behavior=behavior, tax_percentage=life.case.tax),
        )
        await life.agrees(request, preview_subscription_update, update_subscription)

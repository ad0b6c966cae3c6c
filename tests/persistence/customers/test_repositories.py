"""Customers, resources and subscriptions keep every field over the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ids import RandomIds
from domain.catalog.enums import BillingModel, CouponSource, CouponType, Currency
from domain.catalog.model import Budget
from domain.customers.enums import PaymentMethodType
from domain.customers.model import Customer, PaymentMethod
from domain.errors import Conflict, ErrorCode
from domain.ids import CustomerId, EnvironmentId, ResourceId, SubscriptionId
from domain.money import Money
from domain.subscriptions.enums import (
    SubscriptionCouponStatus,
    SubscriptionScheduleStatus,
    SubscriptionScheduleType,
    SubscriptionStatus,
)
from domain.subscriptions.model import (
    LIVE,
    ScheduledUpdate,
    Subscription,
    SubscriptionAddon,
    SubscriptionCoupon,
    SubscriptionPrice,
)
from persistence.readers.bundle import SqlReaders
from persistence.unit_of_work import SqlUnitOfWork
from tests.builders import (
    NOW,
    a_customer,
    a_plan,
    a_price,
    a_resource,
    a_subscription,
    an_addon,
    uid,
    utc,
)
from tests.conftest import Recorder

IDS = RandomIds()
PLAN = a_plan("plan-pro", a_price(20))
ADDON = an_addon("addon-support", a_price(5))


@pytest.fixture
async def work(engine: AsyncEngine) -> AsyncIterator[SqlUnitOfWork]:
    """A unit of work that is rolled back."""
    async with SqlUnitOfWork(engine, EnvironmentId(IDS.new_uuid())) as work:
        yield work


def someone(**given: Any) -> Customer:
    """A customer with an id of its own: ids are unique over all tenants."""
    return a_customer(**{"id": CustomerId(IDS.new_uuid()), **given})


def full_subscription(customer: Customer) -> Subscription:
    price = a_price("0.00275", model=BillingModel.PER_UNIT, feature="feature-seats")
    return a_subscription(
        customer,
        PLAN,
        id=SubscriptionId(IDS.new_uuid()),
        trial_end_date=utc("2024-01-15"),
        prices=(
            SubscriptionPrice(
                id=uid("p"), price=price, quantity=Decimal(5), created_at=NOW, updated_at=NOW
            ),
        ),
        addons=(
            SubscriptionAddon(
                id=uid("a"),
                addon_id=ADDON.id,
                addon_ref_id=ADDON.ref_id,
                quantity=2,
                created_at=NOW,
                updated_at=NOW,
            ),
        ),
        coupons=(
            SubscriptionCoupon(
                id=uid("c"),
                coupon_id=None,
                ref_id="adhoc",
                name="adhoc",
                type=CouponType.FIXED,
                source=CouponSource.STIGG_ADHOC,
                amounts_off=(Money(Decimal("10.50"), Currency.USD),),
                start_date=NOW,
                status=SubscriptionCouponStatus.ACTIVE,
            ),
        ),
        scheduled_updates=(
            ScheduledUpdate(
                id=uid("u"),
                type=SubscriptionScheduleType.UnitAmount,
                status=SubscriptionScheduleStatus.Scheduled,
                scheduled_execution_time=utc("2024-02-01"),
                variables={"newUnitAmount": 3},
                created_at=NOW,
            ),
        ),
        budget=Budget(limit=Decimal("99.99"), has_soft_limit=True),
        charged_ratio=Decimal("0.8"),
        additional_meta_data={"key": "value"},
    )


async def test_a_customer_comes_back_as_it_was_saved(work: SqlUnitOfWork) -> None:
    customer = someone(
        email="jane@example.com",
        billing_currency=Currency.DKK,
        payment_method=PaymentMethod(
            id="pm_ok", type=PaymentMethodType.CARD, last4_digits="4242", expiration_year=2030
        ),
        additional_meta_data={"tier": {"nested": [1, None]}},
    )
    await work.customers.add(customer)
    changed = replace(customer, name="Jane", email=None)
    await work.customers.save(changed)
    assert await work.customers.by_ref_ids([customer.ref_id, "other"]) == {customer.ref_id: changed}


async def test_a_taken_ref_id_is_a_duplicate(work: SqlUnitOfWork) -> None:
    await work.customers.add(someone(deleted_at=NOW))
    with pytest.raises(Conflict) as refused:
        await work.customers.add(someone())
    assert refused.value.code is ErrorCode.DuplicatedEntityNotAllowed
    assert refused.value.details == {"entityName": "Customer", "identifier": "customer-demo-01"}


async def test_a_resource_is_made_once(work: SqlUnitOfWork) -> None:
    customer = someone()
    first = await work.customers.ensure_resource(
        replace(a_resource(customer), id=ResourceId(IDS.new_uuid()))
    )
    again = await work.customers.ensure_resource(
        replace(a_resource(customer), id=ResourceId(IDS.new_uuid()))
    )
    assert again == first
    assert await work.customers.resource(customer.id, "resource-01") == first
    assert await work.customers.resource(customer.id, "resource-02") is None


async def test_a_subscription_comes_back_as_it_was_saved(work: SqlUnitOfWork) -> None:
    subscription = full_subscription(someone())
    await work.subscriptions.save(subscription)
    found = await work.subscriptions.by_ref_ids([subscription.ref_id])
    assert found == {subscription.ref_id: subscription}
    changed = replace(subscription, addons=(), status=SubscriptionStatus.CANCELED)
    await work.subscriptions.save(changed)
    assert await work.subscriptions.by_ids([subscription.id]) == {subscription.id: changed}


async def test_customers_get_their_own_subscriptions_oldest_first(
    work: SqlUnitOfWork, count_statements: Recorder
) -> None:
    jane, joe = someone(ref_id="jane"), someone(ref_id="joe")
    ended, second, first, other = (
        a_subscription(customer, PLAN, ref, id=SubscriptionId(IDS.new_uuid()), **given)
        for customer, ref, given in (
            (jane, "s-ended", {"status": SubscriptionStatus.EXPIRED}),
            (jane, "s-second", {"created_at": utc("2024-01-02")}),
            (jane, "s-first", {}),
            (joe, "s-other", {"paying_customer_id": jane.id}),
        )
    )
    with count_statements() as executed:
        await work.subscriptions.save(ended, second, first, other)
        live = await work.subscriptions.of_customers([jane.id, joe.id], statuses=LIVE)
    assert len(executed) == 2
    assert live == {jane.id: (first, second), joe.id: (other,)}
    every = await work.subscriptions.of_customers([jane.id], statuses=None)
    assert len(every[jane.id]) == 3
    assert await work.subscriptions.paid_by([jane.id], statuses=None) == {jane.id: (other,)}


async def test_a_taken_subscription_ref_id_is_a_duplicate(work: SqlUnitOfWork) -> None:
    customer = someone()
    await work.subscriptions.save(
        a_subscription(customer, PLAN, "s", id=SubscriptionId(IDS.new_uuid()))
    )
    with pytest.raises(Conflict) as refused:
        await work.subscriptions.save(
            a_subscription(customer, PLAN, "s", id=SubscriptionId(IDS.new_uuid()))
        )
    assert refused.value.code is ErrorCode.DuplicatedEntityNotAllowed


async def test_a_lock_not_got_in_time_is_a_conflict(engine: AsyncEngine) -> None:
    environment_id = EnvironmentId(IDS.new_uuid())
    customer = someone()
    async with SqlUnitOfWork(engine, environment_id) as work:
        await work.customers.add(customer)
        await work.commit()
    async with (
        SqlUnitOfWork(engine, environment_id) as holder,
        SqlUnitOfWork(engine, environment_id) as waiter,
    ):
        await holder.customers.lock(customer.id)
        await waiter.customers.connection.execute(text("SET LOCAL lock_timeout = '20ms'"))
        with pytest.raises(Conflict) as refused:
            await waiter.customers.lock(customer.id)
        assert refused.value.code is ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError


async def test_the_lock_is_handed_on_when_the_holder_is_done(engine: AsyncEngine) -> None:
    environment_id = EnvironmentId(IDS.new_uuid())
    customer = someone()
    async with SqlUnitOfWork(engine, environment_id) as work:
        await work.customers.add(customer)
        await work.commit()

    async def visit() -> None:
        async with SqlUnitOfWork(engine, environment_id) as work:
            await work.customers.lock(customer.id)
            current = (await work.customers.by_ids([customer.id]))[customer.id]
            await work.customers.save(replace(current, name=(current.name or "") + "x"))
            await work.commit()

    await asyncio.gather(*(visit() for _ in range(5)))
    readers = SqlReaders(engine, environment_id)
    assert (await readers.customers.by_ids([customer.id]))[customer.id].name == "xxxxx"


async def test_another_tenant_sees_nothing(engine: AsyncEngine) -> None:
    customer = someone()
    async with SqlUnitOfWork(engine, EnvironmentId(IDS.new_uuid())) as work:
        await work.customers.add(customer)
        await work.commit()
    stranger = SqlReaders(engine, EnvironmentId(IDS.new_uuid()))
    assert await stranger.customers.by_ids([customer.id]) == {}
    assert await stranger.customers.by_ref_ids([customer.ref_id]) == {}

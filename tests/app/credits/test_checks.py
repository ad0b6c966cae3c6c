"""What wallets answer checks: credit-backed features and credit currencies (entitlements §3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import CreditCadence
from domain.catalog.model import CreditEntitlement
from domain.periods import wire_time
from tests.app.credits.backed import Product, backed, rate_of
from tests.app.credits.conftest import Credits, make_currency
from tests.app.usage.test_reporting import Customer
from tests.conftest import Execute, Recorder
from tests.support import MovableClock
from tests.world import World

DAY = timedelta(days=1)
CREDIT = """
  currency { currencyId displayName } isGranted accessDeniedReason usageLimit currentUsage
  hasSoftLimit usagePeriodEnd validUntil usageUpdatedAt entitlementUpdatedAt
"""
V2 = f"""query ($query: GetEntitlementV2Input!) {{ entitlementV2(query: $query) {{
  ... on CreditEntitlement {{ {CREDIT} }}
}} }}"""


@pytest.fixture
def customer(execute: Execute, credits: Credits) -> Customer:
    return Customer(execute)


class Wallet:
    """`entitlementV2` by currency."""

    def __init__(self, execute: Execute) -> None:
        self.execute = execute

    async def check(self, requested: float | None = None, **given: Any) -> Any:
        query = {"customerId": "customer-1", "currencyId": "tokens"} | given
        if requested is not None:
            query["options"] = {"requestedUsage": requested}
        return (await self.execute(V2, {"query": query})).ok["entitlementV2"]

    async def reason(self, requested: float | None = None, **given: Any) -> Any:
        answer = await self.check(requested, **given)
        assert answer["isGranted"] is (answer["accessDeniedReason"] is None)
        return answer["accessDeniedReason"]


@pytest.fixture
def wallet(execute: Execute, credits: Credits) -> Wallet:
    return Wallet(execute)


async def soften(world: World, currency: str = "tokens", **given: Any) -> None:
    """The customer subscribes to a plan with soft credits of the currency."""
    entitlement = CreditEntitlement(
        id=world.runtime.ids.new_uuid(),
        currency_id=(await rate_of(world, currency=currency)).currency_id,
        amount=Decimal(1),
        cadence=CreditCadence.MONTH,
        has_soft_limit=True,
        created_at=world.now,
        updated_at=world.now,
    )
    plan = f"plan-{world.runtime.ids.new_hex(8)}"
    await world.plan(plan, entitlements=(entitlement,))
    await world.subscribe(plan, **given)


# --- features that credits pay for ----------------------------------------------------------


async def test_example_25(world: World, credits: Credits, customer: Customer) -> None:
    await backed(world)

    async def reason(requested: float | None = None) -> Any:
        return (await customer.check(requested))["accessDeniedReason"]

    # Before the first grant there is no wallet, and nothing in it.
    assert await reason() == "InsufficientCredits"
    assert await reason(1) == "InsufficientCredits"
    grant = await credits.grant(5)
    assert [await reason(r) for r in (None, 2, 2.5, 3)] == [
        None,
        None,
        None,
        "InsufficientCredits",
    ]
    await credits.try_void(grant["id"])
    assert await reason() == "InsufficientCredits"
    assert await reason(0) is None
    await credits.consume(1)
    assert await reason(0) == "InsufficientCredits"
    assert (await customer.check())["hasSoftLimit"] is False
    await soften(world)
    assert [await reason(r) for r in (None, 0, 3)] == [None, None, None]
    assert (await customer.check())["hasSoftLimit"] is True


async def test_what_a_formula_costs_is_not_known_so_anything_left_grants(
    world: World, credits: Credits, customer: Customer
) -> None:
    await backed(world, formula="1000 * in")
    assert (await customer.check(1))["accessDeniedReason"] == "InsufficientCredits"
    await credits.grant(1)
    assert (await customer.check(500))["isGranted"]
    await credits.consume(1)
    assert (await customer.check(0))["accessDeniedReason"] == "InsufficientCredits"


async def test_a_limit_denies_before_credits_do(
    world: World, credits: Credits, customer: Customer
) -> None:
    await backed(world, gives={"usage_limit": Decimal(3)})
    await credits.grant(5)
    assert (await customer.check(3))["accessDeniedReason"] == "InsufficientCredits"
    assert (await customer.check(4))["accessDeniedReason"] == "RequestedUsageExceedingLimit"


async def test_usage_is_paid_by_the_wallet_of_the_calls_resource(
    world: World, credits: Credits, customer: Customer
) -> None:
    await world.resource("r1")
    await world.resource("r2")
    await backed(world)
    await credits.grant(10, resourceId="r1")

    async def granted() -> list[Any]:
        return [(await customer.check(resourceId=r))["isGranted"] for r in (None, "r1", "r2")]

    assert await granted() == [False, True, False]
    await credits.grant(10)
    assert await granted() == [True, True, False]


async def test_another_currencys_credits_do_not_pay(
    world: World, execute: Execute, credits: Credits, customer: Customer
) -> None:
    await make_currency(execute, "gold")
    await backed(world)
    await credits.grant(10, currencyId="gold")
    assert not (await customer.check())["isGranted"]


async def test_a_grant_begins_and_ends_at_its_instant_without_a_worker(
    world: World, credits: Credits, customer: Customer, wallet: Wallet, clock: MovableClock
) -> None:
    await backed(world)
    begins, ends = clock() + DAY, clock() + 3 * DAY
    await credits.grant(10, effectiveAt=wire_time(begins), expireAt=wire_time(ends))
    for at, is_granted in ((begins - DAY / 2, False), (begins, True), (ends, False)):
        clock.set(at)
        assert (await customer.check())["isGranted"] is is_granted
        assert (await wallet.check())["isGranted"] is is_granted
    assert [amount for _, amount in await credits.entries()] == [10, -10]


async def test_a_row_holds_until_its_wallet_changes(
    world: World, credits: Credits, customer: Customer, clock: MovableClock
) -> None:
    await backed(world)
    assert (await customer.check())["validUntil"] is None
    ends = clock() + DAY
    await credits.grant(10, expireAt=wire_time(ends))
    assert (await customer.check())["validUntil"] == ends.timestamp() * 1000


async def test_a_warm_check_is_one_statement(
    world: World,
    credits: Credits,
    customer: Customer,
    wallet: Wallet,
    count_statements: Recorder,
) -> None:
    await backed(world)
    await credits.grant(5)
    await customer.check()
    await wallet.check()
    with count_statements() as executed:
        assert (await customer.check(2))["isGranted"]
    assert len(executed) == 1
    asked: tuple[dict[str, Any], ...] = ({}, {"currencyId": "none"}, {"customerId": "none"})
    for given in asked:
        with count_statements() as executed:
            await wallet.check(**given)
        assert len(executed) == 1


# --- currencies -----------------------------------------------------------------------------


async def test_a_currency_is_checked_by_its_balance(wallet: Wallet, credits: Credits) -> None:
    assert await wallet.reason() == "EntitlementNotFound"
    await credits.grant(5)
    assert [await wallet.reason(r) for r in (None, 0, 5, 5.5)] == [
        None,
        None,
        None,
        "InsufficientCredits",
    ]
    await credits.consume(7)
    assert [await wallet.reason(r) for r in (None, 0)] == ["InsufficientCredits"] * 2


async def test_a_currencys_row_shows_the_wallet(
    wallet: Wallet, credits: Credits, clock: MovableClock
) -> None:
    made, ends = clock(), clock() + DAY
    await credits.grant(100, expireAt=wire_time(ends))
    clock.move(hours=1)
    await credits.consume(30)
    assert await wallet.check(1) == {
        "currency": {"currencyId": "tokens", "displayName": "Tokens"},
        "isGranted": True,
        "accessDeniedReason": None,
        "usageLimit": 100,
        "currentUsage": 30,
        "hasSoftLimit": False,
        "usagePeriodEnd": None,
        "validUntil": wire_time(ends),
        "usageUpdatedAt": wire_time(made + timedelta(hours=1)),
        "entitlementUpdatedAt": wire_time(made + timedelta(hours=1)),
    }


async def test_a_soft_wallet_never_denies(
    wallet: Wallet, credits: Credits, world: World, clock: MovableClock
) -> None:
    await credits.grant(1)
    await credits.consume(2)
    before = await wallet.check()
    assert (before["isGranted"], before["hasSoftLimit"]) == (False, False)
    clock.move(seconds=1)
    await soften(world)
    assert await wallet.reason(100) is None
    after = await wallet.check()
    assert (after["isGranted"], after["hasSoftLimit"]) == (True, True)
    assert after["entitlementUpdatedAt"] > before["entitlementUpdatedAt"]
    assert after["usageUpdatedAt"] == before["usageUpdatedAt"]


async def test_a_wallet_is_soft_while_its_subscription_lasts(
    wallet: Wallet, credits: Credits, world: World, clock: MovableClock
) -> None:
    await credits.grant(1)
    await credits.consume(1)
    ends = clock() + DAY
    await soften(world, effective_end_date=ends)
    answer = await wallet.check()
    assert (answer["isGranted"], answer["validUntil"]) == (True, wire_time(ends))
    clock.set(ends)
    assert await wallet.reason() == "InsufficientCredits"


async def test_denials_of_currencies_come_in_their_order(
    wallet: Wallet, credits: Credits, world: World
) -> None:
    await credits.grant(5)
    assert await wallet.reason(customerId="nobody", currencyId="none") == "CustomerNotFound"
    assert await wallet.reason(resourceId="r9") == "CustomerResourceNotFound"
    await world.resource("r1")
    assert await wallet.reason(resourceId="r1") == "EntitlementNotFound"
    unknown = await wallet.check(currencyId="none")
    assert unknown["accessDeniedReason"] == "EntitlementNotFound"
    assert unknown["currency"] == {"currencyId": "none", "displayName": "none"}
    async with world.runtime.new_unit_of_work() as work:
        archived = replace(world.customers["customer-1"], deleted_at=world.now)
        await work.customers.save(archived)
        await work.commit()
    assert await wallet.reason() == "CustomerIsArchived"


async def test_a_negative_request_of_credits_cannot_be_meant(
    wallet: Wallet, execute: Execute
) -> None:
    query = {
        "customerId": "customer-1",
        "currencyId": "tokens",
        "options": {"requestedUsage": -1},
    }
    assert (await execute(V2, {"query": query})).codes == ["InvalidArgumentError"]


async def test_a_report_that_burns_the_last_credits_denies_the_next_check(
    world: World, execute: Execute, credits: Credits, customer: Customer
) -> None:
    await backed(world)
    await credits.grant(4)
    await Product(execute).report(2)
    assert (await customer.check())["accessDeniedReason"] == "InsufficientCredits"

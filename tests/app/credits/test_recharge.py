"""Automatic recharge through the API (entitlements §9.14, example 24)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from app.usecases.billing.sandbox import pay_invoice, set_outage
from app.usecases.due import run_due
from domain.catalog.enums import BillingModel
from domain.ids import PriceId
from domain.periods import wire_time
from domain.subscriptions.model import Subscription, SubscriptionPrice
from tests.app.billing.shop import ATTACH
from tests.app.credits.backed import Product, backed
from tests.app.credits.conftest import Credits
from tests.app.events.test_webhooks import Receiver, hook, real, receiver, send_due
from tests.builders import a_price, utc
from tests.conftest import Execute, Recorder
from tests.support import Answer, MovableClock, TestEnvironment, new_environment
from tests.world import World

__all__ = ["real", "receiver"]

SETTINGS = """id isEnabled thresholdType thresholdValue targetBalance maxSpendLimit
  grantExpirationPeriod currentMonthlySpend createdAt updatedAt currencyId customerId
  customer { customerId } customCurrency { currencyId }
  validationConfig { allowUnlimitedSpendLimit maxTargetBalance }"""
SAVE = (
    "mutation ($input: SaveAutoRechargeSettingsInput!)"
    f" {{ saveAutoRechargeSettings(input: $input) {{ {SETTINGS} }} }}"
)
GET = (
    "query ($input: GetAutoRechargeSettingsInput!)"
    f" {{ getAutoRechargeSettings(input: $input) {{ {SETTINGS} }} }}"
)
RECHARGES = """query ($input: GetCreditGrantsInput!) { creditGrants(input: $input) { edges { node {
  id amount status grantType paymentCollection displayName expireAt cost { amount currency }
  automaticRechargeConfigurationId invoiceId latestInvoice { status billingReason errorMessage }
} } } }"""
NAMED = {"customerId": "customer-1", "currencyId": "tokens"}
TYPES = (
    "AUTOMATIC_RECHARGE_CONFIGURATION_CHANGED",
    "AUTOMATIC_RECHARGE_OPERATION_ATTEMPTED",
    "CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED",
)


class Recharging:
    """A customer's settings, and the grants that they bring."""

    def __init__(self, execute: Execute) -> None:
        self.execute = execute

    async def try_save(self, **given: Any) -> Answer:
        wanted = {"isEnabled": True, "thresholdValue": 20, "targetBalance": 50}
        return await self.execute(SAVE, {"input": NAMED | wanted | given})

    async def save(self, **given: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await self.try_save(**given)).ok["saveAutoRechargeSettings"]
        return found

    async def get(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.execute(GET, {"input": NAMED})).ok[
            "getAutoRechargeSettings"
        ]
        return found

    async def grants(self) -> list[dict[str, Any]]:
        """The recharges, oldest first."""
        answer = await self.execute(RECHARGES, {"input": {"customerId": "customer-1"}})
        nodes = [edge["node"] for edge in answer.ok["creditGrants"]["edges"]]
        return [n for n in reversed(nodes) if n["automaticRechargeConfigurationId"]]

    async def attach(self, method: str) -> None:
        answer = await self.execute(ATTACH, {"customer": "customer-1", "method": method})
        assert answer.ok["attachCustomerPaymentMethod"]["hasPaymentMethod"]


@pytest.fixture
def recharging(execute: Execute) -> Recharging:
    return Recharging(execute)


async def sell_tokens(world: World, amount: str = "0.10") -> Subscription:
    """The customer subscribes to a plan that sells tokens."""
    found = await world.runtime.readers.currencies.by_ref_ids(["tokens"])
    price = a_price(
        amount,
        model=BillingModel.PER_UNIT,
        id=PriceId(world.runtime.ids.new_uuid()),
        top_up_currency_id=found["tokens"].id,
    )
    sold = SubscriptionPrice(
        id=world.runtime.ids.new_uuid(), price=price, created_at=world.now, updated_at=world.now
    )
    await world.plan("plan-tokens", prices=(price,))
    return await world.subscribe(
        "plan-tokens",
        prices=(sold,),
        current_billing_period_start=world.now,
        current_billing_period_end=world.now + timedelta(days=3650),
    )


# --- settings -------------------------------------------------------------------------------


async def test_nobody_has_saved_any(credits: Credits, recharging: Recharging) -> None:
    assert await recharging.get() == {
        "id": None,
        "isEnabled": False,
        "thresholdType": "CreditAmount",
        "thresholdValue": 0,
        "targetBalance": 0,
        "maxSpendLimit": None,
        "grantExpirationPeriod": "OneYear",
        "currentMonthlySpend": 0,
        "createdAt": None,
        "updatedAt": None,
        "currencyId": "tokens",
        "customerId": "customer-1",
        "customer": {"customerId": "customer-1"},
        "customCurrency": {"currencyId": "tokens"},
        "validationConfig": {"allowUnlimitedSpendLimit": True, "maxTargetBalance": None},
    }


async def test_what_is_saved_is_read_and_what_is_not_said_stays(
    credits: Credits, recharging: Recharging, clock: MovableClock
) -> None:
    first = await recharging.save(maxSpendLimit=9.5, grantExpirationPeriod="OneMonth")
    assert first == await recharging.get()
    assert first["id"]
    assert (first["maxSpendLimit"], first["grantExpirationPeriod"]) == (9.5, "OneMonth")
    clock.now += timedelta(hours=1)
    answer = await recharging.execute(SAVE, {"input": NAMED | {"isEnabled": False}})
    later = answer.ok["saveAutoRechargeSettings"]
    assert later == first | {"isEnabled": False, "updatedAt": wire_time(clock())}
    assert (await recharging.save(maxSpendLimit=None))["maxSpendLimit"] is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"customerId": "nobody"}, "CustomerNotFound"),
        ({"currencyId": "nothing"}, "CustomCurrencyNotFound"),
        ({"targetBalance": 20}, "InvalidArgumentError"),
        ({"thresholdValue": -1}, "InvalidArgumentError"),
        ({"maxSpendLimit": -1}, "InvalidArgumentError"),
        ({"isEnabled": False, "targetBalance": -1}, "InvalidArgumentError"),
    ],
)
async def test_what_cannot_be_saved(
    credits: Credits, recharging: Recharging, given: dict[str, Any], code: str
) -> None:
    assert (await recharging.try_save(**given)).codes == [code]
    assert (await recharging.get())["id"] is None
    if code.endswith("NotFound"):
        answer = await recharging.execute(GET, {"input": NAMED | given})
        assert answer.codes == [code]


# --- without a provider ---------------------------------------------------------------------


async def test_example_24(
    credits: Credits, recharging: Recharging, world: World, clock: MovableClock
) -> None:
    await sell_tokens(world)
    await credits.grant(25)
    settings = await recharging.save()
    await credits.consume(5, "first")
    assert await credits.balance() == 20
    assert await recharging.grants() == []
    after = await credits.consume(1, "second")
    assert after["credit"]["usageLimit"] == 25, "as the burn left the wallet"
    assert await credits.balance() == 50
    (grant,) = await recharging.grants()
    assert grant | {"id": None} == {
        "id": None,
        "amount": 31,
        "status": "ACTIVE",
        "grantType": "PAID",
        "paymentCollection": "NOT_REQUIRED",
        "displayName": "Automatic recharge",
        "expireAt": wire_time(clock().replace(year=clock().year + 1)),
        "cost": {"amount": 3.1, "currency": "USD"},
        "automaticRechargeConfigurationId": settings["id"],
        "invoiceId": None,
        "latestInvoice": None,
    }
    assert (await recharging.get())["currentMonthlySpend"] == 3.1


async def test_the_month_s_limit_holds_a_recharge_back_until_it_is_raised(
    credits: Credits, recharging: Recharging, world: World
) -> None:
    await sell_tokens(world)
    await credits.grant(25)
    await recharging.save(maxSpendLimit=3)
    await credits.consume(6)
    assert await credits.balance() == 19
    await recharging.save(maxSpendLimit=3.05)
    assert await credits.balance() == 19
    raised = await recharging.save(maxSpendLimit=4)
    assert raised["currentMonthlySpend"] == 3.1
    assert await credits.balance() == 50


async def test_the_next_month_lets_it_through(
    credits: Credits, recharging: Recharging, world: World, clock: MovableClock
) -> None:
    clock.set(utc("2024-05-30"))
    await sell_tokens(world)
    await credits.grant(25)
    await recharging.save(maxSpendLimit=4)
    await credits.consume(6, "first")
    await credits.consume(31, "second")
    assert await credits.balance() == 19
    await run_due(world.runtime, utc("2024-05-31T23:59:59.999"))
    assert await credits.balance() == 19
    await run_due(world.runtime, utc("2024-06-02"))
    clock.set(utc("2024-06-02"))
    assert await credits.balance() == 50
    assert [grant["amount"] for grant in await recharging.grants()] == [31, 31]
    assert (await recharging.get())["currentMonthlySpend"] == 3.1


async def test_saving_buys_nothing_by_itself(
    credits: Credits, recharging: Recharging, world: World
) -> None:
    await sell_tokens(world)
    await credits.grant(5)
    await recharging.save()
    assert await credits.balance() == 5
    await recharging.save(isEnabled=False)
    await credits.consume(1)
    assert await credits.balance() == 4


async def test_without_a_price_nothing_recharges(credits: Credits, recharging: Recharging) -> None:
    await credits.grant(25)
    await recharging.save()
    await credits.consume(10)
    assert await credits.balance() == 15


async def test_usage_and_deficits_are_recharged_the_wallets_of_resources_are_not(
    credits: Credits, recharging: Recharging, world: World, execute: Execute
) -> None:
    await world.resource("site-1")
    await sell_tokens(world)
    await backed(world)
    await credits.grant(25)
    await recharging.save()
    await Product(execute).report(20)
    assert await credits.balance() == 50
    assert [grant["amount"] for grant in await recharging.grants()] == [65]
    await credits.consume(10, "there", resourceId="site-1")
    assert await credits.balance(resourceId="site-1") == -10


async def test_credits_that_expire_or_are_voided_are_replaced(
    credits: Credits, recharging: Recharging, world: World, clock: MovableClock
) -> None:
    await sell_tokens(world)
    first = await credits.grant(100)
    await recharging.save(grantExpirationPeriod="OneMonth")
    await credits.try_void(first["id"])
    assert await credits.balance() == 50
    start = clock()
    await run_due(world.runtime, start + timedelta(days=100))
    clock.set(start + timedelta(days=100))
    assert await credits.balance() == 50
    assert [grant["status"] for grant in await recharging.grants()] == [*["EXPIRED"] * 3, "ACTIVE"]


async def test_two_burns_at_once_are_one_recharge(
    credits: Credits, recharging: Recharging, world: World
) -> None:
    await sell_tokens(world)
    await credits.grant(25)
    await recharging.save()
    await asyncio.gather(*(credits.consume(3, f"k{index}") for index in range(4)))
    assert len(await recharging.grants()) == 1
    assert await credits.balance() == 44


async def test_settings_cost_a_burn_nothing_while_enough_is_left(
    credits: Credits, recharging: Recharging, count_statements: Recorder
) -> None:
    await credits.grant(1000)
    with count_statements() as before:
        await credits.consume(1, "before")
    await recharging.save()
    with count_statements() as after:
        await credits.consume(1, "after")
    assert len(before) == len(after)


# --- through the provider -------------------------------------------------------------------


class TestWithAProvider:
    @pytest.fixture
    async def environment(self, engine: AsyncEngine) -> TestEnvironment:
        return await new_environment(engine, billing="sandbox")

    @pytest.fixture(autouse=True)
    async def low(self, credits: Credits, recharging: Recharging, world: World) -> None:
        await sell_tokens(world)
        await credits.grant(25)
        await recharging.save()

    async def test_the_cost_is_charged_at_once(
        self, credits: Credits, recharging: Recharging
    ) -> None:
        await recharging.attach("pm_ok")
        await credits.consume(6)
        (grant,) = await recharging.grants()
        assert (grant["status"], grant["paymentCollection"]) == ("ACTIVE", "NOT_REQUIRED")
        assert grant["latestInvoice"] == {
            "status": "PAID",
            "billingReason": "OTHER",
            "errorMessage": None,
        }
        assert await credits.balance() == 50
        assert (await recharging.get())["currentMonthlySpend"] == 3.1

    async def test_a_failed_payment_disables(
        self, credits: Credits, recharging: Recharging
    ) -> None:
        await recharging.attach("pm_fail")
        await credits.consume(6, "first")
        (grant,) = await recharging.grants()
        assert (grant["status"], grant["paymentCollection"]) == ("VOIDED", "FAILED")
        assert grant["latestInvoice"]["status"] == "CANCELED"
        assert grant["latestInvoice"]["errorMessage"]
        settings = await recharging.get()
        assert (settings["isEnabled"], settings["currentMonthlySpend"]) == (False, 0)
        assert await credits.balance() == 19

        await recharging.attach("pm_ok")
        await recharging.save()
        await credits.consume(1, "second")
        assert await credits.balance() == 50

    async def test_one_is_in_flight_until_it_is_paid(
        self, credits: Credits, recharging: Recharging, runtime: Runtime
    ) -> None:
        await recharging.attach("pm_processing")
        await credits.consume(6, "first")
        await credits.consume(6, "second")
        (grant,) = await recharging.grants()
        assert (grant["status"], grant["paymentCollection"]) == ("PAYMENT_PENDING", "PROCESSING")
        assert await credits.balance() == 13
        await pay_invoice(grant["invoiceId"], "pm_ok", runtime=runtime)
        assert await credits.balance() == 44
        assert (await recharging.get())["isEnabled"]

    async def test_what_fails_later_is_given_up_then(
        self, credits: Credits, recharging: Recharging, runtime: Runtime
    ) -> None:
        await recharging.attach("pm_action")
        await credits.consume(6)
        (grant,) = await recharging.grants()
        assert (grant["status"], grant["paymentCollection"]) == (
            "PAYMENT_PENDING",
            "ACTION_REQUIRED",
        )
        await pay_invoice(grant["invoiceId"], "pm_fail", runtime=runtime)
        (grant,) = await recharging.grants()
        assert (grant["status"], grant["latestInvoice"]["status"]) == ("VOIDED", "CANCELED")
        assert not (await recharging.get())["isEnabled"]

    async def test_an_outage_delays_it(
        self, credits: Credits, recharging: Recharging, runtime: Runtime, clock: MovableClock
    ) -> None:
        await recharging.attach("pm_ok")
        await set_outage(is_out=True, runtime=runtime)
        await credits.consume(6)
        (grant,) = await recharging.grants()
        assert (grant["status"], grant["paymentCollection"]) == ("PAYMENT_PENDING", "PROCESSING")
        assert (await recharging.get())["isEnabled"]
        await run_due(runtime, clock() + timedelta(minutes=1))
        await set_outage(is_out=False, runtime=runtime)
        clock.now += timedelta(hours=1)
        await run_due(runtime, clock())
        (grant,) = await recharging.grants()
        assert (grant["status"], grant["latestInvoice"]["status"]) == ("ACTIVE", "PAID")
        assert await credits.balance() == 50

    async def test_one_that_was_never_charged_can_be_voided(
        self, credits: Credits, recharging: Recharging, runtime: Runtime, clock: MovableClock
    ) -> None:
        await recharging.attach("pm_ok")
        await set_outage(is_out=True, runtime=runtime)
        await credits.consume(6)
        (grant,) = await recharging.grants()
        assert (await credits.try_void(grant["id"])).ok
        await set_outage(is_out=False, runtime=runtime)
        clock.now += timedelta(hours=1)
        await run_due(runtime, clock())
        (grant,) = await recharging.grants()
        assert (grant["status"], grant["invoiceId"]) == ("VOIDED", None)
        assert await credits.balance() == 19

    async def test_many_burns_at_once_are_one_charge(
        self, credits: Credits, recharging: Recharging
    ) -> None:
        await recharging.attach("pm_ok")
        await asyncio.gather(*(credits.consume(3, f"k{index}") for index in range(4)))
        assert [grant["status"] for grant in await recharging.grants()] == ["ACTIVE"]
        assert await credits.balance() == 44

    async def test_what_is_told_of_a_failure(
        self,
        credits: Credits,
        recharging: Recharging,
        execute: Execute,
        environment: TestEnvironment,
        receiver: Receiver,
        real: MovableClock,
    ) -> None:
        await recharging.attach("pm_fail")
        await hook(execute, receiver, *TYPES)
        await credits.consume(6)
        await send_due(environment, receiver, real)
        told = {message["type"]: message for message in receiver.messages}
        attempted = told.pop("automatic_recharge.operation.attempted")
        assert not attempted["isSuccessful"]
        assert (attempted["paymentCollection"], attempted["grant"]["amount"]) == ("FAILED", 31)
        assert attempted["error"]
        changed = told.pop("automatic_recharge.configuration.changed")
        assert changed["changedBy"] == "PAYMENT_FAILURE"
        assert not changed["configuration"]["isEnabled"]
        assert not told


# --- what is told ---------------------------------------------------------------------------


async def test_what_is_told(
    credits: Credits,
    recharging: Recharging,
    world: World,
    execute: Execute,
    environment: TestEnvironment,
    receiver: Receiver,
    real: MovableClock,
) -> None:
    await hook(execute, receiver, *TYPES)
    await sell_tokens(world)
    await credits.grant(25)
    settings = await recharging.save(maxSpendLimit=3.5)
    await credits.consume(6, "first")
    await credits.consume(40, "held back")
    await credits.consume(1, "and not told again")
    await send_due(environment, receiver, real)
    by_type: dict[str, list[dict[str, Any]]] = {}
    for message in receiver.messages:
        by_type.setdefault(message["type"], []).append(message)
    (changed,) = by_type["automatic_recharge.configuration.changed"]
    assert changed["changedBy"] == "REQUEST"
    assert changed["configuration"] == {
        "id": settings["id"],
        "isEnabled": True,
        "thresholdType": "CreditAmount",
        "thresholdValue": 20,
        "targetBalance": 50,
        "grantExpirationPeriod": "OneYear",
        "maxSpendLimit": 3.5,
    }
    (attempted,) = by_type["automatic_recharge.operation.attempted"]
    assert attempted["isSuccessful"]
    assert attempted["grant"]["cost"] == {"amount": 3.1, "currency": "USD"}
    assert attempted["creditCurrency"]["id"] == "tokens"
    near, held = sorted(
        by_type["credits.automatic_recharge_limit_exceeded"],
        key=lambda message: float(message["thresholdPercentage"]),
    )
    assert (near["thresholdPercentage"], near["currentSpendPercentage"]) == (80, 88)
    assert (near["maxSpendLimit"], near["currentMonthlySpend"]) == (3.5, 3.1)
    assert (held["thresholdPercentage"], held["currentSpendPercentage"]) == (100, 100)
    assert "previousSpendPercentage" not in held


async def test_hooks_have_thresholds_of_their_own(
    credits: Credits,
    recharging: Recharging,
    world: World,
    execute: Execute,
    environment: TestEnvironment,
    receiver: Receiver,
    real: MovableClock,
) -> None:
    type_ = "CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED"
    await hook(execute, receiver, type_, configuration={type_: {"thresholds": [30]}})
    await sell_tokens(world)
    await credits.grant(25)
    await recharging.save(maxSpendLimit=10)
    await credits.consume(6)
    await send_due(environment, receiver, real)
    (message,) = receiver.messages
    assert (message["thresholdPercentage"], message["currentSpendPercentage"]) == (30, 31)


async def test_what_a_credit_costs_may_be_nothing(
    credits: Credits, recharging: Recharging, world: World
) -> None:
    await sell_tokens(world, "0")
    await credits.grant(25)
    await recharging.save(maxSpendLimit=0)
    await credits.consume(6)
    assert await credits.balance() == 50
    (grant,) = await recharging.grants()
    assert Decimal(grant["cost"]["amount"]) == 0

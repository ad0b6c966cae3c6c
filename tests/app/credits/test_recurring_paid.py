"""Recurring grants where payments decide what a subscription becomes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.app.billing.shop import ATTACH
from tests.app.credits.life import CUSTOMER, Life, shop
from tests.builders import a_credit, a_plan, a_price, utc
from tests.support import execute_document, new_environment

BASIC = a_plan("plan-basic", a_price(5), entitlements=(a_credit(10),))
PRO = a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),))


@pytest.fixture
async def paying(engine: AsyncEngine) -> Life:
    environment = await new_environment(engine, now=utc("2024-01-15"), billing="sandbox")
    runtime = environment.runtime
    life = Life(runtime, environment.clock, partial(execute_document, runtime))
    await shop(life, BASIC, PRO)
    return life


async def attach(life: Life, method: str) -> None:
    assert (await life.execute(ATTACH, {"customer": CUSTOMER, "method": method})).ok


async def status(life: Life, id: str) -> Any:
    return (await life.get(id))["status"]


async def test_nothing_is_granted_before_it_is_paid(paying: Life) -> None:
    await attach(paying, "pm_fail")
    id = await paying.begin("plan-pro")
    assert await status(paying, id) == "PAYMENT_PENDING"
    assert await paying.grants("ACTIVE", "SCHEDULED", "VOIDED") == []
    await paying.advance("2024-01-17")
    assert await status(paying, id) == "CANCELED"
    assert await paying.grants("ACTIVE", "SCHEDULED", "VOIDED") == []


@pytest.mark.parametrize("is_looked_at", [False, True])
async def test_a_successor_that_is_not_paid_takes_nothing(paying: Life, is_looked_at: bool) -> None:
    await attach(paying, "pm_ok")
    id = await paying.begin("plan-basic")
    await paying.credits.consume(4)
    ahead = await paying.begin("plan-pro", startDate="2024-01-20T00:00:00Z")
    await attach(paying, "pm_fail")
    paying.skip_to("2024-01-20T00:00:05")
    if is_looked_at:
        await paying.credits.consume(1, "lent")
    await paying.advance("2024-01-20T00:00:10")
    assert (await status(paying, id), await status(paying, ahead)) == ("ACTIVE", "PAYMENT_PENDING")
    assert await paying.credits.balance() == (5 if is_looked_at else 6)
    await paying.advance("2024-02-20")
    assert (await status(paying, id), await status(paying, ahead)) == ("ACTIVE", "CANCELED")
    assert await paying.amounts() == [10]
    assert sum(amount for _, amount in await paying.credits.entries()) == 10


async def test_a_subscription_that_the_provider_gives_up_loses_its_credits(paying: Life) -> None:
    await attach(paying, "pm_ok")
    id = await paying.begin("plan-basic")
    await attach(paying, "pm_fail")
    await paying.advance("2024-02-16")
    assert await paying.amounts() == [10], "a renewal that failed goes on for a while"
    await paying.advance("2024-03-01")
    assert await status(paying, id) == "CANCELED"
    assert await paying.credits.balance() == 0

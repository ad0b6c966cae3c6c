"""Simultaneous webhooks, and what no table may hold."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.usecases.billing.webhooks import receive_webhook
from domain.subscriptions.enums import SubscriptionStatus
from persistence.metadata import metadata
from tests.app.billing.shop import ATTACH, CHECKOUT, CUSTOMER, PROVISION, Shop
from tests.builders import a_plan, a_price

PRO = a_plan("plan-pro", a_price(50))
STREET, PHONE = "221B Secret Street", "+45 70 12 34 56"
INFORMATION = {
    "billingAddress": {"line1": STREET, "city": "Secretville"},
    "metadata": {"phoneNumber": PHONE},
    "taxPercentage": 25,
}


async def test_one_webhook_received_ten_times_at_once_provisions_once(shop: Shop) -> None:
    await shop.open(PRO)
    answer = await shop.provision("plan-pro", checkoutOptions=CHECKOUT)
    async with shop.runtime.new_unit_of_work() as work:
        sandbox: Any = work.billing
        await sandbox.complete_checkout(answer["id"], "pm_ok")
        _, body, signature = await sandbox.next_webhook()
        await work.commit()
    heard = await asyncio.gather(
        *(receive_webhook(body, signature, runtime=shop.runtime) for _ in range(10))
    )
    assert sorted(heard) == [False] * 9 + [True]
    assert [one.status for one in await shop.subscriptions()] == [SubscriptionStatus.ACTIVE]


async def test_a_deferred_change_keeps_no_billing_information(
    shop: Shop, engine: AsyncEngine
) -> None:
    await shop.open(PRO, a_plan("plan-basic", a_price(20)))
    await shop.attach("pm_ok")
    await shop.buy("plan-pro")
    later = {"scheduleStrategy": "END_OF_BILLING_PERIOD", "billingInformation": INFORMATION}
    await shop.buy("plan-basic", **later)
    await require_no_secrets(engine)


async def test_no_table_holds_billing_information(shop: Shop, engine: AsyncEngine) -> None:
    await shop.open(PRO)
    await shop.provision("plan-pro", checkoutOptions=CHECKOUT, billingInformation=INFORMATION)
    await shop.attach("pm_ok")
    bought = await shop.buy("plan-pro", billingInformation=INFORMATION)
    await shop.move("2024-05-01T01:00")
    await shop.cancel(bought, subscriptionCancellationTime="IMMEDIATE")
    await require_no_secrets(engine)


async def require_no_secrets(engine: AsyncEngine) -> None:
    """Look at every row of every table as text."""
    async with engine.connect() as connection:
        for table in metadata.sorted_tables:
            rows = await connection.execute(text(f'SELECT t::text FROM "{table.name}" t'))
            for (row,) in rows:
                assert "Secret Street" not in row, table.name
                assert "Secretville" not in row, table.name
                assert PHONE not in row, table.name


async def test_many_writers_on_one_customer_neither_deadlock_nor_double(shop: Shop) -> None:
    await shop.open(PRO, a_plan("plan-basic", a_price(20)))
    await shop.attach("pm_ok")

    async def step(number: int) -> list[str]:
        plan = ("plan-pro", "plan-basic")[number % 2]
        wanted = {"customerId": CUSTOMER, "planId": plan, "scheduleStrategy": "IMMEDIATE"}
        if number % 3 == 2:
            attached = {"customer": CUSTOMER, "method": f"pm_ok_{number}"}
            return list((await shop.execute(ATTACH, attached)).codes)
        return list((await shop.execute(PROVISION, {"input": wanted})).codes)

    found = await asyncio.gather(*(step(number) for number in range(30)))
    refusals = {code for codes in found for code in codes}
    assert refusals <= {"ObjectAlreadyBeingUsedByAnotherRequestError"}
    live = [one for one in await shop.subscriptions() if one.is_live]
    assert len(live) == 1

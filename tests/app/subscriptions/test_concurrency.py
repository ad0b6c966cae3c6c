"""Races on one customer, over real connections (issue 4, concurrency)."""

from __future__ import annotations

import asyncio

from app.ports import Runtime
from tests.app.subscriptions.shop import Story, open_shop
from tests.builders import a_plan, a_price
from tests.conftest import Execute
from tests.support import MovableClock


async def test_two_simultaneous_provisions_leave_one_live(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    await open_shop(runtime, a_plan("plan-a", a_price(10)), a_plan("plan-b", a_price(20)))
    story = Story(runtime, clock, execute)
    await asyncio.gather(story.provision("plan-a"), story.provision("plan-b"))
    assert len(await story.active()) == 1


async def test_fifty_writers_on_one_customer_do_not_deadlock(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    await open_shop(runtime, a_plan("plan-a", a_price(10)), a_plan("plan-b", a_price(20)))
    story = Story(runtime, clock, execute)
    made = (await story.provision("plan-a"))["subscription"]["subscriptionId"]
    writers = [
        story.provision("plan-b", trialOverrideConfiguration={"isTrial": False})
        if number % 2
        else story.update(made, additionalMetaData={"writer": number})
        for number in range(50)
        if number % 2 or number < 2
    ]
    done = await asyncio.gather(*writers, return_exceptions=True)
    # Updates of a subscription that another writer ended meanwhile are refused, nothing else.
    assert all(
        "SubscriptionAlreadyCanceled" in str(one) for one in done if isinstance(one, BaseException)
    )
    assert len(await story.active()) == 1

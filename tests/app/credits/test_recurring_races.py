"""Renewals while everybody is at the wallet: readers, burners, updates and the worker."""

from __future__ import annotations

import asyncio
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from app.usecases.due import run_due
from tests.app.credits.life import SEATS, Life, seat_price, shop
from tests.builders import a_credit, a_plan, feature_id, utc
from tests.support import execute_document, new_environment


async def test_a_boundary_that_many_meet_is_passed_once(engine: AsyncEngine) -> None:
    environment = await new_environment(engine, now=utc("2024-01-15"))
    runtime = environment.runtime
    life = Life(runtime, environment.clock, partial(execute_document, runtime))
    each = a_credit(1000, dependency_feature_id=feature_id(SEATS))
    await shop(life, a_plan("plan-pro", seat_price(), entitlements=(each,)))
    id = await life.begin(charges=[{"id": SEATS, "quantity": 5, "type": "FEATURE"}])
    await life.credits.consume(4_990, "before")
    life.skip_to("2024-04-15")
    await asyncio.gather(
        *(life.credits.consume(10, f"burn-{n}") for n in range(4)),
        *(life.credits.balance() for _ in range(4)),
        *(
            life.update(id, billableFeatures=[{"featureId": SEATS, "quantity": seats}])
            for seats in (6, 7)
        ),
        run_due(runtime, environment.clock.now),
    )
    granted = [amount for type_, amount in await life.credits.entries() if "GRANTED" in type_]
    # Whichever of the updates came first, the period was entitled to 7 seats at some moment.
    assert granted[:4] == [5000] * 4
    assert sum(granted[4:]) == 2000
    assert await life.credits.balance() == 7000 - 40
    assert sum(amount for _, amount in await life.credits.entries()) == 7000 - 40

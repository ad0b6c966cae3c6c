"""What is told of credits: webhooks with their thresholds, and live updates (platform §7)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette

from app.usecases.due import run_due
from domain.periods import wire_time
from tests.app.credits.conftest import Credits, make_currency
from tests.app.events.test_webhooks import Receiver, hook, real, receiver, send_due
from tests.app.http.conftest import app
from tests.app.http.test_live_usage import subscriber
from tests.conftest import Execute
from tests.support import MovableClock, TestEnvironment
from tests.world import World

__all__ = ["app", "real", "receiver"]

DAY = timedelta(days=1)
BALANCE_UPDATED = """subscription { creditBalanceUpdated {
  customerId resourceId currencyId currentBalance totalGranted totalConsumed validUntil
  currency { displayName units { plural } }
} }"""
USAGE_V2 = """subscription { usageUpdatedV2 {
  customerId entitlementReference { id type } usage { currentUsage usagePeriodEnd }
} }"""


async def test_example_20(
    credits: Credits,
    execute: Execute,
    environment: TestEnvironment,
    receiver: Receiver,
    real: MovableClock,
) -> None:
    configuration = {"CREDIT_GRANT_BALANCE_LOW": {"thresholds": [50, 20]}}
    await hook(execute, receiver, "CREDIT_GRANT_BALANCE_LOW", configuration=configuration)
    grant = await credits.grant(1000)
    await credits.consume(400, "first")
    await credits.consume(400, "second")
    await credits.consume(1, "third")
    await send_due(environment, receiver, real)
    (message,) = receiver.messages
    assert message["type"] == "credit_grant.balance.low"
    assert message["thresholdPercentage"] == 20
    assert message["remainingBalancePercentage"] == 20
    assert message["consumedPercentage"] == 80
    assert message["creditCurrency"] == {
        "id": "tokens",
        "name": "Tokens",
        "description": None,
        "unitLabel": "tokens",
    }
    assert message["grant"] == {
        "id": grant["grantId"],
        "entityId": grant["id"],
        "displayName": "Grant",
        "grantType": "PROMOTIONAL",
        "priority": 0,
        "effectiveAt": grant["effectiveAt"],
        "expireAt": None,
        "amount": 1000,
        "remainingBalance": 200,
        "cost": {"amount": 0, "currency": "USD"},
    }
    assert message["customer"]["id"] == "customer-1"
    assert message["eventId"]
    assert not any(name.startswith("previous") for name in message)


@pytest.mark.parametrize(
    ("configuration", "thresholds"),
    [
        (None, [20]),
        ({"CREDIT_BALANCE_LOW": {"thresholds": [75, 10]}}, [75, 10]),
    ],
)
async def test_each_hook_has_its_own_thresholds(
    configuration: Any,
    thresholds: list[int],
    credits: Credits,
    execute: Execute,
    environment: TestEnvironment,
    receiver: Receiver,
    real: MovableClock,
) -> None:
    types = ("CREDIT_BALANCE_LOW", "CREDIT_GRANT_BALANCE_LOW")
    await hook(execute, receiver, *types, configuration=configuration)
    await credits.grant(100)
    for index in range(10):
        await credits.consume(10, f"k{index}")
    await send_due(environment, receiver, real)
    told = [(m["type"], m["thresholdPercentage"]) for m in receiver.messages]
    assert sorted(told) == sorted(
        (type_, threshold)
        for type_ in ("credit_balance.low", "credit_grant.balance.low")
        for threshold in thresholds
    )


async def test_a_grants_life_is_told(
    credits: Credits,
    execute: Execute,
    environment: TestEnvironment,
    receiver: Receiver,
    clock: MovableClock,
    real: MovableClock,
) -> None:
    types = [
        *(
            f"CREDIT_GRANT_{verb}"
            for verb in ["CREATED", "UPDATED", "DEPLETED", "EXPIRED", "VOIDED"]
        ),
        "CREDIT_BALANCE_DEPLETED",
    ]
    await hook(execute, receiver, *types)
    first = await credits.grant(10, displayName="first")
    await credits.try_update(first["id"], displayName="First")
    await credits.consume(10)
    second = await credits.grant(5, displayName="second")
    await credits.try_void(second["id"])
    ends = clock() + DAY
    await credits.grant(5, displayName="third", expireAt=wire_time(ends))
    clock.move(days=2)
    await run_due(environment.runtime, clock())
    await send_due(environment, receiver, real)
    told = [(m["type"], m.get("grant", {}).get("displayName")) for m in receiver.messages]
    assert sorted(told, key=str) == sorted(
        [
            ("credit_grant.created", "first"),
            ("credit_grant.updated", "First"),
            ("credit_grant.depleted", "First"),
            ("credit_balance.depleted", None),
            ("credit_grant.created", "second"),
            ("credit_grant.voided", "second"),
            ("credit_balance.depleted", None),
            ("credit_grant.created", "third"),
            ("credit_grant.expired", "third"),
            ("credit_balance.depleted", None),
        ],
        key=str,
    )
    expired = next(m for m in receiver.messages if m["type"] == "credit_grant.expired")
    assert expired["timestamp"] == wire_time(ends)
    assert expired["grant"]["remainingBalance"] == 5
    depleted = next(m for m in receiver.messages if m["type"] == "credit_balance.depleted")
    assert (depleted["totalGranted"], depleted["remainingBalance"]) == (10, 0)
    assert (depleted["consumedPercentage"], depleted["remainingBalancePercentage"]) == (100, 0)


async def test_the_runner_begins_and_ends_grants_once(
    credits: Credits, execute: Execute, environment: TestEnvironment, clock: MovableClock
) -> None:
    await credits.grant(7, effectiveAt=wire_time(clock() + DAY))
    await credits.grant(5, expireAt=wire_time(clock() + 2 * DAY))
    clock.move(days=3)
    for _ in range(2):
        await run_due(environment.runtime, clock())
    assert [amount for _, amount in await credits.entries()] == [5, 7, -5]


async def test_balances_are_told_live(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    execute = told_at_once(app, environment)
    await world.customer()
    await make_currency(execute)
    credits = Credits(execute)
    async with AsyncExitStack() as stack:
        key = environment.server_key
        balance = await subscriber(stack, app, BALANCE_UPDATED, apiKey=key)
        usage = await subscriber(stack, app, USAGE_V2, apiKey=key)
        await credits.grant(100)
        assert (await balance.data())["creditBalanceUpdated"]["currentBalance"] == 100
        assert (await usage.data())["usageUpdatedV2"]["usage"]["currentUsage"] == 0
        await credits.consume(30)
        assert (await balance.data())["creditBalanceUpdated"] == {
            "customerId": "customer-1",
            "resourceId": None,
            "currencyId": "tokens",
            "currentBalance": 70,
            "totalGranted": 100,
            "totalConsumed": 30,
            "validUntil": None,
            "currency": {"displayName": "Tokens", "units": {"plural": "tokens"}},
        }
        assert (await usage.data())["usageUpdatedV2"] == {
            "customerId": "customer-1",
            "entitlementReference": {"id": "tokens", "type": "CREDIT"},
            "usage": {"currentUsage": 30, "usagePeriodEnd": None},
        }


def told_at_once(app: Starlette, environment: TestEnvironment) -> Execute:
    """As the fixture `execute`, on the running application: its listeners hear of it."""
    from functools import partial

    from tests.support import execute_document

    runtime = app.state.composition.runtime(environment.runtime.environment)
    return partial(execute_document, runtime)

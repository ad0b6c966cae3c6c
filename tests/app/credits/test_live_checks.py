"""Wallets that flip what may be used, as subscribers hear of it (entitlements §10)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette

from app.usecases.credits.wallets import run_due_credits
from domain.periods import wire_time
from tests.app.credits.backed import Product, backed
from tests.app.credits.conftest import Credits, make_currency
from tests.app.credits.test_checks import soften
from tests.app.credits.test_events import told_at_once
from tests.app.http.conftest import app
from tests.app.http.test_live_usage import subscriber
from tests.support import MovableClock, TestEnvironment
from tests.world import World

__all__ = ["app"]

FIRST = "subscription { entitlementsUpdated { resourceId entitlements { isGranted } } }"
SECOND = """subscription { entitlementsUpdatedV2 { resourceId entitlements {
  ... on FeatureEntitlement { feature { refId } isGranted accessDeniedReason }
  ... on CreditEntitlement { currency { currencyId } isGranted usageLimit }
} } }"""
USAGE = """subscription { usageUpdated {
  usage { currentUsage } entitlement { isGranted accessDeniedReason }
} }"""


@pytest.fixture
async def credits(app: Starlette, environment: TestEnvironment, world: World) -> Credits:
    """As everywhere, on the running application: its listeners hear of it."""
    execute = told_at_once(app, environment)
    await world.customer()
    await make_currency(execute)
    return Credits(execute)


async def test_a_hard_wallet_that_crosses_zero_is_told(
    app: Starlette, environment: TestEnvironment, world: World, credits: Credits
) -> None:
    await backed(world)
    key = environment.server_key
    async with AsyncExitStack() as stack:
        first = await subscriber(stack, app, FIRST, apiKey=key)
        second = await subscriber(stack, app, SECOND, apiKey=key)

        async def told() -> tuple[Any, Any]:
            old = (await first.data())["entitlementsUpdated"]["entitlements"]
            new = (await second.data())["entitlementsUpdatedV2"]["entitlements"]
            return old, new

        await credits.grant(10)
        feature = {"feature": {"refId": "feature-f"}}
        assert await told() == (
            [{"isGranted": True}],
            [
                feature | {"isGranted": True, "accessDeniedReason": None},
                {"currency": {"currencyId": "tokens"}, "isGranted": True, "usageLimit": 10},
            ],
        )
        # What leaves something is no news of what may be used.
        await credits.consume(4, "a")
        await credits.consume(6, "b")
        assert await told() == (
            [{"isGranted": False}],
            [
                feature | {"isGranted": False, "accessDeniedReason": "InsufficientCredits"},
                {"currency": {"currencyId": "tokens"}, "isGranted": False, "usageLimit": 10},
            ],
        )
        # Nor is what deepens a deficit, or leaves one.
        await credits.consume(6, "c")
        await credits.grant(5)
        await credits.grant(5)
        assert (await told())[0] == [{"isGranted": True}]


async def test_a_wallet_that_pays_for_no_feature_is_news_of_the_second_version_alone(
    app: Starlette, environment: TestEnvironment, credits: Credits, world: World
) -> None:
    await world.resource("r1")
    key = environment.server_key
    async with AsyncExitStack() as stack:
        first = await subscriber(stack, app, FIRST, apiKey=key)
        second = await subscriber(stack, app, SECOND, apiKey=key)
        await credits.grant(10, resourceId="r1")
        assert (await second.data())["entitlementsUpdatedV2"]["resourceId"] == "r1"
        await backed(world)
        assert (await first.data())["entitlementsUpdated"]["resourceId"] is None


async def test_a_soft_wallet_flips_nothing(
    app: Starlette, environment: TestEnvironment, world: World, credits: Credits
) -> None:
    await backed(world)
    await soften(world)
    await credits.grant(10)
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, SECOND, apiKey=environment.server_key)
        await credits.consume(20)
        await make_currency(credits.execute, "gold")
        await credits.grant(1, currencyId="gold")
        rows = (await socket.data())["entitlementsUpdatedV2"]["entitlements"]
    assert [row["isGranted"] for row in rows] == [True, True, True]


async def test_a_reports_entitlement_shows_what_its_credits_leave(
    app: Starlette, environment: TestEnvironment, world: World, credits: Credits
) -> None:
    await backed(world)
    await credits.grant(4)
    product = Product(credits.execute)
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, USAGE, apiKey=environment.server_key)
        for value, reason in ((1, None), (1, "InsufficientCredits")):
            await product.report(value)
            told = (await socket.data())["usageUpdated"]["entitlement"]
            assert told == {"isGranted": reason is None, "accessDeniedReason": reason}


async def test_credits_that_expire_are_told(
    app: Starlette,
    environment: TestEnvironment,
    world: World,
    credits: Credits,
    clock: MovableClock,
) -> None:
    await backed(world)
    await credits.grant(4, expireAt=wire_time(clock() + timedelta(days=1)))
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, FIRST, apiKey=environment.server_key)
        clock.move(days=1)
        runtime = app.state.composition.runtime(environment.runtime.environment)
        for _ in range(2):
            await run_due_credits(runtime, clock())
        assert (await socket.data())["entitlementsUpdated"]["entitlements"] == [
            {"isGranted": False}
        ]

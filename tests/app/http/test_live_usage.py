"""Usage and entitlements as subscribers hear of them (entitlements §10)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import pytest
from starlette.applications import Starlette

from app.usecases.entitlements import view_scope
from app.usecases.usage import ReportUsage, report_usage
from domain.accounts.customer_tokens import sign
from domain.entitlements.model import Scope
from domain.metering.enums import UsageUpdateBehavior
from tests.sockets import SocketClient, connect, listening
from tests.support import TestEnvironment
from tests.world import World

USAGE = """subscription {
  usageUpdated {
    usage { customerId featureId currentUsage }
    entitlement { isGranted usageLimit currentUsage feature { refId } }
  }
}"""
USAGE_V2 = """subscription {
  usageUpdatedV2 { customerId entitlementReference { id type } usage { currentUsage } }
}"""
ENTITLEMENTS = """subscription {
  entitlementsUpdated {
    customerId accessDeniedReason entitlements { isGranted feature { refId } }
  }
}"""


async def report(world: World, value: int, customer: str = "customer-1") -> None:
    await report_usage(
        ReportUsage(
            scope=Scope(customer_ref_id=customer, resource_id=None),
            feature_ref_id="feature-f",
            value=Decimal(value),
            behavior=UsageUpdateBehavior.DELTA,
        ),
        runtime=world.runtime,
    )


async def subscriber(
    stack: AsyncExitStack, app: Starlette, query: str, **payload: Any
) -> SocketClient:
    before: int = app.state.live.listeners
    socket = await stack.enter_async_context(connect(app))
    assert (await socket.init(payload))["type"] == "connection_ack"
    await socket.subscribe(query)
    await listening(app, before + 1)
    return socket


async def test_each_report_is_told_with_the_full_entitlement(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    async with AsyncExitStack() as stack:
        first = await subscriber(stack, app, USAGE, apiKey=environment.server_key)
        second = await subscriber(stack, app, USAGE_V2, apiKey=environment.server_key)
        await report(world, 3)
        told = (await first.data())["usageUpdated"]
        assert told["usage"] == {
            "customerId": "customer-1",
            "featureId": "feature-f",
            "currentUsage": 3,
        }
        assert told["entitlement"] == {
            "isGranted": True,
            "usageLimit": 5,
            "currentUsage": 3,
            "feature": {"refId": "feature-f"},
        }
        assert (await second.data())["usageUpdatedV2"] == {
            "customerId": "customer-1",
            "entitlementReference": {"id": "feature-f", "type": "FEATURE"},
            "usage": {"currentUsage": 3},
        }


async def test_a_reached_limit_is_told_to_every_subscriber(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    """Example 28: hard 5, usage 4, two subscribers, DELTA 1."""
    await report(world, 4)
    async with AsyncExitStack() as stack:
        key = environment.server_key
        sockets = [await subscriber(stack, app, USAGE, apiKey=key) for _ in range(2)]
        for socket in sockets:
            await socket.subscribe(ENTITLEMENTS, id="2")
        await listening(app, 4)
        await report(world, 1)
        for socket in sockets:
            told = (await socket.data()) | (await socket.data())
            assert told["usageUpdated"]["usage"]["currentUsage"] == 5
            assert told["entitlementsUpdated"]["entitlements"] == [
                {"isGranted": False, "feature": {"refId": "feature-f"}}
            ]


async def test_a_change_of_subscription_is_told(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    await world.feature("feature-g")
    await world.plan("plan-b", world.gives("feature-g", limit=1))
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, ENTITLEMENTS, apiKey=environment.server_key)
        await world.subscribe("plan-b")
        told = (await socket.data())["entitlementsUpdated"]
    granted = [row["feature"]["refId"] for row in told["entitlements"]]
    assert granted == ["feature-f", "feature-g"]


async def test_a_change_for_all_scopes_is_told_once_a_scope(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    await world.resource("r1")
    scope = Scope(customer_ref_id="customer-1", resource_id="r1")
    await view_scope(scope, runtime=world.runtime)
    query = "subscription { entitlementsUpdated { resourceId entitlements { usageLimit } } }"
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, query, apiKey=environment.server_key)
        told, id = [], world.runtime.ids.new_uuid()
        for limit in (7, 8):
            await world.promote(id=id, limit=limit)
            told += [(await socket.data())["entitlementsUpdated"] for _ in range(2)]
    assert [(one["resourceId"], one["entitlements"]) for one in told] == [
        (resource, [{"usageLimit": limit}]) for limit in (7, 8) for resource in (None, "r1")
    ]


@pytest.mark.parametrize("by_token", [True, False])
async def test_a_client_key_hears_of_its_customer_only(
    app: Starlette, environment: TestEnvironment, world: World, by_token: bool
) -> None:
    token = sign("customer-2", environment.environment.signing_token)
    named = {"customerToken": token} if by_token else {"customerId": "customer-2"}
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, USAGE, apiKey=environment.client_key, **named)
        await report(world, 1, "customer-1")
        await report(world, 1, "customer-2")
        told = (await socket.data())["usageUpdated"]
    assert told["usage"]["customerId"] == "customer-2"

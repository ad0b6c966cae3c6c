"""How a socket's life goes: who must say who it is, who hears what, and how it ends.

Source: platform §1.4, §4.5; entitlements §10.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette

from app.http.sockets import KEYS_CHECKED_EVERY_S
from domain.accounts.customer_tokens import sign
from persistence import live
from tests.app.http.test_live_usage import ENTITLEMENTS, USAGE, report, subscriber
from tests.app.http.test_sockets import PUBLISHED, open_socket, published, tell
from tests.sockets import Closed, SocketClient, connect, listening
from tests.support import WAIT_S, TestEnvironment
from tests.world import World

PROTOCOLS = pytest.mark.parametrize(
    ("protocol", "start", "stop"),
    [("graphql-transport-ws", "subscribe", "complete"), ("graphql-ws", "start", "stop")],
)
ENTITLEMENT = """{ entitlement(query: {customerId: "customer-1", featureId: "feature-f"}) {
  currentUsage } }"""


async def harden(environment: TestEnvironment) -> None:
    async with environment.runtime.new_unit_of_work() as work:
        hardened = replace(environment.environment, harden_client_access_enabled=True)
        await work.accounts.save_environment(hardened)
        await work.commit()


async def expire(environment: TestEnvironment, token: str) -> None:
    async with environment.runtime.new_unit_of_work() as work:
        for key in await work.accounts.keys_for_update(environment.environment.id):
            if key.token == token:
                await work.accounts.save_key(replace(key, expire_at=environment.clock()))
        await work.commit()


async def quiet(app: Starlette) -> None:
    """Return once nobody listens any more."""
    async with asyncio.timeout(WAIT_S):
        while app.state.live.listeners:  # noqa: ASYNC110 - the hub has no event for it
            await asyncio.sleep(0)


# --- beginning ----------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["graphql-transport-ws", "graphql-ws"])
async def test_who_does_not_say_who_it_is_in_time_is_closed(app: Starlette, protocol: str) -> None:
    app.state.sockets.init_timeout_s = 0
    async with connect(app, protocol=protocol) as socket:
        with pytest.raises(Closed) as closed:
            await socket.receive()
    assert closed.value.code == 4408


@pytest.mark.parametrize("nested", [True, False])
async def test_customer_and_token_may_stand_under_headers(
    app: Starlette, environment: TestEnvironment, world: World, nested: bool
) -> None:
    token = sign("customer-2", environment.environment.signing_token)
    for named in (
        {"customerId": "customer-2"},
        {"X-Customer-Token": token},
        {"customerToken": token},
        {"Authorization": token},
    ):
        given = {"apiKey": environment.client_key, **named}
        async with AsyncExitStack() as stack:
            payload = {"headers": given} if nested else given
            socket = await subscriber(stack, app, USAGE, **payload)
            await report(world, 1, "customer-1")
            await report(world, 1, "customer-2")
            told = (await socket.data())["usageUpdated"]
        assert told["usage"]["customerId"] == "customer-2"
        await quiet(app)


async def test_a_token_wrongly_signed_closes_with_4403(
    app: Starlette, environment: TestEnvironment
) -> None:
    token = sign("customer-1", "another secret")
    async with connect(app) as socket:
        with pytest.raises(Closed) as closed:
            await socket.init({"apiKey": environment.client_key, "customerToken": token})
    assert closed.value.code == 4403


# --- hardened access ----------------------------------------------------------------------------


async def test_hardened_a_client_key_without_a_token_hears_of_no_customer(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    await harden(environment)
    async with connect(app) as socket:
        await open_socket(socket, environment.client_key, customerId="customer-1")
        await socket.subscribe(USAGE)
        refused = await socket.receive()
        assert refused["payload"][0]["extensions"]["code"] == "Unauthenticated"
        await socket.subscribe(PUBLISHED, id="2")
        await listening(app)
        await tell(environment, published("plan-a"))
        assert (await socket.data())["packagePublished"]["packageRefId"] == "plan-a"


async def test_hardened_the_token_says_whose_news_it_is(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    await harden(environment)
    token = sign("customer-2", environment.environment.signing_token)
    named = {"customerToken": token, "customerId": "customer-1"}
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, USAGE, apiKey=environment.client_key, **named)
        await report(world, 1, "customer-1")
        await report(world, 1, "customer-2")
        told = (await socket.data())["usageUpdated"]
        assert told["usage"]["customerId"] == "customer-2"
        await socket.subscribe(ENTITLEMENT, id="2")
        refused = await socket.receive()
    assert refused["payload"][0]["extensions"]["code"] == "AuthCustomerMismatch"


async def test_a_client_key_that_names_nobody_hears_what_is_nobodys(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    async with connect(app) as socket:
        await open_socket(socket, environment.client_key)
        await socket.subscribe(USAGE)
        await socket.subscribe(PUBLISHED, id="2")
        await listening(app, 2)
        await report(world, 1)
        runtime = world.runtime
        async with runtime.new_unit_of_work() as work:
            work.publish(published("plan-a"))
            await work.commit()
        assert await socket.data() == {
            "packagePublished": {
                "packageRefId": "plan-a",
                "packageType": "Plan",
                "packageVersion": 0,
            }
        }


# --- ending -------------------------------------------------------------------------------------


@PROTOCOLS
async def test_a_key_revoked_while_subscribed_ends_the_socket(
    app: Starlette, environment: TestEnvironment, protocol: str, start: str, stop: str
) -> None:
    async with connect(app, protocol=protocol) as socket:
        await open_socket(socket, environment.server_key)
        await socket.subscribe(PUBLISHED, type=start)
        await listening(app)
        await expire(environment, environment.server_key)
        await app.state.sockets.check_keys()
        with pytest.raises(Closed) as closed:
            await socket.receive()
    assert closed.value.code == 4401
    assert app.state.live.listeners == 0


def test_keys_are_looked_at_within_a_minute() -> None:
    assert KEYS_CHECKED_EVERY_S <= 60


@PROTOCOLS
async def test_unsubscribing_keeps_nothing(
    app: Starlette, environment: TestEnvironment, protocol: str, start: str, stop: str
) -> None:
    async with connect(app, protocol=protocol) as socket:
        await open_socket(socket, environment.server_key)
        for number in range(3):
            await socket.subscribe(PUBLISHED, id=str(number), type=start)
        await listening(app, 3)
        for number in range(3):
            await socket.send({"type": stop, "id": str(number)})
        await quiet(app)
        assert app.state.live._queues == set()
    assert app.state.sockets.sockets == set()


async def test_a_subscriber_that_goes_away_keeps_nothing(
    app: Starlette, environment: TestEnvironment
) -> None:
    async with connect(app) as socket:
        await open_socket(socket, environment.server_key)
        await socket.subscribe(PUBLISHED)
        await listening(app)
    assert app.state.live._queues == set()
    assert app.state.sockets.sockets == set()


@PROTOCOLS
async def test_a_reader_that_falls_behind_is_closed_and_told_why(
    app: Starlette,
    environment: TestEnvironment,
    monkeypatch: pytest.MonkeyPatch,
    protocol: str,
    start: str,
    stop: str,
) -> None:
    monkeypatch.setattr(live, "WAITING_MAX", 5)
    async with connect(app, protocol=protocol, reads_ahead=1) as socket:
        await open_socket(socket, environment.server_key)
        await socket.subscribe(PUBLISHED, type=start)
        await listening(app)
        await tell(environment, *(published("p", version) for version in range(20)))
        await app.state.live.read()
        closed = await read_on(socket)
    assert closed.code == 4413


async def read_on(socket: SocketClient) -> Closed:
    """Read until the server closes."""
    while True:
        try:
            await socket.receive()
        except Closed as closed:
            return closed


# --- coming back --------------------------------------------------------------------------------


async def test_after_a_reconnect_nothing_is_replayed_and_the_state_is_right(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    key = environment.server_key
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, USAGE, apiKey=key)
        await report(world, 1)
        assert (await socket.data())["usageUpdated"]["usage"]["currentUsage"] == 1
    await report(world, 1)
    async with AsyncExitStack() as stack:
        socket = await subscriber(stack, app, USAGE, apiKey=key)
        await socket.subscribe(ENTITLEMENT, id="2")
        assert await socket.data() == {"entitlement": {"currentUsage": 2}}
        assert (await socket.receive())["type"] == "complete"
        await report(world, 1)
        assert (await socket.data())["usageUpdated"]["usage"]["currentUsage"] == 3


async def test_a_customer_that_is_made_later_is_heard_of(
    app: Starlette, environment: TestEnvironment, world: World
) -> None:
    async with AsyncExitStack() as stack:
        socket = await subscriber(
            stack, app, ENTITLEMENTS, apiKey=environment.client_key, customerId="customer-3"
        )
        await world.customer("customer-3")
        await world.subscribe("plan-a", "customer-3")
        told = (await socket.data())["entitlementsUpdated"]
    assert told["customerId"] == "customer-3"


async def test_the_legacy_protocol_keeps_alive_after_the_acknowledgement(
    app: Starlette, environment: TestEnvironment
) -> None:
    async with connect(app, protocol="graphql-ws") as socket:
        await socket.send(
            {"type": "connection_init", "payload": {"apiKey": environment.server_key}}
        )
        kinds = []
        for _ in range(2):
            message: dict[str, Any] = await socket.to_client.get()
            kinds.append(message["text"])
    assert kinds == ['{"type":"connection_ack"}', '{"type":"ka"}']

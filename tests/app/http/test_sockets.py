"""Who may open a socket, and what it hears (platform §4.5; entitlements §10)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from app.main import create_app
from domain.events import Event
from persistence import live
from persistence.live import LiveOutbox, Queue
from tests.conftest import Recorder
from tests.sockets import Closed, SocketClient, connect, listening
from tests.support import WAIT_S, TestEnvironment, new_environment, test_settings

PUBLISHED = "subscription { packagePublished { packageRefId packageType packageVersion } }"


@pytest.fixture
async def app(environment: TestEnvironment) -> AsyncIterator[Starlette]:
    app = create_app(test_settings(), composition=environment.composition)
    async with app.router.lifespan_context(app):
        yield app


def published(ref_id: str, version: int = 0) -> Event:
    return Event(
        type="PACKAGE_PUBLISHED",
        entity_type="Plan",
        entity_id=UUID(int=1),
        data={
            "accountId": "a",
            "environmentId": "e",
            "packageType": "Plan",
            "packageRefId": ref_id,
            "packageVersion": version,
            "migrationType": "NEW_CUSTOMERS",
        },
    )


async def tell(environment: TestEnvironment, *events: Event) -> None:
    async with environment.runtime.new_unit_of_work() as work:
        for event in events:
            work.publish(event)
        await work.commit()


@pytest.mark.parametrize(
    "payload",
    [
        {"X-API-KEY": "{key}"},
        {"x-api-key": "{key}"},
        {"apiKey": "{key}"},
        {"headers": {"x-api-key": "{key}"}},
        {"headers": {"APIKEY": "{key}"}},
    ],
)
async def test_the_key_may_stand_anywhere_in_the_payload(
    app: Starlette, environment: TestEnvironment, payload: dict[str, Any]
) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(inner) for name, inner in value.items()}
        return environment.server_key

    async with connect(app) as socket:
        assert (await socket.init(filled(payload)))["type"] == "connection_ack"


async def test_the_key_may_come_with_the_upgrade(
    app: Starlette, environment: TestEnvironment
) -> None:
    async with connect(app, headers={"X-API-KEY": environment.server_key}) as socket:
        assert (await socket.init())["type"] == "connection_ack"


@pytest.mark.parametrize("payload", [{}, {"apiKey": "server-wrong"}])
async def test_a_wrong_key_closes_with_4403(app: Starlette, payload: dict[str, Any]) -> None:
    async with connect(app) as socket:
        with pytest.raises(Closed) as closed:
            await socket.init(payload)
    assert closed.value.code == 4403


async def test_the_legacy_protocol_says_connection_error(app: Starlette) -> None:
    async with connect(app, protocol="graphql-ws") as socket:
        assert (await socket.init({"apiKey": "no"}))["type"] == "connection_error"
        with pytest.raises(Closed):
            await socket.receive()


async def open_socket(socket: SocketClient, key: str, **more: Any) -> None:
    assert (await socket.init({"apiKey": key, **more}))["type"] == "connection_ack"


async def test_an_idle_socket_ends_with_its_key(
    app: Starlette, environment: TestEnvironment
) -> None:
    async with connect(app) as ended, connect(app) as stays:
        await open_socket(ended, environment.server_key)
        await open_socket(stays, environment.client_key)
        async with environment.runtime.new_unit_of_work() as work:
            keys = await work.accounts.keys_for_update(environment.environment.id)
            for key in keys:
                if key.token == environment.server_key:
                    await work.accounts.save_key(replace(key, expire_at=environment.clock()))
            await work.commit()
        await app.state.sockets.check_keys()
        with pytest.raises(Closed) as closed:
            await ended.receive()
        assert closed.value.code == 4401
        await stays.subscribe("{ __typename }")
        assert await stays.data() == {"__typename": "Query"}


async def test_a_key_that_ended_runs_nothing_more(
    app: Starlette, environment: TestEnvironment
) -> None:
    async with connect(app) as socket:
        await open_socket(socket, environment.server_key)
        async with environment.runtime.new_unit_of_work() as work:
            await work.accounts.save_environment(
                replace(environment.environment, archived_at=environment.clock())
            )
            await work.commit()
        await socket.subscribe("{ __typename }")
        refused = await socket.receive()
    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"]["code"] == "Unauthenticated"


async def test_queries_run_on_sockets(app: Starlette, environment: TestEnvironment) -> None:
    async with connect(app) as socket:
        await open_socket(socket, environment.server_key)
        await socket.subscribe("{ __typename }")
        assert await socket.data() == {"__typename": "Query"}
        assert (await socket.receive())["type"] == "complete"


async def test_a_client_key_is_as_narrow_on_a_socket(
    app: Starlette, environment: TestEnvironment
) -> None:
    async with connect(app) as socket:
        await open_socket(socket, environment.client_key)
        await socket.subscribe("{ customers { totalCount } }")
        refused = await socket.receive()
    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"]["code"] == "IdentityForbidden"


@pytest.mark.parametrize(
    ("protocol", "start"),
    [("graphql-transport-ws", "subscribe"), ("graphql-ws", "start")],
)
async def test_a_subscriber_hears_what_is_committed(
    app: Starlette, environment: TestEnvironment, protocol: str, start: str
) -> None:
    async with connect(app, protocol=protocol) as socket:
        await open_socket(socket, environment.server_key)
        await socket.subscribe(PUBLISHED, type=start)
        await listening(app)
        await tell(environment, published("plan-a"), published("plan-b"))
        heard = [(await socket.data())["packagePublished"]["packageRefId"] for _ in range(2)]
    assert heard == ["plan-a", "plan-b"]


async def test_other_environments_are_not_heard(
    app: Starlette, environment: TestEnvironment, engine: AsyncEngine
) -> None:
    other = await new_environment(engine)
    async with connect(app) as socket:
        await open_socket(socket, environment.server_key)
        await socket.subscribe(PUBLISHED)
        await listening(app)
        await tell(other, published("theirs"))
        await tell(environment, published("ours"))
        assert (await socket.data())["packagePublished"]["packageRefId"] == "ours"


async def test_what_was_rolled_back_is_never_heard(
    app: Starlette, environment: TestEnvironment
) -> None:
    async with connect(app) as socket:
        await open_socket(socket, environment.server_key)
        await socket.subscribe(PUBLISHED)
        await listening(app)
        async with environment.runtime.new_unit_of_work() as work:
            work.publish(published("never"))
        await tell(environment, published("told"))
        assert (await socket.data())["packagePublished"]["packageRefId"] == "told"


async def test_news_travels_between_processes(
    engine: AsyncEngine, environment: TestEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hubs stand for two processes: what one commits, the other is told of."""
    monkeypatch.setattr(live, "LOOK_ANYWAY_S", 10 * WAIT_S)  # so that it must be told
    here, there = LiveOutbox(engine), LiveOutbox(engine)
    async with here.running(), there.running():
        telling = replace(environment.composition, committed=here.committed)
        runtime = telling.runtime(environment.runtime.environment)
        async with there.listen(environment.environment.id, ["PACKAGE_PUBLISHED"]) as queue:
            async with runtime.new_unit_of_work() as work:
                work.publish(published("plan-a"))
                await work.commit()
            async with asyncio.timeout(WAIT_S):
                event = await anext(aiter(queue))
    assert event.data["packageRefId"] == "plan-a"


async def test_a_late_commit_is_found_behind_a_later_number(
    engine: AsyncEngine, environment: TestEnvironment
) -> None:
    hub = LiveOutbox(engine)
    scope = environment.environment.id
    async with hub.running(), hub.listen(scope, ["PACKAGE_PUBLISHED"]) as queue:
        async with environment.runtime.new_unit_of_work() as early:
            early.publish(published("early"))
            outbox: Any = early
            await outbox._outbox.write(outbox._connection, scope, outbox._events)
            outbox._events.clear()
            await tell(environment, published("late"))
            await hub.read()
            await early.commit()
        await hub.read()
        await hub.read()
        heard = [event.data["packageRefId"] for event in queue._waiting]
    assert heard == ["late", "early"]


async def test_a_listener_too_far_behind_is_dropped(
    engine: AsyncEngine, environment: TestEnvironment
) -> None:
    hub = LiveOutbox(engine)
    listening = hub.listen(environment.environment.id, ["PACKAGE_PUBLISHED"])
    async with hub.running(), listening as queue:
        await tell(environment, *(published("p", version) for version in range(1001)))
        await hub.read()
        assert [event async for event in queue] == []
        assert queue.too_slow


async def test_newer_usage_takes_the_place_of_what_waits(
    engine: AsyncEngine, environment: TestEnvironment
) -> None:
    def usage(feature: str, current: int) -> Event:
        return Event(
            type="MEASUREMENT_REPORTED",
            entity_type="Measurement",
            entity_id=UUID(int=current),
            data={"feature": {"id": feature}, "currentUsage": current},
        )

    hub = LiveOutbox(engine)
    listening = hub.listen(environment.environment.id, ["MEASUREMENT_REPORTED"])
    async with hub.running(), listening as queue:
        await tell(environment, usage("a", 1), usage("b", 1), usage("a", 2))
        await hub.read()
        assert waiting(queue) == [("b", 1), ("a", 2)]


def waiting(queue: Queue) -> list[tuple[str, int]]:
    return [(e.data["feature"]["id"], e.data["currentUsage"]) for e in queue._waiting]


async def test_without_listeners_no_event_is_read(
    engine: AsyncEngine, environment: TestEnvironment, count_statements: Recorder
) -> None:
    hub = LiveOutbox(engine)
    async with hub.running():
        await tell(environment, published("p"))
        with count_statements() as executed:
            await hub.read()
    assert executed == []


LISTENERS = text(
    """SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND query ~ '^(LISTEN|NOTIFY) "?plangate_outbox'"""
)


async def test_a_lost_connection_is_made_again(
    engine: AsyncEngine, environment: TestEnvironment
) -> None:
    async def listening_pids() -> set[int]:
        async with engine.connect() as connection:
            return set((await connection.execute(LISTENERS)).scalars())

    hub = LiveOutbox(engine)
    before = await listening_pids()
    async with hub.running(), asyncio.timeout(WAIT_S):
        while not (mine := await listening_pids() - before):
            pass
        async with engine.connect() as connection:
            for pid in mine:
                await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        while not await listening_pids() - before - mine:
            pass
        async with hub.listen(environment.environment.id, ["PACKAGE_PUBLISHED"]) as queue:
            await tell(environment, published("after"))
            event = await anext(aiter(queue))
    assert event.data["packageRefId"] == "after"

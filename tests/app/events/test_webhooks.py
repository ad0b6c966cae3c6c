"""Webhooks from the change to the receiver (platform §7; §11, 19-23)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import orjson
import pytest

from app.http.outbound import LINE_BYTES_MAX, OutboundPost, is_public
from app.main import worker_of
from app.ports import Runtime
from app.usecases.deliveries import AT_ONCE, deliver_due
from app.usecases.usage import ReportUsage, report_usage
from domain.entitlements.model import Scope
from domain.metering.enums import UsageUpdateBehavior
from domain.webhooks.model import ANSWER_TIMEOUT_S, Answer, signature_of
from tests.conftest import Execute
from tests.support import (
    WAIT_S,
    MovableClock,
    TestEnvironment,
    execute_document,
    test_settings,
)
from tests.world import World

CREATE_HOOK = """mutation ($hook: CreateHook!) {
  createOneHook(input: {hook: $hook}) { id endpoint secretKey status eventLogTypes }
}"""
CREATE_CUSTOMER = """mutation {
  provisionCustomer(input: {
    customerId: "c1", name: "Acme", email: "a@b.co", subscriptionParams: null
  }) { customer { id } }
}"""


@dataclass
class Receiver:
    """Remembers what it is sent and answers as told: `answers` first, then `then`."""

    endpoint: str
    answers: list[int] = field(default_factory=list)
    then: int = 204
    received: list[tuple[dict[str, Any], Mapping[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, endpoint: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if endpoint != self.endpoint:  # another test's, in the same database
            return Answer(code=204, text="No Content")
        self.received.append((orjson.loads(body), headers, body))
        return Answer(code=self.answers.pop(0) if self.answers else self.then, text="")

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [message for message, _, _ in self.received]


@pytest.fixture
def receiver(environment: TestEnvironment) -> Receiver:
    return Receiver(f"https://receiver.test/{environment.environment.id}")


async def hook(execute: Execute, receiver: Receiver, *types: str, **given: Any) -> Any:
    hook = {"endpoint": receiver.endpoint, "eventLogTypes": list(types), **given}
    return (await execute(CREATE_HOOK, {"hook": hook})).ok["createOneHook"]


async def send_due(environment: TestEnvironment, receiver: Receiver, clock: MovableClock) -> None:
    """Make the attempts that are due by `clock`."""
    composition = replace(environment.composition, post=receiver, now=clock)
    means = worker_of(test_settings(), composition).delivering
    while await deliver_due(means) == AT_ONCE:  # other tests' may be due before
        pass


async def send_all(environment: TestEnvironment, receiver: Receiver, clock: MovableClock) -> None:
    """As `send_due`, whatever other tests have left behind."""
    composition = replace(environment.composition, post=receiver, now=clock)
    while await deliver_due(worker_of(test_settings(), composition).delivering):
        pass


@pytest.fixture
def real(clock: MovableClock) -> MovableClock:
    """Real time, far enough ahead that whatever was just queued is due."""
    from app.clock import system_now

    return MovableClock(system_now() + timedelta(days=1))


async def test_a_new_customer_is_told_in_the_flat_envelope(
    execute: Execute, environment: TestEnvironment, receiver: Receiver, real: MovableClock
) -> None:
    made = await hook(execute, receiver, "CUSTOMER_CREATED")
    assert made["status"] == "ACTIVE"
    assert not (await execute(CREATE_CUSTOMER)).errors
    await send_due(environment, receiver, real)

    ((message, headers, body),) = receiver.received
    assert message["type"] == "customer.created"
    assert message["id"] == "c1"
    assert message["name"] == "Acme"
    assert message["email"] == "a@b.co"
    assert message["billingId"] is None
    assert message["accountId"] == str(environment.environment.account_id)
    assert message["environmentId"] == str(environment.environment.id)
    assert message["timestamp"].endswith("Z")
    assert {"messageId", "traceId", "entityId"} <= message.keys()
    assert "data" not in message
    assert headers["Stigg-Webhooks-Secret"] == made["secretKey"]
    assert headers["X-Webhook-Signature"] == signature_of(body, made["secretKey"])


async def test_a_dead_endpoint_is_tried_six_times(
    execute: Execute, environment: TestEnvironment, receiver: Receiver, real: MovableClock
) -> None:
    receiver.then = 500
    await hook(execute, receiver, "CUSTOMER_CREATED")
    await execute(CREATE_CUSTOMER)
    tried_at: list[int] = []
    for second in range(200):
        while True:
            before = len(receiver.received)
            await send_due(environment, receiver, real) if second % 10 == 0 else None
            if len(receiver.received) == before:
                break
            tried_at.append(second)
        real.move(seconds=1)
    assert tried_at == [0, 0, 0, 30, 60, 90]
    assert len({message["messageId"] for message in receiver.messages}) == 1


async def test_the_third_answer_may_be_the_right_one(
    execute: Execute, environment: TestEnvironment, receiver: Receiver, real: MovableClock
) -> None:
    receiver.answers = [500, 500, 204]
    await hook(execute, receiver, "CUSTOMER_CREATED")
    await execute(CREATE_CUSTOMER)
    for _ in range(6):
        await send_due(environment, receiver, real)
        real.move(seconds=60)
    assert len(receiver.received) == 3


async def test_a_claim_that_was_never_answered_is_made_again(
    execute: Execute, environment: TestEnvironment, receiver: Receiver, real: MovableClock
) -> None:
    await hook(execute, receiver, "CUSTOMER_CREATED")
    await execute(CREATE_CUSTOMER)
    composition = replace(environment.composition, post=receiver, now=real)
    queue = worker_of(test_settings(), composition).delivering.queue
    await queue.claim(now=real(), most=10_000)  # and the process dies
    await send_due(environment, receiver, real)
    assert receiver.received == []
    real.move(seconds=61)
    await send_due(environment, receiver, real)
    assert len(receiver.received) == 1


async def test_a_slow_receiver_holds_up_nobody_else(
    execute: Execute, environment: TestEnvironment, receiver: Receiver, real: MovableClock
) -> None:
    slow = Receiver(f"{receiver.endpoint}/slow")
    never = asyncio.Event()
    all_there = asyncio.Event()

    async def post(endpoint: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if endpoint == slow.endpoint:
            await never.wait()
        answer = await receiver(endpoint, body, headers)
        if len(receiver.received) == 2:
            all_there.set()
        return answer

    await hook(execute, slow, "CUSTOMER_CREATED")
    await hook(execute, receiver, "CUSTOMER_CREATED", "CUSTOMER_UPDATED")
    await execute(CREATE_CUSTOMER)

    async def no_runtimes() -> list[Runtime]:
        return []  # other tests' environments have transitions due

    composition = replace(environment.composition, post=post, now=real)
    worker = replace(worker_of(test_settings(), composition), runtimes=no_runtimes)
    async with worker.running():
        update = 'mutation { updateOneCustomer(input: {customerId: "c1", name: "B"}) { id } }'
        assert not (await execute(update)).errors
        worker.wake()
        async with asyncio.timeout(WAIT_S):
            await all_there.wait()
    assert {m["type"] for m in receiver.messages} == {"customer.created", "customer.updated"}


async def test_an_inactive_hook_is_told_nothing_later_either(
    execute: Execute, environment: TestEnvironment, receiver: Receiver, real: MovableClock
) -> None:
    made = await hook(execute, receiver, "CUSTOMER_CREATED", status="INACTIVE")
    await execute(CREATE_CUSTOMER)
    activate = """mutation ($id: String!) {
      updateOneHook(input: {id: $id, update: {status: ACTIVE}}) { status }
    }"""
    answer = await execute(activate, {"id": made["id"]})
    assert answer.ok["updateOneHook"]["status"] == "ACTIVE"
    await send_due(environment, receiver, real)
    assert receiver.received == []


@pytest.fixture
async def world(environment: TestEnvironment) -> World:
    """A customer with a hard limit of 12."""
    world = World(environment.runtime)
    await world.feature()
    await world.plan("plan-a", world.gives(limit=12))
    await world.customer()
    await world.subscribe("plan-a")
    return world


async def report(world: World, value: int) -> None:
    await report_usage(
        ReportUsage(
            scope=Scope(customer_ref_id="customer-1", resource_id=None),
            feature_ref_id="feature-f",
            value=Decimal(value),
            behavior=UsageUpdateBehavior.SET,
        ),
        runtime=world.runtime,
    )


async def test_thresholds_are_the_hooks_own_and_told_once(
    execute: Execute,
    environment: TestEnvironment,
    receiver: Receiver,
    real: MovableClock,
    world: World,
) -> None:
    configuration = {"ENTITLEMENT_USAGE_EXCEEDED": {"thresholds": [50, 80, 100]}}
    await hook(execute, receiver, "ENTITLEMENT_USAGE_EXCEEDED", configuration=configuration)
    await report(world, 5)
    for usage in (10, 11, 12):
        await report(world, usage)
    await send_due(environment, receiver, real)
    told = sorted(
        (message["usageUsedPercentage"], message["thresholdPercentage"])
        for message in receiver.messages
    )
    assert told == [(83, 80), (100, 100)]
    assert {message["type"] for message in receiver.messages} == {"entitlement.usage_exceeded"}
    message = receiver.messages[0]
    assert message["usageLimit"] == 12
    assert message["feature"]["id"] == "feature-f"
    (subscription,) = message["activeSubscriptions"]
    assert subscription["plan"] == {"id": "plan-a", "name": world.packages["plan-a"].display_name}
    assert {"usagePeriodStart", "usagePeriodEnd", "resetPeriod"} <= message.keys()


async def test_changed_entitlements_are_told_in_full(
    execute: Execute,
    environment: TestEnvironment,
    receiver: Receiver,
    real: MovableClock,
    world: World,
) -> None:
    await hook(execute, receiver, "ENTITLEMENTS_UPDATED")
    await world.subscribe("plan-a")
    await send_due(environment, receiver, real)
    (message,) = receiver.messages
    assert message["type"] == "entitlements.updated"
    assert message["customer"]["id"] == "customer-1"
    (row,) = message["entitlements"]
    assert (row["feature"]["id"], row["usageLimit"], row["isGranted"]) == ("feature-f", 12, True)


async def test_a_change_for_all_of_a_customers_scopes_is_a_message_each(
    execute: Execute,
    environment: TestEnvironment,
    receiver: Receiver,
    real: MovableClock,
    world: World,
) -> None:
    """The scope without a resource, and those of the resources that somebody has asked for."""
    asked = "query ($query: FetchEntitlementsQuery!) { entitlements(query: $query) { isGranted } }"
    for resource_id in ("r2", "r1", "r3"):
        await world.resource(resource_id)
        if resource_id != "r3":
            query = {"customerId": "customer-1", "resourceId": resource_id}
            assert not (await execute(asked, {"query": query})).errors
    await hook(execute, receiver, "ENTITLEMENTS_UPDATED")
    await world.feature("feature-g")
    await world.plan("plan-g", world.gives("feature-g", limit=1))
    await world.subscribe("plan-g", resource_id=world.resources["r1"].id)
    await send_due(environment, receiver, real)
    told = {
        m["resource"] and m["resource"]["id"]: [row["feature"]["id"] for row in m["entitlements"]]
        for m in receiver.messages
    }
    assert len(receiver.messages) == 3
    assert told == {
        None: ["feature-f"],
        "r1": ["feature-f", "feature-g"],
        "r2": ["feature-f"],
    }


async def test_a_deleted_hook_is_gone(execute: Execute, receiver: Receiver) -> None:
    made = await hook(execute, receiver, "CUSTOMER_CREATED")
    delete = "mutation ($id: String!) { deleteOneHook(input: {id: $id}) { id endpoint } }"
    answer = await execute(delete, {"id": made["id"]})
    assert answer.ok["deleteOneHook"]["id"] == made["id"]
    found = await execute("query ($id: UUID!) { hook(id: $id) { id } }", {"id": made["id"]})
    assert found.ok == {"hook": None}
    assert (await execute("{ hooks { totalCount } }")).ok == {"hooks": {"totalCount": 0}}


@pytest.mark.parametrize(
    "given",
    [
        {"endpoint": "ftp://x.test"},
        {"endpoint": "/relative"},
        {"endpoint": "https://"},
        {"eventLogTypes": []},
        {"configuration": {"CUSTOMER_CREATED": {"thresholds": [1]}}},
        {"configuration": {"CREDIT_BALANCE_LOW": {"thresholds": ["x"]}}},
        {"configuration": []},
    ],
)
async def test_a_hook_that_cannot_be_meant_is_refused(execute: Execute, given: Any) -> None:
    hook = {"endpoint": "https://x.test", "eventLogTypes": ["CUSTOMER_CREATED"]} | given
    assert (await execute(CREATE_HOOK, {"hook": hook})).codes == ["InvalidArgumentError"]


async def test_the_event_log_names_actor_entity_and_hooks(
    execute: Execute, receiver: Receiver, environment: TestEnvironment
) -> None:
    made = await hook(execute, receiver, "CUSTOMER_CREATED")
    customer = (await execute(CREATE_CUSTOMER)).ok["provisionCustomer"]["customer"]["id"]
    document = """query ($filter: EventLogFilter) {
      eventLogs(filter: $filter) {
        edges { node {
          eventLogType entityId entityType traceId payload actor { type } webhooks { id }
        } }
      }
    }"""
    filters = {"entityId": {"eq": customer}, "eventLogType": {"eq": "CUSTOMER_CREATED"}}
    (edge,) = (await execute(document, {"filter": filters})).ok["eventLogs"]["edges"]
    node = edge["node"]
    assert node["entityId"] == customer
    assert node["entityType"] == "CUSTOMER"
    assert node["payload"]["id"] == "c1"
    assert node["webhooks"] == [{"id": made["id"]}]


async def test_old_events_are_forgotten_when_asked(
    execute: Execute, environment: TestEnvironment, clock: MovableClock
) -> None:
    await execute(CREATE_CUSTOMER)
    queue = worker_of(test_settings(), environment.composition).delivering.queue
    count = "{ eventLogs { edges { node { id } } } }"
    assert (await execute(count)).ok["eventLogs"]["edges"]
    await queue.forget_before(clock() + timedelta(seconds=1))
    assert (await execute(count)).ok["eventLogs"]["edges"] == []


SEND_TEST = """query ($url: String!, $env: String!) {
  sendTestHook(testHookInput: {
    endpointUrl: $url, environmentId: $env, hookEventType: CUSTOMER_CREATED
  }) { responseSuccess responseStatusCode responseStatusText }
}"""


@asynccontextmanager
async def http_server(status: str) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server on this machine that answers every request with `status`."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if b"Content-Length" in line)
        requests.append(head + await reader.readexactly(length))
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], requests


async def send_test(environment: TestEnvironment, post: Any, url: str) -> Any:
    runtime = replace(environment.runtime, post=post)
    variables = {"url": url, "env": str(environment.environment.id)}
    return (await execute_document(runtime, SEND_TEST, variables)).ok["sendTestHook"]


async def test_a_closed_port_is_an_answer_not_an_error(environment: TestEnvironment) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # kept from others, but nobody listens
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/hook"
        answer = await send_test(environment, OutboundPost(allow_private=True), url)
    assert answer["responseSuccess"] is False
    assert answer["responseStatusCode"] is None
    assert answer["responseStatusText"]


async def test_a_test_hook_is_a_real_post(environment: TestEnvironment) -> None:
    async with http_server("201 Created") as (port, requests):
        post = OutboundPost(allow_private=True)
        answer = await send_test(environment, post, f"http://127.0.0.1:{port}/hook?x=1")
    assert answer == {
        "responseSuccess": True,
        "responseStatusCode": 201,
        "responseStatusText": "Created",
    }
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?x=1 HTTP/1.1\r\n")
    assert orjson.loads(body)["type"] == "customer.created"


async def test_private_addresses_are_refused_unless_configured(
    environment: TestEnvironment,
) -> None:
    async with http_server("200 OK") as (port, requests):
        answer = await send_test(environment, OutboundPost(), f"http://localhost:{port}/")
    assert answer["responseSuccess"] is False
    assert requests == []


async def test_a_redirect_is_an_answer_that_is_not_followed(environment: TestEnvironment) -> None:
    async with (
        http_server("200 OK") as (port, elsewhere),
        http_server(f"302 Found\r\nLocation: http://127.0.0.1:{port}/") as (there, requests),
    ):
        post = OutboundPost(allow_private=True)
        answer = await send_test(environment, post, f"http://127.0.0.1:{there}/hook")
    assert (answer["responseSuccess"], answer["responseStatusCode"]) == (False, 302)
    assert (len(requests), elsewhere) == (1, [])


async def test_an_answer_without_an_end_of_line_is_no_answer(environment: TestEnvironment) -> None:
    async with http_server("200 " + "x" * 2 * LINE_BYTES_MAX) as (port, _):
        post = OutboundPost(allow_private=True)
        answer = await send_test(environment, post, f"http://127.0.0.1:{port}/")
    assert answer == {
        "responseSuccess": False,
        "responseStatusCode": None,
        "responseStatusText": "the answer is not HTTP",
    }


async def test_a_receiver_that_never_answers_is_given_up(environment: TestEnvironment) -> None:
    never = asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await never.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        post = OutboundPost(allow_private=True, timeout_s=0.01)
        port = server.sockets[0].getsockname()[1]
        answer = await send_test(environment, post, f"http://127.0.0.1:{port}/")
        never.set()
    assert answer == {
        "responseSuccess": False,
        "responseStatusCode": None,
        "responseStatusText": "no answer within 0.01 s",
    }
    assert ANSWER_TIMEOUT_S == 30


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("10.1.2.3", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("fd00::1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("2606:4700::1111", True),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_sample_data_is_told_before_anything_happens(execute: Execute) -> None:
    document = """{ testHookData(eventLogType: CUSTOMER_CREATED) {
      testHookEventType testHookPayload } }"""
    data = (await execute(document)).ok["testHookData"]
    assert data["testHookEventType"] == "customer.created"
    assert orjson.loads(data["testHookPayload"])["type"] == "customer.created"


async def test_a_refused_creation_reaches_the_receiver(
    environment: TestEnvironment, execute: Execute, receiver: Receiver, real: MovableClock
) -> None:
    await hook(execute, receiver, "CREATE_SUBSCRIPTION_FAILED")
    refused = (
        """mutation { provisionSubscriptionV2(input: {customerId: "c1", planId: "p1"}) { id } }"""
    )
    assert (await execute(refused)).codes == ["CustomerNotFound"]
    await send_due(environment, receiver, real)
    (message,) = receiver.messages
    assert message["type"] == "subscription.create_failed"
    assert message["error"] == {"code": "CustomerNotFound", "message": "Customer c1 not found"}
    assert message["input"]["planId"] == "p1"


async def test_the_worker_is_woken_for_deliveries_alone(
    execute: Execute, environment: TestEnvironment, receiver: Receiver
) -> None:
    woken: list[str] = []
    composition = replace(
        environment.composition,
        committed=lambda: woken.append("listeners"),
        queued=lambda: woken.append("worker"),
    )
    telling = partial(execute_document, composition.runtime(environment.runtime.environment))
    await telling(CREATE_CUSTOMER)
    assert set(woken) == {"listeners"}, "nobody wants to be told"
    await hook(execute, receiver, "CUSTOMER_CREATED")
    woken.clear()
    await telling(CREATE_CUSTOMER.replace('"c1"', '"c2"'))
    assert set(woken) == {"listeners", "worker"}

"""The event log: who did what to what, what was altered, asked and answered (platform §8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.main import worker_of
from domain.changes import REMOVED
from tests.app.packages.authoring import Author
from tests.app.subscriptions.shop import PROVISION, open_shop
from tests.builders import a_customer, a_plan
from tests.conftest import Execute, Recorder
from tests.support import Answer, TestEnvironment, test_settings
from tests.world import World

LOG = """query ($filter: EventLogFilter) {
  eventLogs(filter: $filter) { edges { node {
    eventLogType entityId entityType before after payload actor { type }
    request { body response traceId } traceId
  } } }
}"""
CREATE_CUSTOMER = """mutation Make($input: CustomerInput!) {
  createOneCustomer(input: $input) { id customerId }
}"""
UPDATE_CUSTOMER = """mutation Change($input: UpdateCustomerInput!) {
  updateOneCustomer(input: $input) { customerId name }
}"""
STREET = "1 Secret Street"


class Caller:
    """Calls over HTTP, as clients do: only there is a request to be logged."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        body = {"query": query, "variables": dict(variables or {})}
        answer = (await self._client.post("/graphql", json=body)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def log(self, *types: str) -> list[dict[str, Any]]:
        """The rows of these types, newest first."""
        found = await self(LOG, {"filter": {"eventLogType": {"in": list(types)}}})
        return [edge["node"] for edge in found["eventLogs"]["edges"]]


@pytest.fixture
def call(client: httpx.AsyncClient) -> Caller:
    return Caller(client)


async def test_an_update_tells_what_was_altered_and_by_whom(call: Caller) -> None:
    customer = {"customerId": "c1", "name": "Acme", "email": "a@b.co"}
    made = await call(CREATE_CUSTOMER, {"input": customer})
    await call(UPDATE_CUSTOMER, {"input": {"customerId": "c1", "name": "Acme 2", "crmId": "x"}})

    (node,) = await call.log("CUSTOMER_UPDATED")
    assert node["before"] == {"name": "Acme", "crmId": None}
    assert node["after"] == {"name": "Acme 2", "crmId": "x"}
    assert node["payload"]["name"] == "Acme 2"
    assert node["entityId"] == made["createOneCustomer"]["id"]
    assert node["actor"] == {"type": "APP_SERVER"}
    (created,) = await call.log("CUSTOMER_CREATED")
    assert (created["before"], created["after"]) == (None, None)


async def test_the_request_and_its_answer_stand_beside_the_effect(call: Caller) -> None:
    await call(CREATE_CUSTOMER, {"input": {"customerId": "c1", "name": "Acme"}})
    (node,) = await call.log("CUSTOMER_CREATED")
    customer = {"id": node["entityId"], "customerId": "c1"}
    assert node["request"] == {
        "body": {
            "operationName": "Make",
            "fields": [
                {
                    "name": "createOneCustomer",
                    "arguments": {"input": {"customerId": "c1", "name": "Acme"}},
                }
            ],
        },
        "response": {"data": {"createOneCustomer": customer}},
        "traceId": node["traceId"],
    }


async def test_what_is_written_into_the_document_is_logged_as_well(call: Caller) -> None:
    await call('mutation { createOneCustomer(input: {customerId: "c1", name: "A"}) { id } }')
    (node,) = await call.log("CUSTOMER_CREATED")
    body = node["request"]["body"]
    assert body["operationName"] is None
    assert body["fields"][0]["arguments"] == {"input": {"customerId": "c1", "name": "A"}}


async def test_literals_and_defaults_are_logged_as_they_were_meant(call: Caller) -> None:
    document = """mutation ($name: String = "A", $email: String) {
      createOneCustomer(input: {
        customerId: "c1", name: $name, email: $email, additionalMetaData: {n: 99999999999999999999}
      }) { id }
    }"""
    await call(document)
    (node,) = await call.log("CUSTOMER_CREATED")
    assert node["request"]["body"]["fields"][0]["arguments"] == {
        "input": {"customerId": "c1", "name": "A", "additionalMetaData": {"n": 1e20}}
    }


async def test_one_request_is_kept_once_for_all_its_effects(
    call: Caller, engine: AsyncEngine, environment: TestEnvironment
) -> None:
    items = [{"customerId": f"c{n}", "name": "N", "email": None} for n in range(3)]
    variables = {
        "input": {"customers": items, "environmentId": str(environment.environment.id)},
    }
    await call(
        "mutation ($input: ImportCustomerBulkInput!) { importCustomersBulk(input: $input) }",
        variables,
    )
    nodes = await call.log("CUSTOMER_CREATED")
    assert len(nodes) == 3
    assert len({str(node["request"]["body"]) for node in nodes}) == 1
    async with engine.connect() as connection:
        kept = await connection.scalar(
            text("SELECT count(*) FROM event_requests WHERE environment_id = :id"),
            {"id": environment.environment.id},
        )
    assert kept == 1


async def test_a_large_request_is_only_named(call: Caller) -> None:
    long = {"note": "x" * 20_000}
    input = {"customerId": "c1", "name": "A", "additionalMetaData": long}
    await call(CREATE_CUSTOMER, {"input": input})
    (node,) = await call.log("CUSTOMER_CREATED")
    assert node["request"]["body"] == {"operationName": "Make", "isTooLarge": True}


async def test_an_archived_customers_name_is_not_written_down_again(call: Caller) -> None:
    await call(CREATE_CUSTOMER, {"input": {"customerId": "c1", "name": "Forget Me"}})
    await call('mutation { archiveCustomer(input: {customerId: "c1"}) { id } }')
    (node,) = await call.log("CUSTOMER_DELETED")
    assert "Forget Me" not in str(node)
    assert list(node["after"]) == ["deletedAt"]


async def test_a_subscriptions_update_tells_before_and_after(
    call: Caller, environment: TestEnvironment
) -> None:
    await open_shop(environment.runtime, a_plan(), customers=(a_customer("c1"),))
    provisioned = await call(PROVISION, {"input": {"customerId": "c1", "planId": "plan-pro"}})
    one = provisioned["provisionSubscriptionV2"]["subscription"]["subscriptionId"]
    update = """mutation ($input: UpdateSubscriptionInput!) {
      updateOneSubscription(input: $input) { id }
    }"""
    await call(update, {"input": {"subscriptionId": one, "additionalMetaData": {"seat": "b"}}})
    (node,) = await call.log("SUBSCRIPTION_UPDATED")
    assert node["before"] == {"additionalMetaData": None}
    assert node["after"] == {"additionalMetaData": {"seat": "b"}}
    (created,) = await call.log("SUBSCRIPTION_CREATED")
    assert created["before"] is None


async def test_catalogue_updates_tell_before_and_after(
    call: Caller, execute: Execute, environment: TestEnvironment
) -> None:
    author = Author(execute, environment.runtime)
    product_id = await author.product()
    update = """mutation ($input: UpdateOneProductInput!) {
      updateOneProduct(input: $input) { id }
    }"""
    await call(update, {"input": {"id": product_id, "update": {"displayName": "New name"}}})
    (product,) = await call.log("PRODUCT_UPDATED")
    assert (product["before"], product["after"]) == (
        {"displayName": "App"},
        {"displayName": "New name"},
    )


async def test_secrets_never_reach_the_log(
    call: Caller, environment: TestEnvironment, engine: AsyncEngine
) -> None:
    information = {"billingAddress": {"addressLine1": STREET}, "taxIds": []}
    input = {"customerId": "c1", "name": "A", "billingInformation": information}
    await call(CREATE_CUSTOMER, {"input": input})
    await call(UPDATE_CUSTOMER, {"input": {"customerId": "c1", "billingInformation": information}})
    key = await call(
        """mutation ($input: CreateScopedApiKeyInput!) {
          createScopedApiKey(input: $input) { id renamed: token } }""",
        {
            "input": {
                "displayName": "k",
                "environmentId": str(environment.environment.id),
                "scopes": [{"resource": "CUSTOMER", "action": "READ"}],
            }
        },
    )
    token = key["createScopedApiKey"]["renamed"]
    assert token.startswith("server-")
    hook = await call(
        """mutation ($input: CreateOneHookInput!) {
          createOneHook(input: $input) { id s: secretKey } }""",
        {
            "input": {
                "hook": {
                    "endpoint": "https://receiver.test/",
                    "eventLogTypes": ["CUSTOMER_CREATED"],
                    "secretKey": "hook-secret-1",
                }
            }
        },
    )
    assert hook["createOneHook"]["s"] == "hook-secret-1"
    await call(
        """mutation ($input: UpdateOneHookInput!) { updateOneHook(input: $input) { id } }""",
        {"input": {"id": hook["createOneHook"]["id"], "update": {"secretKey": "hook-secret-2"}}},
    )
    await call(
        """mutation ($input: UpdateOneEnvironmentInput!) {
          updateOneEnvironment(input: $input) { id signingToken } }""",
        {"input": {"id": str(environment.environment.id), "update": {"displayName": "E"}}},
    )
    (changed,) = await call.log("HOOK_UPDATED")
    assert (changed["before"], changed["after"]) == (
        {"secretKey": REMOVED},
        {"secretKey": REMOVED},
    )
    (renamed,) = await call.log("ENVIRONMENT_UPDATED")
    assert renamed["after"] == {"displayName": "E"}

    dump = ""
    async with engine.connect() as connection:
        for table in ("events", "event_requests", "webhook_deliveries"):
            rows = await connection.execute(
                text(f"SELECT to_jsonb(t)::text FROM {table} t WHERE environment_id = :id"),
                {"id": environment.environment.id},
            )
            dump += "".join(row[0] for row in rows)
    assert "createScopedApiKey" in dump
    for secret in (
        STREET,
        token,
        "hook-secret-1",
        "hook-secret-2",
        environment.environment.signing_token,
        environment.server_key,
    ):
        assert secret not in dump


async def test_account_and_key_updates_tell_before_and_after(
    call: Caller, environment: TestEnvironment
) -> None:
    await call('mutation { updateAccount(input: {displayName: "New"}) { id } }')
    (account,) = await call.log("ACCOUNT_UPDATED")
    assert (account["before"], account["after"]) == (
        {"displayName": "Test"},
        {"displayName": "New"},
    )
    made = await call(
        """mutation ($input: CreateScopedApiKeyInput!) {
          createScopedApiKey(input: $input) { id } }""",
        {
            "input": {
                "displayName": "k",
                "environmentId": str(environment.environment.id),
                "scopes": [{"resource": "CUSTOMER", "action": "READ"}],
            }
        },
    )
    await call(
        "mutation ($input: UpdateApiKeyInput!) { updateApiKey(input: $input) { id } }",
        {
            "input": {
                "id": made["createScopedApiKey"]["id"],
                "environmentId": str(environment.environment.id),
                "displayName": "k2",
            }
        },
    )
    (key,) = await call.log("API_KEY_UPDATED")
    assert (key["before"], key["after"]) == ({"displayName": "k"}, {"displayName": "k2"})


REPORT = """mutation { reportUsage(input: {
  customerId: "customer-1", featureId: "feature-f", value: 1
}) { id } }"""


async def test_reporting_usage_keeps_no_request_and_costs_no_statement(
    call: Caller, environment: TestEnvironment, execute: Execute, count_statements: Recorder
) -> None:
    world = World(environment.runtime)
    await world.feature()
    await world.plan("plan-a", world.gives(limit=12))
    await world.customer()
    await world.subscribe("plan-a")
    first: Answer = await execute(REPORT)
    assert first.ok

    with count_statements() as inside:
        assert (await execute(REPORT)).ok
    with count_statements() as over_http:
        await call(REPORT)
    looked_up = [sql for sql in over_http if "api_keys" in sql or "FROM events" in sql]
    assert len(over_http) - len(looked_up) == len(inside)
    rows = await call.log("MEASUREMENT_REPORTED")
    assert {str(row["request"]["body"]) for row in rows} == {"None"}


async def test_requests_are_forgotten_with_the_events_that_came_of_them(
    call: Caller, environment: TestEnvironment, engine: AsyncEngine
) -> None:
    await call(CREATE_CUSTOMER, {"input": {"customerId": "c1", "name": "A"}})
    count = text("SELECT count(*) FROM event_requests WHERE environment_id = :id")
    queue = worker_of(test_settings(), environment.composition).delivering.queue
    for instant, left in ((environment.clock(), 1), (environment.clock() + timedelta(days=1), 0)):
        await queue.forget_before(instant)
        async with engine.connect() as connection:
            assert await connection.scalar(count, {"id": environment.environment.id}) == left


async def test_the_own_environment_may_be_asked_for_by_name(
    call: Caller, environment: TestEnvironment, execute: Execute
) -> None:
    await call(CREATE_CUSTOMER, {"input": {"customerId": "c1", "name": "A"}})
    own = {"environmentId": {"eq": str(environment.environment.id)}}
    assert len((await call(LOG, {"filter": own}))["eventLogs"]["edges"]) == 1
    for foreign in ("another", str(UUID(int=1))):
        answer = await execute(LOG, {"filter": {"environmentId": {"eq": foreign}}})
        assert answer.codes == ["AccessDeniedError"]

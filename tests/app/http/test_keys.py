"""Who may ask what: keys, scopes, client keys, hardened access (platform §11, 1-6 and 25)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ids import RandomIds
from domain.accounts.enums import ApiKeyType
from domain.accounts.model import ApiKey
from domain.accounts.scopes import (
    ApiKeyScope,
    ApiKeyScopeAction,
    ApiKeyScopeResource,
)
from tests.support import TestEnvironment, execute_document, new_environment

_ids = RandomIds()
TYPENAME = {"query": "{ __typename }"}
ARCHIVE = 'mutation { archiveCustomer(input: {customerId: "c1"}) { id } }'


def code_of(answer: httpx.Response) -> str:
    body = answer.json()
    assert "data" not in body
    return str(body["errors"][0]["extensions"]["code"])


async def post(
    client: httpx.AsyncClient, query: str, key: str | None = None, **headers: str
) -> httpx.Response:
    given = headers | ({"X-API-KEY": key} if key is not None else {})
    return await client.post("/graphql", json={"query": query}, headers=given)


async def scoped_key(environment: TestEnvironment, *scopes: str) -> str:
    """A scoped key with `"CUSTOMER:WRITE"`-like scopes; its token."""
    key = ApiKey(
        id=_ids.new_uuid(),
        environment_id=environment.environment.id,
        key_type=ApiKeyType.SCOPED,
        display_name="scoped",
        token=f"server-{_ids.new_hex(43)}",
        scopes=tuple(
            ApiKeyScope(
                resource=ApiKeyScopeResource(text.split(":")[0]),
                action=ApiKeyScopeAction(text.split(":")[1]),
            )
            for text in scopes
        ),
        created_at=environment.clock(),
    )
    await save(environment, key)
    return key.token


async def save(environment: TestEnvironment, key: ApiKey) -> None:
    async with environment.runtime.new_unit_of_work() as work:
        await work.accounts.save_key(key)
        await work.commit()


async def harden(environment: TestEnvironment, **changes: Any) -> None:
    async with environment.runtime.new_unit_of_work() as work:
        await work.accounts.save_environment(
            replace(environment.environment, harden_client_access_enabled=True, **changes)
        )
        await work.commit()


async def test_no_key_is_refused_with_both_codes(client: httpx.AsyncClient) -> None:
    del client.headers["X-API-KEY"]
    answer = await client.post("/graphql", json=TYPENAME)
    assert answer.status_code == 401
    assert code_of(answer) == "Unauthenticated"
    assert answer.json()["errors"][0]["extensions"]["documentedCode"] == "UNAUTHENTICATED"


async def test_an_expired_key_opens_nothing(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    token = await scoped_key(environment, "ENVIRONMENT:READ")
    assert (await post(client, "{ __typename }", token)).status_code == 200
    async with environment.runtime.new_unit_of_work() as work:
        keys = await work.accounts.keys_for_update(environment.environment.id)
        key = next(key for key in keys if key.token == token)
        await work.accounts.save_key(replace(key, expire_at=environment.clock()))
        await work.commit()
    assert (await post(client, "{ __typename }", token)).status_code == 401


async def test_keys_of_an_archived_environment_open_nothing(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    await harden(environment, archived_at=environment.clock())
    assert (await client.post("/graphql", json=TYPENAME)).status_code == 401


async def test_a_key_in_the_address_opens_introspection_only(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    del client.headers["X-API-KEY"]
    key = environment.server_key
    schema = await client.get(
        "/graphql", params={"apiKey": key, "query": "{__schema{queryType{name}}}"}
    )
    assert schema.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
    data = await client.get(
        "/graphql", params={"X-API-KEY": key, "query": "{customers{totalCount}}"}
    )
    assert data.status_code == 401
    assert code_of(data) == "Unauthenticated"


async def test_a_client_key_may_not_archive_customers(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    answer = await post(client, ARCHIVE, environment.client_key)
    assert answer.status_code == 403
    extensions = answer.json()["errors"][0]["extensions"]
    assert code_of(answer) == "IdentityForbidden"
    assert extensions["accessedField"] == "archiveCustomer"
    assert extensions["currentIdentityType"] == "APP_PUBLIC"
    assert extensions["requiredIdentityType"] == "APP_SERVER"


async def test_a_client_key_may_not_introspect(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    answer = await post(client, "{ __schema { queryType { name } } }", environment.client_key)
    assert code_of(answer) == "IdentityForbidden"


async def test_fields_behind_fragments_are_seen(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    document = "query { ...a } fragment a on Query { ... { customers { totalCount } } }"
    assert code_of(await post(client, document, environment.client_key)) == "IdentityForbidden"


GET_CUSTOMER = '{ getCustomerByRefId(input: {customerId: "c1"}) { id } }'
PROVISION = "mutation { provisionCustomer(input: {customerId: %s, subscriptionParams: %s})"
PROVISION += " { customer { id } } }"


@pytest.mark.parametrize(
    ("document", "allowed"),
    [
        ('mutation { updateOneCustomer(input: {refId: "c1", name: "N"}) { id } }', True),
        (GET_CUSTOMER, True),
        ("{ coupons { edges { node { id } } } }", False),
        (PROVISION % ('"c2"', '{planId: "p"}'), False),
        (PROVISION % ('"c3"', "null"), True),
    ],
)
async def test_scopes_decide_root_by_root(
    client: httpx.AsyncClient, environment: TestEnvironment, document: str, allowed: bool
) -> None:
    token = await scoped_key(environment, "CUSTOMER:WRITE")
    answer = await post(client, document, token)
    assert answer.status_code == (200 if allowed else 403), answer.text
    if not allowed:
        assert code_of(answer) == "IdentityForbidden"


async def test_a_variables_default_needs_its_scope_too(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    token = await scoped_key(environment, "CUSTOMER:WRITE")
    document = 'mutation ($i: ProvisionCustomerInput! = {customerId: "c2",'
    document += ' subscriptionParams: {planId: "p"}}) { provisionCustomer(input: $i)'
    document += " { customer { id } } }"
    assert code_of(await post(client, document, token)) == "IdentityForbidden"


async def test_a_coupons_customers_are_for_keys_that_may_list_them(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    coupon = 'mutation { createOneCoupon(input: {refId: "k", name: "K", percentOff: 10}) { id } }'
    await post(client, coupon)
    for customer in ("c1", "someone-else"):
        document = 'mutation { createOneCustomer(input: {customerId: "%s", couponRefId: "k"})'
        assert "errors" not in (await post(client, document % customer + " { id } }")).json()
    others = '{ getCustomerByRefId(input: {customerId: "c1"}) { coupon { customers { refId } } } }'
    assert "someone-else" in (await post(client, others)).text
    for key in (environment.client_key, await scoped_key(environment, "COUPON:READ")):
        assert "someone-else" not in (await post(client, others, key)).text


SECRET = "signing-secret-1"
TOKEN = (
    "HMAC-SHA256 customer-demo-123:927863331c2982b3278aa975fc59f5bf81b718c177ec655e9f24f30c46e36971"
)


def entitlements_of(customer_id: str) -> str:
    return f'{{ cachedEntitlements(query: {{customerId: "{customer_id}"}}) {{ __typename }} }}'


async def test_hardened_access_knows_one_customer(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    await harden(environment, signing_token=SECRET)
    key = environment.client_key

    other = await post(client, entitlements_of("customer-2"), key, Authorization=TOKEN)
    assert code_of(other) == "AuthCustomerMismatch"
    missing = await post(client, entitlements_of("customer-2"), key)
    assert (missing.status_code, code_of(missing)) == (401, "Unauthenticated")
    own = await post(
        client, entitlements_of("customer-demo-123"), key, **{"X-CUSTOMER-TOKEN": TOKEN}
    )
    assert own.status_code == 200
    paywall = await post(client, "{ paywall(input: {}) { __typename } }", key)
    assert paywall.status_code == 200
    server = await post(client, entitlements_of("customer-2"))
    assert server.status_code == 200


async def test_a_variables_default_names_a_customer_too(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    await harden(environment, signing_token=SECRET)
    document = 'query ($c: String! = "customer-2")'
    document += " { cachedEntitlements(query: {customerId: $c}) { __typename } }"
    answer = await post(client, document, environment.client_key, Authorization=TOKEN)
    assert code_of(answer) == "AuthCustomerMismatch"


@pytest.mark.parametrize("token", ["HMAC-SHA256 c1:é", "é", "HMAC-SHA256 é:00"])
async def test_a_customer_token_beyond_ascii_is_wrong_and_no_failure(
    client: httpx.AsyncClient, environment: TestEnvironment, token: str
) -> None:
    headers = {
        b"X-API-KEY": environment.client_key.encode(),
        b"X-CUSTOMER-TOKEN": token.encode("latin-1"),
    }
    answer = await client.post("/graphql", json=TYPENAME, headers=headers)
    assert (answer.status_code, code_of(answer)) == (401, "Unauthenticated")


async def test_a_wrong_customer_token_is_refused_even_unasked(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    wrong = {"Authorization": "HMAC-SHA256 c1:00"}
    answer = await post(client, entitlements_of("c1"), environment.client_key, **wrong)
    assert answer.status_code == 401


async def test_another_environment_is_denied(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    query = 'mutation ($e: String!) { createFeature(input: {refId: "f", displayName: "F",'
    query += " featureType: BOOLEAN, environmentId: $e}) { id } }"
    body = {"query": query, "variables": {"e": str(_ids.new_uuid())}}
    foreign = await client.post("/graphql", json=body)
    assert foreign.status_code == 403
    assert code_of(foreign) == "AccessDeniedError"
    body["variables"] = {"e": str(environment.environment.id)}
    assert (await client.post("/graphql", json=body)).status_code == 200


async def test_expiry_is_judged_by_the_real_clock(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    async with environment.runtime.new_unit_of_work() as work:
        await work.accounts.set_frozen_time(environment.clock() + timedelta(days=9999))
        await work.commit()
    assert (await client.post("/graphql", json=TYPENAME)).status_code == 200


def test_free_json_is_never_taken_for_an_id() -> None:
    from graphql import get_named_type, is_input_object_type

    from app.graphql.documents import FREE_JSON, named_values
    from app.graphql.schema import schema

    json_fields = {
        name
        for type_ in schema._schema.type_map.values()
        if is_input_object_type(type_)
        for name, field in type_.fields.items()
        if get_named_type(field.type).name == "JSON"
    }
    assert json_fields == FREE_JSON
    given = {"input": {"environmentId": "a", "additionalMetaData": {"environmentId": "b"}}}
    assert list(named_values(given, ("environmentId",))) == [("environmentId", "a")]


async def test_another_environments_customer_is_unknown(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    other = await new_environment(engine)
    create = 'mutation { createOneCustomer(input: {customerId: "theirs"}) { id } }'
    made = (await execute_document(other.runtime, create)).ok["createOneCustomer"]
    answer = await post(client, '{ getCustomerByRefId(input: {customerId: "theirs"}) { id } }')
    assert answer.json() == {"data": {"getCustomerByRefId": None}}
    archive = 'mutation { archiveCustomer(input: {customerId: "theirs"}) { id } }'
    refused = (await post(client, archive)).json()["errors"][0]["extensions"]
    assert refused["code"] == "CustomerNotFound"
    found = await post(
        client, f'{{ customers(filter: {{id: {{eq: "{made["id"]}"}}}}) {{ totalCount }} }}'
    )
    assert found.json() == {"data": {"customers": {"totalCount": 0}}}


async def test_a_client_key_learns_no_secret_of_the_environment(
    client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    await post(client, 'mutation { createOneCustomer(input: {customerId: "c1"}) { id } }')
    document = '{ getCustomerByRefId(input: {customerId: "c1"}) { environment { %s } } }'
    secret = environment.environment.signing_token
    server = await post(client, document % "signingToken")
    found = server.json()["data"]["getCustomerByRefId"]["environment"]
    assert found == {"signingToken": secret}
    public = await post(client, document % "signingToken", environment.client_key)
    assert secret not in public.text
    keys = await post(client, document % "apiKeys { token }", environment.client_key)
    assert environment.server_key not in keys.text
    assert keys.json()["errors"][0]["extensions"]["code"] == "IdentityForbidden"

"""Keys over GraphQL: rotate, revoke, scopes, lists (platform §1; §11, 7-8)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.conftest import Execute
from tests.support import MovableClock, TestEnvironment, execute_document

KEYS = """query ($input: GetApiKeysInput!) {
  apiKeys(input: $input) { totalCount edges { node { id keyType token expireAt displayName } } }
}"""
ROTATE = """mutation ($id: String!, $until: DateTime) {
  rotateApiKey(input: {id: $id, expirationDate: $until}) {
    newApiKey { id token expireAt keyType } oldApiKey { id token expireAt }
  }
}"""
REVOKE = "mutation ($id: String!) { revokeApiKey(input: {id: $id}) { id expireAt } }"
CREATE = """mutation ($input: CreateScopedApiKeyInput!) {
  createScopedApiKey(input: $input) { id token keyType scopes { action resource } expireAt }
}"""
UPDATE = """mutation ($input: UpdateApiKeyInput!) {
  updateApiKey(input: $input) { displayName expireAt scopes { action resource } }
}"""


async def scoped(execute: Execute, scopes: list[Any]) -> dict[str, Any]:
    """The input of a scoped key in the environment of `execute`."""
    environment_id = (await execute("{ currentEnvironment }")).ok["currentEnvironment"]
    return {"displayName": "CI", "environmentId": environment_id, "scopes": scopes}


async def keys_of(execute: Execute, **asked: Any) -> list[Any]:
    edges = (await execute(KEYS, {"input": asked})).ok["apiKeys"]["edges"]
    return [edge["node"] for edge in edges]


async def server_key_id(execute: Execute) -> str:
    found = await keys_of(execute, keyTypes=["SERVER"])
    return str(found[0]["id"])


async def opens(client: httpx.AsyncClient, token: str) -> bool:
    answer = await client.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"X-API-KEY": token}
    )
    return answer.status_code == 200


async def test_both_keys_work_until_the_old_one_ends(
    execute: Execute, client: httpx.AsyncClient, clock: MovableClock, environment: TestEnvironment
) -> None:
    clock.set(datetime(2025, 3, 1, tzinfo=UTC))
    k1 = await server_key_id(execute)
    rotated = (await execute(ROTATE, {"id": k1, "until": "2025-03-08"})).ok["rotateApiKey"]
    assert rotated["newApiKey"]["expireAt"] is None
    assert rotated["newApiKey"]["keyType"] == "SERVER"
    assert rotated["oldApiKey"]["expireAt"] == "2025-03-08T00:00:00.000Z"
    k2 = rotated["newApiKey"]["token"]

    clock.set(datetime(2025, 3, 7, tzinfo=UTC))
    assert await opens(client, environment.server_key)
    assert await opens(client, k2)
    clock.set(datetime(2025, 3, 8, tzinfo=UTC))
    assert not await opens(client, environment.server_key)
    assert await opens(client, k2)


async def test_a_rotated_key_is_not_rotated_again(execute: Execute, clock: MovableClock) -> None:
    clock.set(datetime(2025, 3, 1, tzinfo=UTC))
    k1 = await server_key_id(execute)
    too_late = await execute(ROTATE, {"id": k1, "until": "2026-03-02"})
    assert too_late.codes == ["InvalidArgumentError"]
    past = await execute(ROTATE, {"id": k1, "until": "2025-02-28"})
    assert past.codes == ["InvalidArgumentError"]
    assert not (await execute(ROTATE, {"id": k1, "until": "2025-03-08"})).errors
    again = await execute(ROTATE, {"id": k1})
    assert again.codes == ["ApiKeyHasExpiry"]
    assert again.errors[0]["extensions"]["apiKeyId"] == k1


async def test_without_a_date_the_old_key_ends_at_once(
    execute: Execute, client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    k1 = await server_key_id(execute)
    await execute(ROTATE, {"id": k1})
    assert not await opens(client, environment.server_key)
    assert (await execute(ROTATE, {"id": k1})).codes == ["ApiKeyExpired"]


async def test_a_system_key_is_revoked_only_once_rotated(execute: Execute) -> None:
    k1 = await server_key_id(execute)
    assert (await execute(REVOKE, {"id": k1})).codes == ["InvalidArgumentError"]
    await execute(ROTATE, {"id": k1, "until": "2025-01-08"})
    assert not (await execute(REVOKE, {"id": k1})).errors


async def test_a_revoked_scoped_key_opens_nothing_and_is_hidden(
    execute: Execute, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    scopes = [{"action": "READ", "resource": "ENVIRONMENT"}]
    given = await scoped(execute, scopes)
    key = (await execute(CREATE, {"input": given})).ok["createScopedApiKey"]
    assert key["scopes"] == scopes
    assert key["token"].startswith("server-")
    assert await opens(client, key["token"])
    assert len(await keys_of(execute, displayNameContains="ci")) == 1

    revoked = (await execute(REVOKE, {"id": key["id"]})).ok["revokeApiKey"]
    assert revoked["expireAt"] == "2025-01-01T00:00:00.000Z"
    assert not await opens(client, key["token"])
    assert await keys_of(execute, displayNameContains="ci") == []
    expired = {"expirationFilter": {"expiresBefore": "2026-01-01", "includeNeverExpires": False}}
    assert len(await keys_of(execute, **expired)) == 1


@pytest.mark.parametrize("scopes", [[], [{"action": "WRITE", "resource": "EVENT_QUEUE"}]])
async def test_a_scoped_key_needs_proper_scopes(execute: Execute, scopes: list[Any]) -> None:
    given = await scoped(execute, scopes)
    assert (await execute(CREATE, {"input": given})).codes == ["InvalidArgumentError"]


async def test_what_an_update_may_change(execute: Execute) -> None:
    k1 = await server_key_id(execute)
    renamed = await execute(UPDATE, {"input": {"id": k1, "displayName": "Main"}})
    assert renamed.ok["updateApiKey"]["displayName"] == "Main"
    scopes = [{"action": "READ", "resource": "COUPON"}]
    for change in ({"scopes": scopes}, {"expireAt": "2025-02-01"}):
        refused = await execute(UPDATE, {"input": {"id": k1, **change}})
        assert refused.codes == ["InvalidArgumentError"]
    await execute(ROTATE, {"id": k1, "until": "2025-01-08"})
    moved = await execute(UPDATE, {"input": {"id": k1, "expireAt": "2025-02-01"}})
    assert moved.ok["updateApiKey"]["expireAt"] == "2025-02-01T00:00:00.000Z"
    too_far = await execute(UPDATE, {"input": {"id": k1, "expireAt": "2026-01-02"}})
    assert too_far.codes == ["InvalidArgumentError"]


async def test_an_unknown_key_is_not_found(execute: Execute) -> None:
    answer = await execute(REVOKE, {"id": "nope"})
    assert answer.codes == ["ApiKeyNotFound"]
    assert answer.errors[0]["extensions"]["id"] == "nope"


async def test_a_scoped_key_sees_masked_tokens(
    execute: Execute, client: httpx.AsyncClient, environment: TestEnvironment
) -> None:
    scopes = [{"action": "READ", "resource": "API_KEY"}]
    given = await scoped(execute, scopes)
    key = (await execute(CREATE, {"input": given})).ok["createScopedApiKey"]
    answer = await client.post(
        "/graphql",
        json={"query": KEYS, "variables": {"input": {"keyTypes": ["CLIENT"]}}},
        headers={"X-API-KEY": key["token"]},
    )
    token = answer.json()["data"]["apiKeys"]["edges"][0]["node"]["token"]
    assert token == f"client-****{environment.client_key[-4:]}"


async def test_an_environment_lists_itself_and_its_keys(
    execute: Execute, environment: TestEnvironment
) -> None:
    document = """{
      currentEnvironment
      environments { edges { node { id slug isSandbox apiKeys { keyType } account { id } } } }
      availableScopes { action resource }
    }"""
    answer = (await execute(document)).ok
    id = str(environment.environment.id)
    assert answer["currentEnvironment"] == id
    (edge,) = answer["environments"]["edges"]
    assert edge["node"]["id"] == id
    assert {key["keyType"] for key in edge["node"]["apiKeys"]} == {"SERVER", "CLIENT"}
    assert len(answer["availableScopes"]) == 11


async def test_hardening_is_switched_by_update(environment: TestEnvironment) -> None:
    document = """mutation ($id: String!) {
      updateOneEnvironment(input: {id: $id, update: {hardenClientAccessEnabled: true}}) {
        hardenClientAccessEnabled displayName
      }
    }"""
    answer = await execute_document(
        environment.runtime, document, {"id": str(environment.environment.id)}
    )
    assert answer.ok["updateOneEnvironment"] == {
        "hardenClientAccessEnabled": True,
        "displayName": "Test",
    }

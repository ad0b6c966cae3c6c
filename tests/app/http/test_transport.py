"""Statuses, shapes and limits of GraphQL over HTTP (platform §4-§5; §11, 17)."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import httpx
import orjson
import pytest
from graphql import build_client_schema, get_introspection_query

from app.http.graphql_http import outcome_of
from app.main import create_app
from tests.support import TestEnvironment, test_settings

OK = "{ __typename }"
NO_MONTHS = """mutation {
  createOneCoupon(input: {refId: "c", name: "n", percentOff: 10, durationInMonths: 0}) { id }
}"""


def extensions_of(answer: httpx.Response) -> dict[str, Any]:
    extensions: dict[str, Any] = answer.json()["errors"][0]["extensions"]
    return extensions


async def run(client: httpx.AsyncClient, query: str, **more: Any) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, **more})


async def test_a_batch_is_answered_in_order(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json=[{"query": "{ a: __typename }"}, {"query": OK}])
    assert answer.json() == [{"data": {"a": "Query"}}, {"data": {"__typename": "Query"}}]


async def test_fifty_operations_are_a_batch_and_one_more_is_too_many(
    client: httpx.AsyncClient,
) -> None:
    fifty = [{"query": OK}] * 50
    assert len((await client.post("/graphql", json=fifty)).json()) == 50
    refused = await client.post("/graphql", json=[*fifty, {"query": OK}])
    assert refused.status_code == 400
    assert extensions_of(refused)["code"] == "GraphQLBatchedOperationsLimitExceeded"


async def test_thirty_aliases_pass_and_one_more_is_too_many(client: httpx.AsyncClient) -> None:
    aliases = " ".join(f"a{i}: __typename" for i in range(30))
    assert (await run(client, f"{{ {aliases} }}")).status_code == 200
    refused = await run(client, f"{{ {aliases} a30: __typename }}")
    assert refused.status_code == 400
    assert extensions_of(refused)["code"] == "GraphQLAliasesLimitExceeded"


async def test_defer_is_not_supported(client: httpx.AsyncClient) -> None:
    refused = await run(client, "{ ... @defer { __typename } }")
    assert refused.status_code == 400
    assert extensions_of(refused)["code"] == "GraphQLUnsupportedDirective"
    assert (await run(client, "{ __typename @skip(if: true) }")).status_code == 200


async def test_sixteen_levels_are_too_deep(client: httpx.AsyncClient) -> None:
    chain = "{ plans { edges { node { " + "basePlan { " * 12 + "id" + " }" * 16
    refused = await run(client, chain)
    assert refused.status_code == 400
    assert extensions_of(refused)["code"] == "BadUserInput"


@pytest.mark.parametrize("levels", [40, 250, 900, 5000])
async def test_no_depth_of_nesting_is_a_failure_of_ours(
    client: httpx.AsyncClient, levels: int
) -> None:
    for query in (
        "{ plans " + "{ basePlan " * levels + "{ id }" + " }" * levels + " }",
        "{ a(x: " + "[" * levels + "]" * levels + ") }",
    ):
        refused = await run(client, query)
        assert refused.status_code == 400
    text = '{"query": "query ($j: JSON) { __typename }", "variables": {"j": %s}}' % (
        "[" * levels + "]" * levels
    )
    answer = await client.post(
        "/graphql", content=text, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {200, 400}


async def test_fifteen_levels_pass(client: httpx.AsyncClient) -> None:
    chain = "{ plans { edges { node { " + "basePlan { " * 11 + "id" + " }" * 15
    assert (await run(client, chain)).json() == {"data": {"plans": {"edges": []}}}


async def test_fragments_that_double_are_opened_once(client: httpx.AsyncClient) -> None:
    parts = [f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(60)]
    last = "fragment F60 on Query { __typename }"
    answer = await run(client, " ".join(["{ ...F0 }", *parts, last]))
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ("{ __schema { queryType { name } } }", 400),
        ('query { ...F } fragment F on Query { t: __type(name: "Query") { name } }', 400),
        ("{ __typename }", 200),
    ],
)
async def test_introspection_can_be_switched_off(
    environment: TestEnvironment, document: str, status: int
) -> None:
    app = create_app(test_settings(introspection=False), composition=environment.composition)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://plangate.test",
            headers={"X-API-KEY": environment.server_key},
        ) as client,
    ):
        answer = await run(client, document)
    assert answer.status_code == status
    assert ("data" in answer.json()) == (status == 200)


async def test_clients_ask_for_the_whole_schema(client: httpx.AsyncClient) -> None:
    document = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    answer = await run(client, document, operationName="IntrospectionQuery")
    assert answer.status_code == 200
    assert build_client_schema(answer.json()["data"]).get_type("Customer") is not None


async def test_introspection_may_be_deep(client: httpx.AsyncClient) -> None:
    of_type = "ofType { " * 20 + "name" + " }" * 20
    answer = await run(
        client, f"{{ __schema {{ types {{ fields {{ type {{ {of_type} }} }} }} }} }}"
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ nothing", "GRAPHQL_PARSE_FAILED"),
        ("{ noSuchField }", "GRAPHQL_VALIDATION_FAILED"),
        ("", "BadUserInput"),
    ],
)
async def test_a_broken_document_is_refused(
    client: httpx.AsyncClient, query: str, code: str
) -> None:
    answer = await run(client, query)
    assert answer.status_code == 400
    assert "data" not in answer.json()
    assert extensions_of(answer)["code"] == code
    assert extensions_of(answer)["traceId"] == answer.headers["x-trace-id"]


async def test_a_wrong_variable_names_its_field(client: httpx.AsyncClient) -> None:
    answer = await run(
        client,
        "query ($input: GetPackageByRefIdInput!) { getPlanByRefId(input: $input) { id } }",
        variables={"input": {"environmentId": "", "refId": 5}},
    )
    assert answer.status_code == 400
    assert extensions_of(answer)["code"] == "BadUserInput"
    assert extensions_of(answer)["documentedCode"] == "VALIDATION_ERROR"
    assert "refId" in extensions_of(answer)["validationErrors"][0]["field"]


async def test_an_unknown_operation_name_is_refused(client: httpx.AsyncClient) -> None:
    answer = await run(client, "query a { __typename } query b { __typename }", operationName="c")
    assert answer.status_code == 400
    assert extensions_of(answer)["code"] == "BadUserInput"


@pytest.mark.parametrize("name", [None, ""])
async def test_which_operation_is_meant_is_not_guessed(
    client: httpx.AsyncClient, name: str | None
) -> None:
    answer = await run(client, "query a { __typename } query b { __typename }", operationName=name)
    assert answer.status_code == 400
    assert extensions_of(answer)["code"] == "BadUserInput"
    only = await run(client, "query a { __typename }", operationName=name)
    assert only.status_code == 200


@pytest.mark.parametrize("document", ["fragment F on Query { __typename }", "type A { b: Int }"])
async def test_a_document_without_operations_is_refused(
    client: httpx.AsyncClient, document: str
) -> None:
    answer = await run(client, document)
    assert answer.status_code == 400
    assert "data" not in answer.json()


async def test_a_persisted_query_is_refused_in_words_that_clients_know(
    client: httpx.AsyncClient,
) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    for answer in (
        await client.post("/graphql", json={"extensions": extensions}),
        await client.get("/graphql", params={"extensions": orjson.dumps(extensions).decode()}),
    ):
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["message"] == "PersistedQueryNotSupported"
        assert extensions_of(answer)["code"] == "UnsupportedParameter"
    assert (await run(client, OK, extensions=extensions)).json() == {
        "data": {"__typename": "Query"}
    }


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 400, "1" * 5000])
async def test_a_number_beyond_floats_is_refused(client: httpx.AsyncClient, number: str) -> None:
    document = 'mutation { updateOneCustomer(input: {customerId: "c", additionalMetaData: {a: %s}})'
    document += " { id } }"
    answer = await run(client, document % number)
    assert (answer.status_code, extensions_of(answer)["code"]) == (400, "BadUserInput")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ('mutation { createOneCustomer(input: {customerId: "?"}) { id } }', "customerId"),
        ("{ plans(paging: {first: 0}) { totalCount } }", "paging.first"),
        (NO_MONTHS, "durationInMonths"),
        ("{ __typename", None),
        ("", "query"),
    ],
)
async def test_bad_input_names_its_field(
    client: httpx.AsyncClient, document: str, field: str | None
) -> None:
    extensions = extensions_of(await run(client, document))
    named = [error["field"] for error in extensions.get("validationErrors", ())]
    assert named == ([] if field is None else [field])
    assert (extensions["code"] == "BadUserInput") == (field is not None)


async def test_what_fails_outside_of_an_operation_is_masked(environment: TestEnvironment) -> None:
    app = create_app(test_settings(), composition=environment.composition)

    class Broken:
        async def by_token(self, token: str) -> None:
            raise OSError("the database's password")

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://plangate.test",
            headers={"X-API-KEY": environment.server_key},
        ) as client,
    ):
        app.state.services.keys = Broken()
        answer = await run(client, OK)
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["message"] == "Unexpected error"
    assert extensions_of(answer)["code"] == "UnexpectedError"
    assert extensions_of(answer)["traceId"] == answer.headers["x-trace-id"]


async def test_subscriptions_need_a_socket(client: httpx.AsyncClient) -> None:
    answer = await run(client, "subscription { packagePublished { packageRefId } }")
    assert answer.status_code == 400


async def test_get_runs_queries_only(client: httpx.AsyncClient) -> None:
    assert (await client.get("/graphql", params={"query": OK})).status_code == 200
    refused = await client.get("/graphql", params={"query": "mutation { removeTestClock }"})
    assert refused.status_code == 405
    assert refused.headers["allow"] == "POST"


async def test_other_methods_are_not_allowed(client: httpx.AsyncClient) -> None:
    assert (await client.put("/graphql", json={"query": OK})).status_code == 405


async def test_only_json_is_read(client: httpx.AsyncClient) -> None:
    text = await client.post("/graphql", content=OK, headers={"Content-Type": "text/plain"})
    assert text.status_code == 415
    packed = await client.post(
        "/graphql",
        content=gzip.compress(orjson.dumps({"query": OK})),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )
    assert packed.status_code == 415
    broken = await client.post(
        "/graphql", content="{", headers={"Content-Type": "application/json; charset=utf-8"}
    )
    assert (broken.status_code, extensions_of(broken)["code"]) == (400, "BadUserInput")


async def test_a_body_over_ten_megabytes_is_too_large(client: httpx.AsyncClient) -> None:
    body = orjson.dumps({"query": OK, "variables": {"x": "y" * 10_000_000}})
    answer = await client.post(
        "/graphql", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


async def test_any_origin_may_call_without_cookies(client: httpx.AsyncClient) -> None:
    preflight = await client.options(
        "/graphql",
        headers={
            "Origin": "https://app.test",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-api-key,content-type",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in preflight.headers


async def test_the_callers_trace_is_kept(client: httpx.AsyncClient) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    assert (await client.get("/health", headers=headers)).headers["x-trace-id"] == trace
    by_request = await client.get("/health", headers={"x-request-id": "req-1"})
    assert by_request.headers["x-trace-id"] == "req-1"
    assert len((await client.get("/health")).headers["x-trace-id"]) == 32


async def test_health_and_readiness_need_no_key(client: httpx.AsyncClient) -> None:
    del client.headers["X-API-KEY"]
    assert (await client.get("/health")).json() == {"status": "ok"}
    assert (await client.get("/ready")).status_code == 200


async def test_numbers_are_there_for_scrapers(client: httpx.AsyncClient) -> None:
    await run(client, OK)
    await run(client, "{ nothing")
    text = (await client.get("/metrics")).text
    assert 'plangate_http_requests_total{status="200"} 1' in text
    assert 'plangate_http_requests_total{status="400"} 1' in text
    assert "plangate_http_request_duration_seconds_count 2" in text
    assert 'le="+Inf"} 2' in text
    assert "plangate_subscriptions 0" in text


async def test_a_browser_gets_the_explorer_without_a_key(client: httpx.AsyncClient) -> None:
    del client.headers["X-API-KEY"]
    page = await client.get("/graphql", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")


async def test_a_slow_operation_times_out(environment: TestEnvironment) -> None:
    app = create_app(
        test_settings(operation_timeout_s=0.000_001), composition=environment.composition
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://plangate.test",
            headers={"X-API-KEY": environment.server_key},
        ) as client,
    ):
        answer = await run(client, "{ testClock { frozenTime } }")
    assert answer.status_code == 200
    assert answer.json()["data"] is None
    assert extensions_of(answer)["code"] == "OperationTimeout"
    assert extensions_of(answer)["isValidationError"] is False


async def test_concurrent_requests_do_not_mix(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(run(client, f"{{ a{i}: __typename }}") for i in range(20)))
    assert [next(iter(answer.json()["data"])) for answer in answers] == [f"a{i}" for i in range(20)]


def test_the_outcome_of_a_result_without_errors_is_its_data() -> None:
    from strawberry.types.execution import ExecutionResult

    assert outcome_of(ExecutionResult(data={"a": 1}, errors=None)) == (200, {"data": {"a": 1}})

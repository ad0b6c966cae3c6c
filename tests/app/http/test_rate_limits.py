"""The reference's rate limits (platform §3; §11, 18)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.context import Principal
from app.http import graphql_http
from app.http.rate_limits import RateLimits
from app.main import create_app
from domain.errors import ErrorCode, LimitExceeded
from tests.support import TestEnvironment, test_settings

UPDATE = 'mutation { updateOneCustomer(input: {refId: "%s", name: "N"}) { id } }'
KEYS = (UUID(int=1), UUID(int=2))


class Server:
    """Calls until a limit is met, at instants set by hand."""

    def __init__(self, environment: TestEnvironment) -> None:
        self.now_s = 0.0
        self._limits = RateLimits(lambda: self.now_s)
        self._scope = environment.runtime.environment

    def refusal(
        self, query: str, variables: dict[str, Any] | None = None, *, key: UUID = KEYS[0]
    ) -> LimitExceeded | None:
        principal = Principal(scope=self._scope, key_id=key)
        try:
            self._limits.check(principal, query, variables, None)
        except LimitExceeded as refusal:
            return refusal
        return None

    def allowed(self, query: str, *, most: int, key: UUID = KEYS[0]) -> int:
        """How many of `most` calls in a row pass."""
        return next((n for n in range(most) if self.refusal(query, key=key)), most)


@pytest.fixture
def server(environment: TestEnvironment) -> Server:
    return Server(environment)


async def test_the_thirty_first_mutation_of_one_customer_waits(
    environment: TestEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 1000.0
    limits = partial(RateLimits, now_s=lambda: now_s)
    monkeypatch.setattr(graphql_http, "RateLimits", limits)
    app = create_app(test_settings(rate_limits="reference"), composition=environment.composition)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://plangate.test",
            headers={"X-API-KEY": environment.server_key},
        ) as client,
    ):
        for _ in range(30):
            now_s += 1
            assert (await client.post("/graphql", json={"query": UPDATE % "c1"})).status_code == 200
        refused = await client.post("/graphql", json={"query": UPDATE % "c1"})
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "31"
        assert refused.json()["errors"][0]["extensions"]["code"] == "RateLimitExceeded"
        now_s += 31
        late = await client.post("/graphql", json={"query": UPDATE % "c1"})
        assert late.status_code == 200
        other = await client.post("/graphql", json={"query": UPDATE % "c2"})
        assert other.status_code == 200
        assert (await client.get("/health")).status_code == 200


@pytest.mark.parametrize(
    ("call", "limit"),
    [
        ("{ paywall(input: {}) { __typename } }", 6000),
        ('{ cachedEntitlements(query: {customerId: "c"}) { __typename } }', 6000),
        ('{ paywall(input: {customerId: "c"}) { __typename } }', 3000),
        ('{ getSubscription(input: {subscriptionId: "s"}) { id } }', 3000),
        ("{ subscriptions { pageInfo { hasNextPage } } }", 1500),
        ("{ coupons { totalCount } }", 500),
        ('{ usageHistoryV2(input: {customerId: "c"%s}) { __typename } }', 250),
    ],
)
def test_an_operation_has_its_calls_a_minute(server: Server, call: str, limit: int) -> None:
    call = call.replace("%s", ', featureId: "f", startDate: "2025-01-01"')
    assert server.allowed(call, most=limit + 1) == limit
    assert server.refusal(call, key=KEYS[1]) is None, "each key for itself"


def test_the_commonest_reads_share_one_limit(server: Server) -> None:
    entitlement = '{ entitlement(query: {customerId: "c", featureId: "f"}) { __typename } }'
    assert server.allowed(entitlement, most=5999) == 5999
    paywall = "{ paywall(input: {}) { __typename } }"
    assert server.allowed(paywall, most=2) == 1


def test_a_window_begins_with_its_first_call_and_lasts_sixty_seconds(server: Server) -> None:
    server.now_s = 17.25
    call = UPDATE % "c1"
    assert server.allowed(call, most=31) == 30
    server.now_s = 76.5
    refusal = server.refusal(call)
    assert refusal is not None
    assert refusal.code is ErrorCode.RateLimitExceeded
    assert refusal.details["retryAfterSeconds"] == 1
    server.now_s = 77.25
    assert server.allowed(call, most=31) == 30


ENTITY_MUTATIONS = [
    ('provisionCustomer(input: {refId: "e"}) { customer { id } }', "customer"),
    ('archiveCustomer(input: {customerId: "e"}) { id }', "customer"),
    ('cancelSubscription(input: {subscriptionRefId: "e"}) { id }', "subscription"),
    ('updateOneSubscription(input: {refId: "e"}) { id }', "subscription"),
    ('migrateSubscriptionToLatest(input: {subscriptionId: "e"}) { id }', "subscription"),
]


@pytest.mark.parametrize(("call", "kind"), ENTITY_MUTATIONS)
def test_an_entity_is_counted_across_operations_and_keys(
    server: Server, call: str, kind: str
) -> None:
    changes = {
        "customer": UPDATE % "e",
        "subscription": 'mutation { cancelSubscription(input: {subscriptionRefId: "e"}) { id } }',
    }
    same = changes.pop(kind)
    (other,) = changes.values()
    assert server.allowed(same, most=29) == 29
    assert server.refusal(f"mutation {{ {call} }}", key=KEYS[1]) is None
    assert server.refusal(f"mutation {{ {call} }}", key=KEYS[1]) is not None
    assert server.refusal(other) is None


def test_a_customers_resource_is_counted_by_itself(server: Server) -> None:
    document = 'mutation { applySubscription(input: {customerId: "c", planId: "p"%s})'
    document += " { subscription { id } } }"
    one, two = (document % f', resourceId: "{name}"' for name in ("r1", "r2"))
    assert server.allowed(one, most=31) == 30
    assert server.refusal(two) is None
    assert server.refusal(document % "") is None


@pytest.mark.parametrize(
    "call",
    [
        'reportUsage(input: {customerId: "c", featureId: "f", value: 1}) { id }',
        'previewNextInvoice(input: {subscriptionId: "s"}) { __typename }',
        'estimateSubscriptionUpdate(input: {subscriptionId: "s"}) { __typename }',
    ],
)
def test_reports_and_previews_are_no_changes_of_an_entity(server: Server, call: str) -> None:
    assert server.allowed(f"mutation {{ {call} }}", most=31) == 31


def test_a_variables_default_is_counted(server: Server) -> None:
    document = 'mutation ($c: String! = "c1") { updateOneCustomer(input: {customerId: $c})'
    document += " { id } }"
    assert server.allowed(UPDATE % "c1", most=30) == 30
    assert server.refusal(document) is not None
    assert server.refusal(document, {"c": "c2"}) is None


def test_events_are_counted_one_by_one_each_second(server: Server) -> None:
    document = "mutation ($e: UsageEventsReportInput!) { reportEvent(events: $e) }"

    def refusal(count: int) -> LimitExceeded | None:
        return server.refusal(document, {"e": {"usageEvents": [{}] * count}})

    assert refusal(1000) is None
    assert refusal(1) is not None
    server.now_s = 1
    assert refusal(999) is None
    assert refusal(2) is not None
    assert refusal(1) is None


def test_too_many_events_are_refused_by_their_own_rule(server: Server) -> None:
    document = "mutation ($e: UsageEventsReportInput!) { reportEvent(events: $e) }"
    assert server.refusal(document, {"e": {"usageEvents": [{}] * 1001}}) is None

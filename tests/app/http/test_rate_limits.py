"""The reference's rate limits (platform §3; §11, 18)."""

from __future__ import annotations

from functools import partial

import httpx
import pytest

from app.http import graphql_http
from app.http.rate_limits import RateLimits
from app.main import create_app
from tests.support import TestEnvironment, test_settings

UPDATE = 'mutation { updateOneCustomer(input: {refId: "%s", name: "N"}) { id } }'


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

"""Measures plangate as a client sees it, as ratios in one run.

    scripts/bench [--rounds N] [--url http://… --key server-…]
    scripts/bench --live …    (how soon subscribers hear of changes: scripts/bench_live.py)

Starts a server with the demo catalogue on a data directory of its own, sends each case in turn
(interleaved, so that a noisy moment hits all of them) and prints the median and 95th percentile
in milliseconds and as a multiple of the empty query's median. Ratios can be compared between
machines and commits; milliseconds cannot.
"""

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
KEY = "server-" + "b" * 43
WARM_UP_ROUNDS = 20

PAID = {
    "planId": "plan-revvenu-growth",
    "billingPeriod": "MONTHLY",
    "skipTrial": True,
    "billableFeatures": [{"featureId": "feature-01-templates", "quantity": 2}],
    "addons": [{"addonId": "addon-10-campaigns", "quantity": 3}],
}


class Client:
    """One kept-alive connection."""

    def __init__(self, url: str, key: str) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self._connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        self._headers = {"Content-Type": "application/json", "X-API-KEY": key}

    def send(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables})
        self._connection.request("POST", "/graphql", body, self._headers)
        answer = json.loads(self._connection.getresponse().read())
        if "errors" in answer:
            sys.exit(f"bench: {answer['errors'][0]}")
        return answer["data"]


def cases(client: Client) -> dict[str, Callable[[int], Any]]:
    """What is measured, by name; each gets the round's number."""

    def run(query: str, **variables: Any) -> Callable[[int], Any]:
        return lambda _round: client.send(query, **variables)

    def provision(number: int) -> Any:
        return client.send(
            "mutation ($i: ProvisionSubscriptionInput!) { provisionSubscriptionV2(input: $i)"
            " { status subscription { id } } }",
            i={"customerId": f"bench-{number % 50}", **PAID},
        )

    check = {"customerId": "bench-0", "featureId": "feature-02-campaigns"}
    return {
        "empty query": run("{ __typename }"),
        "entitlement": run(
            "query ($q: FetchEntitlementQuery!) { entitlement(query: $q)"
            " { isGranted usageLimit currentUsage } }",
            q=check,
        ),
        "cachedEntitlements": run(
            "query ($q: FetchEntitlementsQuery!) { cachedEntitlements(query: $q)"
            " { isGranted usageLimit currentUsage feature { refId } } }",
            q={"customerId": "bench-0"},
        ),
        "reportUsage": run(
            "mutation ($i: ReportUsageInput!) { reportUsage(input: $i) { currentUsage } }",
            i={**check, "value": 1},
        ),
        "getActiveSubscriptions": run(
            "query ($i: GetActiveSubscriptionsInput!) { getActiveSubscriptions(input: $i)"
            " { refId status plan { refId } prices { usageLimit price { billingModel } } } }",
            i={"customerId": "bench-0"},
        ),
        "paywall": run(
            "{ paywall(input: {}) { plans { refId prices { price { amount } }"
            " entitlements { usageLimit feature { refId } }"
            " compatibleAddons { refId } } paywallCalculatedPricePoints { planId amount } } }"
        ),
        "provisionSubscriptionV2": provision,
    }


def measure(client: Client, rounds: int) -> None:
    measured = cases(client)
    taken: dict[str, list[float]] = {name: [] for name in measured}
    for number in range(WARM_UP_ROUNDS + rounds):
        for name, run in measured.items():
            begin = time.perf_counter()
            run(number)
            if number >= WARM_UP_ROUNDS:
                taken[name].append((time.perf_counter() - begin) * 1000)
    base = statistics.median(taken["empty query"])
    print(f"{'case':26}{'median ms':>10}{'p95 ms':>10}{'ratio':>8}{'p95 ratio':>11}")
    for name, values in taken.items():
        median, p95 = statistics.median(values), statistics.quantiles(values, n=20)[-1]
        print(f"{name:26}{median:10.2f}{p95:10.2f}{median / base:8.1f}{p95 / base:11.1f}")


def prepare(client: Client, customers: int = 50) -> None:
    """Customers `bench-0`, `bench-1`, … with a paid subscription each."""
    for number in range(customers):
        client.send(
            "mutation ($i: ProvisionCustomerInput!) { provisionCustomer(input: $i)"
            " { customer { id } } }",
            i={"refId": f"bench-{number}", "subscriptionParams": PAID_WITHOUT_TRIAL},
        )


PAID_WITHOUT_TRIAL = {
    **{name: value for name, value in PAID.items() if name != "skipTrial"},
    "trialOverrideConfiguration": {"isTrial": False},
}


@contextmanager
def server(directory: str, *options: str, **variables: str) -> Iterator[tuple[str, int]]:
    """A plangate of its own, durable as in production: its address and process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--port=0", f"--data-dir={directory}", *options],
        cwd=directory,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "PLANGATE_SERVER_KEY": KEY,
            **variables,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "http://" in line:
                yield "http://" + line.split("http://")[1].split("/")[0].strip(), process.pid
                break
        else:
            sys.exit("bench: the server did not start")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--rounds", type=int, default=300)
    options.add_argument("--url", help="measure this server instead of one of its own")
    options.add_argument("--key", default=KEY, help="its server key")
    chosen = options.parse_args()
    if chosen.url:
        client = Client(chosen.url, chosen.key)
        prepare(client)
        measure(client, chosen.rounds)
        return
    with tempfile.TemporaryDirectory(prefix="plangate-bench-") as place, server(place) as (url, _):
        client = Client(url, KEY)
        prepare(client)
        measure(client, chosen.rounds)


if __name__ == "__main__":
    main()

"""Loads raw events through the API and watches the server's memory.

    python scripts/load_events.py --url http://127.0.0.1:8080 --key server-… --pid <server>
        [--events 1000000] [--memory-growth-max-mb 64]

Sends batches of a thousand `user_login` events of a hundred customers, prints the rate and the
server's resident memory as it goes, sends the last batch again (a repeat, which must count for
nothing) and exits with 1 if memory grew by more than allowed after the first tenth.
"""

import argparse
import http.client
import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

BATCH = 1_000
CUSTOMERS = 100
MUTATION = "mutation ($events: UsageEventsReportInput!) { reportEvent(events: $events) }"


def batch(number: int) -> list[dict[str, Any]]:
    """A thousand events that no other batch holds."""
    return [
        {
            "customerId": f"load-{n % CUSTOMERS}",
            "eventName": "user_login",
            "idempotencyKey": f"load-{number}-{n}",
            "dimensions": {"user": f"user-{n}", "seconds": n % 60, "region": "eu"},
        }
        for n in range(BATCH)
    ]


def resident_mb(pid: int) -> float:
    """The process's resident memory (VmRSS) in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


class Client:
    """One kept-alive connection."""

    def __init__(self, url: str, key: str) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self._connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        self._headers = {"Content-Type": "application/json", "X-API-KEY": key}

    def send(self, events: list[dict[str, Any]]) -> None:
        variables = {"events": {"usageEvents": events}}
        body = json.dumps({"query": MUTATION, "variables": variables})
        self._connection.request("POST", "/graphql", body, self._headers)
        answer = json.loads(self._connection.getresponse().read())
        if "errors" in answer:
            sys.exit(f"load_events: {answer['errors'][0]}")


def main() -> None:
    arguments = argparse.ArgumentParser(description="Loads raw events through the API.")
    arguments.add_argument("--url", default="http://127.0.0.1:8080")
    arguments.add_argument("--key", required=True)
    arguments.add_argument("--pid", type=int, required=True, help="the server's process")
    arguments.add_argument("--events", type=int, default=1_000_000)
    arguments.add_argument("--memory-growth-max-mb", type=float, default=64)
    given = arguments.parse_args()
    client, batches = Client(given.url, given.key), max(10, given.events // BATCH)
    settled, begin = 0.0, time.monotonic()
    for number in range(batches):
        client.send(batch(number))
        if (number + 1) % (batches // 10) == 0:
            memory = resident_mb(given.pid)
            settled = settled or memory
            rate = (number + 1) * BATCH / (time.monotonic() - begin)
            print(f"{(number + 1) * BATCH:>10} events {rate:8.0f}/s {memory:8.1f} MB")
    client.send(batch(batches - 1))
    growth = resident_mb(given.pid) - settled
    print(f"memory grew by {growth:.1f} MB after the first tenth")
    sys.exit(growth > given.memory_growth_max_mb)


if __name__ == "__main__":
    main()

"""Measures how soon subscribers hear of what was committed, and what an idle one costs.

    scripts/bench --live [--rate 200] [--seconds 20] [--load single|bulk|mixed]
                         [--subscribers 100] [--server-keys] [--deflate] [--idle 1000]

Starts two server processes on one embedded PostgreSQL, opens half of the subscribers on each (one
socket a subscriber with `usageUpdated` and `entitlementsUpdated`, as SDKs open them) and makes
changes at a fixed rate, by turns through either process, so that half of the news crosses from one
to the other. With a client key each subscriber hears of its own customer; with `--server-keys`
everybody hears of everything. Loads: `single` reports one usage a call, `bulk` ten, `mixed` is
`single` with every 20th call a promotional grant instead.

A delivery is timed from the commit, as PostgreSQL recorded it (`track_commit_timestamp`), to the
arrival of the first frame that tells of that change or a later one of the same subject. The clocks
are one machine's. Frames are only noted while the load lasts and are read afterwards: servers and
client share the machine's cores, and the client should take as little of them as it can.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
import urllib.request
import zlib
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]  # no stubs are published
import orjson
import uvloop

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import KEY, Client, prepare, server  # noqa: E402 - beside this file
from load_events import resident_mb  # noqa: E402

from persistence.embedded import DATABASE_NAME, EmbeddedPostgres  # noqa: E402
from persistence.migrate import create_database  # noqa: E402

CLIENT_KEY = "client-" + "b" * 43
FEATURE = "feature-02-campaigns"
GRANTED = "feature-05-retention-days"
BULK = 10
GRANT_EVERY = 20
GRANTED_FROM = 1000
"""The n-th grant to a customer is of n more: that is how frames are told apart."""
CONNECTIONS = 32
"""Kept-alive HTTP connections to each process; what finds none free waits, and counts as late."""
WARM_UP_S = 3.0
IDLE_WARM_UP = 50
QUIET_S = 1.0
"""The load's last news have arrived when nothing came for this long."""

USAGE = """subscription {
  usageUpdated {
    usage { customerId featureId currentUsage nextResetDate }
    entitlement { isGranted usageLimit currentUsage feature { refId } }
  }
}"""
ENTITLEMENTS = """subscription {
  entitlementsUpdated {
    customerId accessDeniedReason
    entitlements { isGranted usageLimit currentUsage feature { refId } }
  }
}"""
REPORT = "mutation ($i: ReportUsageInput!) { reportUsage(input: $i) { id currentUsage } }"
REPORT_BULK = "mutation ($i: ReportUsageBulkInput!) { reportUsageBulk(input: $i) { currentUsage } }"
GRANT = """mutation ($i: GrantPromotionalEntitlementsInput!) {
  grantPromotionalEntitlements(input: $i) { id }
}"""
COMMITTED = """
SELECT e.type, coalesce(c.ref_id, '') AS customer, e.data ->> 'currentUsage' AS usage,
  extract(epoch FROM pg_xact_commit_timestamp(e.xmin))::float8 AS at
FROM events e JOIN customers c ON c.id = e.customer_id
WHERE e.sequence > $1 AND e.type IN ('MEASUREMENT_REPORTED', 'ENTITLEMENTS_UPDATED')
ORDER BY e.sequence
"""

News = tuple[str, str]
"""What is news of what: the event's type and the customer."""


# --- the wire ---------------------------------------------------------------------------------


class Subscriber(asyncio.Protocol):
    """A `graphql-transport-ws` socket that notes what arrives when."""

    def __init__(self, payload: dict[str, str], *, deflate: bool) -> None:
        self.frames: list[tuple[float, bytes, bool]] = []
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._payload = payload
        self._deflate = deflate
        self._buffer = b""
        self._is_open = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        extension = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
        self.transport.write(
            (
                "GET /graphql HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}\r\n"
                "Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
                f"{extension if self._deflate else ''}\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        now = time.time()
        buffer = self._buffer + data
        if not self._is_open:
            head, end, buffer = buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._is_open = True
            self.say({"type": "connection_init", "payload": self._payload})
            for id, query in (("u", USAGE), ("e", ENTITLEMENTS)):
                self.say({"type": "subscribe", "id": id, "payload": {"query": query}})
            self.ready.set_result(None)
        at = 0
        while (found := _frame(buffer, at)) is not None:
            start, at = found
            opcode = buffer[start[0]] & 0x0F
            if opcode == 0x9:
                self._send(0xA, buffer[start[1] : at])
            elif opcode == 0x8:
                sys.exit(f"bench: the server closed a socket: {buffer[start[1] : at]!r}")
            else:
                is_compressed = bool(buffer[start[0]] & 0x40)
                self.frames.append((now, buffer[start[1] : at], is_compressed))
        self._buffer = buffer[at:]

    def say(self, message: dict[str, Any]) -> None:
        self._send(0x1, orjson.dumps(message))

    def _send(self, opcode: int, payload: bytes) -> None:
        """One frame, masked with zeros: which leaves it as it is."""
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self.transport.write(bytes([0x80 | opcode]) + length + bytes(4) + payload)

    def messages(self) -> Iterator[tuple[float, Any]]:
        """What arrived, with its instant (epoch seconds)."""
        inflate = zlib.decompressobj(-15)
        for at, payload, is_compressed in self.frames:
            text = inflate.decompress(payload + b"\0\0\xff\xff") if is_compressed else payload
            yield at, orjson.loads(text)


def _frame(buffer: bytes, at: int) -> tuple[tuple[int, int], int] | None:
    """Where a server's frame that begins at `at` and its payload begin, and where it ends."""
    if len(buffer) < at + 2:
        return None
    size, start = buffer[at + 1], at + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        if len(buffer) < start + width:
            return None
        size, start = int.from_bytes(buffer[start : start + width], "big"), start + width
    return None if len(buffer) < start + size else ((at, start), start + size)


class Caller(asyncio.Protocol):
    """One kept-alive HTTP connection; one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[bytes]
        self.transport: asyncio.Transport

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if end:
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            if len(body) >= int(length):
                self._buffer = b""
                self._answer.set_result(body)

    async def call(self, body: bytes) -> bytes:
        self._answer = asyncio.get_running_loop().create_future()
        head = (
            "POST /graphql HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"X-API-KEY: {KEY}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        return await self._answer


async def subscribers(urls: list[str], given: argparse.Namespace) -> list[Subscriber]:
    """All sockets, open and subscribed, by turns on each process."""
    opened = []
    for number in range(given.subscribers):
        port = _port(urls[number % len(urls)])
        payload = (
            {"apiKey": KEY}
            if given.server_keys
            else {"apiKey": CLIENT_KEY, "customerId": f"bench-{number}"}
        )
        opened.append(await _subscriber(port, payload, deflate=given.deflate))
    for url in urls:
        await _listening(url, 2 * len(range(urls.index(url), given.subscribers, len(urls))))
    return opened


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


async def _subscriber(port: int, payload: dict[str, str], *, deflate: bool) -> Subscriber:
    _, made = await asyncio.get_running_loop().create_connection(
        lambda: Subscriber(payload, deflate=deflate), "127.0.0.1", port
    )
    await made.ready
    return made


async def _listening(url: str, wanted: int) -> None:
    """Wait until the process runs this many GraphQL subscriptions, and has looked them up."""
    line = f"\nplangate_subscriptions {wanted}\n"
    while line not in await asyncio.to_thread(_metrics, url):  # noqa: ASYNC110 - no event for it
        await asyncio.sleep(0.1)
    await asyncio.sleep(QUIET_S)


def _metrics(url: str) -> str:
    with urllib.request.urlopen(f"{url}/metrics") as answer:  # noqa: S310 - our own server
        return str(answer.read(), "utf-8")


# --- the load ---------------------------------------------------------------------------------


async def _caller(port: int) -> Caller:
    _, made = await asyncio.get_running_loop().create_connection(Caller, "127.0.0.1", port)
    return made


class Load:
    """Calls at a fixed rate, whatever becomes of the earlier ones."""

    def __init__(self, kind: str, customers: int) -> None:
        self.kind = kind
        self.customers = customers
        self.taken_s: list[float] = []
        self._ports: list[int] = []
        self._free: list[asyncio.LifoQueue[Caller]] = []
        self._grants: Counter[str] = Counter()

    async def connect(self, urls: list[str]) -> None:
        self._ports = [_port(url) for url in urls]
        for port in self._ports:
            queue: asyncio.LifoQueue[Caller] = asyncio.LifoQueue()
            for _ in range(CONNECTIONS):
                queue.put_nowait(await _caller(port))
            self._free.append(queue)

    async def run(self, calls_per_s: float, seconds: float) -> float:
        """Make the calls; how long it took until the last was answered, in seconds."""
        self.taken_s.clear()
        loop = asyncio.get_running_loop()
        begin = loop.time()
        async with asyncio.TaskGroup() as tasks:
            for number in range(round(calls_per_s * seconds)):
                delay = begin + number / calls_per_s - loop.time()
                if delay > 0:
                    await asyncio.sleep(delay)
                tasks.create_task(self._call(number, loop.time()))
        return loop.time() - begin

    async def _call(self, number: int, asked: float) -> None:
        free = self._free[number % len(self._free)]
        caller = await free.get()
        if caller.transport.is_closing():  # the server keeps idle ones for some seconds
            caller = await _caller(self._ports[number % len(self._ports)])
        answer = await caller.call(self._body(number))
        free.put_nowait(caller)
        if b'"errors"' in answer:
            sys.exit(f"bench: {answer!r}")
        self.taken_s.append(asyncio.get_running_loop().time() - asked)

    def _body(self, number: int) -> bytes:
        if self.kind == "mixed" and number % GRANT_EVERY == GRANT_EVERY - 1:
            customer = self._customer(number)
            self._grants[customer] += 1
            limit = GRANTED_FROM + self._grants[customer]
            grant = {"featureId": GRANTED, "period": "LIFETIME", "usageLimit": limit}
            return _document(GRANT, {"customerId": customer, "promotionalEntitlements": [grant]})
        if self.kind == "bulk":
            usages = [self._usage(number * BULK + each) for each in range(BULK)]
            return _document(REPORT_BULK, {"usages": usages})
        return _document(REPORT, self._usage(number))

    def _usage(self, number: int) -> dict[str, Any]:
        return {"customerId": self._customer(number), "featureId": FEATURE, "value": 1}

    def _customer(self, number: int) -> str:
        # Shifted by one each time round, so that every customer meets both processes.
        return f"bench-{(number + number // self.customers) % self.customers}"


def _document(query: str, variables: dict[str, Any]) -> bytes:
    return orjson.dumps({"query": query, "variables": {"i": variables}})


# --- the figures ------------------------------------------------------------------------------


def cpu_s(pid: int) -> float:
    """The processor seconds that a process and its children have taken so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if pid in {int(stat.parent.name), int(fields[1])}:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def cores_taken_s(pids: dict[str, int]) -> dict[str, float]:
    """The processor seconds taken so far, by name; `others` are those that disturb the measure."""
    busy = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    idle = int(busy[4]) + int(busy[5])
    all_s = (sum(map(int, busy[1:9])) - idle) / os.sysconf("SC_CLK_TCK")
    ours = {name: cpu_s(pid) for name, pid in pids.items()} | {"client": time.process_time()}
    return ours | {"others": all_s - sum(ours.values())}


def heard_by(socket: Subscriber) -> dict[News, list[tuple[float, float]]]:
    """When the socket heard what figure of each subject, in the order of arrival."""
    heard: dict[News, list[tuple[float, float]]] = defaultdict(list)
    for at, message in socket.messages():
        if message["type"] != "next":
            continue
        data = message["payload"].get("data") or sys.exit(f"bench: {message}")
        if (news := data.get("usageUpdated")) is not None:
            subject = ("MEASUREMENT_REPORTED", news["usage"]["customerId"])
            heard[subject].append((at, news["usage"]["currentUsage"]))
        else:
            news = data["entitlementsUpdated"]
            limits = {e["feature"]["refId"]: e["usageLimit"] for e in news["entitlements"]}
            heard["ENTITLEMENTS_UPDATED", news["customerId"]].append((at, limits[GRANTED] or 0))
    return heard


def delays_s(
    committed: dict[News, list[tuple[float, float]]], socket: Subscriber
) -> Iterator[float | None]:
    """Of each commit that the socket has heard of, how long it took; None = it never came.

    Newer news of a subject may stand for older.
    """
    heard = heard_by(socket)
    for subject in heard:
        frames = iter(heard[subject])
        at, figure = next(frames)
        for committed_at, wanted in committed.get(subject, ()):
            while figure < wanted and (frame := next(frames, None)) is not None:
                at, figure = frame
            yield at - committed_at if figure >= wanted else None


async def commits(database: Any, after: int) -> dict[News, list[tuple[float, float]]]:
    """When what figure of each subject was committed, in order."""
    found: dict[News, list[tuple[float, float]]] = defaultdict(list)
    for row in await database.fetch(COMMITTED, after):
        subject = (row["type"], row["customer"])
        figure = float(row["usage"] or GRANTED_FROM + len(found[subject]) + 1)
        found[subject].append((row["at"], figure))
    return found


def spread(seconds: list[float]) -> str:
    values = [1000 * value for value in seconds]
    p50, p95 = statistics.median(values), statistics.quantiles(values, n=20)[-1]
    return f"p50 {p50:6.1f}  p95 {p95:6.1f}  max {max(values):6.1f} ms"


async def measure(urls: list[str], pids: dict[str, int], database: Any, given: Any) -> None:
    """Run the load once to warm up, once to measure, and print what came of it."""
    sockets = await subscribers(urls, given)
    load = Load(given.load, given.subscribers)
    await load.connect(urls)
    calls_per_s = given.rate / BULK if given.load == "bulk" else given.rate
    await load.run(calls_per_s, WARM_UP_S)
    await _quiet(sockets)
    for socket in sockets:
        socket.frames.clear()
    newest = await database.fetchval("SELECT max(sequence) FROM events")
    before = cores_taken_s(pids)
    took_s = await load.run(calls_per_s, given.seconds)
    after = cores_taken_s(pids)
    await _quiet(sockets)
    committed = await commits(database, newest)
    changes = sum(map(len, committed.values()))
    found = [delay for socket in sockets for delay in delays_s(committed, socket)]
    delays = [delay for delay in found if delay is not None]
    expected = changes * (len(sockets) if given.server_keys else 1)
    print(f"{given.load}: {changes / took_s:.1f} changes/s of {given.rate} asked, {took_s:.1f} s")
    print(f"  call to answer      {spread(load.taken_s)}")
    print(f"  commit to delivery  {spread(delays)}")
    print(f"  {expected} deliveries, {expected - len(delays)} missing")
    frames = sum(len(socket.frames) for socket in sockets)
    taken = {name: after[name] - before[name] for name in after}
    shares = ", ".join(f"{name} {taken_s / took_s:.2f}" for name, taken_s in taken.items())
    of_servers = sum(taken[name] for name in pids) * 1000 / changes
    print(f"  {frames} frames, {of_servers:.1f} ms of processor a change")
    print(f"  cores used: {shares}")


async def _quiet(sockets: list[Subscriber]) -> None:
    """Wait until no frame has come for a while."""
    before = -1
    while (now := sum(len(socket.frames) for socket in sockets)) != before:
        before = now
        await asyncio.sleep(QUIET_S)


async def measure_idle(url: str, pid: int, given: Any) -> None:
    """Open sockets that hear nothing; print what each adds to the server's resident memory."""
    opened: list[Subscriber] = []
    for count in (IDLE_WARM_UP, given.idle):
        before = resident_mb(pid)
        already = len(opened)
        for number in range(count):
            payload = {"apiKey": CLIENT_KEY, "customerId": f"bench-{number % given.subscribers}"}
            opened.append(await _subscriber(_port(url), payload, deflate=given.deflate))
        await _listening(url, 2 * len(opened))
    grown = resident_mb(pid) - before
    print(f"{given.idle} idle subscribers after {already}: {grown * 1024 / given.idle:.1f} KB each")


async def run(urls: list[str], pids: dict[str, int], database_url: str, given: Any) -> None:
    database = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        if given.idle:
            await measure_idle(urls[0], pids["first server"], given)
        else:
            await measure(urls, pids, database, given)
    finally:
        await database.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--rate", type=int, default=200, help="changes a second, of all together")
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--load", choices=("single", "bulk", "mixed"), default="single")
    options.add_argument("--subscribers", type=int, default=100)
    options.add_argument("--server-keys", action="store_true", help="everybody hears everything")
    options.add_argument("--deflate", action="store_true", help="ask for compression, as browsers")
    options.add_argument("--idle", type=int, default=0, help="measure so many idle ones' memory")
    given = options.parse_args()
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="plangate-bench-"))
        with EmbeddedPostgres(Path(place)) as fresh:
            asyncio.run(create_database(fresh.url_of("postgres"), DATABASE_NAME))
            asyncio.run(_note_commits(fresh.url_of("postgres")))
        database = stack.enter_context(EmbeddedPostgres(Path(place)))
        at = f"--database-url={database.url}"
        first = stack.enter_context(server(place, at, PLANGATE_CLIENT_KEY=CLIENT_KEY))
        second = stack.enter_context(server(place, at, PLANGATE_WORKER="false"))
        prepare(Client(first[0], KEY), given.subscribers)
        postgres = int((Path(place) / "postgres" / "postmaster.pid").read_text().split("\n")[0])
        pids = {
            "first server": first[1],
            "second server": second[1],
            "postgres": postgres,
        }
        urls = [first[0], second[0]]
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(urls, pids, database.url, given))


async def _note_commits(database_url: str) -> None:
    """Have PostgreSQL remember when each transaction was committed, from its next start."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    await connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    await connection.close()


if __name__ == "__main__":
    main()

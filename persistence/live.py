"""Live updates: the outbox read as it grows, handed to whoever listens in this process.

One connection listens for all of a process. `NOTIFY` only says "there is news"; what the news are
is read from the outbox, so nothing is too large and nothing arrives twice. Sequences become
visible in the order of commits, not of numbers: a number that is missing when a higher one is read
is looked for again until its transaction must have ended. Within one customer the numbers are the
order of commits already (`persistence.outbox`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any, Self

from asyncpg import (  # type: ignore[import-untyped]  # no stubs are published
    InterfaceError,
    PostgresError,
)
from sqlalchemy import ARRAY, BigInteger, Uuid, any_, bindparam, case, func, or_, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.events import CommittedEvent
from domain.ids import CustomerId, EnvironmentId
from persistence.engine import autocommitting
from persistence.outbox import CHANNEL
from persistence.rows.outbox import EventRow

log = logging.getLogger("plangate.live")

WAITING_MAX = 1000
"""A listener this many events behind is dropped rather than kept in memory."""
READ_ROWS_MAX = 1000
MISSING_MAX = 10_000
GAP_KEPT_S = 60.0
LOOK_ANYWAY_S = 1.0
"""Looks without being told, in case a notification went lost with its connection."""
RECONNECT_S = 1.0
GATHER_S = 0.05
"""After a look, and after a NOTIFY, as long passes: what is committed meanwhile is one read."""

# What a lost connection raises, through SQLAlchemy or past it.
_LOST = (SQLAlchemyError, PostgresError, InterfaceError, OSError)

_NOTIFY = text(f"NOTIFY {CHANNEL}")
# Made once and given parameters: building a statement costs as much as running this one.
_GROWN = (
    select(
        EventRow.sequence,
        EventRow.environment_id,
        EventRow.type,
        EventRow.entity_id,
        EventRow.customer_id,
        EventRow.resource_id,
        EventRow.created_at,
        case(
            (EventRow.environment_id == any_(bindparam("heard", type_=ARRAY(Uuid))), EventRow.data)
        ).label("data"),
    )
    .where(
        or_(
            EventRow.sequence > bindparam("last"),
            EventRow.sequence == any_(bindparam("missing", type_=ARRAY(BigInteger))),
        )
    )
    .order_by(EventRow.sequence)
    .limit(READ_ROWS_MAX)
)

# The newest of these says all that those before it said of the same subject.
COALESCED = frozenset({"MEASUREMENT_REPORTED", "ENTITLEMENTS_UPDATED", "CREDIT_BALANCE_UPDATED"})
# Where the way began that an event tells the end of.
_WAS = ("previousUsageUsedPercentage", "previousBalance")


class Queue:
    """One listener's waiting events. Implements `app.ports.Listening`."""

    def __init__(
        self, hub: LiveOutbox, environment_id: EnvironmentId, types: Iterable[str]
    ) -> None:
        self.environment_id = environment_id
        self.types = frozenset(types)
        self.customer_id: CustomerId | None = None
        self.too_slow = False
        self._hub = hub
        self._waiting: deque[CommittedEvent] = deque()
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._hub.catch_up()
        self._hub.add(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._hub.remove(self)

    def wants(self, event: CommittedEvent) -> bool:
        """Whether the listener asked for it: its environment, its types, its one customer."""
        return (
            self.environment_id == event.environment_id
            and event.type in self.types
            and (self.customer_id is None or self.customer_id == event.customer_id)
        )

    def put(self, event: CommittedEvent) -> None:
        """Add an event; one that is superseded takes the place of what still waits."""
        if event.type in COALESCED:
            for index in range(len(self._waiting) - 1, -1, -1):
                if _subject(self._waiting[index]) == _subject(event):
                    event = _superseding(event, self._waiting[index])
                    del self._waiting[index]
                    break
        if len(self._waiting) >= WAITING_MAX:
            self.too_slow = True
            self._waiting.clear()
            self._hub.remove(self)
        else:
            self._waiting.append(event)
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[CommittedEvent]:
        while not self.too_slow:
            while self._waiting:
                yield self._waiting.popleft()
            self._news.clear()
            if not self._waiting and not self.too_slow:
                await self._news.wait()


def _subject(event: CommittedEvent) -> tuple[object, ...]:
    """What an event is news of: usage of a feature, a credit balance, a scope's entitlements."""
    data = event.data or {}
    named = data.get("feature") or data.get("currency") or {}
    return (event.type, event.customer_id, event.resource_id, named.get("id"))


def _superseding(event: CommittedEvent, older: CommittedEvent) -> CommittedEvent:
    """The newer of two reports tells of the whole way: a limit reached on it is not forgotten."""
    for was in _WAS:
        if older.data.get(was) is not None and event.data.get(was) is not None:
            event = replace(event, data={**event.data, was: older.data[was]})
    return event


class LiveOutbox:
    """A process's ear on the outbox. Implements `app.ports.LiveUpdates`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = autocommitting(engine)
        self._queues: set[Queue] = set()
        self._last = 0
        self._missing: dict[int, float] = {}
        self._reading = asyncio.Lock()
        self._to_read = asyncio.Event()
        self._to_tell = asyncio.Event()

    def listen(self, environment_id: EnvironmentId, types: Iterable[str]) -> Queue:
        """Hear the environment's events of these types from now on, once entered."""
        return Queue(self, environment_id, types)

    def add(self, queue: Queue) -> None:
        self._queues.add(queue)
        self._to_read.set()  # from now on it looks even when not told

    def remove(self, queue: Queue) -> None:
        self._queues.discard(queue)

    @property
    def listeners(self) -> int:
        return len(self._queues)

    def committed(self) -> None:
        """News was committed here: read it, and tell the other processes."""
        self._to_read.set()
        self._to_tell.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen, tell and read for as long as the context lasts."""
        tasks = [asyncio.create_task(job()) for job in (self._listen_and_tell, self._read_on)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen_and_tell(self) -> None:
        """Keep the one connection that LISTENs and NOTIFYs, whatever happens to it."""
        while True:
            try:
                async with self._engine.connect() as connection:
                    await self._tell_on(connection)
            except _LOST as error:
                log.warning("live updates lost their connection: %s", error)
                await asyncio.sleep(RECONNECT_S)

    async def _tell_on(self, connection: AsyncConnection) -> None:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        lost = asyncio.Event()

        own_pid = driver.get_server_pid()

        def heard(_driver: object, pid: int, *_: object) -> None:
            if pid != own_pid:  # our own news is being read already
                self._to_read.set()

        def terminated(*_: object) -> None:
            lost.set()
            self._to_tell.set()

        await driver.add_listener(CHANNEL, heard)
        driver.add_termination_listener(terminated)
        try:
            self._to_read.set()
            while True:
                await self._to_tell.wait()
                self._to_tell.clear()
                if lost.is_set():
                    await connection.invalidate()
                    return
                await connection.execute(_NOTIFY)
                await asyncio.sleep(GATHER_S)
        finally:
            if not lost.is_set():
                driver.remove_termination_listener(terminated)
                await driver.remove_listener(CHANNEL, heard)

    async def _read_on(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_ANYWAY_S if self._queues else None):
                    await self._to_read.wait()
            self._to_read.clear()
            try:
                await self.read()
                await asyncio.sleep(GATHER_S)
            except _LOST as error:
                log.warning("live updates could not read the outbox: %s", error)
                await asyncio.sleep(RECONNECT_S)
                self._to_read.set()

    async def catch_up(self) -> None:
        """Pass over what was committed while nobody listened."""
        async with self._reading:
            if not self._queues:
                async with self._engine.connect() as connection:
                    newest = await connection.scalar(select(func.max(EventRow.sequence)))
                self._last = newest or 0
                self._missing.clear()

    async def read(self) -> None:
        """Hand out everything committed since the last time, once."""
        async with self._reading:
            more = bool(self._queues)
            while more:
                more = await self._read_some() == READ_ROWS_MAX

    async def _read_some(self) -> int:
        now = asyncio.get_running_loop().time()
        self._missing = {n: until for n, until in self._missing.items() if until > now}
        heard = {queue.environment_id for queue in self._queues}
        asked = {"last": self._last, "missing": list(self._missing), "heard": list(heard)}
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_GROWN, asked)).all()
        for found in rows:
            self._note(found.sequence, until=now + GAP_KEPT_S)
            if found.environment_id in heard:
                self._hand_out(CommittedEvent(**found._mapping))  # noqa: SLF001 - public API of Row
        return len(rows)

    def _note(self, sequence: int, *, until: float) -> None:
        """Remember how far the outbox was read, and which numbers are still to come."""
        self._missing.pop(sequence, None)
        if sequence > self._last:
            if sequence - self._last <= MISSING_MAX:
                self._missing |= dict.fromkeys(range(self._last + 1, sequence), until)
            self._last = sequence

    def _hand_out(self, event: CommittedEvent) -> None:
        for queue in [*self._queues]:
            if queue.wants(event):
                queue.put(event)

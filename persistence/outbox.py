"""Writes what happened, in the transaction of the change.

Rows are inserted just before the commit, while the operation's locks are held: of two operations
on one customer the earlier commit has the lower sequence. Waking those who wait for news is left
to `committed`, after the commit (`persistence.live` notifies): a NOTIFY inside would make all
commits of the database queue behind each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, BindParameter, Text, bindparam, insert, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events import Event
from domain.ids import EnvironmentId
from domain.webhooks.enums import EventLogType
from domain.webhooks.model import DEFAULT_THRESHOLDS, TYPE_NAMES
from persistence.rows.outbox import EventRequestRow, EventRow

CHANNEL = "plangate_outbox"


class Asked(Protocol):
    """The request that events come of; `id` is set once it was written down."""

    id: UUID | None

    def body(self) -> Mapping[str, Any] | None:
        """What is kept of it; None = nothing."""


def entity_type_name(text: str) -> str:
    """`PromotionalEntitlement` → `PROMOTIONAL_ENTITLEMENT`, as the contract spells them."""
    if text.isupper():
        return text
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(text)).upper()


def _nobody_waits() -> None:
    """Committed events are found by the next reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Where a unit of work's events go: who caused them, when, and who is woken.

    After the commit: `committed` for whoever waits for news, `queued` if there are deliveries.
    """

    clock: Callable[[], datetime]
    new_uuid: Callable[[], UUID]
    actor: Mapping[str, Any] = field(default_factory=lambda: {"type": "SYSTEM"})
    trace_id: str | None = None
    committed: Callable[[], None] = _nobody_waits
    queued: Callable[[], None] = _nobody_waits
    asked: Asked | None = None

    async def write(
        self,
        connection: AsyncConnection,
        environment_id: EnvironmentId,
        events: Sequence[Event],
    ) -> bool:
        """Insert `events` in their order, in one statement; whether some hook is to be told."""
        now = self.clock()
        request_id = await self._log_request(connection, environment_id, events)
        rows = [
            {
                "id": self.new_uuid(),
                "environment_id": environment_id,
                "type": event.type,
                "entity_type": entity_type_name(event.entity_type),
                "entity_id": event.entity_id,
                "customer_id": event.customer_id,
                "resource_id": event.resource_id,
                "data": dict(event.data),
                "actor": dict(self.actor),
                "trace_id": self.trace_id,
                "before": event.change and dict(event.change.before),
                "after": event.change and dict(event.change.after),
                "request_id": None if event.type in _OFTEN else request_id,
                "created_at": event.occurred_at or now,
            }
            for event in events
        ]
        if not any(event.type in _DELIVERED for event in events):
            await connection.execute(insert(EventRow), rows)
            return False
        told = {"rows": orjson.dumps(rows, default=str).decode()}
        return bool((await connection.execute(_TELLING_HOOKS, told)).rowcount)

    async def _log_request(
        self, connection: AsyncConnection, environment_id: EnvironmentId, events: Sequence[Event]
    ) -> UUID | None:
        """Write down what was asked, once however many events and transactions come of it."""
        if self.asked is None or all(event.type in _OFTEN for event in events):
            return None
        body = self.asked.body()
        if body is None:
            return None
        self.asked.id = self.asked.id or self.new_uuid()
        row = {"id": self.asked.id, "environment_id": environment_id, "body": body}
        await connection.execute(pg_insert(EventRequestRow).on_conflict_do_nothing(), row)
        return self.asked.id


# What comes many times a second, and tells itself what was asked: no request is kept.
_OFTEN = frozenset(
    {
        "CREDIT_BALANCE_UPDATED",
        "ENTITLEMENT_DENIED",
        "ENTITLEMENT_GRANTED",
        "ENTITLEMENT_REQUESTED",
        "ENTITLEMENT_USAGE_EXCEEDED",
        "MEASUREMENT_REPORTED",
    }
)
_DELIVERED = frozenset(type_.value for type_ in TYPE_NAMES)


def _thresholds(name: str, type_: EventLogType) -> BindParameter[str]:
    """The default thresholds of a type, as JSON."""
    return bindparam(name, orjson.dumps(DEFAULT_THRESHOLDS[type_]).decode(), type_=Text)


# Events, and a delivery for every hook that wants to hear of them, in one statement whose text is
# always the same. Thresholds are the hooks' own, in percent of the limit (of credits: of what is
# left, passed downwards): a report that passes one of usage is a delivery of its own type.
# Sequences are drawn in the order of `position`.
_TELLING_HOOKS = text(
    """
WITH told AS (
  INSERT INTO events (id, environment_id, type, entity_type, entity_id, customer_id,
    resource_id, data, actor, trace_id, before, after, request_id, created_at)
  SELECT r.id, r.environment_id, r.type, r.entity_type, r.entity_id, r.customer_id,
    r.resource_id, r.data, r.actor, r.trace_id, r.before, r.after, r.request_id,
    date_trunc('milliseconds', r.created_at)
  FROM ROWS FROM (
    jsonb_to_recordset(CAST(:rows AS jsonb)) AS (id uuid, environment_id uuid, type text,
      entity_type text, entity_id uuid, customer_id uuid, resource_id text, data jsonb,
      actor jsonb, trace_id text, before jsonb, after jsonb, request_id uuid,
      created_at timestamptz)
  ) WITH ORDINALITY AS r (id, environment_id, type, entity_type, entity_id, customer_id,
    resource_id, data, actor, trace_id, before, after, request_id, created_at, position)
  ORDER BY r.position
  RETURNING id, environment_id, type, data
), wanted AS (
  SELECT told.environment_id, h.id AS hook_id, told.id AS event_id, told.type
  FROM told JOIN hooks h ON h.environment_id = told.environment_id AND h.status = 'ACTIVE'
  WHERE told.type = ANY(h.event_log_types)
    AND told.type = ANY(:delivered)
    AND told.type NOT IN ('ENTITLEMENT_USAGE_EXCEEDED', 'SUBSCRIPTION_SPENT_LIMIT_EXCEEDED',
      'CREDIT_BALANCE_LOW', 'CREDIT_GRANT_BALANCE_LOW', 'CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED')
  UNION ALL
  SELECT told.environment_id, h.id, told.id, crossing.type
  FROM told
  JOIN (VALUES
    ('MEASUREMENT_REPORTED', 'ENTITLEMENT_USAGE_EXCEEDED',
      'previousUsageUsedPercentage', 'usageUsedPercentage', 1, NULL, CAST(:usage AS jsonb)),
    ('SUBSCRIPTION_SPENT_LIMIT_EXCEEDED', 'SUBSCRIPTION_SPENT_LIMIT_EXCEEDED',
      'previousSpendPercentage', 'currentSpendPercentage', 1, NULL, CAST(:spend AS jsonb)),
    ('CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED', 'CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED',
      'previousSpendPercentage', 'currentSpendPercentage', 1, NULL, CAST(:recharge AS jsonb)),
    ('CREDIT_BALANCE_LOW', 'CREDIT_BALANCE_LOW',
      'previousRemainingBalancePercentage', 'remainingBalancePercentage', -1, NULL,
      CAST(:balance AS jsonb)),
    ('CREDIT_GRANT_BALANCE_LOW', 'CREDIT_GRANT_BALANCE_LOW',
      'previousRemainingBalancePercentage', 'remainingBalancePercentage', -1,
      'CREDIT_BALANCE_LOW', CAST(:grant AS jsonb))
  ) AS crossing (told_by, type, before, after, direction, as_of, thresholds)
    ON crossing.told_by = told.type
  JOIN hooks h ON h.environment_id = told.environment_id AND h.status = 'ACTIVE'
  WHERE crossing.type = ANY(h.event_log_types)
    AND EXISTS (
      SELECT 1
      FROM jsonb_array_elements_text(coalesce(
        h.configuration #> ARRAY[crossing.type, 'thresholds'],
        h.configuration #> ARRAY[crossing.as_of, 'thresholds'],
        crossing.thresholds
      )) AS threshold
      WHERE crossing.direction * CAST(told.data ->> crossing.before AS numeric)
          < crossing.direction * CAST(threshold AS numeric)
        AND crossing.direction * CAST(told.data ->> crossing.after AS numeric)
          >= crossing.direction * CAST(threshold AS numeric)
    )
)
INSERT INTO webhook_deliveries
  (id, environment_id, hook_id, event_id, type, status, attempts, next_attempt_at)
SELECT gen_random_uuid(), environment_id, hook_id, event_id, type, 'PENDING', 0,
  date_trunc('milliseconds', clock_timestamp())
FROM wanted
"""
).bindparams(
    bindparam("delivered", sorted(_DELIVERED), type_=ARRAY(Text)),
    _thresholds("usage", EventLogType.ENTITLEMENT_USAGE_EXCEEDED),
    _thresholds("spend", EventLogType.SUBSCRIPTION_SPENT_LIMIT_EXCEEDED),
    _thresholds("recharge", EventLogType.CREDITS_AUTOMATIC_RECHARGE_LIMIT_EXCEEDED),
    _thresholds("balance", EventLogType.CREDIT_BALANCE_LOW),
    _thresholds("grant", EventLogType.CREDIT_GRANT_BALANCE_LOW),
    bindparam("rows", type_=Text),
)

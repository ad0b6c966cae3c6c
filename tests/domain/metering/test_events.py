"""Which raw events are accepted, and which are the same. Source: spec, entitlements §6."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.metering.events import EventReport, accepted, digest_of, require_batch
from domain.metering.reset_periods import BEGINNING
from tests.builders import NOW, uid

GOOD = EventReport(customer_id="c", event_name="e", idempotency_key="k", dimensions={"n": 1})


@pytest.mark.parametrize(
    "fault",
    [
        {"customer_id": ""},
        {"event_name": "x" * 256},
        {"idempotency_key": "a\x00"},
        {"resource_id": "\ud800"},
        {"timestamp": NOW + timedelta(hours=1, seconds=1)},
        {"timestamp": BEGINNING - timedelta(milliseconds=1)},
        {"dimensions": {"n": None}},
        {"dimensions": {"n": [1]}},
        {"dimensions": {"n": "\x00"}},
        {"dimensions": {"\x00": 1}},
        {"dimensions": {"n": 10**400}},
        {"dimensions": {"n": "x" * 1_000_001}},
    ],
)
def test_a_fault_names_its_event(fault: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        require_batch([GOOD, replace(GOOD, **fault)], NOW)
    assert caught.value.details == {"index": 1}


def test_a_batch_has_one_to_a_thousand_events() -> None:
    require_batch([GOOD] * 1000, NOW)
    require_batch([replace(GOOD, resource_id="r", timestamp=NOW + timedelta(hours=1))], NOW)
    for size in (0, 1001):
        with pytest.raises(InvalidInput):
            require_batch([GOOD] * size, NOW)


def test_an_accepted_event_has_a_time_and_canonical_dimensions() -> None:
    report = replace(GOOD, dimensions={"a": 1.0, "b": 1.5, "c": 1e30, "d": 2**70, "e": True})
    event = accepted(report, id=uid("event"), now=NOW)
    assert event.timestamp == NOW
    assert event.dimensions == {"a": 1, "b": 1.5, "c": 1e30, "d": float(2**70), "e": True}
    assert type(event.dimensions["a"]) is int
    assert type(event.dimensions["d"]) is float


def test_a_retry_is_a_repeat_and_anything_else_is_not() -> None:
    stamped = replace(GOOD, timestamp=NOW)
    assert digest_of(GOOD) == digest_of(replace(GOOD, dimensions={}))
    others = [
        stamped,
        replace(stamped, timestamp=NOW + timedelta(milliseconds=1)),
        replace(GOOD, customer_id="c2"),
        replace(GOOD, resource_id="r"),
        replace(GOOD, event_name="e2"),
        replace(GOOD, idempotency_key="k2"),
    ]
    assert len({digest_of(report) for report in [GOOD, *others]}) == 7

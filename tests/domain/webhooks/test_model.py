"""Attempts, thresholds, endpoints and envelopes (platform §7; §11, 19-21)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.ids import AccountId, EnvironmentId
from domain.webhooks.enums import EventLogType
from domain.webhooks.model import (
    TYPE_NAMES,
    Answer,
    Delivery,
    DeliveryStatus,
    after_attempt,
    crossed_downwards,
    crossed_upwards,
    envelope,
    require_configuration,
    require_endpoint,
    require_types,
    signature_of,
    thresholds_of,
)
from domain.webhooks.samples import sample_body

START = datetime(2025, 1, 1, tzinfo=UTC)
ID = UUID(int=1)


def a_delivery(**given: Any) -> Delivery:
    return Delivery(
        id=ID,
        environment_id=EnvironmentId(ID),
        hook_id=ID,
        event_id=ID,
        type=EventLogType.CUSTOMER_CREATED,
        next_attempt_at=START,
        **given,
    )


def attempts_until_done(codes: list[int]) -> tuple[list[int], Delivery]:
    """Seconds at which attempts are made while the receiver answers `codes`, the last for ever."""
    delivery, seconds = a_delivery(), []
    while delivery.next_attempt_at is not None:
        now = delivery.next_attempt_at
        seconds.append(int((now - START).total_seconds()))
        code = codes[min(len(seconds), len(codes)) - 1]
        delivery = after_attempt(delivery, Answer(code=code, text=""), now=now)
    return seconds, delivery


def test_an_endpoint_that_always_fails_is_tried_six_times() -> None:
    seconds, delivery = attempts_until_done([500])
    assert seconds == [0, 0, 0, 30, 60, 90]
    assert delivery.status is DeliveryStatus.FAILED


def test_the_third_attempt_may_succeed() -> None:
    seconds, delivery = attempts_until_done([500, 500, 204])
    assert seconds == [0, 0, 0]
    assert delivery.status is DeliveryStatus.DELIVERED
    assert delivery.answer_code == 204


@pytest.mark.parametrize(("code", "ok"), [(200, True), (299, True), (302, False), (None, False)])
def test_only_two_hundreds_are_success(code: int | None, ok: bool) -> None:
    assert Answer(code=code, text="").is_success is ok


def test_usage_crosses_the_most_severe_threshold_once() -> None:
    """Limit 12: 5 → 10 → 11 → 12 is 41 → 83 → 91 → 100 percent."""
    thresholds = (50, 80, 100)
    assert crossed_upwards(thresholds, before=41, after=83) == 80
    assert crossed_upwards(thresholds, before=83, after=91) is None
    assert crossed_upwards(thresholds, before=91, after=100) == 100


def test_what_is_left_crosses_downwards() -> None:
    """Grant 1000: remaining 600 → 200 is 60 → 20 percent."""
    assert crossed_downwards((50, 20), before=60, after=20) == 20
    assert crossed_downwards((50, 20), before=20, after=10) is None


@given(
    thresholds=st.lists(st.integers(1, 200), min_size=1, max_size=5),
    stations=st.lists(st.integers(0, 200), min_size=2, max_size=6),
)
def test_the_way_up_crosses_what_its_steps_cross(
    thresholds: list[int], stations: list[int]
) -> None:
    stations.sort()
    steps = [
        crossed_upwards(thresholds, before=before, after=after)
        for before, after in pairwise(stations)
    ]
    whole = crossed_upwards(thresholds, before=stations[0], after=stations[-1])
    assert whole == max((step for step in steps if step is not None), default=None)


def test_a_hooks_own_thresholds_win_over_the_defaults() -> None:
    exceeded = EventLogType.ENTITLEMENT_USAGE_EXCEEDED
    assert thresholds_of(exceeded, None) == (80, 100)
    assert thresholds_of(exceeded, {exceeded.value: {"thresholds": [50]}}) == (50,)
    assert thresholds_of(EventLogType.CUSTOMER_CREATED, None) == ()


@pytest.mark.parametrize(
    "endpoint",
    [None, "", "x", "ftp://a.test", "//a.test", "http://", "http://a b", "http://[", "http://a:0"],
)
def test_an_endpoint_is_an_absolute_http_address(endpoint: str | None) -> None:
    with pytest.raises(InvalidInput):
        require_endpoint(endpoint)


def test_a_usable_endpoint_is_kept() -> None:
    assert require_endpoint(" https://a.test/hook?x=1 ") == "https://a.test/hook?x=1"


def test_types_are_kept_once_each() -> None:
    created = EventLogType.CUSTOMER_CREATED
    assert require_types([created, created]) == (created,)
    with pytest.raises(InvalidInput):
        require_types(None)


@pytest.mark.parametrize(
    "configuration",
    [[], {"X": {}}, {"CREDIT_BALANCE_LOW": {}}, {"CREDIT_BALANCE_LOW": {"thresholds": [True]}}],
)
def test_a_configuration_holds_thresholds_only(configuration: Any) -> None:
    with pytest.raises(InvalidInput):
        require_configuration(configuration)


def test_a_proper_configuration_is_kept() -> None:
    configuration = {"ENTITLEMENT_USAGE_EXCEEDED": {"thresholds": [80, 100]}}
    assert require_configuration(configuration) == configuration
    assert require_configuration(None) is None


def test_the_envelope_is_flat_and_its_names_win() -> None:
    message = envelope(
        type_=EventLogType.CUSTOMER_CREATED,
        message_id=ID,
        trace_id=None,
        occurred_at=START + timedelta(milliseconds=5),
        account_id=AccountId(ID),
        environment_id=EnvironmentId(ID),
        body={"id": "c1", "type": "mine"},
    )
    assert message == {
        "type": "customer.created",
        "messageId": str(ID),
        "traceId": "",
        "timestamp": "2025-01-01T00:00:00.005Z",
        "accountId": str(ID),
        "environmentId": str(ID),
        "id": "c1",
    }


def test_the_signature_is_an_hmac_of_the_body() -> None:
    signature = signature_of(b"{}", "key")
    assert len(signature) == len("sha256=") + 64
    assert signature.startswith("sha256=")
    assert signature not in {signature_of(b"{}", "other"), signature_of(b"[]", "key")}


@pytest.mark.parametrize("type_", TYPE_NAMES)
def test_every_type_that_is_sent_has_a_sample(type_: EventLogType) -> None:
    assert sample_body(type_)


def test_what_is_only_logged_has_no_sample() -> None:
    with pytest.raises(InvalidInput):
        sample_body(EventLogType.API_KEY_CREATED)

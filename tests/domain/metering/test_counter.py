"""Example 11 of spec, entitlements §15, and: the fold equals the counter kept step by step."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.metering.counter import Counter, applied, fold, require_total, require_value
from domain.metering.enums import UsageUpdateBehavior as Behavior
from domain.metering.model import Measurement
from tests.builders import uid, utc

START = utc("2024-03-01")


def m(value: int, behavior: Behavior = Behavior.DELTA, *, hour: int, seq: int = 0) -> Measurement:
    return Measurement(
        id=uid(f"{value}{behavior}{hour}{seq}"),
        timestamp=START + timedelta(hours=hour),
        value=Decimal(value),
        behavior=behavior,
        sequence=seq,
    )


def test_deltas_add_and_a_set_replaces() -> None:
    log = [m(3, hour=0), m(2, hour=1)]
    assert fold(log).total == 5
    log.append(m(4, Behavior.SET, hour=2))
    assert fold(log).total == 4
    with pytest.raises(InvalidInput):
        require_total(fold([*log, m(-5, hour=3)]))
    assert fold([*log, m(2, hour=3)]).total == 6


def test_a_backdated_set_leaves_later_deltas_standing() -> None:
    assert fold([m(5, hour=10, seq=1), m(2, Behavior.SET, hour=5, seq=2)]).total == 7


def test_values_beyond_exact_numbers_are_refused() -> None:
    for value, behavior in [
        (Decimal(2**53), Behavior.DELTA),
        (Decimal(-(2**53)), Behavior.DELTA),
        (Decimal(-1), Behavior.SET),
        (Decimal("NaN"), Behavior.DELTA),
    ]:
        with pytest.raises(InvalidInput):
            require_value(value, behavior)
    assert require_value(Decimal(2**53 - 1), Behavior.DELTA) == 2**53 - 1


reports = st.lists(
    st.tuples(st.integers(-9, 9), st.sampled_from(Behavior), st.integers(0, 6)), max_size=12
)


@given(reports)
def test_the_fold_equals_the_counter_kept_report_by_report(
    log: list[tuple[int, Behavior, int]],
) -> None:
    counter, seen = Counter(), list[Measurement]()
    for sequence, (value, behavior, hour) in enumerate(log):
        report = m(value, behavior, hour=hour, seq=sequence)
        seen.append(report)
        after = applied(counter, report)
        counter = fold(seen) if after is None else after
        assert counter == fold(seen)

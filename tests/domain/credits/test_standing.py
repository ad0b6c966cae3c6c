"""Laws of recurring grants: what a wallet holds of a subscription, whatever happened to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.credits.enums import CreditGrantSourceType, CreditGrantType
from domain.credits.model import ZERO, CreditGrant, GrantStage
from domain.credits.opened import OpenWallet
from domain.credits.recurring import CreditSource
from domain.credits.standing import handed_over, leave, stand
from domain.credits.wallet import closed, settled, voided
from domain.ids import SubscriptionId
from domain.periods import monthly_period
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import Subscription
from tests.builders import a_customer, a_plan, a_subscription, uid, utc
from tests.domain.credits.test_laws import agree
from tests.domain.credits.wallets import KEY, an_empty_wallet, burn

START = utc("2024-01-31T10:00")
DAY = timedelta(days=1)
AMOUNTS = st.integers(0, 50)
KEYS = ("addon:a", "plan", "price")


def one(**given: Any) -> Subscription:
    defaults: dict[str, Any] = {"start_date": START, "billing_cycle_anchor": START}
    return a_subscription(a_customer(), a_plan(), **defaults | given)


def source(amount: int, key: str = "plan", months: int | None = 1) -> CreditSource:
    return CreditSource(
        currency_id=KEY.currency_id,
        type=CreditGrantSourceType.PLAN_ENTITLEMENT,
        key=key,
        display_name=key,
        amount=Decimal(amount),
        months=months,
    )


def standing(
    wallet: OpenWallet,
    *sources: CreditSource,
    at: datetime = START,
    begins: bool = True,
    subscription: Subscription | None = None,
) -> OpenWallet:
    numbers = count()
    return stand(
        settled(wallet, at),
        subscription or one(),
        sources,
        begins=begins,
        at=at,
        new_id=lambda: uid(f"order {at} {subscription} {next(numbers)}"),
    )


def recurring(wallet: OpenWallet) -> list[CreditGrant]:
    return [
        grant
        for grant in wallet.grants.values()
        if grant.grant_type is CreditGrantType.RECURRING and grant.stage is GrantStage.ACTIVE
    ]


def counted(wallet: OpenWallet) -> list[int]:
    return sorted(int(grant.amount) for grant in recurring(wallet))


# --- the clock ------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(1, 50), st.sampled_from([1, 12])), min_size=1, max_size=3),
    st.integers(0, 1000),
)
def test_an_unchanged_subscription_s_grants_are_those_of_the_present_period(
    amounts: list[tuple[int, int]], days: int
) -> None:
    sources = [
        source(amount, KEYS[index], months) for index, (amount, months) in enumerate(amounts)
    ]
    now = START + days * DAY
    wallet = settled(standing(an_empty_wallet(), *sources), now)
    periods = {s.key: monthly_period(START, now, step=s.months or 0) for s in sources}
    assert {g.source_key: (g.amount, g.effective_at, g.expire_at) for g in recurring(wallet)} == {
        s.key: (s.amount, periods[s.key].start, periods[s.key].end) for s in sources
    }
    agree(wallet)
    change = closed(wallet, now).wallet.next_change
    assert change == min(period.end for period in periods.values())


@given(st.integers(1, 50), st.lists(st.integers(1, 90), max_size=10))
def test_however_often_it_is_looked_at_each_period_is_granted_once(
    amount: int, steps: list[int]
) -> None:
    wallet = standing(an_empty_wallet(), source(amount))
    now = START
    for days in steps:
        now += days * DAY
        wallet = settled(wallet, now)
        wallet = standing(wallet, source(amount), at=now, begins=False)
    at_once = settled(standing(an_empty_wallet(), source(amount)), now)
    assert wallet.entries == at_once.entries
    assert wallet.wallet == at_once.wallet


def test_missed_periods_are_told_at_their_own_instants() -> None:
    wallet = settled(standing(an_empty_wallet(), source(10)), utc("2024-04-01"))
    assert [(str(e.type), int(e.amount), e.timestamp) for e in wallet.entries] == [
        ("CREDITS_GRANTED", 10, START),
        ("CREDITS_EXPIRED", -10, utc("2024-02-29T10:00")),
        ("CREDITS_GRANTED", 10, utc("2024-02-29T10:00")),
        ("CREDITS_EXPIRED", -10, utc("2024-03-31T10:00")),
        ("CREDITS_GRANTED", 10, utc("2024-03-31T10:00")),
    ]


def test_a_deficit_is_carried_by_the_next_period() -> None:
    wallet = burn(standing(an_empty_wallet(), source(10)), 14)
    wallet = settled(wallet, utc("2024-02-29T10:00"))
    assert wallet.wallet.balance == 6
    agree(wallet)


def test_what_is_granted_once_neither_expires_nor_comes_again() -> None:
    wallet = standing(an_empty_wallet(), source(10, months=None))
    wallet = settled(wallet, utc("2030-01-01"))
    moved = one(billing_cycle_anchor=utc("2030-01-01"))
    wallet = standing(wallet, source(10, months=None), at=utc("2030-01-01"), subscription=moved)
    assert [(int(g.amount), g.expire_at) for g in recurring(wallet)] == [(10, None)]


# --- changes --------------------------------------------------------------------------------


CHANGES = st.lists(
    st.tuples(st.integers(0, 40), st.lists(AMOUNTS, max_size=len(KEYS))), min_size=1, max_size=8
)


@given(CHANGES)
def test_a_period_is_given_the_most_it_was_entitled_to_at_any_moment(
    changes: list[tuple[int, list[int]]],
) -> None:
    wallet, now, at_once = standing(an_empty_wallet()), START, ZERO
    wanted, most, end = 0, 0, START
    for days, amounts in changes:
        now += days * DAY
        if now >= end:
            most, end = wanted, monthly_period(START, now).end
        wanted = sum(amounts)
        most = max(most, wanted)
        sources = [source(a, k) for k, a in zip(KEYS, amounts, strict=False) if a]
        wallet = standing(wallet, *sources, at=now, begins=False)
        again = standing(wallet, *sources, at=now, begins=False)
        assert (again.grants, again.entries, again.wallet) == (
            wallet.grants,
            wallet.entries,
            wallet.wallet,
        )
        at_once = sum((g.amount for g in recurring(wallet)), ZERO)
        assert at_once == most
        assert {g.expire_at for g in recurring(wallet)} <= {end}
        agree(wallet)
    wallet = settled(wallet, end)
    assert sum((g.amount for g in recurring(wallet)), ZERO) == wanted


def test_example_22_seats() -> None:
    middle = utc("2024-02-10")
    wallet = standing(an_empty_wallet(), source(5000))
    wallet = standing(wallet, source(6000), at=middle, begins=False)
    assert counted(wallet) == [1000, 5000]
    assert {g.expire_at for g in recurring(wallet)} == {utc("2024-02-29T10:00")}
    assert max(g.effective_at for g in recurring(wallet)) == middle
    wallet = standing(wallet, source(5000), at=middle + DAY, begins=False)
    assert counted(wallet) == [1000, 5000]
    assert counted(settled(wallet, utc("2024-02-29T10:00"))) == [5000]


def test_what_was_voided_by_hand_is_not_granted_again_in_its_period() -> None:
    wallet = standing(an_empty_wallet(), source(10))
    wallet = voided(wallet, recurring(wallet)[0], START + DAY)
    wallet = standing(wallet, source(10), at=START + 2 * DAY, begins=False)
    assert counted(wallet) == []
    assert counted(standing(wallet, source(12), at=START + 2 * DAY, begins=False)) == [2]
    assert counted(settled(wallet, utc("2024-03-01"))) == [10]


def test_an_override_grants_what_is_missing_and_replaces_the_rest_next_period() -> None:
    wallet = standing(an_empty_wallet(), source(100))
    wallet = standing(wallet, source(500, "addon:a"), at=START + DAY, begins=False)
    assert counted(wallet) == [100, 400]
    assert counted(settled(wallet, utc("2024-03-01"))) == [500]


def test_a_new_anchor_or_cadence_begins_anew() -> None:
    at = utc("2024-02-10")
    wallet = burn(standing(an_empty_wallet(), source(10)), 4)
    moved = one(billing_cycle_anchor=at)
    anew = standing(wallet, source(10), at=at, begins=False, subscription=moved)
    assert [(int(g.remaining), g.effective_at, g.expire_at) for g in recurring(anew)] == [
        (10, at, utc("2024-03-10"))
    ]
    agree(anew)
    yearly = standing(wallet, source(10, months=12), at=at, begins=False)
    assert [(int(g.remaining), g.expire_at) for g in recurring(yearly)] == [
        (10, utc("2025-01-31T10:00"))
    ]


def test_the_first_grants_begin_with_the_period_or_with_the_subscription() -> None:
    at = utc("2024-05-10")
    backdated = standing(an_empty_wallet(), source(10), at=at)
    assert [g.effective_at for g in recurring(backdated)] == [utc("2024-04-30T10:00")]
    assert backdated.entries[0].timestamp == at
    ahead = one(start_date=at, billing_cycle_anchor=utc("2024-06-01"))
    stub = standing(an_empty_wallet(), source(10), at=at, subscription=ahead)
    assert [(g.effective_at, g.expire_at) for g in recurring(stub)] == [(at, utc("2024-06-01"))]


# --- ends -----------------------------------------------------------------------------------


def test_nothing_is_granted_of_a_period_that_begins_at_the_end() -> None:
    end = utc("2024-03-31T10:00")
    wallet = standing(
        an_empty_wallet(), source(10), subscription=one(effective_end_date=end, end_date=end)
    )
    assert counted(settled(wallet, end - DAY)) == [10]
    after = settled(wallet, end)
    assert (counted(after), int(after.wallet.balance)) == ([], 0)
    assert len(after.grants) == 2
    assert closed(after, end).wallet.next_change is None
    assert leave(after, one().id, at=end).wallet.recurrences == ()


def test_what_comes_to_be_known_after_the_end_changes_nothing_after_it() -> None:
    end = utc("2024-02-10")
    ends = one(effective_end_date=end)
    wallet = standing(an_empty_wallet(), source(10), subscription=ends)
    wallet = settled(wallet, end + DAY)
    same = standing(wallet, source(10), at=end - DAY, begins=False, subscription=ends)
    assert settled(same, end + DAY).entries == wallet.entries
    more = standing(wallet, source(12), at=end - DAY, begins=False, subscription=ends)
    assert more.wallet.balance == 2
    assert settled(more, end + DAY).wallet.balance == 0


def test_an_end_within_a_period_voids_what_is_left_then() -> None:
    end = utc("2024-02-10")
    wallet = standing(an_empty_wallet(), source(10), subscription=one(effective_end_date=end))
    assert closed(wallet, START).wallet.next_change == end
    wallet = settled(burn(wallet, 3), end + DAY)
    assert [(str(e.type), int(e.amount), e.timestamp) for e in wallet.entries[2:]] == [
        ("CREDITS_VOIDED", -7, end)
    ]
    assert [g.voided_at for g in wallet.grants.values()] == [end]


def test_an_end_that_is_called_off_voids_nothing() -> None:
    end = utc("2024-02-10")
    wallet = standing(an_empty_wallet(), source(10), subscription=one(effective_end_date=end))
    wallet = standing(wallet, source(10), at=START + DAY, begins=False)
    assert counted(settled(wallet, utc("2024-03-01"))) == [10]


def test_who_leaves_takes_its_own_along() -> None:
    other = replace(one(), id=SubscriptionId(uid("other")))
    wallet = standing(an_empty_wallet(), source(10))
    wallet = standing(wallet, source(20), subscription=other)
    wallet = leave(wallet, one().id, at=START + DAY)
    assert counted(wallet) == [20]
    assert counted(settled(wallet, utc("2024-03-01"))) == [20]
    agree(wallet)


def test_an_heir_goes_on_where_the_old_record_was() -> None:
    heir = replace(one(), id=SubscriptionId(uid("heir")))
    at = START + DAY
    wallet = burn(standing(an_empty_wallet(), source(5)), 4)
    wallet = handed_over(wallet, one().id, heir.id, at=at)
    wallet = standing(wallet, source(6), at=at, begins=False, subscription=heir)
    assert (int(wallet.wallet.balance), counted(wallet)) == (2, [1, 5])
    assert {g.subscription_id for g in recurring(wallet)} == {heir.id}
    assert counted(leave(wallet, heir.id, at=at)) == []


@given(st.integers(0, 5), st.booleans())
def test_an_end_that_does_not_come_takes_nothing(burned: int, is_looked_at: bool) -> None:
    """The successor of a subscription could not be paid: it goes on, with what it had left."""
    end = START + DAY
    wallet = standing(an_empty_wallet(), source(5), subscription=one(effective_end_date=end))
    wallet = burn(wallet, burned) if burned else wallet
    if is_looked_at:
        wallet = settled(wallet, end)
        assert wallet.wallet.balance == 0
    wallet = stand(wallet, one(), [source(5)], begins=False, at=end, new_id=lambda: uid("none"))
    assert wallet.wallet.balance == 5 - burned
    assert {g.expire_at for g in recurring(wallet)} <= {utc("2024-02-29T10:00")}
    again = standing(wallet, source(5), at=end + DAY, begins=False)
    assert (again.entries, again.wallet) == (wallet.entries, wallet.wallet)
    agree(wallet)


@given(st.booleans())
def test_an_heir_goes_on_though_the_clock_was_first(is_looked_at: bool) -> None:
    end = START + DAY
    heir = replace(one(), id=SubscriptionId(uid("heir")), start_date=end)
    wallet = standing(an_empty_wallet(), source(5), subscription=one(effective_end_date=end))
    wallet = burn(wallet, 4)
    wallet = settled(wallet, end) if is_looked_at else wallet
    wallet = handed_over(wallet, one().id, heir.id, at=end)
    wallet = stand(wallet, heir, [source(6)], begins=False, at=end, new_id=lambda: uid("none"))
    assert wallet.wallet.balance == 2
    agree(wallet)


def test_what_is_due_at_the_instant_of_a_change_is_on_its_terms() -> None:
    boundary = utc("2024-02-29T10:00")
    wallet = standing(an_empty_wallet(), source(5))
    fewer = stand(wallet, one(), [source(3)], begins=False, at=boundary, new_id=lambda: uid("none"))
    assert counted(fewer) == [3]
    gone = settled(leave(wallet, one().id, at=boundary), boundary)
    assert [(str(e.type), int(e.amount)) for e in gone.entries] == [
        ("CREDITS_GRANTED", 5),
        ("CREDITS_EXPIRED", -5),
    ]


# --- changes that the clock will bring ------------------------------------------------------


def test_a_renewal_awaits_the_change_that_is_due_with_it() -> None:
    boundary = utc("2024-02-29T10:00")
    in_trial = one(status=SubscriptionStatus.IN_TRIAL, trial_end_date=boundary)
    wallet = standing(an_empty_wallet(), source(50), subscription=in_trial)
    awaiting = settled(wallet, boundary + DAY)
    assert (counted(awaiting), closed(awaiting, boundary).wallet.next_change) == ([], None)
    # What is burned meanwhile is lent, and the change comes at its own instant.
    awaiting = burn(awaiting, 8, at=boundary + DAY)
    after = standing(awaiting, source(30), at=boundary, begins=False)
    assert (counted(after), int(after.wallet.balance)) == ([30], 22)
    assert [g.effective_at for g in recurring(after)] == [boundary]
    agree(after)

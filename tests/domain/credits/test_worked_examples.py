"""Entitlements examples 17-19 and the rules about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.credits.enums import CreditGrantStatus, CreditGrantType
from domain.credits.model import GrantStage, status_of
from domain.credits.opened import GrantVerb, OpenWallet
from domain.credits.wallet import closed, granted, settled, updated, voided
from domain.errors import DomainError, ErrorCode
from tests.builders import utc
from tests.domain.credits.wallets import NOW, a_grant, an_empty_wallet, burn, holding, named

DAY = timedelta(days=1)


def told(wallet: OpenWallet) -> list[tuple[str, float]]:
    return [(e.type.value, float(e.amount)) for e in wallet.entries]


def totals(wallet: OpenWallet) -> tuple[float, float, float]:
    """Granted, consumed, and the balance."""
    kept = wallet.wallet
    return float(kept.granted), float(kept.consumed), float(kept.balance)


def test_example_17_burns_by_priority_expiry_and_kind() -> None:
    a = a_grant("A", 50, priority=Decimal(1), expire_at=utc("2024-09-01"))
    b = a_grant(
        "B",
        20,
        priority=Decimal(1),
        expire_at=utc("2024-09-01"),
        grant_type=CreditGrantType.PROMOTIONAL,
    )
    c = a_grant(
        "C",
        100,
        priority=Decimal(2),
        expire_at=utc("2024-08-25"),
        grant_type=CreditGrantType.PROMOTIONAL,
    )
    after = burn(holding(a, b, c), 60)
    assert [(e.grant_id, float(e.amount)) for e in after.entries[-2:]] == [(b.id, -20), (a.id, -40)]
    assert after.wallet.balance == 110


def test_example_18_a_deficit_moves_to_the_next_grant() -> None:
    first = burn(holding(a_grant("first", 10)), 25)
    overdraft = first.overdraft
    assert overdraft is not None
    assert overdraft.display_name == "Overdraft"
    assert overdraft.amount == 0
    assert overdraft.consumed_amount == 15
    assert totals(first) == (10, 25, -15)
    after = granted(first, a_grant("second", 50), NOW)
    assert told(after)[-2:] == [
        ("CREDITS_CONSUMPTION_TRANSFER_SOURCE", 15),
        ("CREDITS_CONSUMPTION_TRANSFER_TARGET", -15),
    ]
    assert status_of(after.grants[overdraft.id], NOW) is CreditGrantStatus.VOIDED
    assert after.overdraft is None
    assert totals(after) == (60, 25, 35)
    assert sum(e.amount for e in after.entries) == 35


def test_a_small_grant_leaves_the_rest_of_the_deficit() -> None:
    after = granted(burn(an_empty_wallet(), 25), a_grant("small", 10), NOW)
    assert after.overdraft is not None
    assert after.overdraft.consumed_amount == 15
    assert named(after, "small").remaining == 0
    assert GrantVerb.DEPLETED in [news.verb for news in after.news]
    assert after.wallet.balance == -15


def test_example_19_expires_at_its_instant() -> None:
    ends = NOW + DAY
    wallet = burn(holding(a_grant("g", 100, expire_at=ends)), 30)
    assert settled(wallet, ends - timedelta(milliseconds=1)).wallet.balance == 70
    after = settled(wallet, ends + DAY)
    assert told(after)[-1] == ("CREDITS_EXPIRED", -70)
    assert after.entries[-1].timestamp == ends
    assert after.wallet.balance == 0
    with pytest.raises(DomainError) as raised:
        voided(after, named(after, "g"), ends + DAY)
    assert raised.value.code is ErrorCode.CreditGrantCannotBeVoided


def test_example_19_voids_what_is_left() -> None:
    wallet = burn(holding(a_grant("g", 100)), 30)
    after = voided(wallet, named(wallet, "g"), NOW)
    assert told(after)[-1] == ("CREDITS_VOIDED", -70)
    assert after.wallet.balance == 0
    with pytest.raises(DomainError) as raised:
        voided(after, named(after, "g"), NOW)
    assert raised.value.code is ErrorCode.CreditGrantAlreadyVoided


def test_an_overdraft_cannot_be_voided_by_hand() -> None:
    wallet = burn(an_empty_wallet(), 5)
    assert wallet.overdraft is not None
    with pytest.raises(DomainError) as raised:
        voided(wallet, wallet.overdraft, NOW)
    assert raised.value.code is ErrorCode.CreditGrantCannotBeVoided


def test_what_never_began_leaves_nothing_when_voided() -> None:
    later = a_grant("later", 100, effective_at=NOW + DAY)
    wallet = holding(later)
    assert wallet.wallet.balance == 0
    assert closed(wallet, NOW).wallet.next_change == NOW + DAY
    after = voided(wallet, named(wallet, "later"), NOW)
    assert told(after) == [("CREDITS_VOIDED", 0)]
    assert settled(after, NOW + 2 * DAY).wallet.balance == 0


def test_unpaid_grants_wait_whatever_the_clock_says() -> None:
    wallet = holding(a_grant("unpaid", 100, is_payment_pending=True))
    after = settled(wallet, NOW + DAY)
    assert after.wallet.balance == 0
    assert status_of(named(after, "unpaid"), NOW + DAY) is CreditGrantStatus.PAYMENT_PENDING


def test_a_renewed_grant_begins_after_the_one_it_renews_has_expired() -> None:
    month = a_grant("month", 100, expire_at=NOW + DAY)
    renewed = a_grant("next", 100, effective_at=NOW + DAY)
    after = settled(burn(holding(month, renewed), 130), NOW + DAY)
    assert told(after)[-4:] == [
        ("CREDITS_EXPIRED", 0),
        ("CREDITS_GRANTED", 100),
        ("CREDITS_CONSUMPTION_TRANSFER_SOURCE", 30),
        ("CREDITS_CONSUMPTION_TRANSFER_TARGET", -30),
    ]
    assert totals(after) == (100, 30, 70)


def test_a_moved_grant_begins_now() -> None:
    wallet = holding(a_grant("later", 100, effective_at=NOW + DAY))
    before = named(wallet, "later")
    after = updated(wallet, before, replace(before, effective_at=NOW, updated_at=NOW), NOW)
    assert told(after) == [("CREDITS_UPDATED", 0), ("CREDITS_GRANTED", 100)]
    assert named(after, "later").stage is GrantStage.ACTIVE


def test_versions_rise_though_the_clock_stands() -> None:
    first = closed(holding(a_grant("g", 1)), NOW)
    second = closed(burn(first, 1), NOW)
    assert second.wallet.updated_at > first.wallet.updated_at > NOW - DAY

"""Laws of wallets: whatever happens, the ledger, the grants and the totals agree."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.credits.enums import CreditGrantType
from domain.credits.model import ZERO, GrantStage
from domain.credits.opened import OpenWallet
from domain.credits.wallet import closed, granted, payment_changed, settled, voided
from domain.errors import DomainError
from tests.domain.credits.wallets import NOW, a_grant, an_empty_wallet, burn

AMOUNTS = st.decimals("0.0000000001", "1000", places=10)
HOURS = st.integers(0, 72)


@st.composite
def grants(draw: st.DrawFn) -> dict[str, Any]:
    begins = draw(HOURS)
    lasts = draw(st.none() | st.integers(1, 48))
    return {
        "amount": draw(AMOUNTS),
        "effective_at": NOW + timedelta(hours=begins),
        "expire_at": None if lasts is None else NOW + timedelta(hours=begins + lasts),
        "priority": Decimal(draw(st.integers(0, 2))),
        "grant_type": draw(st.sampled_from([CreditGrantType.PAID, CreditGrantType.PROMOTIONAL])),
        "is_payment_pending": draw(st.integers(0, 3)) == 0,
    }


STEPS = st.lists(
    st.tuples(st.just("grant"), grants())
    | st.tuples(st.just("burn"), AMOUNTS)
    | st.tuples(st.just("void"), st.integers(0, 20))
    | st.tuples(st.just("pay"), st.integers(0, 20))
    | st.tuples(st.just("wait"), st.integers(1, 24)),
    max_size=25,
)


def agree(wallet: OpenWallet) -> None:
    counted = [g for g in wallet.grants.values() if g.stage is GrantStage.ACTIVE]
    assert wallet.wallet.granted == sum((g.amount for g in counted), ZERO)
    assert wallet.wallet.consumed == sum((g.consumed_amount for g in counted), ZERO)
    assert wallet.wallet.balance == sum((e.amount for e in wallet.entries), ZERO)
    overdrafts = [g for g in counted if g.is_overdraft]
    assert len(overdrafts) <= 1
    assert all(g.remaining >= 0 for g in counted if not g.is_overdraft)
    if overdrafts:
        assert not any(g.is_spendable for g in counted), "a deficit while something is left"


@given(STEPS)
def test_totals_ledger_and_grants_agree(steps: list[tuple[str, Any]]) -> None:
    wallet, now = an_empty_wallet(), NOW
    for index, (step, what) in enumerate(steps):
        wallet = settled(wallet, now)
        match step:
            case "grant":
                grant = a_grant(f"g{index}", created_at=now, **what)
                wallet = granted(wallet, grant, now)
            case "burn":
                before = wallet.wallet.balance
                wallet = burn(wallet, what, at=now)
                assert wallet.wallet.balance == before - what
            case "void" if wallet.grants:
                grants_now = list(wallet.grants.values())
                with suppress(DomainError):
                    wallet = voided(wallet, grants_now[what % len(grants_now)], now)
            case "pay" if pending := [g for g in wallet.grants.values() if g.is_payment_pending]:
                grant = pending[what % len(pending)]
                paid = replace(grant, is_payment_pending=False)
                wallet = payment_changed(wallet, grant, paid, now)
            case "wait":
                now += timedelta(hours=what)
        agree(wallet)
    times = [entry.timestamp for entry in wallet.entries]
    assert times == sorted(times), "the ledger goes forward"


@given(STEPS, st.integers(1, 96))
def test_settling_in_one_go_or_in_many_is_the_same(
    steps: list[tuple[str, Any]], hours: int
) -> None:
    wallet = an_empty_wallet()
    for index, (step, what) in enumerate(steps):
        if step == "grant":
            wallet = granted(wallet, a_grant(f"g{index}", **what), NOW)
        elif step == "burn":
            wallet = burn(wallet, what)
    at_once = settled(wallet, NOW + timedelta(hours=hours))
    by_hours = wallet
    for hour in range(hours + 1):
        by_hours = settled(by_hours, NOW + timedelta(hours=hour))
        end = closed(by_hours, NOW).wallet.next_change
        assert end is None or end > NOW + timedelta(hours=hour)
    assert by_hours.wallet == at_once.wallet
    assert by_hours.entries == at_once.entries
    assert by_hours.news == at_once.news

"""A wallet opened for a change, and the steps of which every change is made.

A step keeps totals, grants and entries in agreement; when it is taken is decided by
`domain.credits.wallet`. Source: spec, entitlements §9.4-§9.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.credits.enums import CreditLedgerEventType
from domain.credits.model import (
    ZERO,
    CreditGrant,
    CreditGrantId,
    GrantStage,
    LedgerEntry,
    Recurrence,
    Usage,
    Wallet,
)


class GrantVerb(StrEnum):
    """What happened to a grant, in the words of `CREDIT_GRANT_<verb>`; CONSUMED is not told."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    CONSUMED = "CONSUMED"
    DEPLETED = "DEPLETED"
    EXPIRED = "EXPIRED"
    VOIDED = "VOIDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantNews:
    """A grant before (None: it is new) and after what happened at `at`."""

    verb: GrantVerb
    before: CreditGrant | None
    after: CreditGrant
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWallet:
    """A wallet with the grants that can still change, and what was done since it was opened.

    `was` is the wallet as it was opened. `grants` may lack those that nothing can change any
    more: ended ones, and depleted ones that never expire.
    """

    was: Wallet
    wallet: Wallet
    grants: Mapping[CreditGrantId, CreditGrant]
    entries: tuple[LedgerEntry, ...] = ()
    news: tuple[GrantNews, ...] = ()
    touched: frozenset[CreditGrantId] = field(default_factory=frozenset)
    versioned_changes: int = 0
    """How many changes the wallet's version tells of."""

    @property
    def is_changed(self) -> bool:
        return bool(self.touched) or self.wallet.recurrences != self.was.recurrences

    @property
    def changes(self) -> int:
        """How much was done since it was opened: every change has an entry or news."""
        return len(self.entries) + len(self.news)

    @property
    def overdraft(self) -> CreditGrant | None:
        """The one grant that carries the deficit, while there is one."""
        return next(
            (g for g in self.grants.values() if g.is_overdraft and g.stage is GrantStage.ACTIVE),
            None,
        )


# --- what a change does to one grant ---------------------------------------------------------


def begun(open_: OpenWallet, grant: CreditGrant, at: datetime) -> OpenWallet:
    """A grant becomes active, and carries what it can of a deficit (§9.5)."""
    active = replace(grant, stage=GrantStage.ACTIVE)
    entry = LedgerEntry(
        grant_id=grant.id,
        type=CreditLedgerEventType.CREDITS_GRANTED,
        amount=grant.amount,
        timestamp=at,
    )
    open_ = with_totals(with_grant(open_, active, entries=(entry,)), granted=grant.amount)
    overdraft = open_.overdraft
    if overdraft is None:
        return open_
    return _deficit_moved(open_, overdraft, active, at)


def _deficit_moved(
    open_: OpenWallet, overdraft: CreditGrant, grant: CreditGrant, at: datetime
) -> OpenWallet:
    """Move as much of the deficit as the grant can carry; an overdraft of 0 is voided."""
    moved = min(overdraft.consumed_amount, grant.amount)
    rest = overdraft.consumed_amount - moved
    source = replace(
        overdraft,
        consumed_amount=rest,
        updated_at=at,
        stage=overdraft.stage if rest else GrantStage.ENDED,
        voided_at=None if rest else at,
    )
    target = replace(grant, consumed_amount=moved)
    entries = (
        LedgerEntry(
            grant_id=source.id,
            type=CreditLedgerEventType.CREDITS_CONSUMPTION_TRANSFER_SOURCE,
            amount=moved,
            timestamp=at,
        ),
        LedgerEntry(
            grant_id=target.id,
            type=CreditLedgerEventType.CREDITS_CONSUMPTION_TRANSFER_TARGET,
            amount=-moved,
            timestamp=at,
        ),
    )
    open_ = with_grant(open_, source, entries=entries)
    return with_grant(open_, target, news=_drawn_on(grant, target, at))


def taken(
    open_: OpenWallet,
    grant: CreditGrant,
    part: Decimal,
    *,
    usage: Usage,
    at: datetime,
    now: datetime,
) -> OpenWallet:
    """A part of a grant is consumed; its entry is dated `at`."""
    after = replace(grant, consumed_amount=grant.consumed_amount + part, updated_at=now)
    entries = (consumed_entry(after, part, usage, at),)
    open_ = with_grant(open_, after, entries=entries, news=_drawn_on(grant, after, now))
    return with_totals(open_, consumed=part)


def consumed_entry(grant: CreditGrant, part: Decimal, usage: Usage, at: datetime) -> LedgerEntry:
    """The entry of a part that a grant gave, or of a deficit that it took."""
    return LedgerEntry(
        grant_id=grant.id,
        type=CreditLedgerEventType.CREDITS_CONSUMED,
        amount=-part,
        timestamp=at,
        usage=usage,
    )


def _drawn_on(before: CreditGrant, after: CreditGrant, at: datetime) -> tuple[GrantNews, ...]:
    news = news_of(GrantVerb.CONSUMED, before, after, at)
    return news if after.remaining else (*news, *news_of(GrantVerb.DEPLETED, before, after, at))


def expired(open_: OpenWallet, grant: CreditGrant, at: datetime) -> OpenWallet:
    """A grant's time is over: what is left of it leaves the wallet."""
    after = replace(grant, stage=GrantStage.ENDED)
    news = news_of(GrantVerb.EXPIRED, grant, after, at)
    return _ended(open_, grant, after, CreditLedgerEventType.CREDITS_EXPIRED, at, news)


def made_void(open_: OpenWallet, grant: CreditGrant, at: datetime) -> OpenWallet:
    """A grant ends before its time: what is left of it leaves the wallet."""
    after = replace(grant, stage=GrantStage.ENDED, voided_at=at, updated_at=at)
    news = news_of(GrantVerb.VOIDED, grant, after, at)
    return _ended(open_, grant, after, CreditLedgerEventType.CREDITS_VOIDED, at, news)


def _ended(
    open_: OpenWallet,
    before: CreditGrant,
    after: CreditGrant,
    type_: CreditLedgerEventType,
    at: datetime,
    news: tuple[GrantNews, ...],
) -> OpenWallet:
    """Take the rest out of the wallet; of what never was in it nothing."""
    was_in = before.stage is GrantStage.ACTIVE
    rest = before.remaining if was_in else ZERO
    entry = LedgerEntry(grant_id=after.id, type=type_, amount=-rest, timestamp=at)
    open_ = with_grant(open_, after, entries=(entry,), news=news)
    if not was_in:
        return open_
    return with_totals(open_, granted=-before.amount, consumed=-before.consumed_amount)


# --- the wallet with something changed ------------------------------------------------------


def with_recurrence(open_: OpenWallet, recurrence: Recurrence) -> OpenWallet:
    """The wallet with this standing order, new or instead of what it was."""
    orders = {one.id: one for one in open_.wallet.recurrences} | {recurrence.id: recurrence}
    return replace(open_, wallet=replace(open_.wallet, recurrences=tuple(orders.values())))


def news_of(
    verb: GrantVerb, before: CreditGrant | None, after: CreditGrant, at: datetime
) -> tuple[GrantNews, ...]:
    """One piece of news."""
    return (GrantNews(verb=verb, before=before, after=after, at=at),)


def with_grant(
    open_: OpenWallet,
    grant: CreditGrant,
    *,
    entries: tuple[LedgerEntry, ...] = (),
    news: tuple[GrantNews, ...] = (),
) -> OpenWallet:
    """The wallet with this grant, new or instead of what it was, and what is told of it."""
    return replace(
        open_,
        grants={**open_.grants, grant.id: grant},
        entries=open_.entries + entries,
        news=open_.news + news,
        touched=open_.touched | {grant.id},
    )


def with_totals(
    open_: OpenWallet, *, granted: Decimal = ZERO, consumed: Decimal = ZERO
) -> OpenWallet:
    """The wallet with this added to its totals."""
    wallet = open_.wallet
    return replace(
        open_,
        wallet=replace(
            wallet, granted=wallet.granted + granted, consumed=wallet.consumed + consumed
        ),
    )

"""What happens in a wallet: granting, burning down, overdraft, renewal, expiry, voiding.

Pure: every decision returns the wallet after it, with the entries and the news it made. A wallet
is always settled first: what became effective, expired, or is granted anew by its recurrences
since is applied at its own instant. Source: spec, entitlements §9.2-§9.7, §9.11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from uuid import UUID

from domain.credits.enums import CreditGrantStatus, CreditGrantType, CreditLedgerEventType
from domain.credits.model import (
    ZERO,
    CreditGrant,
    CreditGrantId,
    GrantStage,
    LedgerEntry,
    Recurrence,
    Usage,
    Wallet,
    status_of,
)
from domain.errors import Conflict, ErrorCode
from domain.ids import SubscriptionId
from domain.periods import monthly_period

_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
OVERDRAFT_NAME = "Overdraft"


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


# --- reading --------------------------------------------------------------------------------


def burn_order(grant: CreditGrant) -> tuple[object, ...]:
    """Priority, what expires first, promotional before paid, what began first (§9.4)."""
    return (
        grant.priority,
        grant.expire_at or _FOR_EVER,
        grant.grant_type is not CreditGrantType.PROMOTIONAL,
        grant.effective_at,
        grant.created_at,
        grant.id,
    )


def next_change(
    grants: Iterable[CreditGrant], recurrences: Iterable[Recurrence] = ()
) -> datetime | None:
    """When the clock alone changes the totals next."""
    instants = [_due_at(grant) for grant in grants]
    for recurrence in recurrences:
        instants += [recurrence.next_renewal, recurrence.next_end]
    return min((at for at in instants if at is not None), default=None)


def recurring_end(grants: Iterable[CreditGrant]) -> datetime | None:
    """The end of the present recurring grant; of several the first."""
    ends = (
        grant.expire_at
        for grant in grants
        if grant.grant_type is CreditGrantType.RECURRING and grant.stage is GrantStage.ACTIVE
    )
    return min((end for end in ends if end is not None), default=None)


def _due_at(grant: CreditGrant) -> datetime | None:
    match grant.stage:
        case GrantStage.WAITING:
            return None if grant.is_payment_pending else grant.effective_at
        case GrantStage.ACTIVE:
            return grant.expire_at
        case _:
            return None


# --- what happens ---------------------------------------------------------------------------


class _Turn(IntEnum):
    """What the clock brings, in the order of one instant.

    Expiry comes first, so that a renewed grant follows the one it renews, and the end before the
    renewal, so that nothing is granted of a period that begins with it.
    """

    EXPIRES = 0
    ENDS = 1
    RENEWS = 2
    BEGINS = 3


def settled(open_: OpenWallet, now: datetime) -> OpenWallet:
    """Apply what the clock brought by `now`, in its order and at its own instants."""
    while True:
        turns = [turn for turn in _turns(open_) if turn[0] <= now]
        if not turns:
            return open_
        at, turn, _, id = min(turns)
        open_ = _taken_turn(open_, turn, id, at)


def _turns(open_: OpenWallet) -> Iterator[tuple[datetime, _Turn, datetime, UUID]]:
    for grant in open_.grants.values():
        at = _due_at(grant)
        if at is not None:
            is_active = grant.stage is GrantStage.ACTIVE
            yield at, _Turn.EXPIRES if is_active else _Turn.BEGINS, grant.created_at, grant.id
    for one in open_.wallet.recurrences:
        if one.next_end is not None:
            yield one.next_end, _Turn.ENDS, one.next_end, one.id
        if one.next_renewal is not None:
            yield one.next_renewal, _Turn.RENEWS, one.next_renewal, one.id


def _taken_turn(open_: OpenWallet, turn: _Turn, id: UUID, at: datetime) -> OpenWallet:
    if turn in {_Turn.EXPIRES, _Turn.BEGINS}:
        grant = open_.grants[CreditGrantId(id)]
        # Never before it existed: a grant may be made, moved, or paid for, when it is past.
        told_at = max(at, grant.created_at, grant.effective_at)
        take = _expired if turn is _Turn.EXPIRES else _begun
        return take(open_, grant, told_at)
    (recurrence,) = (one for one in open_.wallet.recurrences if one.id == id)
    if turn is _Turn.ENDS:
        open_ = with_recurrence(open_, replace(recurrence, is_over=True))
        return _without_grants(open_, recurrence.subscription_id, at)
    return _renewed(open_, recurrence, at)


def granted(open_: OpenWallet, grant: CreditGrant, now: datetime) -> OpenWallet:
    """Put a new grant into the wallet; it settles a deficit as soon as it is active."""
    open_ = _with(open_, grant, news=_news(GrantVerb.CREATED, None, grant, now))
    return settled(open_, now)


def issued(
    open_: OpenWallet,
    recurrence: Recurrence,
    amount: Decimal,
    *,
    effective_at: datetime,
    at: datetime,
) -> OpenWallet:
    """Put a grant by a standing order into the wallet.

    The caller settles: a grant in the past begins then.
    """
    grant = recurrence.grant(open_.wallet.key, amount, effective_at=effective_at, at=at)
    open_ = with_recurrence(open_, replace(recurrence, given=recurrence.given + amount))
    return _with(open_, grant, news=_news(GrantVerb.CREATED, None, grant, at))


def burned(
    open_: OpenWallet,
    amount: Decimal,
    *,
    now: datetime,
    overdraft_id: CreditGrantId,
    usage: Usage,
    timestamp: datetime | None = None,
) -> OpenWallet:
    """Take `amount` from the grants in burn order; the shortfall becomes a deficit (§9.5).

    Never refused. One entry a grant, dated `timestamp` (None = now).
    """
    assert amount > 0
    at = timestamp or now
    left = amount
    for grant in sorted((g for g in open_.grants.values() if g.is_spendable), key=burn_order):
        part = min(left, grant.remaining)
        open_ = _taken(open_, grant, part, usage=usage, at=at, now=now)
        left -= part
        if not left:
            return open_
    deficit = open_.overdraft or _new_overdraft(open_, overdraft_id, now)
    after = replace(deficit, consumed_amount=deficit.consumed_amount + left, updated_at=now)
    open_ = _with(open_, after, entries=(_consumed(after, left, usage, at),))
    return _with_totals(open_, consumed=left)


def voided(open_: OpenWallet, grant: CreditGrant, now: datetime) -> OpenWallet:
    """End a grant at once. Raises CreditGrantAlreadyVoided, CreditGrantCannotBeVoided (§9.11)."""
    status = status_of(grant, now)
    if status is CreditGrantStatus.VOIDED:
        raise Conflict(
            ErrorCode.CreditGrantAlreadyVoided,
            f"Credit grant {grant.grant_id} is voided already",
            grantId=grant.grant_id,
        )
    if status is CreditGrantStatus.EXPIRED or grant.is_overdraft:
        what = "an overdraft" if grant.is_overdraft else "expired"
        raise Conflict(
            ErrorCode.CreditGrantCannotBeVoided,
            f"Credit grant {grant.grant_id} is {what} and cannot be voided",
            grantId=grant.grant_id,
        )
    return _voided(open_, grant, now)


def ended(
    open_: OpenWallet,
    subscription_id: SubscriptionId,
    at: datetime,
    *,
    source_keys: frozenset[str] | None = None,
) -> OpenWallet:
    """A subscription (or some of its sources) grants nothing more, and its grants are voided."""
    kept = tuple(
        one for one in open_.wallet.recurrences if not _is_of(one, subscription_id, source_keys)
    )
    open_ = replace(open_, wallet=replace(open_.wallet, recurrences=kept))
    return _without_grants(open_, subscription_id, at, source_keys=source_keys)


def updated(
    open_: OpenWallet, before: CreditGrant, after: CreditGrant, now: datetime
) -> OpenWallet:
    """Take a grant's changed terms; an entry of 0 tells of it, and what is due is applied."""
    entry = LedgerEntry(
        grant_id=after.id, type=CreditLedgerEventType.CREDITS_UPDATED, amount=ZERO, timestamp=now
    )
    news = _news(GrantVerb.UPDATED, before, after, now)
    return settled(_with(open_, after, entries=(entry,), news=news), now)


def versioned(open_: OpenWallet, now: datetime) -> OpenWallet:
    """The wallet with a version after its last one: of several changes each may tell its own."""
    version = max(now, open_.wallet.updated_at + _MILLISECOND)
    wallet = replace(open_.wallet, updated_at=version)
    return replace(open_, wallet=wallet, versioned_changes=open_.changes)


def payment_changed(
    open_: OpenWallet, before: CreditGrant, after: CreditGrant, now: datetime
) -> OpenWallet:
    """Take what became of a grant's payment; one that is paid becomes effective now at the soonest.

    Told as an update; no entry of the ledger tells of payments.
    """
    if before.is_payment_pending and not after.is_payment_pending:
        after = replace(after, effective_at=max(after.effective_at, now))
    return settled(_with(open_, after, news=_news(GrantVerb.UPDATED, before, after, now)), now)


def closed(open_: OpenWallet, now: datetime) -> OpenWallet:
    """The wallet as it is written: when it changes next, and a version of its own.

    That is the version of its last change, if that got one (`versioned`): whoever was told of it
    knows the wallet as it is.
    """
    if open_.changes != open_.versioned_changes or not open_.changes:
        open_ = versioned(open_, now)
    change = next_change(open_.grants.values(), open_.wallet.recurrences)
    wallet = replace(open_.wallet, next_change=change)
    return replace(open_, wallet=wallet)


# --- parts ----------------------------------------------------------------------------------


def with_recurrence(open_: OpenWallet, recurrence: Recurrence) -> OpenWallet:
    """The wallet with this standing order, new or instead of what it was."""
    orders = {one.id: one for one in open_.wallet.recurrences} | {recurrence.id: recurrence}
    return replace(open_, wallet=replace(open_.wallet, recurrences=tuple(orders.values())))


def _is_of(
    one: Recurrence | CreditGrant,
    subscription_id: SubscriptionId,
    source_keys: frozenset[str] | None,
) -> bool:
    is_source = source_keys is None or one.source_key in source_keys
    return one.subscription_id == subscription_id and is_source


def _without_grants(
    open_: OpenWallet,
    subscription_id: SubscriptionId,
    at: datetime,
    *,
    source_keys: frozenset[str] | None = None,
) -> OpenWallet:
    """All that was granted for them and has not ended yet is voided."""
    for grant in open_.grants.values():
        if grant.stage is not GrantStage.ENDED and _is_of(grant, subscription_id, source_keys):
            open_ = _voided(open_, grant, max(at, grant.created_at))
    return open_


def _renewed(open_: OpenWallet, recurrence: Recurrence, at: datetime) -> OpenWallet:
    """The next period's grant; what grants nothing any more is forgotten."""
    if not recurrence.amount:
        kept = tuple(one for one in open_.wallet.recurrences if one.id != recurrence.id)
        return replace(open_, wallet=replace(open_.wallet, recurrences=kept))
    assert recurrence.months is not None
    end = monthly_period(recurrence.anchor, at, step=recurrence.months).end
    fresh = replace(recurrence, given=ZERO, renews_at=end)
    return issued(open_, fresh, fresh.amount, effective_at=at, at=at)


def _begun(open_: OpenWallet, grant: CreditGrant, at: datetime) -> OpenWallet:
    active = replace(grant, stage=GrantStage.ACTIVE)
    entry = LedgerEntry(
        grant_id=grant.id,
        type=CreditLedgerEventType.CREDITS_GRANTED,
        amount=grant.amount,
        timestamp=at,
    )
    open_ = _with_totals(_with(open_, active, entries=(entry,)), granted=grant.amount)
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
    open_ = _with(open_, source, entries=entries)
    return _with(open_, target, news=_drawn_on(grant, target, at))


def _taken(
    open_: OpenWallet,
    grant: CreditGrant,
    part: Decimal,
    *,
    usage: Usage,
    at: datetime,
    now: datetime,
) -> OpenWallet:
    after = replace(grant, consumed_amount=grant.consumed_amount + part, updated_at=now)
    entries = (_consumed(after, part, usage, at),)
    open_ = _with(open_, after, entries=entries, news=_drawn_on(grant, after, now))
    return _with_totals(open_, consumed=part)


def _consumed(grant: CreditGrant, part: Decimal, usage: Usage, at: datetime) -> LedgerEntry:
    return LedgerEntry(
        grant_id=grant.id,
        type=CreditLedgerEventType.CREDITS_CONSUMED,
        amount=-part,
        timestamp=at,
        usage=usage,
    )


def _drawn_on(before: CreditGrant, after: CreditGrant, at: datetime) -> tuple[GrantNews, ...]:
    news = _news(GrantVerb.CONSUMED, before, after, at)
    return news if after.remaining else (*news, *_news(GrantVerb.DEPLETED, before, after, at))


def _expired(open_: OpenWallet, grant: CreditGrant, at: datetime) -> OpenWallet:
    after = replace(grant, stage=GrantStage.ENDED)
    news = _news(GrantVerb.EXPIRED, grant, after, at)
    return _ended(open_, grant, after, CreditLedgerEventType.CREDITS_EXPIRED, at, news)


def _voided(open_: OpenWallet, grant: CreditGrant, at: datetime) -> OpenWallet:
    after = replace(grant, stage=GrantStage.ENDED, voided_at=at, updated_at=at)
    news = _news(GrantVerb.VOIDED, grant, after, at)
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
    open_ = _with(open_, after, entries=(entry,), news=news)
    if not was_in:
        return open_
    return _with_totals(open_, granted=-before.amount, consumed=-before.consumed_amount)


def _new_overdraft(open_: OpenWallet, id: CreditGrantId, now: datetime) -> CreditGrant:
    key = open_.wallet.key
    return CreditGrant(
        id=id,
        grant_id=str(id),
        customer_id=key.customer_id,
        resource_id=key.resource_id,
        currency_id=key.currency_id,
        display_name=OVERDRAFT_NAME,
        grant_type=CreditGrantType.OVERDRAFT,
        amount=ZERO,
        effective_at=now,
        stage=GrantStage.ACTIVE,
        created_at=now,
        updated_at=now,
    )


def _news(
    verb: GrantVerb, before: CreditGrant | None, after: CreditGrant, at: datetime
) -> tuple[GrantNews, ...]:
    return (GrantNews(verb=verb, before=before, after=after, at=at),)


def _with(
    open_: OpenWallet,
    grant: CreditGrant,
    *,
    entries: tuple[LedgerEntry, ...] = (),
    news: tuple[GrantNews, ...] = (),
) -> OpenWallet:
    return replace(
        open_,
        grants={**open_.grants, grant.id: grant},
        entries=open_.entries + entries,
        news=open_.news + news,
        touched=open_.touched | {grant.id},
    )


def _with_totals(
    open_: OpenWallet, *, granted: Decimal = ZERO, consumed: Decimal = ZERO
) -> OpenWallet:
    wallet = open_.wallet
    return replace(
        open_,
        wallet=replace(
            wallet, granted=wallet.granted + granted, consumed=wallet.consumed + consumed
        ),
    )

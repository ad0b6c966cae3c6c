"""What happens in a wallet: granting, burning down, overdraft, renewal, expiry, voiding.

Pure: every decision returns the wallet after it, with the entries and the news it made. A wallet
is always settled first: what became effective, expired, or is granted anew by its recurrences
since is applied at its own instant. Source: spec, entitlements §9.2-§9.7, §9.11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
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
    status_of,
)
from domain.credits.opened import (
    GrantVerb,
    OpenWallet,
    begun,
    consumed_entry,
    expired,
    made_void,
    news_of,
    taken,
    with_grant,
    with_recurrence,
    with_totals,
)
from domain.errors import Conflict, ErrorCode
from domain.ids import SubscriptionId
from domain.periods import monthly_period

_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
OVERDRAFT_NAME = "Overdraft"


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
    return _settled(open_, now, _Turn.BEGINS)


def settled_before(open_: OpenWallet, now: datetime) -> OpenWallet:
    """As `settled`, but of what `now` itself brings only expiry.

    What ends or renews at that instant waits for what is then changed.
    """
    return _settled(open_, now, _Turn.EXPIRES)


def _settled(open_: OpenWallet, now: datetime, last: _Turn) -> OpenWallet:
    while True:
        turns = [turn for turn in _turns(open_) if turn[:2] <= (now, last)]
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
        take = expired if turn is _Turn.EXPIRES else begun
        return take(open_, grant, told_at)
    (recurrence,) = (one for one in open_.wallet.recurrences if one.id == id)
    if turn is _Turn.ENDS:
        return _over(open_, recurrence, at)
    return _renewed(open_, recurrence, at)


def granted(open_: OpenWallet, grant: CreditGrant, now: datetime) -> OpenWallet:
    """Put a new grant into the wallet; it settles a deficit as soon as it is active."""
    open_ = with_grant(open_, grant, news=news_of(GrantVerb.CREATED, None, grant, now))
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
    return with_grant(open_, grant, news=news_of(GrantVerb.CREATED, None, grant, at))


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
        open_ = taken(open_, grant, part, usage=usage, at=at, now=now)
        left -= part
        if not left:
            return open_
    deficit = open_.overdraft or _new_overdraft(open_, overdraft_id, now)
    after = replace(deficit, consumed_amount=deficit.consumed_amount + left, updated_at=now)
    open_ = with_grant(open_, after, entries=(consumed_entry(after, left, usage, at),))
    return with_totals(open_, consumed=left)


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
    return made_void(open_, grant, now)


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
    news = news_of(GrantVerb.UPDATED, before, after, now)
    return settled(with_grant(open_, after, entries=(entry,), news=news), now)


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
    return settled(
        with_grant(open_, after, news=news_of(GrantVerb.UPDATED, before, after, now)), now
    )


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
            open_ = made_void(open_, grant, max(at, grant.created_at))
    return open_


def _over(open_: OpenWallet, recurrence: Recurrence, at: datetime) -> OpenWallet:
    """The subscription ends: what is left of what the order granted is taken back."""
    keys = frozenset({recurrence.source_key})
    left = sum(
        (
            grant.remaining
            for grant in open_.grants.values()
            if grant.stage is not GrantStage.ENDED
            and _is_of(grant, recurrence.subscription_id, keys)
        ),
        ZERO,
    )
    over = replace(recurrence, is_over=True, taken_back=recurrence.taken_back + left)
    open_ = with_recurrence(open_, over)
    return _without_grants(open_, recurrence.subscription_id, at, source_keys=keys)


def _renewed(open_: OpenWallet, recurrence: Recurrence, at: datetime) -> OpenWallet:
    """The next period's grant; what grants nothing any more is forgotten."""
    if not recurrence.amount:
        kept = tuple(one for one in open_.wallet.recurrences if one.id != recurrence.id)
        return replace(open_, wallet=replace(open_.wallet, recurrences=kept))
    assert recurrence.months is not None
    end = monthly_period(recurrence.anchor, at, step=recurrence.months).end
    fresh = replace(recurrence, given=ZERO, taken_back=ZERO, renews_at=end)
    return issued(open_, fresh, fresh.amount, effective_at=at, at=at)


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

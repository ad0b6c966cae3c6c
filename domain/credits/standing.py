"""How a change of a subscription changes what its wallets are granted.

Sources of a subscription stand in its wallets as recurrences, so that a wallet renews itself: who
reads or burns at a period's boundary needs neither the subscription nor the catalogue, and late
or missed periods are granted at their own instants. A change writes the recurrences anew.

The law of one period: what a subscription is granted of a currency in it, in all, is the most
that it was entitled to at any moment of it. So more units add the difference at once, fewer take
nothing back, and neither does going back and forth. A new cycle (another billing anchor, another
cadence), another plan and another wallet begin anew: what the old one granted is voided.

Source: spec, entitlements §9.7; docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.credits.enums import CreditGrantType
from domain.credits.model import ZERO, GrantStage, Recurrence
from domain.credits.opened import OpenWallet, with_recurrence
from domain.credits.recurring import CreditSource, holds_from
from domain.credits.wallet import ended, issued, settled, settled_before
from domain.ids import SubscriptionId
from domain.periods import monthly_period
from domain.subscriptions.model import Subscription


def stand(
    open_: OpenWallet,
    subscription: Subscription,
    sources: Iterable[CreditSource],
    *,
    begins: bool,
    at: datetime,
    new_id: Callable[[], UUID],
) -> OpenWallet:
    """Let a live subscription grant the wallet what `sources` (of its currency) say, from `at` on.

    1000 for each of 5 seats: 5000; a sixth in mid-period adds 1000 until the same end; back to 5:
    nothing now, 5000 next period. If it `begins` here, its first grants are effective from the
    running period's start, or its own if that is later; what is added later, from `at`. Done twice
    it is done once.
    """
    # What came before is on the old terms; what is due at this very instant, on the new ones.
    open_ = settled_before(open_, at)
    wanted = {source.key: source for source in sources}
    moved = _moved(open_, subscription, wanted)
    open_ = ended(open_, subscription.id, at, source_keys=moved)
    kept = {one.source_key: one for one in _orders(open_, subscription.id)}
    for key in sorted({*kept, *wanted}):
        order = _order(kept.get(key), wanted.get(key), subscription, at=at, new_id=new_id)
        open_ = with_recurrence(open_, order)
    open_ = settled(open_, at)
    since = subscription.start_date if begins else None
    return settled(_topped_up(open_, subscription.id, since=since, at=at), at)


def leave(open_: OpenWallet, subscription_id: SubscriptionId, *, at: datetime) -> OpenWallet:
    """A subscription that ended, or went elsewhere, grants the wallet nothing from `at` on.

    What it granted is voided; what others did stays.
    """
    return ended(settled_before(open_, at), subscription_id, at)


def handed_over(
    open_: OpenWallet, old: SubscriptionId, new: SubscriptionId, *, at: datetime
) -> OpenWallet:
    """A new record of the same plan in the same cycle goes on where the one that it replaces was.

    So whoever buys another seat by provisioning anew is granted the difference, like by an update.
    """
    open_ = settled_before(open_, at)
    orders = tuple(
        replace(one, subscription_id=new) if one.subscription_id == old else one
        for one in open_.wallet.recurrences
    )
    grants = {
        id: replace(grant, subscription_id=new, updated_at=at)
        for id, grant in open_.grants.items()
        if grant.subscription_id == old
        and grant.grant_type is CreditGrantType.RECURRING
        and grant.stage is not GrantStage.ENDED
    }
    return replace(
        open_,
        wallet=replace(open_.wallet, recurrences=orders),
        grants={**open_.grants, **grants},
        touched=open_.touched | grants.keys(),
    )


# --- parts ----------------------------------------------------------------------------------


def _orders(open_: OpenWallet, id: SubscriptionId) -> tuple[Recurrence, ...]:
    return tuple(one for one in open_.wallet.recurrences if one.subscription_id == id)


def _moved(
    open_: OpenWallet, subscription: Subscription, wanted: Mapping[str, CreditSource]
) -> frozenset[str]:
    """The sources that are in another cycle now; what was granted once has none."""

    def is_moved(one: Recurrence) -> bool:
        source = wanted.get(one.source_key)
        if source is not None and source.months != one.months:
            return True
        return one.months is not None and one.anchor != subscription.billing_cycle_anchor

    return frozenset(one.source_key for one in _orders(open_, subscription.id) if is_moved(one))


def _order(
    kept: Recurrence | None,
    source: CreditSource | None,
    subscription: Subscription,
    *,
    at: datetime,
    new_id: Callable[[], UUID],
) -> Recurrence:
    """The standing order of a source: of one that is gone it grants nothing from next period on."""
    held, ends = holds_from(subscription), subscription.effective_end_date
    if kept is not None:
        kept = replace(_going_on(kept, ends), holds_from=held, ends_at=ends)
        if source is None:
            return replace(kept, amount=ZERO)
        return replace(
            kept,
            source_type=source.type,
            display_name=source.display_name,
            amount=source.amount,
        )
    assert source is not None
    anchor = subscription.billing_cycle_anchor
    period = None if source.months is None else monthly_period(anchor, at, step=source.months)
    return Recurrence(
        id=new_id(),
        subscription_id=subscription.id,
        source_type=source.type,
        source_key=source.key,
        display_name=source.display_name,
        amount=source.amount,
        months=source.months,
        anchor=anchor,
        renews_at=None if period is None else period.end,
        holds_from=held,
        ends_at=ends,
    )


def _going_on(order: Recurrence, ends: datetime | None) -> Recurrence:
    """An order that the clock has ended, if its subscription does not end there after all."""
    is_extended = order.ends_at is None or ends is None or ends > order.ends_at
    if not (order.is_over and is_extended):
        return replace(order, is_over=False)
    return replace(order, is_over=False, given=order.given - order.taken_back, taken_back=ZERO)


def _topped_up(
    open_: OpenWallet, id: SubscriptionId, *, since: datetime | None, at: datetime
) -> OpenWallet:
    """Grant what is missing of each cadence's present period; what was given too much counts."""
    orders = sorted(_orders(open_, id), key=lambda one: one.source_key)
    for months in {one.months: None for one in orders}:
        group = [one for one in orders if one.months == months]
        room = sum((one.amount - one.given for one in group), ZERO)
        for one in group:
            extra = min(one.amount - one.given, room)
            is_running = one.renews_at is None or at < one.renews_at
            if extra > 0 and is_running:
                effective_at = at if since is None else _first(one, since, at)
                open_ = issued(open_, one, extra, effective_at=effective_at, at=at)
                room -= extra
    return open_


def _first(order: Recurrence, since: datetime, at: datetime) -> datetime:
    """When the first grant of a subscription that began at `since` is effective."""
    if order.months is None:
        return since
    return max(since, monthly_period(order.anchor, at, step=order.months).start)

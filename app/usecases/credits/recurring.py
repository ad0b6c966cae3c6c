"""Grants of subscriptions: what changed in a customer's book, brought to the wallets.

The clock alone is the wallets' own affair (`domain.credits.wallet.settled`); here is what an
operation changed, each change at its own instant, in the operation's transaction and under the
customer's lock. Source: spec, entitlements §9.7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from app.usecases.credits.wallets import close_wallets, open_unsettled
from domain.credits.model import WalletKey
from domain.credits.opened import OpenWallet
from domain.credits.recurring import (
    CreditSource,
    dependencies_of,
    goes_on_as,
    is_alike,
    is_timed_alike,
    limits_of,
    plan_and_bases,
    sources_of,
)
from domain.credits.standing import handed_over, leave, stand
from domain.credits.wallet import settled
from domain.ids import CurrencyId, SubscriptionId
from domain.subscriptions.model import Subscription

if TYPE_CHECKING:
    from app.usecases.subscriptions.book import Book


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What one decision changed at `at`: each record before (None: it is new) and after."""

    at: datetime
    changes: tuple[tuple[Subscription | None, Subscription], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditStep:
    """One record's change: in which currencies it granted until then, and what it grants now.

    `book`: whose customer has it afterwards. `heir`: the record that goes on in its place;
    `is_heir`: it does so itself.
    """

    book: Book
    at: datetime
    before: Subscription | None
    after: Subscription
    known: frozenset[CurrencyId]
    sources: tuple[CreditSource, ...] = ()
    heir: SubscriptionId | None = None
    is_heir: bool = False

    @property
    def begins(self) -> bool:
        """Whether nothing of it was granted before, there where it grants now."""
        one = self.before
        if self.is_heir:
            return False
        return one is None or not one.is_live or _place(one) != _place(self.after)

    @property
    def currencies(self) -> frozenset[CurrencyId]:
        """Those that it may have granted, or grants; none once it has ended."""
        if not self.after.is_live:
            return frozenset()
        return self.known | {source.currency_id for source in self.sources}


# --- what changed ---------------------------------------------------------------------------


async def credit_steps(*books: Book) -> tuple[CreditStep, ...]:
    """What the books' changes mean for credits, and the records that say in which currencies.

    Costs no statement where there are none: the packages are in the book. Only a base plan or a
    feature that credits depend on may still have to be read.
    """
    steps: list[CreditStep] = []
    known: dict[SubscriptionId, frozenset[CurrencyId]] = {}
    for book in books:
        for moment in book.moments:
            steps += await _steps_at(book, moment, known)
    for id, step in {step.after.id: step for step in steps}.items():
        record = step.book.subscriptions.get(id)
        if record is not None and set(record.credit_currencies) != step.currencies:
            step.book.note(replace(record, credit_currencies=tuple(sorted(step.currencies))))
    return tuple(steps)


async def _steps_at(
    book: Book, moment: Moment, known: dict[SubscriptionId, frozenset[CurrencyId]]
) -> list[CreditStep]:
    """The steps of one decision; `known`, of the records seen so far, is brought up to date.

    What it ended comes first, so that what goes on in its place finds what it leaves.
    """
    steps = []
    heirs = _heirs(moment)
    origins = {heir: origin for origin, heir in heirs.items()}
    for before, after in sorted(moment.changes, key=lambda change: change[1].is_live):
        had = frozenset(() if before is None else before.credit_currencies)
        step = CreditStep(
            book=book,
            at=moment.at,
            before=before,
            after=after,
            known=known.get(origins.get(after.id, after.id), had),
            heir=heirs.get(after.id),
            is_heir=after.id in origins,
        )
        if _is_idle(step):
            continue
        if after.is_live:
            step = replace(step, sources=await _sources(book, after, at=moment.at))
        if step.known or step.sources:
            steps.append(step)
            known[after.id] = step.known if step.heir else step.currencies
    return steps


def _is_idle(step: CreditStep) -> bool:
    """Whether the change has nothing to do with credits, as one can tell without the catalogue."""
    before, after = step.before, step.after
    if before is None or not after.is_live or not is_alike(before, after):
        return False
    return not step.known or is_timed_alike(before, after)


def _heirs(moment: Moment) -> dict[SubscriptionId, SubscriptionId]:
    """Who goes on in whose place."""
    return {
        before.id: new.id
        for before, ended in moment.changes
        for _, new in moment.changes
        if before is not None and goes_on_as(before, ended, new)
    }


async def _sources(book: Book, one: Subscription, *, at: datetime) -> tuple[CreditSource, ...]:
    """What the record grants at `at`, by the versions that it holds."""
    await book.load_packages([one.plan_id, *(addon.addon_id for addon in one.addons)])
    last = plan_and_bases(one.plan_id, book.packages)[-1]
    if last.parent_plan_id is not None:
        book.packages |= await book.work.packages.with_ancestors([last.id])
    needed = dependencies_of(one, book.packages)
    features = await book.work.features.by_ids(needed) if needed else {}
    limits = limits_of(one, book.packages, features, at=at) if features else {}
    return sources_of(one, book.packages, limits)


# --- into the wallets -----------------------------------------------------------------------


async def bring_credits(steps: tuple[CreditStep, ...]) -> None:
    """Let the wallets of these steps know, each step at its instant, and then up to now."""
    if not steps:
        return
    for step in steps:
        records = [one for one in (step.before, step.after) if one is not None]
        await step.book.load_resources({one.resource_id for one in records if one.resource_id})
    book = steps[0].book
    keys = {key for step in steps for key in (*_old_keys(step), *_keys(step))}
    opened = await open_unsettled(book.work, keys, now=book.now)
    for step in steps:
        _apply(opened, step)
    settled_now = [settled(one, book.now) for one in opened.values()]
    await close_wallets(book.work, settled_now, runtime=book.runtime, now=book.now)


def _apply(opened: dict[WalletKey, OpenWallet], step: CreditStep) -> None:
    """One step in all the wallets that it is about."""
    at, id = step.at, step.after.id
    old, new = _old_keys(step), _keys(step)
    for key in old - new:
        if step.heir is not None:
            opened[key] = handed_over(opened[key], id, step.heir, at=at)
        else:
            opened[key] = leave(opened[key], id, at=at)
    for key in new:
        opened[key] = stand(
            opened[key],
            step.after,
            [source for source in step.sources if source.currency_id == key.currency_id],
            begins=step.begins,
            at=at,
            new_id=step.book.runtime.ids.new_uuid,
        )


def _old_keys(step: CreditStep) -> set[WalletKey]:
    """The wallets that the record filled until then."""
    one = step.before
    if one is None or not one.is_live:
        return set()
    return {_key(step.book, one, currency_id) for currency_id in step.known}


def _keys(step: CreditStep) -> set[WalletKey]:
    """The wallets that it fills from then on."""
    return {_key(step.book, step.after, currency_id) for currency_id in step.currencies}


def _key(book: Book, one: Subscription, currency_id: CurrencyId) -> WalletKey:
    resource = None if one.resource_id is None else book.resources[one.resource_id]
    resource_id = "" if resource is None else resource.resource_id
    return WalletKey(one.customer_id, resource_id, currency_id)


def _place(one: Subscription) -> tuple[object, object]:
    return one.customer_id, one.resource_id

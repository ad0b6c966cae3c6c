"""What follows when a subscription ends: a free plan, other subscriptions, the scheduled ones.

Source: spec, subscriptions §13 (subscriptionEndSetup, autoCancellationRules), §6 (lifting).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.usecases.subscriptions.billing import end_at_provider, void_unpaid_update
from app.usecases.subscriptions.book import Book
from app.usecases.subscriptions.gather import free_ref_id
from domain.billing.model import Charge
from domain.catalog.enums import PackageStatus
from domain.catalog.model import PackageType
from domain.ids import SubscriptionId
from domain.subscriptions.cancellation import auto_canceled, downgrades_to_free
from domain.subscriptions.charges import unused_credit
from domain.subscriptions.enums import (
    SubscriptionCancellationAction,
    SubscriptionCancelReason,
    SubscriptionStatus,
)
from domain.subscriptions.facts import ContentFacts, ProvisionFacts
from domain.subscriptions.lifecycle import CANCELED, Told, canceled
from domain.subscriptions.model import ENDED, Subscription
from domain.subscriptions.provisioning import decide, settle
from domain.subscriptions.replacement import Decision, takes_over
from domain.subscriptions.request import ContentRequest, ProvisionRequest, TrialRequest
from domain.subscriptions.succession import lift_after

DEFAULT = SubscriptionCancellationAction.DEFAULT


async def take_ending(
    book: Book,
    before: Subscription,
    decision: Decision,
    *,
    at: datetime,
    credit: Charge | None = None,
    action: SubscriptionCancellationAction = DEFAULT,
) -> None:
    """Take a decision that ended `before` (or did not), with all that follows from it."""
    book.take(decision, at=at)
    await after_ending(book, before, at=at, credit=credit, action=action)


async def after_ending(
    book: Book,
    before: Subscription,
    *,
    at: datetime,
    credit: Charge | None = None,
    action: SubscriptionCancellationAction = DEFAULT,
) -> None:
    """All that follows from an end already taken; nothing if `before` has not ended."""
    after = book.subscriptions[before.id]
    if after.status not in ENDED:
        return
    await end_at_provider(book, before, after, credit)
    await follow(book, before, after, at=at, action=action)


async def follow_replaced(
    book: Book,
    before: Mapping[SubscriptionId, Subscription],
    decision: Decision,
    *,
    at: datetime,
) -> None:
    """What a decision just taken ended on the way: unused time is credited unless the provider's
    subscription moved over, and the rest follows. `before`: the book's state before it.
    """  # noqa: D205
    successor = decision.subscription
    for one in decision.changed:
        was = before.get(one.id)
        if was is None or was.status in ENDED or one.status not in ENDED:
            continue
        is_another = was.is_live and one.id != successor.id
        if is_another and takes_over(was, successor):
            await void_unpaid_update(book, was)
        else:
            credit = unused_credit(was, at=at) if is_another else None
            await end_at_provider(book, was, one, credit)
        await follow(book, was, one, at=at)


async def follow(
    book: Book,
    before: Subscription,
    after: Subscription,
    *,
    at: datetime,
    action: SubscriptionCancellationAction = DEFAULT,
) -> None:
    """Lift what a never-started one would have ended; free plan; rules of the product."""
    product = await book.product(after.product_id)
    if before.status is SubscriptionStatus.NOT_STARTED:
        for lifted in lift_after(after, book.all, product=product, now=at):
            book.take(Decision(subscription=lifted, changed=(lifted,)), at=at)
    for target in auto_canceled(after, book.all, product=product):
        reason = SubscriptionCancelReason.AutoCancellationRule
        ended = canceled(target, reason, at=at, now=at)
        told = (Told(type=CANCELED, subscription=ended),)
        await take_ending(
            book, target, Decision(subscription=ended, changed=(ended,), told=told), at=at
        )
    plan_ref_id = downgrades_to_free(before, after, book.all, product=product, action=action)
    if plan_ref_id is not None:
        await _start_free(book, after, plan_ref_id, at=at)


async def _start_free(book: Book, ended: Subscription, plan_ref_id: str, *, at: datetime) -> None:
    """The free plan from the instant of the end, same resource; nothing if it is archived."""
    found = await book.work.packages.latest(PackageType.Plan, [plan_ref_id])
    plan = found.get(plan_ref_id)
    if plan is None or plan.status is not PackageStatus.PUBLISHED:
        return
    await book.remember([plan])
    product = await book.product(ended.product_id)
    if ended.resource_id is not None and ended.resource_id not in book.resources:
        book.resources |= await book.work.customers.resources_by_ids([ended.resource_id])
    request = ProvisionRequest(
        customer_ref_id=book.customer.ref_id,
        plan_ref_id=plan_ref_id,
        content=ContentRequest(
            billing_country_code=ended.billing_country_code, minimum_quantities=True
        ),
        trial=TrialRequest(skip=True),
        start_date=at,
    )
    facts = ProvisionFacts(
        now=at,
        customer=book.customer,
        product=product,
        resource=book.resources.get(ended.resource_id) if ended.resource_id else None,
        content=ContentFacts(plan=plan),
        subscriptions=tuple(one for one in book.all if one.id != ended.id),
        packages=book.packages,
        settings=book.settings,
        new_id=book.runtime.ids.new_uuid,
        ref_id=await free_ref_id(book, None, plan_ref_id),
    )
    before = {one.id: one for one in book.all}
    decision = settle(decide(request, facts), facts, result=None)
    book.take(decision, at=at)
    await follow_replaced(book, before, decision, at=at)

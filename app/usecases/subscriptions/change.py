"""Changing and ending subscriptions.

Source: spec, subscriptions §7 (cancelSchedule), §8, §13.
"""

from __future__ import annotations

from dataclasses import replace

from app.ports import Runtime
from app.usecases.budgets import refresh_budget
from app.usecases.subscriptions.billing import (
    collect,
    require_code_for,
    void_invoices,
    void_unpaid_update,
    with_cut_usage,
)
from app.usecases.subscriptions.book import Book, book_of_subscription
from app.usecases.subscriptions.endings import take_ending
from app.usecases.subscriptions.gather import held_content
from app.usecases.transitions import settle_due
from domain.errors import ErrorCode, NotFound, invalid_argument
from domain.patch import ABSENT
from domain.subscriptions.cancellation import CancelRequest, cancel, require_open
from domain.subscriptions.deferral import names_in_facts
from domain.subscriptions.enums import SubscriptionScheduleStatus
from domain.subscriptions.facts import UpdateFacts
from domain.subscriptions.lifecycle import CANCELED, UPDATED, Told, given_up, without_updates
from domain.subscriptions.model import ENDED, Subscription
from domain.subscriptions.replacement import Decision
from domain.subscriptions.request import UpdateRequest
from domain.subscriptions.rescheduling import settled_collection
from domain.subscriptions.updating import Updating, decide_update, settle_update, terms_of_update


async def update_subscription(request: UpdateRequest, *, runtime: Runtime) -> Subscription:
    """Change what was bought; the plan stays."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, subscription = await book_of_subscription(
            work, runtime, request.subscription_ref_id, now=now
        )
        updated = await update_in(book, subscription, request)
        await book.close()
        await work.commit()
    return updated


async def update_in(book: Book, subscription: Subscription, request: UpdateRequest) -> Subscription:
    """Update within an open book, collecting what it costs now."""
    facts = await update_facts(book, subscription, request)
    updating = await decided_update(book, request, facts)
    dropped = given_up(subscription, updating.kept)
    if dropped and book.is_behind(subscription.id):
        # What this update takes the place of is not even known to the provider: it never will be.
        await book.withdraw(subscription.id)
        facts = replace(facts, subscription=book.subscriptions[subscription.id])
        updating = await decided_update(book, request, facts)
    result = None
    if updating.charged.charge is not None:
        result = await collect(
            book,
            updating.new,
            updating.charged,
            billing=request.billing,
            wait=request.await_payment_confirmation,
            key=f"update:{subscription.id}:{book.runtime.ids.new_uuid()}",
        )
    book.take(settle_update(updating, request, facts, result=result), at=book.now)
    await void_invoices(book, subscription.id, dropped)
    await settle_due(book, until=book.now)
    if request.budget is not ABSENT:
        await refresh_budget(book, book.subscriptions[subscription.id])
    return book.subscriptions[subscription.id]


async def decided_update(book: Book, request: UpdateRequest, facts: UpdateFacts) -> Updating:
    """What an update comes to, with the usage that a new cycle cuts off; nothing is written.

    Raises PromotionCodeMinimumAmountNotReached.
    """
    updating = decide_update(request, facts)
    await require_code_for(book, request.content, updating.new)
    charged = await with_cut_usage(
        book,
        updating.charged,
        updating.new,
        old=facts.subscription,
        terms=terms_of_update(request, facts),
        at=facts.now,
    )
    return replace(updating, charged=charged)


async def update_facts(
    book: Book, subscription: Subscription, request: UpdateRequest
) -> UpdateFacts:
    """Everything around one update."""
    require_open(subscription)
    content = await held_content(book, subscription, request.content)
    await book.load_customer_coupon()
    return UpdateFacts(
        now=book.now,
        subscription=subscription,
        others=tuple(one for one in book.all if one.id != subscription.id),
        product=await book.product(subscription.product_id),
        content=content,
        customer_coupon=book.customer_coupon,
        settings=book.settings,
        names=names_in_facts(content),
        new_id=book.runtime.ids.new_uuid,
    )


async def cancel_subscription(request: CancelRequest, *, runtime: Runtime) -> Subscription:
    """End a subscription now, at its period's end, or on a date."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, subscription = await book_of_subscription(
            work, runtime, request.subscription_ref_id, now=now
        )
        product = await book.product(subscription.product_id)
        cancellation = cancel(subscription, request, product=product, now=now)
        canceled = cancellation.subscription
        told = CANCELED if canceled.status in ENDED else UPDATED
        decision = Decision(
            subscription=canceled,
            changed=(canceled,),
            told=(Told(type=told, subscription=canceled),),
        )
        await take_ending(
            book,
            subscription,
            decision,
            at=now,
            credit=cancellation.credit,
            action=request.action,
        )
        await book.close()
        await work.commit()
        return book.subscriptions[subscription.id]


async def cancel_schedule(
    ref_id: str,
    *,
    status: SubscriptionScheduleStatus = SubscriptionScheduleStatus.Scheduled,
    runtime: Runtime,
) -> Subscription:
    """Cancel all deferred (or unpaid) updates of a subscription.

    Raises FutureUpdateNotFound, InvalidArgumentError for another status.
    """
    ahead = {SubscriptionScheduleStatus.Scheduled, SubscriptionScheduleStatus.PendingPayment}
    if status not in ahead:
        raise invalid_argument("Only Scheduled and PendingPayment updates can be canceled")
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, subscription = await book_of_subscription(work, runtime, ref_id, now=now)
        if not any(update.status is status for update in subscription.scheduled_updates):
            raise NotFound(
                ErrorCode.FutureUpdateNotFound,
                f"Subscription {ref_id} has no {status} update",
                externalId=ref_id,
                status=status.value,
            )
        changed = replace(without_updates(subscription, status), updated_at=now)
        if status is SubscriptionScheduleStatus.PendingPayment:
            changed = settled_collection(changed)
        told = (Told(type=UPDATED, subscription=changed),)
        book.take(Decision(subscription=changed, changed=(changed,), told=told), at=now)
        if status is SubscriptionScheduleStatus.PendingPayment:
            await void_unpaid_update(book, subscription)
            changed = book.subscriptions[changed.id]
        await book.close()
        await work.commit()
    return changed

"""Migrating one subscription to the latest versions.

Source: spec, subscriptions §14 (migrateSubscriptionToLatest).
"""

from __future__ import annotations

from dataclasses import replace

from app.ports import Runtime
from app.usecases.subscriptions.billing import collect
from app.usecases.subscriptions.book import Book, book_of_subscription
from app.usecases.subscriptions.gather import held_content
from domain.catalog.enums import PlanChangeType
from domain.subscriptions.cancellation import require_open
from domain.subscriptions.changes import Keeper, Part, execution_time, require_schedulable
from domain.subscriptions.charges import Terms, change_charge, nothing_new
from domain.subscriptions.enums import (
    ScheduleStrategy,
    SubscriptionMigrationTime,
    SubscriptionScheduleType,
    SubscriptionStatus,
)
from domain.subscriptions.facts import ContentFacts
from domain.subscriptions.lifecycle import UPDATED, Told
from domain.subscriptions.migration import rebound, require_migratable
from domain.subscriptions.model import ScheduledChange, Subscription
from domain.subscriptions.overrides import Seller
from domain.subscriptions.replacement import Decision, with_result
from domain.subscriptions.request import ContentRequest


async def migrate_to_latest(
    ref_id: str, *, time: SubscriptionMigrationTime | None, runtime: Runtime
) -> Subscription:
    """The same record on the latest versions: now with proration, or at the period's end."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, subscription = await book_of_subscription(work, runtime, ref_id, now=now)
        require_open(subscription)
        facts = await held_content(book, subscription, ContentRequest(), latest=True)
        require_migratable(subscription, facts)
        if time is SubscriptionMigrationTime.END_OF_BILLING_PERIOD:
            migrated = _scheduled(book, subscription, facts)
        else:
            migrated = await _migrated(book, subscription, facts)
        told = (Told(type=UPDATED, subscription=migrated),)
        book.take(Decision(subscription=migrated, changed=(migrated,), told=told), at=now)
        await book.close()
        await work.commit()
    return book.subscriptions[subscription.id]


def _scheduled(book: Book, subscription: Subscription, facts: ContentFacts) -> Subscription:
    strategy = ScheduleStrategy.END_OF_BILLING_PERIOD
    require_schedulable(subscription, strategy)
    keeper = Keeper(new_id=book.runtime.ids.new_uuid, names={}, now=book.now)
    part = Part(
        type=SubscriptionScheduleType.MigrateToLatest,
        change=ScheduledChange(migrates=True),
        is_downgrade=False,
    )
    update = replace(
        keeper.update(part, at=execution_time(subscription, strategy, now=book.now)),
        variables={
            "planRefId": subscription.plan_ref_id,
            "changeType": PlanChangeType.NONE.value,
        },
        target_package_id=facts.plan.id,
    )
    return replace(
        subscription,
        scheduled_updates=(*subscription.scheduled_updates, update),
        updated_at=book.now,
    )


async def _migrated(book: Book, subscription: Subscription, facts: ContentFacts) -> Subscription:
    seller = Seller(new_id=book.runtime.ids.new_uuid, now=book.now)
    new = rebound(subscription, facts, seller=seller)
    if new.pricing_type is not subscription.pricing_type:
        # PAID to CUSTOM: the provider's subscription runs on, no longer ours to change.
        return replace(
            new, billing_id=None, old_billing_id=subscription.billing_id or new.old_billing_id
        )
    charged = nothing_new(subscription)
    if subscription.status is SubscriptionStatus.ACTIVE:
        await book.load_customer_coupon()
        terms = Terms(customer_coupon=book.customer_coupon, proration=book.settings.proration)
        charged = change_charge(
            subscription, new, terms, at=book.now, anchor_moves=False, same_plan=True
        )
    result = None
    if charged.charge is not None:
        key = f"migrate:{subscription.id}:{facts.plan.id}:{book.now}"
        result = await collect(book, new, charged, key=key)
    return with_result(new, charged, result)

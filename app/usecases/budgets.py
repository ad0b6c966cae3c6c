"""Budgets: what a period's on-demand usage has cost, against the cap on it.

A report, or a batch of events, that counts for a budgeted charge is followed by its own short
transaction under the customer's lock. Source: spec, subscriptions §10; platform §7 (thresholds).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from app.ports import Runtime
from app.usecases.billing.overage import overage_lines
from app.usecases.billing.usage import priced_usage
from app.usecases.subscriptions.book import Book, open_book_of
from app.usecases.subscriptions.events import event_of
from domain.billing.usage import sum_of
from domain.catalog.enums import BillingModel
from domain.entitlements.resolution import is_counted
from domain.periods import Period
from domain.subscriptions.cycle import usage_start
from domain.subscriptions.lifecycle import Told
from domain.subscriptions.model import Subscription
from domain.subscriptions.replacement import Decision
from domain.webhooks.enums import EventLogType
from domain.webhooks.model import crossed_upwards

SPENT_LIMIT_EXCEEDED = EventLogType.SUBSCRIPTION_SPENT_LIMIT_EXCEEDED


async def refresh_budgets(customer_ref_id: str, *, runtime: Runtime) -> None:
    """Say of each budgeted subscription what is spent; tells of thresholds that were crossed."""
    async with runtime.new_unit_of_work() as work:
        book = await open_book_of(work, runtime, customer_ref_id)
        for one in book.all:
            await refresh_budget(book, one)
        if book.changed or book.noted:
            await book.close()
            await work.commit()


async def refresh_budget(book: Book, one: Subscription) -> None:
    """As `refresh_budgets`, of one subscription in an open book, which is closed afterwards.

    One event however many thresholds were crossed: above the percentage that was last seen, up to
    the present one. What falls, or a new period, lets them be crossed again.
    """
    if one.budget is None or not is_counted(one, book.now) or not _is_on_demand(one):
        return
    spend, limit = await on_demand_spend(book, one), one.budget.limit
    is_exceeded = spend >= limit
    before, after = one.budget_spent_percentage, spent_percentage(spend, limit)
    if is_exceeded == one.budget_exceeded and before == after:
        return
    changed = replace(one, budget_exceeded=is_exceeded, budget_spent_percentage=after)
    crossed = None
    if after > before:
        thresholds = await book.work.hooks.thresholds(SPENT_LIMIT_EXCEEDED)
        crossed = crossed_upwards(thresholds, before=before, after=after)
    told = Told(
        type=SPENT_LIMIT_EXCEEDED,
        subscription=changed,
        extra={
            "spendLimit": float(limit),
            "currentSpend": float(spend),
            "previousSpendPercentage": before,
            "currentSpendPercentage": after,
            "thresholdPercentage": crossed,
            "isSoftLimit": one.budget.has_soft_limit,
        },
    )
    if is_exceeded == one.budget_exceeded:
        book.note(changed)
        if crossed is not None:
            book.work.publish(event_of(told, at=book.now, book=book, before=one))
        return
    changed = replace(changed, updated_at=book.now)
    telling = (replace(told, subscription=changed),) if crossed is not None else ()
    book.take(Decision(subscription=changed, changed=(changed,), told=telling), at=book.now)


def spent_percentage(spend: Decimal, limit: Decimal) -> int:
    """What is spent of the limit, floored: 9.99 of 10 → 99. Of a limit of 0 all is spent."""
    return int(spend * 100 // limit) if limit else 100


def _is_on_demand(one: Subscription) -> bool:
    return any(
        sold.price.is_overage or sold.price.billing_model is BillingModel.USAGE_BASED
        for sold in one.prices
    )


async def on_demand_spend(book: Book, one: Subscription) -> Decimal:
    """What usage and overage of the current billing period come to so far, in major units."""
    start = max(one.current_billing_period_start, usage_start(one))
    if start >= one.current_billing_period_end:
        return Decimal(0)
    period = Period(start, one.current_billing_period_end)
    metered = sum_of(await priced_usage(book, one, period))
    overage = await overage_lines(book, one, period, is_final=True)
    return metered + sum((line.amount for line in overage), Decimal(0))

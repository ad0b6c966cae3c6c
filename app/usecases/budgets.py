"""Budgets: what a period's on-demand usage has cost, against the cap on it.

A report, or a batch of events, that counts for a budgeted charge is followed by its own short
transaction under the customer's lock. Source: spec, subscriptions §10.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from app.ports import Runtime
from app.usecases.billing.overage import overage_lines
from app.usecases.billing.usage import priced_usage
from app.usecases.subscriptions.book import Book, open_book_of
from domain.billing.usage import sum_of
from domain.catalog.enums import BillingModel
from domain.entitlements.resolution import is_counted
from domain.periods import Period
from domain.subscriptions.cycle import usage_start
from domain.subscriptions.lifecycle import Told
from domain.subscriptions.model import Subscription
from domain.subscriptions.replacement import Decision

SPENT_LIMIT_EXCEEDED = "SUBSCRIPTION_SPENT_LIMIT_EXCEEDED"


async def refresh_budgets(customer_ref_id: str, *, runtime: Runtime) -> None:
    """Say of each budgeted subscription whether its budget is spent; tells when it becomes so."""
    async with runtime.new_unit_of_work() as work:
        book = await open_book_of(work, runtime, customer_ref_id)
        for one in book.all:
            if one.budget is not None and is_counted(one, book.now) and _is_on_demand(one):
                await _refresh(book, one)
        if book.changed:
            await book.close()
            await work.commit()


def _is_on_demand(one: Subscription) -> bool:
    return any(
        sold.price.is_overage or sold.price.billing_model is BillingModel.USAGE_BASED
        for sold in one.prices
    )


async def _refresh(book: Book, one: Subscription) -> None:
    assert one.budget is not None
    spend, limit = await on_demand_spend(book, one), one.budget.limit
    is_exceeded = spend >= limit
    if is_exceeded == one.budget_exceeded:
        return
    changed = replace(one, budget_exceeded=is_exceeded, updated_at=book.now)
    told = Told(
        type=SPENT_LIMIT_EXCEEDED,
        subscription=changed,
        extra={
            "spendLimit": float(limit),
            "currentSpend": float(spend),
            "currentSpendPercentage": int(spend * 100 // limit) if limit else 100,
            "thresholdPercentage": 100,
            "isSoftLimit": one.budget.has_soft_limit,
        },
    )
    telling = (told,) if is_exceeded else ()
    book.take(Decision(subscription=changed, changed=(changed,), told=telling), at=book.now)


async def on_demand_spend(book: Book, one: Subscription) -> Decimal:
    """What usage and overage of the current billing period come to so far, in major units."""
    start = max(one.current_billing_period_start, usage_start(one))
    if start >= one.current_billing_period_end:
        return Decimal(0)
    period = Period(start, one.current_billing_period_end)
    metered = sum_of(await priced_usage(book, one, period))
    overage = await overage_lines(book, one, period, is_final=True)
    return metered + sum((line.amount for line in overage), Decimal(0))

"""Usage that is billed in arrears: measured, priced, and put on an invoice.

PAYG charges are billed for the period that closes, after the minimum spend that was charged in
advance is deducted (spec, subscriptions §10); each once per invoice and price (§16).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.usecases.billing.overage import overage_lines
from app.usecases.billing.scopes import measured_in
from app.usecases.subscriptions.book import Book
from domain.billing.usage import (
    LastUsage,
    UsageLine,
    charged_until,
    minimum_adjustment,
    rest_of,
    running_period,
    sum_of,
    usage_line,
)
from domain.catalog.enums import BillingModel
from domain.catalog.model import Feature
from domain.errors import Conflict, ErrorCode
from domain.periods import Period
from domain.subscriptions.charges import is_charged
from domain.subscriptions.model import InvoiceLine, Subscription, SubscriptionPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteredPrice:
    """A usage-based price and the feature that it meters."""

    sold: SubscriptionPrice
    feature: Feature


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbilledUsage:
    """Usage of [start, end) that no invoice has yet: by price, and as invoice lines.

    Empty where the end is the start. `covered` of the whole, with what was billed of it before,
    is the minimum spend's.
    """

    start: datetime
    end: datetime
    metered: tuple[UsageLine, ...] = ()
    lines: tuple[InvoiceLine, ...] = ()
    covered: Decimal = Decimal(0)


async def write_closing_usage(book: Book, one: Subscription, invoice_id: str) -> None:
    """Put the usage of the period before the current one on its renewal's draft.

    A draft that has become final in the meantime takes no more.
    """
    provider = book.work.billing
    assert provider is not None
    closed, billing_id = one.closed_usage, one.billing_id or one.old_billing_id
    if closed is None or billing_id is None:
        return
    period = Period(closed.start, closed.end)
    usage = await _unbilled(book, one, period, prepaid=closed.prepaid)
    overage = await overage_lines(book, one, period, is_final=False)
    for line in (*usage.lines, *overage):
        name = line.price_id or line.type
        try:
            key = f"{invoice_id}:{one.id}:{name}"
            await provider.add_usage(invoice_id, line, subscription_id=billing_id, key=key)
        except Conflict as error:
            if error.code is not ErrorCode.BillingInvoiceStatusError:
                raise
            return


async def unbilled_usage(book: Book, one: Subscription, until: datetime) -> UnbilledUsage:
    """The current period's usage up to `until` that was not charged on request before."""
    period = running_period(one, until)
    if period is None:
        return UnbilledUsage(start=until, end=until)
    return await _unbilled(book, one, period, prepaid=one.minimum_prepaid)


async def last_usage(book: Book, one: Subscription, until: datetime) -> LastUsage:
    """What a charged subscription still owes for usage when it ends, or is replaced, at `until`."""
    period = running_period(one, until)
    if not one.is_live or not is_charged(one) or period is None:
        return LastUsage()
    usage = await unbilled_usage(book, one, until)
    overage = await overage_lines(book, one, period, is_final=True)
    lines = tuple(line for line in (*usage.lines, *overage) if line.amount)
    return LastUsage(lines=lines, covered=usage.covered)


async def _unbilled(
    book: Book, one: Subscription, period: Period, *, prepaid: Decimal
) -> UnbilledUsage:
    """What of `period` is still to be billed: the whole less what was charged of it before.

    Both are priced from the period's start, so that tiers and the minimum spend come out as if
    it had been charged at once.
    """
    since = charged_until(one, period)
    whole = await priced_usage(book, one, period)
    before: tuple[UsageLine, ...] = ()
    if since is not None:
        before = await priced_usage(book, one, Period(period.start, since))
    metered = tuple(rest_of(line, before, since=since) for line in whole)
    used = sum_of(whole)
    adjustment = minimum_adjustment(prepaid, usage=used, charged=sum_of(before), period=period)
    lines = tuple(found.line for found in metered)
    if adjustment is not None:
        lines = (*lines, adjustment)
    return UnbilledUsage(
        start=since or period.start,
        end=period.end,
        metered=metered,
        lines=lines,
        covered=min(used, prepaid),
    )


async def priced_usage(book: Book, one: Subscription, period: Period) -> tuple[UsageLine, ...]:
    """A line for every usage-based price of the subscription over `period`."""
    metered = await metered_prices(book, one)
    lines = []
    for price in metered:
        usage = await measured_in(book, one, price.feature, [period])
        lines.append(usage_line(price.sold, price.feature, raw=usage[period], period=period))
    return tuple(lines)


async def metered_prices(book: Book, one: Subscription) -> tuple[MeteredPrice, ...]:
    """The subscription's usage-based prices with their features."""
    sold = [
        price
        for price in one.prices
        if price.price.billing_model is BillingModel.USAGE_BASED
        and price.price.feature_id is not None
        and not price.price.is_overage
    ]
    ids = [price.price.feature_id for price in sold if price.price.feature_id is not None]
    features = await book.work.features.by_ids(ids) if ids else {}
    return tuple(
        MeteredPrice(sold=price, feature=features[price.price.feature_id])
        for price in sold
        if price.price.feature_id in features
    )

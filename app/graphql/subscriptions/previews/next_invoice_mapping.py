"""The coming invoice → its output types."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from app.graphql.billing.types import (
    SubscriptionInvoicePreview,
    SubscriptionInvoicePreviewLineItem,
    SubscriptionInvoicePreviewLineItemData,
    SubscriptionInvoicePreviewLineItemPeriod,
)
from app.graphql.catalog.currencies.mapping import money_of
from app.graphql.catalog.prices.mapping import price_to_graphql
from app.graphql.numbers import float_or_none
from app.graphql.subscriptions.previews.mapping import (
    credits_to_graphql,
    discount_amount,
    discount_to_graphql,
    duration_type,
    tax_details_to_graphql,
    tax_to_graphql,
)
from app.graphql.subscriptions.types.results import (
    SubscriptionMaximumSpend,
    SubscriptionMaximumSpendDiscount,
)
from domain.catalog.enums import Currency, DiscountType
from domain.subscriptions.model import InvoiceLine, SubscriptionPrice
from domain.subscriptions.next_invoice import MaximumSpend, NextInvoice, ShownLine, soft_limit
from domain.subscriptions.previews import DiscountShown


def next_invoice_to_graphql(coming: NextInvoice, *, now: datetime) -> SubscriptionInvoicePreview:
    invoice, currency = coming.invoice, coming.invoice.currency
    return SubscriptionInvoicePreview(
        amount_due=money_of(invoice.amount_due, currency),
        credits=credits_to_graphql(invoice),
        discount=discount_amount(invoice),
        discount_details=discount_to_graphql(invoice.discount_shown),
        last_updated_at=now,
        lines=[_line_to_graphql(line, currency, now) for line in coming.lines],
        minimum_spend_adjustment=money_of(invoice.minimum_spend_adjustment, currency),
        sub_total=money_of(invoice.sub_total, currency),
        sub_total_excluding_tax=money_of(invoice.sub_total, currency),
        tax=tax_to_graphql(invoice),
        tax_details=tax_details_to_graphql(invoice),
        total=money_of(invoice.total, currency),
        total_excluding_tax=money_of(invoice.total_excluding_tax, currency),
    )


def maximum_spend_to_graphql(spend: MaximumSpend, *, now: datetime) -> SubscriptionMaximumSpend:
    invoice, currency = spend.invoice, spend.invoice.currency
    return SubscriptionMaximumSpend(
        discount=discount_amount(invoice),
        discount_details=_maximum_discount(invoice.discount_shown),
        last_updated_at=now,
        lines=[_line_to_graphql(line, currency, now) for line in spend.lines],
        maximum_spend=money_of(spend.maximum, currency),
        sub_total=money_of(invoice.sub_total, currency),
        total=money_of(invoice.total, currency),
    )


def _maximum_discount(discount: DiscountShown | None) -> SubscriptionMaximumSpendDiscount | None:
    if discount is None:
        return None
    is_percent = discount.percent_off is not None
    value = discount.percent_off if is_percent else discount.amount_off
    return SubscriptionMaximumSpendDiscount(
        duration_in_months=float_or_none(discount.months),
        duration_type=duration_type(discount.months),
        name=discount.name,
        start=discount.start,
        type=DiscountType.PERCENTAGE if is_percent else DiscountType.FIXED,
        value=float_or_none(value),
    )


def _line_to_graphql(
    shown: ShownLine, currency: Currency, now: datetime
) -> SubscriptionInvoicePreviewLineItem:
    tiers = [
        SubscriptionInvoicePreviewLineItemData(**_fields(tier, shown.sold, currency, now))
        for tier in shown.tiers
    ]
    return SubscriptionInvoicePreviewLineItem(
        **_fields(shown.line, shown.sold, currency, now), lines=tiers or None
    )


def _fields(
    line: InvoiceLine, sold: SubscriptionPrice | None, currency: Currency, now: datetime
) -> dict[str, Any]:
    unit = line.unit_price
    quantity = sold.quantity if sold is not None else None
    return {
        "amount": money_of(line.amount, currency),
        "cost_description": _cost(line, currency),
        "description": line.description,
        "has_soft_limit": soft_limit(sold),
        "period": SubscriptionInvoicePreviewLineItemPeriod(
            start=line.period_start or now, end=line.period_end or now
        ),
        "price": None if sold is None else price_to_graphql(sold.price),
        "proration": line.is_proration,
        "quantity": None if line.quantity is None else int(line.quantity),
        "type": line.type,
        "unit_price": None if unit is None else money_of(unit, currency),
        "usage_limit": float_or_none(quantity),
    }


def _cost(line: InvoiceLine, currency: Currency) -> str:
    """`5 x 10 USD`, or the amount alone."""
    if line.quantity is not None and line.unit_price is not None:
        return f"{_plain(line.quantity)} x {_plain(line.unit_price)} {currency.value}"
    return f"{_plain(line.amount)} {currency.value}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"

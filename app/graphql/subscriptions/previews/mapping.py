"""Previews → their output types."""

from decimal import Decimal

from app.graphql.billing.mapping import free_item_to_graphql
from app.graphql.catalog.currencies.mapping import money_of
from app.graphql.catalog.currencies.types import Money
from app.graphql.entitlements.types import DateRange
from app.graphql.numbers import float_or_none
from app.graphql.subscriptions.previews.types import (
    ImmediateSubscriptionPreviewInvoice,
    SubscriptionPreview,
    SubscriptionPreviewCredits,
    SubscriptionPreviewDiscount,
    SubscriptionPreviewInvoice,
    SubscriptionPreviewProrations,
    SubscriptionPreviewTaxDetails,
    SubscriptionPreviewV2,
    SubscriptionPricePreviewDTO,
)
from domain.catalog.enums import Currency, DiscountDurationType, DiscountType
from domain.subscriptions.previews import DiscountShown, InvoiceShown, Preview, ProrationShown


def estimate_to_graphql(preview: Preview) -> SubscriptionPreview:
    """The shape of estimateSubscription and estimateSubscriptionUpdate."""
    invoice, currency = preview.immediate, preview.currency
    return SubscriptionPreview(
        billing_period_range=DateRange(start=preview.period.start, end=preview.period.end),
        credits=credits_to_graphql(invoice),
        discount=discount_to_graphql(invoice.discount_shown),
        discount_amount=discount_amount(invoice),
        has_scheduled_updates=preview.has_scheduled_updates,
        is_plan_downgrade=preview.is_plan_downgrade,
        minimum_spend_adjustment=money_of(invoice.minimum_spend_adjustment, currency),
        proration=proration_to_graphql(preview.proration, currency),
        sub_total=money_of(invoice.sub_total, currency),
        subscription=(
            None if preview.recurring is None else recurring_price_to_graphql(preview.recurring)
        ),
        tax=tax_to_graphql(invoice),
        tax_details=tax_details_to_graphql(invoice),
        total=money_of(invoice.total, currency),
        total_excluding_tax=money_of(invoice.total_excluding_tax, currency),
    )


def preview_to_graphql(preview: Preview) -> SubscriptionPreviewV2:
    """The shape of previewSubscription."""
    invoice, currency = preview.immediate, preview.currency
    recurring = preview.recurring
    return SubscriptionPreviewV2(
        billing_period_range=DateRange(start=preview.period.start, end=preview.period.end),
        free_items=[free_item_to_graphql(item) for item in preview.free_items],
        has_scheduled_updates=preview.has_scheduled_updates,
        immediate_invoice=ImmediateSubscriptionPreviewInvoice(
            credits=credits_to_graphql(invoice),
            discount=discount_amount(invoice),
            discount_details=discount_to_graphql(invoice.discount_shown),
            minimum_spend_adjustment=money_of(invoice.minimum_spend_adjustment, currency),
            proration=proration_to_graphql(preview.proration, currency),
            sub_total=money_of(invoice.sub_total, currency),
            tax=tax_to_graphql(invoice),
            tax_details=tax_details_to_graphql(invoice),
            total=money_of(invoice.total, currency),
            total_excluding_tax=money_of(invoice.total_excluding_tax, currency),
        ),
        is_plan_downgrade=preview.is_plan_downgrade,
        recurring_invoice=None if recurring is None else recurring_to_graphql(recurring),
    )


def recurring_to_graphql(invoice: InvoiceShown) -> SubscriptionPreviewInvoice:
    currency = invoice.currency
    return SubscriptionPreviewInvoice(
        discount=discount_amount(invoice),
        discount_details=discount_to_graphql(invoice.discount_shown),
        minimum_spend_adjustment=money_of(invoice.minimum_spend_adjustment, currency),
        sub_total=money_of(invoice.sub_total, currency),
        tax=tax_to_graphql(invoice),
        tax_details=tax_details_to_graphql(invoice),
        total=money_of(invoice.total, currency),
        total_excluding_tax=money_of(invoice.total_excluding_tax, currency),
    )


def recurring_price_to_graphql(invoice: InvoiceShown) -> SubscriptionPricePreviewDTO:
    currency = invoice.currency
    return SubscriptionPricePreviewDTO(
        discount=discount_to_graphql(invoice.discount_shown),
        discount_amount=discount_amount(invoice),
        sub_total=money_of(invoice.sub_total, currency),
        tax=money_of(invoice.tax or Decimal(0), currency),
        tax_details=tax_details_to_graphql(invoice),
        total=money_of(invoice.total, currency),
        total_excluding_tax=money_of(invoice.total_excluding_tax, currency),
    )


def discount_amount(invoice: InvoiceShown) -> Money | None:
    return money_of(invoice.discount, invoice.currency) if invoice.discount else None


def tax_to_graphql(invoice: InvoiceShown) -> Money | None:
    return None if invoice.tax is None else money_of(invoice.tax, invoice.currency)


def tax_details_to_graphql(invoice: InvoiceShown) -> SubscriptionPreviewTaxDetails | None:
    if invoice.tax_percentage is None:
        return None
    return SubscriptionPreviewTaxDetails(
        display_name="Tax", inclusive=False, percentage=float(invoice.tax_percentage)
    )


def credits_to_graphql(invoice: InvoiceShown) -> SubscriptionPreviewCredits | None:
    """The payer's balance before, applied and left."""
    balance = invoice.balance
    if balance is None:
        return None
    return SubscriptionPreviewCredits(
        initial=money_of(balance.before, invoice.currency),
        used=money_of(balance.used, invoice.currency),
        remaining=money_of(balance.after, invoice.currency),
    )


def proration_to_graphql(
    proration: ProrationShown | None, currency: Currency
) -> SubscriptionPreviewProrations | None:
    if proration is None:
        return None
    return SubscriptionPreviewProrations(
        credit=money_of(proration.credit, currency),
        debit=money_of(proration.debit, currency),
        has_prorations=proration.has_prorations,
        net_amount=money_of(proration.net, currency),
        proration_date=proration.at,
    )


def duration_type(months: int | None) -> DiscountDurationType:
    """One month is one monthly invoice."""
    if months is None:
        return DiscountDurationType.FOREVER
    return DiscountDurationType.ONCE if months == 1 else DiscountDurationType.REPEATING


def discount_to_graphql(discount: DiscountShown | None) -> SubscriptionPreviewDiscount | None:
    if discount is None:
        return None
    is_percent = discount.percent_off is not None
    value = discount.percent_off if is_percent else discount.amount_off
    return SubscriptionPreviewDiscount(
        duration_in_months=float_or_none(discount.months),
        duration_type=duration_type(discount.months),
        end=discount.end,
        name=discount.name,
        start=discount.start,
        type=DiscountType.PERCENTAGE if is_percent else DiscountType.FIXED,
        value=float(value or 0),
    )

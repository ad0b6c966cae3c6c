"""Invoices → their output types."""

from app.graphql.billing.types import FreeSubscriptionItem, InvoiceLine, SubscriptionInvoice
from app.graphql.numbers import float_or_none
from domain.subscriptions import model


def free_item_to_graphql(item: model.FreeItem) -> FreeSubscriptionItem:
    return FreeSubscriptionItem(addon_id=item.addon_ref_id, quantity=float(item.quantity))


def invoice_to_graphql(invoice: model.Invoice) -> SubscriptionInvoice:
    currency = None if invoice.currency is None else invoice.currency.value
    return SubscriptionInvoice(
        amount_due=float_or_none(invoice.amount_due),
        applied_balance=float_or_none(invoice.applied_balance),
        attempt_count=float_or_none(invoice.attempt_count),
        billing_id=invoice.billing_id,
        billing_reason=invoice.billing_reason,
        created_at=invoice.created_at,
        currency=currency,
        due_date=invoice.due_date,
        ending_balance=float_or_none(invoice.ending_balance),
        error_message=invoice.error_message,
        lines=[line_to_graphql(line, currency or "") for line in invoice.lines],
        payment_secret=invoice.payment_secret,
        payment_url=invoice.payment_url,
        pdf_url=invoice.pdf_url,
        requires_action=invoice.requires_action,
        starting_balance=float_or_none(invoice.starting_balance),
        status=invoice.status,
        sub_total=float_or_none(invoice.sub_total),
        sub_total_excluding_tax=float_or_none(invoice.sub_total_excluding_tax),
        tax=float_or_none(invoice.tax),
        total=float_or_none(invoice.total),
        total_excluding_tax=float_or_none(invoice.total_excluding_tax),
        updated_at=invoice.updated_at,
    )


def line_to_graphql(line: model.InvoiceLine, currency: str) -> InvoiceLine:
    return InvoiceLine(
        amount=float(line.amount),
        currency=currency,
        description=line.description,
        proration=line.is_proration,
        quantity=None if line.quantity is None else int(line.quantity),
    )

"""Invoices on request: marked as paid, usage charged before the period ends, usage synced.

Source: spec, subscriptions §12 and §16.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.ports import Runtime
from app.usecases.billing.payments import invoice_paid
from app.usecases.billing.providers import require_provider
from app.usecases.billing.telling import billed_payer
from app.usecases.billing.usage import unbilled_usage, write_closing_usage
from app.usecases.customers import locked_customer
from app.usecases.subscriptions.billing import coupon_at
from app.usecases.subscriptions.book import book_of_subscription, open_book
from domain.billing.model import BillingOrder
from domain.billing.usage import UsageLine, usage_charge
from domain.errors import (
    Conflict,
    DomainError,
    ErrorCode,
    InvalidInput,
    NotFound,
    invalid_argument,
    not_found,
)
from domain.ids import ResourceId
from domain.subscriptions.charges import is_charged
from domain.subscriptions.enums import SubscriptionInvoiceBillingReason, SubscriptionStatus
from domain.subscriptions.lifecycle import UPDATED, Told
from domain.subscriptions.model import ENDED, Subscription
from domain.subscriptions.replacement import Decision

MANUAL = SubscriptionInvoiceBillingReason.MANUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageCharge:
    """What was charged: the usage since the last charge, and its invoice if there was any."""

    subscription: Subscription
    start: datetime
    end: datetime
    lines: tuple[UsageLine, ...]
    invoice_id: str | None


def missing_invoice(identifier: str | None) -> DomainError:
    """The refusal for what has no invoice, or of a request that names nothing at all."""
    if identifier is None:
        return InvalidInput(ErrorCode.MissingEntityIdError, "subscriptionId is required")
    return NotFound(
        ErrorCode.MissingBillingInvoiceError, f"{identifier} has no invoice", entityId=identifier
    )


async def mark_invoice_as_paid(subscription_ref_id: str, *, runtime: Runtime) -> str:
    """The subscription's latest invoice was paid elsewhere; the invoice's id.

    Raises BillingIntegrationMissing, MissingBillingInvoiceError, BillingInvoiceStatusError.
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, one = await book_of_subscription(work, runtime, subscription_ref_id, now=now)
        provider = require_provider(work)
        if one.latest_invoice is None:
            raise missing_invoice(subscription_ref_id)
        invoice_id = one.latest_invoice.billing_id
        paid = await provider.mark_paid(invoice_id, key=f"{invoice_id}")
        if one.latest_invoice.status is not paid.status:
            await invoice_paid(book, one, paid, now=now)
        await book.close()
        await work.commit()
    return invoice_id


async def charge_usage(
    subscription_ref_id: str, until: datetime | None, *, runtime: Runtime
) -> UsageCharge:
    """Invoice the usage of the current period since the last charge, to `until` or now.

    Raises BillingIntegrationMissing, SubscriptionAlreadyCanceledOrExpired,
    InvalidArgumentError (an instant ahead, or before the period).
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, one = await book_of_subscription(work, runtime, subscription_ref_id, now=now)
        provider = require_provider(work)
        if one.status in ENDED:
            raise Conflict(
                ErrorCode.SubscriptionAlreadyCanceledOrExpired,
                f"Subscription {one.ref_id} is already {one.status.lower()}",
                refId=one.ref_id,
                status=one.status.value,
            )
        if one.status is not SubscriptionStatus.ACTIVE or not is_charged(one):
            raise Conflict(
                ErrorCode.InvalidSubscriptionStatus,
                "Only active paid subscriptions are charged for usage",
                refId=one.ref_id,
                status=one.status.value,
            )
        at = until or now
        if at > now or at < one.current_billing_period_start:
            raise invalid_argument("untilDate must lie within the current period, not ahead")
        usage = await unbilled_usage(book, one, at)
        invoice_id = None
        if any(line.amount for line in usage.lines):
            coupon = await coupon_at(book, one, at)
            order = BillingOrder(
                payer=await billed_payer(book, one, None),
                subscription=one,
                billing_id=one.billing_id,
                charge=usage_charge(one, usage.lines, coupon, reason=MANUAL),
                method=one.payment_collection_method,
            )
            key = f"usage:{one.id}:{at.isoformat()}"
            result = await provider.update_subscription(order, key=key)
            assert result.invoice is not None
            invoice_id = result.invoice.billing_id
            changed = replace(
                one,
                billing_id=result.billing_id,
                last_usage_invoice=result.invoice,
                usage_charged_until=at,
                updated_at=now,
            )
            told = (Told(type=UPDATED, subscription=changed),)
            book.take(Decision(subscription=changed, changed=(changed,), told=told), at=now)
        await book.close()
        await work.commit()
    return UsageCharge(
        subscription=one,
        start=usage.start,
        end=usage.end,
        lines=usage.metered,
        invoice_id=invoice_id,
    )


async def sync_usage(customer_ref_id: str, resource_id: str | None, *, runtime: Runtime) -> bool:
    """Write the closing periods' usage to the drafts that still await it, for one scope.

    Raises BillingIntegrationMissing, CustomerNotFound, CustomerResourceNotFound.
    """
    async with runtime.new_unit_of_work() as work:
        customer = await locked_customer(work, customer_ref_id)
        require_provider(work)
        resource: ResourceId | None = None
        if resource_id is not None:
            known = await work.customers.resource(customer.id, resource_id)
            if known is None:
                raise not_found(ErrorCode.CustomerResourceNotFound, "Resource", resource_id)
            resource = known.id
        book = await open_book(work, runtime, customer, now=runtime.clock())
        for one in book.all:
            invoice = one.latest_invoice
            if one.is_live and one.resource_id == resource and invoice is not None:
                await write_closing_usage(book, one, invoice.billing_id)
        await book.close()
        await work.commit()
    return True

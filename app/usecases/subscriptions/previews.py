"""Previews and estimates: decided as the real thing, never committed.

Source: spec, subscriptions §11.
"""

from __future__ import annotations

from decimal import Decimal

from app.ports import Runtime
from app.usecases.billing.usage import unbilled_usage
from app.usecases.subscriptions.book import Book, book_of_subscription, open_book_of
from app.usecases.subscriptions.change import decided_update, update_facts
from app.usecases.subscriptions.gather import provision_facts
from app.usecases.subscriptions.provision import decided
from app.usecases.transitions import after_updates, terms_in
from domain.catalog.enums import BillingModel, Currency
from domain.subscriptions.charges import is_charged
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import InvoiceLine, Subscription
from domain.subscriptions.next_invoice import (
    MaximumSpend,
    NextInvoice,
    maximum_spend,
    next_invoice,
)
from domain.subscriptions.previews import Preview, preview_provision, preview_update
from domain.subscriptions.provisioning import terms_of
from domain.subscriptions.request import ProvisionRequest, UpdateRequest
from domain.subscriptions.updating import terms_of_update

USAGE_BASED = BillingModel.USAGE_BASED


async def preview_subscription(request: ProvisionRequest, *, runtime: Runtime) -> Preview:
    """What provisioning would charge now and later; writes nothing."""
    async with runtime.new_unit_of_work() as work:
        book = await open_book_of(work, runtime, request.customer_ref_id)
        facts = await provision_facts(book, request)
        provisioning = await decided(book, request, facts)
        balance = await balance_of(book, provisioning.new)
        return preview_provision(provisioning, facts, terms_of(request, facts), balance=balance)


async def preview_subscription_update(request: UpdateRequest, *, runtime: Runtime) -> Preview:
    """What an update would charge now and later; writes nothing."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, subscription = await book_of_subscription(
            work, runtime, request.subscription_ref_id, now=now
        )
        facts = await update_facts(book, subscription, request)
        updating = await decided_update(book, request, facts)
        terms = terms_of_update(request, facts)
        balance = await balance_of(book, updating.new)
        return preview_update(updating, terms, balance=balance, now=now)


async def balance_of(book: Book, subscription: Subscription) -> Decimal | None:
    """The payer's credit at the provider; None without one."""
    provider = book.work.billing
    if provider is None:
        return None
    payer = await book.payer_of(subscription)
    if payer.billing_id is None:
        return Decimal(0)
    return await provider.balance(payer.billing_id, subscription.currency or Currency.USD)


async def preview_next_invoice(ref_id: str, *, runtime: Runtime) -> NextInvoice:
    """The coming invoice with usage to date; writes nothing."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, subscription = await book_of_subscription(work, runtime, ref_id, now=now)
        terms = await terms_in(book)
        usage = await _usage_to_date(book, subscription)
        balance = await balance_of(book, subscription)
        period_end = subscription.current_billing_period_end
        after = subscription
        if is_charged(subscription) and subscription.status is SubscriptionStatus.ACTIVE:
            after = await after_updates(book, subscription, at=period_end)
        return next_invoice(subscription, usage, terms, after=after, balance=balance)


async def usage_bill(ref_id: str, *, runtime: Runtime) -> Decimal | None:
    """What usage of the present period comes to so far; None where nothing is billed by usage."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, subscription = await book_of_subscription(work, runtime, ref_id, now=now)
        if not any(sold.price.billing_model is USAGE_BASED for sold in subscription.prices):
            return None
        lines = await _usage_to_date(book, subscription)
        return sum((line.amount for line in lines), Decimal(0))


async def _usage_to_date(book: Book, subscription: Subscription) -> tuple[InvoiceLine, ...]:
    """The lines of what the present period has used and no invoice has yet."""
    started = subscription.current_billing_period_start < book.now
    if not (is_charged(subscription) and subscription.is_live and started):
        return ()
    return (await unbilled_usage(book, subscription, book.now)).lines


async def preview_maximum_spend(ref_id: str, *, runtime: Runtime) -> MaximumSpend | None:
    """The coming invoice with the whole budget spent; None without a budget."""
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        book, subscription = await book_of_subscription(work, runtime, ref_id, now=now)
        return maximum_spend(subscription, await terms_in(book))

"""The sandbox provider's adapter: `app.ports.BillingProvider` over its own books.

It lives in the unit of work of the operation that uses it, on the environment's clock. What it
does later by itself (`run_due`) or by the customer's hand on its pages it tells by webhook.
Source: spec, subscriptions §16.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import TypeAdapter

from app.billing.sandbox_books import ID_HEX_DIGITS, SandboxBooks
from domain.billing.model import (
    BillingOrder,
    BillingResult,
    CheckoutOrder,
    CheckoutSession,
    PaymentOutcome,
    ProviderCoupon,
    ProviderEventType,
    PurchaseOrder,
)
from domain.billing.sandbox import invoicing, tokens
from domain.billing.sandbox.model import (
    CheckoutState,
    InvoiceState,
    SandboxCheckout,
    SandboxCustomer,
    SandboxInvoice,
    SandboxSubscription,
    SubscriptionState,
)
from domain.catalog.enums import Currency
from domain.customers.model import Customer, PaymentMethod
from domain.errors import Conflict, ErrorCode, NotFound
from domain.money import Money
from domain.subscriptions.model import Invoice, InvoiceLine

CHECKOUT_OPEN_FOR = timedelta(hours=24)
_RESULT = TypeAdapter(BillingResult)
_INVOICE = TypeAdapter(Invoice)
_SESSION = TypeAdapter(CheckoutSession)
_METHOD = TypeAdapter(PaymentMethod)
_TEXT = TypeAdapter(str)
_NOTHING = TypeAdapter(type(None))
_TOLD = {
    PaymentOutcome.PAID: ProviderEventType.INVOICE_PAID,
    PaymentOutcome.NOTHING_DUE: ProviderEventType.INVOICE_PAID,
    PaymentOutcome.FAILED: ProviderEventType.INVOICE_FAILED,
    PaymentOutcome.ACTION_REQUIRED: ProviderEventType.INVOICE_ACTION_REQUIRED,
}

# What the sandbox shows itself as, where the contract wants a vendor.
SANDBOX_VENDOR = "STRIPE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxProvider(SandboxBooks):
    """The provider as the server knows it, and what customers do on its pages."""

    vendor: str = SANDBOX_VENDOR
    supports_checkout: bool = True

    # --- customers and methods ------------------------------------------------------------

    async def ensure_customer(
        self, customer: Customer, billing_information: Mapping[str, object] | None, *, key: str
    ) -> str:
        """The customer's id here. The billing information is discarded."""
        del billing_information

        async def make() -> str:
            return (await self._payer(customer)).id

        return await self._once(f"ensure_customer:{key}", _TEXT, make)

    async def attach_payment_method(
        self, billing_id: str, payment_method_id: str, *, key: str
    ) -> PaymentMethod:
        """The method becomes the default one."""

        async def make() -> PaymentMethod:
            await self._attach(billing_id, payment_method_id)
            return tokens.method_of(payment_method_id)

        return await self._once(f"attach:{key}", _METHOD, make)

    async def _attach(self, billing_id: str, method: str) -> None:
        customer = await self._customer(billing_id)
        others = tuple(one for one in customer.methods if one != method)
        await self.store.save_customer(replace(customer, methods=(method, *others)))

    async def detach_payment_method(
        self, billing_id: str, payment_method_id: str, *, key: str
    ) -> None:
        async def make() -> None:
            customer = await self._customer(billing_id)
            kept = tuple(one for one in customer.methods if one != payment_method_id)
            await self.store.save_customer(replace(customer, methods=kept))

        await self._once(f"detach:{key}", _NOTHING, make)

    async def balance(self, billing_id: str, currency: Currency) -> Decimal:
        """What the customer has in credit, >= 0."""
        await self._require_reachable()
        customer = await self.store.customer(billing_id)
        return customer.balance(currency) if customer is not None else Decimal(0)

    # --- checkout --------------------------------------------------------------------------

    async def create_checkout(self, order: CheckoutOrder, *, key: str) -> CheckoutSession:
        """A page of our own, open for a day.

        Raises FailedToCreateCheckoutSessionError without addresses to return to.
        """
        if not order.success_url or not order.cancel_url:
            raise Conflict(
                ErrorCode.FailedToCreateCheckoutSessionError,
                "A checkout needs successUrl and cancelUrl",
            )

        async def make() -> CheckoutSession:
            now = self.clock()
            payer = await self._payer(order.payer)
            checkout = SandboxCheckout(
                id=self._page_id("cs"),
                customer_id=payer.id,
                amount_due=order.amount_due.amount,
                currency=order.amount_due.currency,
                description=order.description,
                success_url=order.success_url,
                cancel_url=order.cancel_url,
                expires_at=order.expires_at or now + CHECKOUT_OPEN_FOR,
                created_at=now,
            )
            await self.store.save_checkout(checkout)
            return CheckoutSession(
                id=checkout.id, url=f"{self.base_url}/sandbox/checkout/{checkout.id}"
            )

        return await self._once(f"checkout:{key}", _SESSION, make)

    async def create_setup(self, billing_id: str) -> str:
        """A secret as a browser would use it; the sandbox itself asks for none."""
        await self._require_reachable()
        await self._customer(billing_id)
        return f"seti_{self.ids.new_hex(ID_HEX_DIGITS)}_secret_{self.ids.new_hex(8)}"

    async def complete_checkout(self, id: str, method: str) -> SandboxCheckout:
        """The customer pays by `method`; a declined one leaves the checkout open."""
        checkout = await self.require_checkout(id)
        if checkout.state is not CheckoutState.OPEN:
            return checkout
        if tokens.outcome_of(method) is not PaymentOutcome.PAID:
            return checkout
        done = replace(checkout, state=CheckoutState.COMPLETE)
        await self.store.save_checkout(done)
        await self._attach(checkout.customer_id, method)
        await self._emit(
            ProviderEventType.CHECKOUT_COMPLETED,
            checkout.customer_id,
            at=self.clock(),
            checkout_id=id,
            payment_method=tokens.method_of(method),
        )
        return done

    async def cancel_checkout(self, id: str) -> SandboxCheckout:
        """The customer turns back; nothing is provisioned."""
        checkout = await self.require_checkout(id)
        if checkout.state is not CheckoutState.OPEN:
            return checkout
        return await self._end_checkout(checkout, CheckoutState.CANCELED, at=self.clock())

    async def require_checkout(self, id: str) -> SandboxCheckout:
        """Raises NotFound."""
        checkout = await self.store.checkout(id)
        if checkout is None:
            raise NotFound(ErrorCode.FailedToCreateCheckoutSessionError, f"Checkout {id} not found")
        return checkout

    async def _end_checkout(
        self, checkout: SandboxCheckout, state: CheckoutState, *, at: datetime
    ) -> SandboxCheckout:
        ended = replace(checkout, state=state)
        await self.store.save_checkout(ended)
        await self._emit(
            ProviderEventType.CHECKOUT_EXPIRED,
            checkout.customer_id,
            at=at,
            checkout_id=checkout.id,
        )
        return ended

    # --- subscriptions ----------------------------------------------------------------------

    async def create_subscription(self, order: BillingOrder, *, key: str) -> BillingResult:
        return await self._once(f"create:{key}", _RESULT, lambda: self._carry_out(order))

    async def update_subscription(self, order: BillingOrder, *, key: str) -> BillingResult:
        return await self._once(f"update:{key}", _RESULT, lambda: self._carry_out(order))

    async def cancel_subscription(
        self, billing_id: str, order: BillingOrder | None, *, key: str
    ) -> BillingResult:
        """End it; failed renewals of it alone are not tried again, a draft still becomes final."""

        async def make() -> BillingResult:
            for invoice in await self.store.retrying(billing_id):
                if not invoice.is_shared:
                    await self.store.save_invoice(replace(invoice, action_at=None))
            if order is None:
                known = await self.store.subscription(billing_id)
                result = invoicing.result_of(billing_id, None, payment_url=None)
                if known is None:
                    return result
                ended = replace(known, state=SubscriptionState.CANCELED)
            else:
                result = await self._carry_out(replace(order, billing_id=billing_id))
                ended = SandboxSubscription(
                    id=billing_id,
                    customer_id=(await self._payer(order.payer)).id,
                    state=SubscriptionState.CANCELED,
                )
            await self.store.save_subscription(ended)
            return result

        return await self._once(f"cancel:{key}", _RESULT, make)

    async def _carry_out(self, order: BillingOrder) -> BillingResult:
        """Note the subscription as ordered and invoice the charge, if any."""
        now = order.at or self.clock()
        payer = await self._payer(order.payer)
        billing_id = order.billing_id or f"sub_{order.subscription.id.hex}"
        subscription = SandboxSubscription(id=billing_id, customer_id=payer.id)
        await self.store.save_subscription(subscription)
        if order.charge is None:
            return invoicing.result_of(billing_id, None, payment_url=None)
        draft = invoicing.draft(
            order.charge,
            invoice_id=self._page_id("in"),
            customer_id=payer.id,
            subscription_id=billing_id,
            method=order.method,
            now=now,
        )
        shares = order.is_consolidated and invoicing.is_renewal(order)
        if shares or invoicing.awaits_usage(order):
            posting = await self._held(order, draft, payer, shares=shares)
        else:
            posting = await self._collected(order, draft, payer, now=now)
        return invoicing.result_of(billing_id, posting, payment_url=self._page(posting.invoice))

    async def _collected(
        self,
        order: BillingOrder | PurchaseOrder,
        draft: SandboxInvoice,
        payer: SandboxCustomer,
        *,
        now: datetime,
    ) -> invoicing.Posting:
        """The draft made final and collected at once, as the order says."""
        posting = invoicing.finalise(
            draft,
            payer,
            days_until_due=order.days_until_due,
            is_paid=order.is_invoice_paid,
            waits=order.wait_for_payment,
            now=now,
        )
        await self._save(posting)
        return posting

    async def _held(
        self, order: BillingOrder, draft: SandboxInvoice, payer: SandboxCustomer, *, shares: bool
    ) -> invoicing.Posting:
        """A renewal's draft, or the payer's of this instant with its lines, until it is final.

        One that shares but awaits no usage is final when all of the instant have joined.
        """
        own = draft
        if shares:
            known = await self.store.invoice(payer.shared_draft) if payer.shared_draft else None
            draft = invoicing.joined(known, own) or own
            payer = replace(payer, shared_draft=draft.id)
        awaits = invoicing.awaits_usage(order)
        draft = invoicing.held_as_draft(draft, invoicing.GRACE if awaits else timedelta(0))
        posting = invoicing.Posting(invoice=draft, customer=payer, outcome=PaymentOutcome.OPEN)
        await self._save(posting)
        if awaits:
            created = ProviderEventType.INVOICE_CREATED
            await self._emit_about(created, draft, own.subscription_id, at=own.created_at)
        return posting

    # --- invoices -----------------------------------------------------------------------------

    async def charge_once(self, order: PurchaseOrder, *, key: str) -> BillingResult:
        """Invoice a purchase and collect it; what fails is not tried again."""

        async def make() -> BillingResult:
            now = order.at
            payer = await self._payer(order.payer)
            draft = invoicing.draft(
                order.charge,
                invoice_id=self._page_id("in"),
                customer_id=payer.id,
                subscription_id=None,
                method=order.method,
                now=now,
            )
            posting = await self._collected(order, draft, payer, now=now)
            return invoicing.result_of(None, posting, payment_url=self._page(posting.invoice))

        return await self._once(f"charge:{key}", _RESULT, make)

    async def add_usage(
        self, invoice_id: str, line: InvoiceLine, *, subscription_id: str, key: str
    ) -> None:
        """Put a line of the closing period's usage on a draft."""

        async def make() -> None:
            invoice = await self._invoice(invoice_id)
            grown = invoicing.with_usage(invoice, line, subscription_id, now=self.clock())
            await self.store.save_invoice(grown)

        await self._once(f"usage:{key}", _NOTHING, make)

    async def mark_paid(self, invoice_id: str, *, key: str) -> Invoice:
        """Paid elsewhere. Raises BillingInvoiceStatusError for a void one or a draft."""

        async def make() -> Invoice:
            now = self.clock()
            paid = invoicing.pay(await self._invoice(invoice_id), now=now)
            await self.store.save_invoice(paid)
            if paid.is_shared:
                # The caller knows of one subscription alone.
                await self._emit_invoice(ProviderEventType.INVOICE_PAID, paid, at=now)
            return self._shown(paid)

        return await self._once(f"mark_paid:{key}", _INVOICE, make)

    async def void_invoice(self, invoice_id: str, *, key: str) -> Invoice:
        """Raises BillingInvoiceStatusError for a paid one."""

        async def make() -> Invoice:
            invoice = await self._invoice(invoice_id)
            customer = await self._customer(invoice.customer_id)
            posting = invoicing.void(invoice, customer, now=self.clock())
            await self._save(posting)
            return self._shown(posting.invoice)

        return await self._once(f"void:{key}", _INVOICE, make)

    async def pay_by_hand(self, invoice_id: str, method: str) -> SandboxInvoice:
        """The customer pays on the invoice's page; a declined method counts as an attempt."""
        invoice = await self._invoice(invoice_id)
        if invoice.state is not InvoiceState.OPEN:
            return invoice
        now = self.clock()
        if tokens.outcome_of(method) is PaymentOutcome.PAID:
            invoice = invoicing.pay(invoice, now=now)
            told = ProviderEventType.INVOICE_PAID
        else:
            invoice = replace(
                invoice,
                attempt_count=invoice.attempt_count + 1,
                error_message=tokens.DECLINED,
                updated_at=now,
            )
            told = ProviderEventType.INVOICE_FAILED
        await self.store.save_invoice(invoice)
        await self._emit_invoice(told, invoice, at=now)
        return invoice

    async def require_invoice(self, id: str) -> SandboxInvoice:
        """Raises NotFound."""
        return await self._invoice(id)

    # --- coupons -------------------------------------------------------------------------------

    async def find_coupon(self, billing_coupon_id: str) -> ProviderCoupon | None:
        await self._require_reachable()
        return tokens.coupon_of(billing_coupon_id)

    async def validate_promotion_code(
        self, billing_id: str | None, code: str, sub_total: Money | None
    ) -> ProviderCoupon:
        """The coupon behind `code`; raises the PromotionCode... errors."""
        del billing_id
        await self._require_reachable()
        return tokens.coupon_of_code(code, sub_total)

    # --- by itself ------------------------------------------------------------------------------

    async def next_due(self) -> datetime | None:
        """When the provider does something by itself next; during an outage it stands still."""
        return None if await self.store.is_out() else await self.store.next_due()

    async def run_due(self, *, until: datetime) -> None:
        """Finalise drafts, collect again, give up, expire: each at its own instant.

        What an outage delayed happens after it, at the instant it was due.
        """
        if await self.store.is_out():
            return
        for checkout in await self.store.due_checkouts(until=until):
            at = checkout.expires_at
            await self._end_checkout(checkout, CheckoutState.EXPIRED, at=at)
        for invoice in await self.store.due_invoices(until=until):
            assert invoice.action_at is not None
            await self._act(invoice, at=invoice.action_at)

    async def _act(self, invoice: SandboxInvoice, *, at: datetime) -> None:
        customer = await self._customer(invoice.customer_id)
        method = customer.default_method
        if invoice.state is InvoiceState.DRAFT:
            posting = invoicing.finalise(invoice, customer, now=at)
            await self._save(posting)
            invoice, outcome = posting.invoice, posting.outcome
        else:
            invoice = invoicing.retried(invoice, method, now=at)
            await self.store.save_invoice(invoice)
            outcome = invoicing.outcome_after(invoice, method)
        if invoice.state is InvoiceState.UNCOLLECTIBLE:
            for part in invoice.parts:
                assert part.subscription_id is not None, "only renewals are given up"
                unpaid = SandboxSubscription(
                    id=part.subscription_id,
                    customer_id=customer.id,
                    state=SubscriptionState.UNPAID,
                )
                await self.store.save_subscription(unpaid)
            await self._emit_invoice(ProviderEventType.SUBSCRIPTION_UNPAID, invoice, at=at)
        else:
            told = _TOLD.get(outcome, ProviderEventType.INVOICE_FINALIZED)
            await self._emit_invoice(told, invoice, at=at)

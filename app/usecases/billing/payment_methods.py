"""A customer's default payment method at the billing provider.

Source: spec, subscriptions §2 (payment method).
"""

from __future__ import annotations

from dataclasses import dataclass

from app.ports import Runtime
from app.usecases.billing.providers import require_provider, require_vendor
from app.usecases.customers import attached, locked_customer
from domain.catalog.enums import Currency
from domain.customers.changes import without_payment_method
from domain.customers.events import UPDATED, customer_event
from domain.customers.model import Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachPaymentMethod:
    """`vendor` must be the environment's provider; the method becomes the default one."""

    customer_ref_id: str
    payment_method_id: str
    vendor: str
    billing_currency: Currency | None = None


async def attach_payment_method(command: AttachPaymentMethod, *, runtime: Runtime) -> Customer:
    """Attach the method. Raises BillingIntegrationMissing, UnsupportedVendorIdentifier."""
    async with runtime.new_unit_of_work() as work:
        customer = await locked_customer(work, command.customer_ref_id)
        require_vendor(require_provider(work), command.vendor)
        changed = await attached(
            work,
            customer,
            command.payment_method_id,
            billing_currency=command.billing_currency,
            now=runtime.clock(),
        )
        await work.customers.save(changed)
        work.publish(customer_event(UPDATED, changed, customer))
        await work.commit()
    return changed


async def detach_payment_method(customer_ref_id: str, *, runtime: Runtime) -> Customer:
    """Take the default method away.

    Raises BillingIntegrationMissing, PaymentMethodNotFoundError,
    CannotRemovePaymentMethodFromCustomerError.
    """
    now = runtime.clock()
    async with runtime.new_unit_of_work() as work:
        customer = await locked_customer(work, customer_ref_id)
        provider = require_provider(work)
        own = await work.subscriptions.of_customers([customer.id], statuses=None)
        others = await work.subscriptions.paid_by([customer.id], statuses=None)
        paid = [
            one for one in own.get(customer.id, ()) if one.paying_customer_id in {None, customer.id}
        ]
        paid.extend(others.get(customer.id, ()))
        changed = without_payment_method(customer, paid, now=now)
        assert customer.payment_method is not None
        if customer.billing_id is not None:
            method_id = customer.payment_method.id
            key = f"customer:{customer.id}:{now.isoformat()}:{method_id}"
            await provider.detach_payment_method(customer.billing_id, method_id, key=key)
        await work.customers.save(changed)
        work.publish(customer_event(UPDATED, changed, customer))
        await work.commit()
    return changed

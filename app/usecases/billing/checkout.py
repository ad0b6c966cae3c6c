"""What a checkout widget needs: who buys which plan, and a secret to add a payment method with.

Source: spec, subscriptions §16 (`checkoutState`, `createPaymentSession`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.ports import BillingProvider, Runtime, UnitOfWork
from app.usecases.billing.providers import require_provider
from app.usecases.customers import locked_customer
from app.usecases.subscriptions.gather import plan_to_sell
from domain.catalog.model import Package, PackageType
from domain.customers.model import Customer, CustomerResource
from domain.errors import ErrorCode, invalid_argument, not_found
from domain.subscriptions.lifecycle import in_scope
from domain.subscriptions.model import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCheckout:
    """Ids are the caller's; `product_id`, if given, must be the plan's product."""

    customer_ref_id: str
    plan_ref_id: str
    product_ref_id: str | None = None
    resource_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The state of a purchase before it is made; `subscription` is the live non-trial in scope."""

    customer: Customer
    plan: Package
    resource: CustomerResource | None
    subscription: Subscription | None
    vendor: str
    setup_secret: str


async def checkout_state(query: AskCheckout, *, runtime: Runtime) -> Checkout:
    """The state, with a fresh setup secret; makes the customer at the provider if need be.

    Raises CustomerNotFound, PlanNotFound, UnPublishedPackage, BillingIntegrationMissing.
    """
    async with runtime.new_unit_of_work() as work:
        customer = await locked_customer(work, query.customer_ref_id)
        provider = require_provider(work)
        plan = await _plan(work, query.plan_ref_id)
        product = (await work.products.by_ids([plan.product_id]))[plan.product_id]
        if query.product_ref_id is not None and query.product_ref_id != product.ref_id:
            raise invalid_argument("productId is not the product of the plan")
        resource = None
        if query.resource_id is not None:
            resource = await work.customers.resource(customer.id, query.resource_id)
            if resource is None:
                raise not_found(ErrorCode.CustomerResourceNotFound, "Resource", query.resource_id)
        found = await work.subscriptions.of_customers([customer.id], statuses=None)
        current = next(
            (
                one
                for one in found.get(customer.id, ())
                if one.is_live
                and not one.is_trial
                and in_scope(one, product, resource.id if resource is not None else None)
            ),
            None,
        )
        customer, secret = await _set_up(work, provider, customer)
        await work.commit()
    return Checkout(
        customer=customer,
        plan=plan,
        resource=resource,
        subscription=current,
        vendor=provider.vendor,
        setup_secret=secret,
    )


async def create_payment_session(
    customer_ref_id: str, plan_ref_id: str, *, runtime: Runtime
) -> str:
    """The token with which a browser pays. Raises as `checkout_state`."""
    async with runtime.new_unit_of_work() as work:
        customer = await locked_customer(work, customer_ref_id)
        provider = require_provider(work)
        await _plan(work, plan_ref_id)
        _, secret = await _set_up(work, provider, customer)
        await work.commit()
    return secret


async def _plan(work: UnitOfWork, ref_id: str) -> Package:
    found = await work.packages.latest_and_held([(PackageType.Plan, ref_id)], [])
    return plan_to_sell(found, ref_id)


async def _set_up(
    work: UnitOfWork, provider: BillingProvider, customer: Customer
) -> tuple[Customer, str]:
    """The customer as the provider knows it, and a secret to add a method with."""
    if customer.billing_id is None:
        billing_id = await provider.ensure_customer(
            customer, None, key=f"checkout-state:{customer.id}"
        )
        customer = replace(customer, billing_id=billing_id)
        await work.customers.save(customer)
    assert customer.billing_id is not None
    return customer, await provider.create_setup(customer.billing_id)

"""Making subscriptions: the provision mutations, the administrative form, and the upsert.

Source: spec, subscriptions §2 (subscriptionParams), §3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from app.ports import Runtime, UnitOfWork
from app.usecases.billing.telling import billed_payer
from app.usecases.subscriptions.billing import (
    attach_method,
    collect,
    has_method,
    require_code_for,
    with_cut_usage,
)
from app.usecases.subscriptions.book import Book, open_book, open_book_of
from app.usecases.subscriptions.change import update_in
from app.usecases.subscriptions.endings import follow_replaced
from app.usecases.subscriptions.gather import plan_to_sell, provision_facts, require_free
from app.usecases.subscriptions.refusals import Refusals
from app.usecases.transitions import settle_due
from domain.billing.model import CheckoutOrder, PendingCheckout
from domain.catalog.enums import PricingType, TrialEndBehavior
from domain.catalog.model import Package, PackageType, Product
from domain.customers.model import Customer
from domain.errors import BillingUnavailable, Conflict, ErrorCode
from domain.ids import CustomerId, ResourceId
from domain.money import Money
from domain.patch import ABSENT, Absent
from domain.subscriptions.charges import is_charged
from domain.subscriptions.enums import (
    PaymentCollectionMethod,
    ProvisionSubscriptionStatus,
    SubscriptionDecisionStrategy,
    SubscriptionProrationBehavior,
    SubscriptionStatus,
)
from domain.subscriptions.facts import ProvisionFacts
from domain.subscriptions.journey import SKIPPED, decide_journey
from domain.subscriptions.model import Subscription
from domain.subscriptions.provisioning import (
    Provisioning,
    decide,
    needs_payment,
    settle,
    terms_of,
)
from domain.subscriptions.replacement import Decision, takes_over
from domain.subscriptions.request import ProvisionRequest, UpdateRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """A provisioning's answer; without a subscription its checkout has to be paid first."""

    id: str
    status: ProvisionSubscriptionStatus
    subscription: Subscription | None
    customer_id: CustomerId
    resource_id: ResourceId | None
    is_scheduled: bool = False
    checkout_url: str | None = None
    checkout_billing_id: str | None = None


async def provision_subscription(
    request: ProvisionRequest, *, runtime: Runtime, may_check_out: bool = True
) -> Provisioned:
    """Provision for a self-served customer: pays, or is sent to a checkout."""
    async with Refusals(runtime) as refusals, runtime.new_unit_of_work() as work:
        refusals.making(request)
        book = await open_book_of(work, runtime, request.customer_ref_id)
        provisioned = await provision_in(book, request, may_check_out=may_check_out)
        await book.close()
        await work.commit()
    return provisioned


async def create_subscription(request: ProvisionRequest, *, runtime: Runtime) -> Subscription:
    """The administrative form: never a checkout; a missing method is refused."""
    provisioned = await provision_subscription(request, runtime=runtime, may_check_out=False)
    assert provisioned.subscription is not None
    return provisioned.subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerProvision:
    """What a new customer got, and by which rule."""

    strategy: SubscriptionDecisionStrategy
    subscription: Subscription | None = None


async def provision_for_customer(
    work: UnitOfWork,
    runtime: Runtime,
    customer: Customer,
    request: ProvisionRequest | Absent | None,
) -> CustomerProvision:
    """The first subscription of a customer just made, in the same transaction.

    `request` None = none is wanted; ABSENT = nothing was said, so the default product decides.
    Never a checkout: a missing method raises PaymentMethodNotFoundError.
    """
    if request is None:
        return CustomerProvision(strategy=SKIPPED)
    book = await open_book(work, runtime, customer, now=runtime.clock())
    asked: ProvisionRequest | None = None
    if request is ABSENT:
        product = await work.products.default()
    else:
        asked = request
        found = await work.packages.latest(PackageType.Plan, [asked.plan_ref_id])
        plan = plan_to_sell(found.values(), asked.plan_ref_id)
        product = await book.product(plan.product_id)
    if product is None:
        return CustomerProvision(strategy=SKIPPED)
    start_plan = await _start_plan(book, product)
    strategy, chosen = decide_journey(
        asked, product=product, start_plan=start_plan, customer_ref_id=customer.ref_id
    )
    if chosen is None:
        return CustomerProvision(strategy=strategy)
    provisioned = await provision_in(book, chosen, may_check_out=False)
    await book.close()
    return CustomerProvision(strategy=strategy, subscription=provisioned.subscription)


async def _start_plan(book: Book, product: Product) -> Package | None:
    """The product's start plan, if it is there and published."""
    ref_id = product.settings.subscription_start_plan_ref_id
    if ref_id is None:
        return None
    found = await book.work.packages.latest_published(PackageType.Plan, [ref_id])
    return found.get(ref_id)


async def apply_subscription(
    provision: ProvisionRequest,
    update: UpdateRequest,
    *,
    payment_method_id: str | None,
    runtime: Runtime,
) -> Subscription:
    """The upsert: a live non-trial of the same plan in scope changes, else one is provisioned."""
    async with Refusals(runtime) as refusals, runtime.new_unit_of_work() as work:
        book = await open_book_of(work, runtime, provision.customer_ref_id)
        if payment_method_id is not None:
            await attach_method(book, payment_method_id)
        current = await _live_of_plan(book, provision)
        if current is not None:
            applied = await update_in(book, current, update)
        else:
            refusals.making(provision)
            provisioned = await provision_in(book, provision, may_check_out=False)
            assert provisioned.subscription is not None
            applied = provisioned.subscription
        await book.close()
        await work.commit()
    return applied


async def _live_of_plan(book: Book, request: ProvisionRequest) -> Subscription | None:
    """The live non-trial of the requested plan in the request's scope."""
    resource = None
    if request.resource_id is not None:
        resource = await book.work.customers.resource(book.customer.id, request.resource_id)
    for one in book.all:
        if one.plan_ref_id != request.plan_ref_id or not one.is_live or one.is_trial:
            continue
        product = await book.product(one.product_id)
        if not product.multiple_subscriptions or one.resource_id == (resource and resource.id):
            return one
    return None


async def provision_in(
    book: Book, request: ProvisionRequest, *, may_check_out: bool = True
) -> Provisioned:
    """Provision within an open book; `may_check_out` False refuses what needs a missing method."""
    facts = await provision_facts(book, request)
    provisioning = await decided(book, request, facts)
    await require_free(book, request.ref_id)  # also where it is used only later
    if _misses_method(book, request, provisioning):
        if not may_check_out:
            raise Conflict(
                ErrorCode.PaymentMethodNotFoundError,
                f"Customer {book.customer.ref_id} has no payment method",
                refId=book.customer.ref_id,
            )
        return await _check_out(book, request, provisioning)
    decision = await carry_out(book, request, facts, provisioning)
    await settle_due(book, until=book.now)  # what began in the past may be over already
    made = book.subscriptions[decision.subscription.id]
    return Provisioned(
        id=str(made.id),
        status=ProvisionSubscriptionStatus.SUCCESS,
        subscription=made,
        customer_id=book.customer.id,
        resource_id=made.resource_id,
        is_scheduled=decision.is_scheduled,
    )


async def decided(book: Book, request: ProvisionRequest, facts: ProvisionFacts) -> Provisioning:
    """What provisioning comes to, with the usage that it cuts off; nothing is written.

    What waits or lies ahead cuts off none. Raises PromotionCodeMinimumAmountNotReached.
    """
    provisioning = decide(request, facts)
    new, start = provisioning.new, provisioning.start
    await require_code_for(book, request.content, new)
    old = _taken_over(provisioning)
    if old is None or provisioning.waits_on is not None or start.is_future:
        return provisioning
    terms = terms_of(request, facts)
    if start.is_backdated:
        # Nothing is due now: its first invoice comes at the period's end.
        terms = replace(terms, proration=SubscriptionProrationBehavior.CREATE_PRORATIONS)
    charged = await with_cut_usage(
        book, provisioning.charged, new, old=old, terms=terms, at=start.at
    )
    return replace(provisioning, charged=charged)


def _taken_over(provisioning: Provisioning) -> Subscription | None:
    """The paid one whose place at the provider the new one takes."""
    return next((one for one in provisioning.replaces if takes_over(one, provisioning.new)), None)


async def carry_out(
    book: Book, request: ProvisionRequest, facts: ProvisionFacts, provisioning: Provisioning
) -> Decision:
    """Collect what is due, settle, and let follow what follows."""
    result = None
    if provisioning.waits_on is None and not provisioning.start.is_future:
        old = _taken_over(provisioning)
        result = await collect(
            book,
            provisioning.new,
            provisioning.charged,
            billing=request.billing,
            taken_over=old,
            wait=request.await_payment_confirmation,
            key=f"provision:{provisioning.new.id}",
        )
    before = {one.id: one for one in book.all}
    decision = settle(provisioning, facts, result=result)
    book.take(decision, at=book.now)
    await follow_replaced(book, before, decision, at=book.now)
    return replace(decision, subscription=book.subscriptions[decision.subscription.id])


def _misses_method(book: Book, request: ProvisionRequest, provisioning: Provisioning) -> bool:
    """Whether a card is needed that nobody has: for a charge now, or a future paid start."""
    new = provisioning.new
    if book.work.billing is None or provisioning.waits_on is not None:
        return False
    if request.payment_collection_method is not PaymentCollectionMethod.CHARGE:
        return False
    payer = book.payers.get(new.paying_customer_id) if new.paying_customer_id else book.customer
    assert payer is not None
    if has_method(book, payer):
        return False
    future = provisioning.start.is_future and is_charged(new)
    converts = (
        new.status is SubscriptionStatus.IN_TRIAL
        and new.pricing_type is PricingType.PAID
        and new.trial_end_behavior is TrialEndBehavior.CONVERT_TO_PAID
        and request.checkout is not None
    )
    return needs_payment(provisioning) or future or converts


async def _check_out(
    book: Book, request: ProvisionRequest, provisioning: Provisioning
) -> Provisioned:
    """Send the customer to the provider's checkout; the request waits there to be provisioned."""
    provider = book.work.billing
    assert provider is not None
    if not provider.supports_checkout:
        raise Conflict(ErrorCode.CheckoutIsNotSupported, "The provider has no checkout")
    if request.checkout is None:
        raise Conflict(
            ErrorCode.FailedToCreateCheckoutSessionError,
            "A payment method is needed, and checkoutOptions to ask for one",
        )
    charge = provisioning.charged.charge
    new = provisioning.new
    assert new.currency is not None
    order = CheckoutOrder(
        payer=book.customer,
        amount_due=Money(charge.total if charge is not None else Decimal(0), new.currency),
        description=f"Subscription to {new.plan_ref_id}",
        success_url=request.checkout.success_url,
        cancel_url=request.checkout.cancel_url,
        reference_id=request.checkout.reference_id,
        allow_promo_codes=request.checkout.allow_promo_codes,
        allow_tax_id_collection=request.checkout.allow_tax_id_collection,
        collect_billing_address=request.checkout.collect_billing_address,
        collect_phone_number=request.checkout.collect_phone_number,
    )
    try:
        payer = await billed_payer(book, new, request.billing)
        session = await provider.create_checkout(
            replace(order, payer=payer), key=f"checkout:{new.id}"
        )
    except BillingUnavailable as error:
        raise Conflict(
            ErrorCode.FailedToCreateCheckoutSessionError, "The checkout could not be made"
        ) from error
    await book.work.checkouts.add(
        PendingCheckout(
            id=session.id,
            customer_id=book.customer.id,
            request=replace(request, ref_id=new.ref_id, checkout=None),
            created_at=book.now,
        )
    )
    return Provisioned(
        id=session.id,
        status=ProvisionSubscriptionStatus.PAYMENT_REQUIRED,
        subscription=None,
        customer_id=book.customer.id,
        resource_id=new.resource_id,
        checkout_url=session.url,
        checkout_billing_id=session.id,
    )

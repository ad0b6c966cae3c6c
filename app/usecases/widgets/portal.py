"""The customer portal, as one read. Source: spec, catalog §9."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.ports import Runtime
from app.usecases.entitlements import list_entitlements
from domain.catalog.enums import PlanChangeType, PricingType, WidgetType
from domain.catalog.model import PackageType
from domain.catalog.paywall import visible_plans
from domain.catalog.pricing.starting_price import plan_change_type
from domain.catalog.products import product_not_found
from domain.customers.model import Customer, CustomerResource, PromotionalEntitlement
from domain.entitlements.model import Scope, ScopeAnswers
from domain.entitlements.resolution import is_active
from domain.errors import ErrorCode, not_found
from domain.ids import ProductId
from domain.subscriptions.model import LIVE, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPortal:
    """By the caller's ids; without a resource what belongs to none, without a product any."""

    customer_id: str
    resource_id: str | None = None
    product_id: str | None = None

    @property
    def scope(self) -> Scope:
        return Scope(customer_ref_id=self.customer_id, resource_id=self.resource_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalRead:
    """What the portal shows of a customer, or of one of its resources."""

    customer: Customer
    resource: CustomerResource | None
    subscriptions: tuple[Subscription, ...]
    entitlements: ScopeAnswers
    promotional: tuple[PromotionalEntitlement, ...]
    can_upgrade: bool


async def read_portal(query: ReadPortal, *, runtime: Runtime) -> PortalRead:
    """The portal as it stands now.

    Raises CustomerNotFound (also when archived), CustomerResourceNotFound, ProductNotFoundError.
    """
    readers, now = runtime.readers, runtime.clock()
    found = (await readers.customers.by_ref_ids([query.customer_id])).get(query.customer_id)
    if found is None or found.deleted_at is not None:
        ref_id = query.customer_id
        raise not_found(ErrorCode.CustomerNotFound, "Customer", ref_id, refId=ref_id)
    resource = None
    if query.resource_id is not None:
        resource = await readers.customers.resource(found.id, query.resource_id)
        if resource is None:
            raise not_found(ErrorCode.CustomerResourceNotFound, "Resource", query.resource_id)
    product_id = await _product_id(query.product_id, runtime)
    held = await readers.subscriptions.of_customers([found.id], statuses=LIVE)
    own = tuple(
        one
        for one in held.get(found.id, ())
        if one.resource_id == (resource.id if resource else None)
        and product_id in (None, one.product_id)
    )
    listed = await list_entitlements(query.scope, runtime=runtime)
    promotional = await readers.entitlements.promotional_of(found.id)
    return PortalRead(
        customer=found,
        resource=resource,
        subscriptions=tuple(sorted(own, key=lambda one: (one.start_date, one.created_at, one.id))),
        entitlements=listed.shown_in(WidgetType.CUSTOMER_PORTAL),
        promotional=tuple(one for one in promotional if one.is_visible and is_active(one, now)),
        can_upgrade=await _can_upgrade(own, runtime),
    )


async def _product_id(identifier: str | None, runtime: Runtime) -> ProductId | None:
    if identifier is None:
        return None
    product = await runtime.readers.products.by_any_id(identifier)
    if product is None:
        raise product_not_found(identifier)
    return product.id


async def _can_upgrade(subscriptions: Iterable[Subscription], runtime: Runtime) -> bool:
    """Whether a plan that the portal may show would be an upgrade; of a CUSTOM plan none is."""
    subscriptions = list(subscriptions)
    if any(one.pricing_type is PricingType.CUSTOM for one in subscriptions):
        return False
    packages = runtime.readers.packages
    held = await packages.with_ancestors({one.plan_id for one in subscriptions})
    products = {one.product_id for one in subscriptions}
    sold = await packages.published_of_products(PackageType.Plan, products) if products else []
    known = {**held, **{plan.id: plan for plan in sold}}
    return any(
        plan_change_type(held[one.plan_id], plan, plans=known) is PlanChangeType.UPGRADE
        for one in subscriptions
        for plan in visible_plans(sold, WidgetType.CUSTOMER_PORTAL)
        if plan.product_id == one.product_id
    )

"""The pricing page of a product, as one read. Source: spec, catalog §8."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.ports import Runtime
from domain.catalog.enums import Currency, WidgetType
from domain.catalog.model import Package, PackageType, Product
from domain.catalog.paywall import (
    PricePoint,
    PriceView,
    choose_product,
    country_for,
    paywall_order,
    price_points,
    shown_currency,
    visible_plans,
    with_prices_for,
)
from domain.catalog.products import product_not_found, require_live_product
from domain.customers.model import Customer, CustomerResource
from domain.errors import ErrorCode, not_found
from domain.subscriptions.model import LIVE, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPaywall:
    """`context` is the widget that asks; `product_id` None = the paywall's own choice."""

    product_id: str | None = None
    customer_id: str | None = None
    resource_id: str | None = None
    view: PriceView
    context: WidgetType = WidgetType.PAYWALL
    include_hidden_plans: bool = False
    offer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaywallPlanView:
    """A plan with the prices shown, and whose prices its add-ons follow."""

    plan: Package
    view: PriceView


@dataclass(frozen=True, slots=True, kw_only=True)
class PaywallRead:
    """`published` are all plans to sell of the product, hidden ones too, as stored."""

    product: Product
    plans: tuple[PaywallPlanView, ...]
    published: tuple[Package, ...] = ()
    price_points: tuple[PricePoint, ...]
    currency: Currency
    customer: Customer | None = None
    resource: CustomerResource | None = None
    active_subscriptions: tuple[Subscription, ...] | None = None


async def read_paywall(query: ReadPaywall, *, runtime: Runtime) -> PaywallRead:
    """The latest published plans in their order, with prices and starting prices.

    Raises ProductNotFoundError, ProductNotPublishedError, NoProductsAvailable, OfferNotFound,
    CustomerNotFound.
    """
    if query.offer_id is not None:
        raise not_found(ErrorCode.OfferNotFound, "Offer", query.offer_id)
    product = await _product(query.product_id, runtime=runtime)
    published = await runtime.readers.packages.published_of_products(PackageType.Plan, [product.id])
    ordered = paywall_order(published, query.view.country)
    shown = ordered if query.include_hidden_plans else visible_plans(ordered, query.context)
    views = tuple(_seen(plan, query.view) for plan in shown)
    read = PaywallRead(
        product=product,
        plans=views,
        published=tuple(published),
        price_points=tuple(price_points(shown, query.view)),
        currency=shown_currency(v.plan for v in views),
    )
    if query.customer_id is None:
        return read
    return await _for_customer(read, query.customer_id, query.resource_id, runtime=runtime)


def _seen(plan: Package, view: PriceView) -> PaywallPlanView:
    """The plan decides whether the country's prices are shown; its add-ons follow."""
    own = PriceView(country=country_for(plan, view.country), all_countries=view.all_countries)
    return PaywallPlanView(plan=with_prices_for(plan, own), view=own)


async def _product(identifier: str | None, *, runtime: Runtime) -> Product:
    readers = runtime.readers
    if identifier is not None:
        product = await readers.products.by_any_id(identifier)
        if product is None:
            raise product_not_found(identifier)
        return require_live_product(product)
    offered = await readers.packages.products_and_whether_sold()
    return choose_product(
        (product for product, _ in offered),
        with_published_plan={product.id for product, is_sold in offered if is_sold},
    )


async def _for_customer(
    read: PaywallRead, customer_id: str, resource_id: str | None, *, runtime: Runtime
) -> PaywallRead:
    readers = runtime.readers
    customer = (await readers.customers.by_ref_ids([customer_id])).get(customer_id)
    if customer is None:
        raise not_found(ErrorCode.CustomerNotFound, "Customer", customer_id, refId=customer_id)
    resource = None
    if resource_id is not None:
        resource = await readers.customers.resource(customer.id, resource_id)
    held = await readers.subscriptions.of_customers([customer.id], statuses=LIVE)
    is_unknown_resource = resource_id is not None and resource is None
    own = [
        s
        for s in held.get(customer.id, ())
        if s.product_id == read.product.id
        and not is_unknown_resource
        and s.resource_id == (resource.id if resource else None)
    ]
    return replace(read, customer=customer, resource=resource, active_subscriptions=tuple(own))

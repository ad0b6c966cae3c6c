"""The paywall between the wire and the domain."""

from app.graphql.catalog.plans.mapping import plan_to_graphql
from app.graphql.catalog.plans.types import Plan
from app.graphql.context import Info
from app.graphql.customers.mapping import customer_to_graphql, resource_to_graphql
from app.graphql.given import given, runtime_for
from app.graphql.subscriptions.mapping import subscription_to_graphql
from app.graphql.widgets.paywall.inputs import GetPaywallInput
from app.graphql.widgets.paywall.types import Paywall, PaywallCurrency, PaywallPricePoint
from app.usecases.widgets.paywall import PaywallRead, ReadPaywall, read_paywall
from domain.accounts.enums import ApiKeyType
from domain.catalog.enums import WidgetType
from domain.catalog.inheritance import ancestors_of
from domain.catalog.paywall import PricePoint, PriceView, currency_symbol
from domain.errors import ErrorCode, Forbidden


async def read_of(info: Info, input: GetPaywallInput) -> PaywallRead:
    """Read the paywall, and let the relations of what it loaded cost nothing.

    All countries' prices are for server keys: else FetchAllCountriesPricesNotAllowed.
    """
    runtime = runtime_for(info, input.environment_id)
    all_countries = bool(given(input.fetch_all_countries_prices))
    if all_countries and info.context.principal.key_type is not ApiKeyType.SERVER:
        raise Forbidden(
            ErrorCode.FetchAllCountriesPricesNotAllowed,
            "fetchAllCountriesPrices is for server keys only",
        )
    query = ReadPaywall(
        product_id=given(input.product_id),
        customer_id=given(input.customer_id),
        resource_id=given(input.resource_id),
        view=PriceView(country=given(input.billing_country_code), all_countries=all_countries),
        context=given(input.context) or WidgetType.PAYWALL,
        include_hidden_plans=bool(given(input.include_hidden_plans)),
        offer_id=given(input.offer_id),
    )
    read = await read_paywall(query, runtime=runtime)
    info.context.loaders.products.prime(read.product.id, read.product)
    by_id = {plan.id: plan for plan in read.published}
    for plan in read.published:
        info.context.loaders.packages.prime(plan.id, plan)
        info.context.loaders.plan_ancestors.prime(plan.id, ancestors_of(plan, by_id))
    return read


def plans_to_graphql(read: PaywallRead) -> list[Plan]:
    return [plan_to_graphql(shown.plan, view=shown.view) for shown in read.plans]


def paywall_to_graphql(read: PaywallRead) -> Paywall:
    customer, subscriptions = read.customer, read.active_subscriptions
    return Paywall(
        active_subscriptions=None
        if subscriptions is None
        else [subscription_to_graphql(s) for s in subscriptions],
        currency=PaywallCurrency(code=read.currency, symbol=currency_symbol(read.currency)),
        customer=None if customer is None else customer_to_graphql(customer),
        paywall_calculated_price_points=[_price_point(p) for p in read.price_points],
        plans=plans_to_graphql(read),
        resource=None if read.resource is None else resource_to_graphql(read.resource),
    )


def _price_point(point: PricePoint) -> PaywallPricePoint:
    return PaywallPricePoint(
        source=point,
        additional_charges_may_apply=point.additional_charges_may_apply,
        amount=float(point.amount),
        billing_country_code=point.billing_country_code,
        billing_period=point.billing_period,
        currency=point.currency,
        plan_id=point.plan_ref_id,
    )

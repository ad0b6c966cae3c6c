"""What hangs on a portal's subscriptions, read when it is asked for."""

from decimal import Decimal
from typing import TYPE_CHECKING

from app.graphql.catalog.currencies.mapping import money_of
from app.graphql.context import Info
from app.graphql.customers.promotional import feature_of
from app.graphql.numbers import float_or_none
from app.usecases.subscriptions.previews import preview_next_invoice, usage_bill
from domain.catalog.enums import BillingModel, Currency, PricingType
from domain.catalog.pricing.charge import price_sort_key
from domain.ids import FeatureId
from domain.subscriptions.amounts import in_advance_lines, sum_of
from domain.subscriptions.model import Subscription, SubscriptionAddon, SubscriptionPrice

if TYPE_CHECKING:
    from app.graphql.billing.types import SubscriptionInvoicePreview
    from app.graphql.catalog.currencies.types import Money
    from app.graphql.widgets.portal import types

__all__ = ["feature_of"]


async def plan_name_of(info: Info, subscription: Subscription) -> str:
    found = await info.context.loaders.packages.load(subscription.plan_id)
    assert found is not None, f"package {subscription.plan_id} vanished"
    return found.display_name


async def addon_to_graphql(info: Info, held: SubscriptionAddon) -> "types.CustomerPortalAddon":
    from app.graphql.widgets.portal import types

    found = await info.context.loaders.packages.load(held.addon_id)
    assert found is not None, f"package {held.addon_id} vanished"
    return types.CustomerPortalAddon(
        addon_id=held.addon_ref_id,
        description=found.description,
        display_name=found.display_name,
        quantity=held.quantity,
    )


async def feature_to_graphql(
    info: Info, feature_id: FeatureId | None
) -> "types.CustomerPortalPricingFeature | None":
    from app.graphql.widgets.portal import types

    found = await info.context.loaders.features.load(feature_id) if feature_id else None
    if found is None:
        return None
    return types.CustomerPortalPricingFeature(
        description=found.description,
        display_name=found.display_name,
        feature_type=found.feature_type,
        feature_units=found.feature_units,
        feature_units_plural=found.feature_units_plural,
        id=str(found.id),
        meter_type=found.meter_type,
        ref_id=found.ref_id,
    )


async def next_invoice_of(info: Info, subscription: Subscription) -> "SubscriptionInvoicePreview":
    from app.graphql.subscriptions.previews.next_invoice_mapping import next_invoice_to_graphql

    runtime = info.context.runtime
    coming = await preview_next_invoice(subscription.ref_id, runtime=runtime)
    return next_invoice_to_graphql(coming, now=runtime.clock())


def pricing_to_graphql(subscription: Subscription) -> "types.CustomerPortalSubscriptionPricing":
    """PAID: the plan's price of a whole period in advance; FREE: 0; CUSTOM: no price."""
    from app.graphql.widgets.portal import types

    own = [sold for sold in subscription.prices if sold.addon_ref_id is None]
    per_unit = [sold for sold in own if sold.price.billing_model is BillingModel.PER_UNIT]
    sole = per_unit[0] if len(per_unit) == 1 else None
    first = min((sold.price for sold in own), key=price_sort_key, default=None)
    shown = sole.price if sole else first
    quantity = sole.quantity if sole else None
    return types.CustomerPortalSubscriptionPricing(
        source=subscription,
        feature_id=sole.price.feature_id if sole else None,
        billing_country_code=subscription.billing_country_code,
        billing_model=shown.billing_model if shown else None,
        billing_period=subscription.billing_period,
        credit_rate=None,
        price=_advance_price(subscription, own),
        pricing_type=subscription.pricing_type,
        unit_quantity=None if quantity is None else int(quantity),
    )


def _advance_price(subscription: Subscription, own: list[SubscriptionPrice]) -> "Money | None":
    if subscription.pricing_type is PricingType.CUSTOM:
        return None
    currency = subscription.currency or Currency.USD
    if subscription.pricing_type is PricingType.FREE:
        return money_of(Decimal(0), currency)
    total = sum_of(in_advance_lines(own), currency)
    return money_of(total.amount, total.currency)


async def usage_bill_of(info: Info, subscription: Subscription) -> float | None:
    """What usage comes to so far in this period; None where nothing is billed by usage."""
    if subscription.pricing_type is not PricingType.PAID:
        return None
    bill = await usage_bill(subscription.ref_id, runtime=info.context.runtime)
    return float_or_none(bill)

"""What is sold: the billing period, the price rows with their quantities, overrides.

Source: spec, subscriptions §4 and catalog §6 (localization).
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.catalog.enums import BillingModel, BillingPeriod, Currency, OverageBillingPeriod
from domain.catalog.model import Package, Price
from domain.patch import ABSENT
from domain.subscriptions.addons import chosen_addons, free_items
from domain.subscriptions.facts import ContentFacts
from domain.subscriptions.model import (
    FreeItem,
    Subscription,
    SubscriptionAddon,
    SubscriptionEntitlement,
    SubscriptionMinimumSpend,
    SubscriptionPrice,
)
from domain.subscriptions.overrides import (
    Seller,
    minimum_spend,
    subscription_entitlements,
    with_overrides,
)
from domain.subscriptions.pricing import (
    ChargeKey,
    PriceRows,
    addon_prices,
    charge_key,
    choose_period,
    currency_of,
    kept_quantities,
    sold_country,
    sold_prices,
    unit_quantities,
)
from domain.subscriptions.request import (
    ContentRequest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a subscription holds of a plan: prices as sold, add-ons and overrides."""

    billing_period: BillingPeriod | None
    billing_country_code: str | None
    currency: Currency | None
    prices: tuple[SubscriptionPrice, ...]
    addons: tuple[SubscriptionAddon, ...]
    free_items: tuple[FreeItem, ...]
    entitlements: tuple[SubscriptionEntitlement, ...]
    minimum_spend: SubscriptionMinimumSpend | None


def content_of(subscription: Subscription) -> Content:
    """The content that a subscription has now."""
    return Content(
        billing_period=subscription.billing_period,
        billing_country_code=subscription.billing_country_code,
        currency=subscription.currency,
        prices=subscription.prices,
        addons=subscription.addons,
        free_items=subscription.free_items,
        entitlements=subscription.entitlements,
        minimum_spend=subscription.minimum_spend,
    )


def with_content(subscription: Subscription, content: Content) -> Subscription:
    """The subscription holding `content` instead of its own."""
    return replace(
        subscription,
        billing_period=content.billing_period,
        billing_country_code=content.billing_country_code,
        currency=content.currency,
        prices=content.prices,
        addons=content.addons,
        free_items=content.free_items,
        entitlements=content.entitlements,
        minimum_spend=content.minimum_spend,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was chosen: period, country, units by what they count, add-on units by ref_id."""

    billing_period: BillingPeriod | None
    billing_country_code: str | None
    quantities: Mapping[ChargeKey, Decimal]
    addons: Mapping[str, int]


def select_new(request: ContentRequest, facts: ContentFacts, *, is_trial: bool) -> Selection:
    """The valid choice that `request` makes of a plan; raises the errors of §4."""
    period = choose_period(facts.plan, request, is_trial=is_trial)
    addons = chosen_addons(
        () if request.addons is ABSENT else request.addons,
        plan=facts.plan,
        addons=facts.addons,
        groups=facts.groups,
    )
    chosen = Selection(
        billing_period=period,
        billing_country_code=request.billing_country_code,
        quantities={},
        addons=addons,
    )
    rows = rows_to_sell(chosen, facts, held=None)
    return replace(chosen, quantities=unit_quantities(rows, request, facts, kept={}))


def select_changed(
    subscription: Subscription, request: ContentRequest, facts: ContentFacts
) -> Selection:
    """The choice after an update: add-ons replace the list, quantities merge, the rest stays."""
    held = selection_of(subscription)
    addons = held.addons
    if request.addons is not ABSENT:
        addons = chosen_addons(
            request.addons, plan=facts.plan, addons=facts.addons, groups=facts.groups
        )
    period = held.billing_period
    if request.billing_period is not None and request.billing_period is not period:
        asked = replace(request, billing_country_code=held.billing_country_code)
        period = choose_period(facts.plan, asked)
    chosen = replace(held, billing_period=period, addons=addons)
    rows = rows_to_sell(chosen, facts, held=subscription)
    quantities = unit_quantities(rows, request, facts, kept=held.quantities)
    return replace(chosen, quantities=quantities)


def selection_of(subscription: Subscription) -> Selection:
    """What a subscription has chosen."""
    return Selection(
        billing_period=subscription.billing_period,
        billing_country_code=subscription.billing_country_code,
        quantities=kept_quantities(subscription.prices),
        addons={addon.addon_ref_id: addon.quantity for addon in subscription.addons},
    )


def rows_to_sell(chosen: Selection, facts: ContentFacts, *, held: Subscription | None) -> PriceRows:
    """The price rows of a choice; what `held` was sold already keeps the rows it was sold."""
    country = sold_country(facts.plan, chosen.billing_country_code)
    if held is None or held.billing_period is not chosen.billing_period:
        addons = {ref_id: facts.addons[ref_id] for ref_id in chosen.addons}
        return sold_prices(facts.plan, addons, period=chosen.billing_period, country=country)
    kept = {addon.addon_ref_id for addon in held.addons} & set(chosen.addons)
    rows: list[tuple[str | None, Price]] = [
        (sold.addon_ref_id, sold.price)
        for sold in held.prices
        if sold.addon_ref_id is None or sold.addon_ref_id in kept
    ]
    for ref_id in sorted(set(chosen.addons) - kept):
        rows.extend(
            addon_prices(facts.addons[ref_id], period=chosen.billing_period, country=country)
        )
    return tuple(rows)


def sell(
    chosen: Selection,
    facts: ContentFacts,
    request: ContentRequest,
    *,
    seller: Seller,
    held: Subscription | None,
) -> Content:
    """The content of a choice: rows with quantities, overrides, add-ons, what is free."""
    rows = rows_to_sell(chosen, facts, held=held)
    same_period = held is not None and held.billing_period is chosen.billing_period
    sold = _sold_rows(rows, chosen, monthly=_monthly_overage(facts), held=held, seller=seller)
    overrides = () if request.price_overrides is ABSENT else request.price_overrides
    prices = with_overrides(sold, overrides, request, facts, seller=seller)
    country = sold_country(facts.plan, chosen.billing_country_code)
    spend = held.minimum_spend if held is not None else None
    if request.minimum_spend is not ABSENT or not same_period:
        spend = minimum_spend(
            request, facts.plan, period=chosen.billing_period, prices=prices, held=spend
        )
    entitlements = held.entitlements if held is not None else ()
    if request.entitlements is not ABSENT:
        entitlements = subscription_entitlements(
            request.entitlements, facts, seller=seller, held=entitlements
        )
    return Content(
        billing_period=chosen.billing_period,
        billing_country_code=chosen.billing_country_code,
        currency=currency_of(prices) or (held.currency if held is not None else None),
        prices=prices,
        addons=_sold_addons(chosen, facts, held=held, seller=seller),
        free_items=free_items(
            chosen.addons,
            plan=facts.plan,
            addons=facts.addons,
            groups=facts.groups,
            period=chosen.billing_period,
            country=country,
        ),
        entitlements=entitlements,
        minimum_spend=spend,
    )


def _monthly_overage(facts: ContentFacts) -> frozenset[str | None]:
    """The add-ons, and None for the plan, whose overage is billed at monthly boundaries."""
    packages: list[tuple[str | None, Package]] = [(None, facts.plan), *facts.addons.items()]
    return frozenset(
        ref_id
        for ref_id, package in packages
        if package.overage_billing_period is OverageBillingPeriod.MONTHLY
    )


def _sold_rows(
    rows: PriceRows,
    chosen: Selection,
    *,
    monthly: Container[str | None],
    held: Subscription | None,
    seller: Seller,
) -> tuple[SubscriptionPrice, ...]:
    """The sold rows; `monthly` names the packages (None: the plan) with monthly overage."""
    known = {} if held is None else {(p.addon_ref_id, p.price.id): p for p in held.prices}
    sold = []
    for addon_ref_id, price in rows:
        key = charge_key(price)
        quantity = (
            chosen.quantities[key]
            if price.billing_model is BillingModel.PER_UNIT and key is not None
            else None
        )
        old = known.get((addon_ref_id, price.id))
        if old is None:
            old = SubscriptionPrice(
                id=seller.new_id(),
                price=price,
                addon_ref_id=addon_ref_id,
                is_monthly_overage=price.is_overage and addon_ref_id in monthly,
                created_at=seller.now,
                updated_at=seller.now,
            )
        if old.quantity != quantity:
            old = replace(old, quantity=quantity, updated_at=seller.now)
        sold.append(old)
    return tuple(sold)


def _sold_addons(
    chosen: Selection, facts: ContentFacts, *, held: Subscription | None, seller: Seller
) -> tuple[SubscriptionAddon, ...]:
    known = {} if held is None else {addon.addon_ref_id: addon for addon in held.addons}
    sold = []
    for ref_id, quantity in sorted(chosen.addons.items()):
        old = known.get(ref_id)
        if old is None:
            old = SubscriptionAddon(
                id=seller.new_id(),
                addon_id=facts.addons[ref_id].id,
                addon_ref_id=ref_id,
                quantity=quantity,
                created_at=seller.now,
                updated_at=seller.now,
            )
        elif old.quantity != quantity:
            old = replace(old, quantity=quantity, updated_at=seller.now)
        sold.append(old)
    return tuple(sold)

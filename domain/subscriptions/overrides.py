"""Prices, entitlements and a minimum spend given for one subscription.

Source: spec, subscriptions §4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.catalog.entitlement_rules import QUANTITY_MAX
from domain.catalog.enums import BillingModel, BillingPeriod, PricingType, TiersMode
from domain.catalog.model import Package
from domain.catalog.price_rules import (
    require_amount,
    require_block_size,
    require_credit_rate,
    require_tiers,
)
from domain.errors import ErrorCode, InvalidInput, NotFound, bad_input, invalid_argument
from domain.ids import CurrencyId, PriceId
from domain.patch import ABSENT
from domain.subscriptions.enums import ChargeType
from domain.subscriptions.facts import ContentFacts
from domain.subscriptions.model import (
    SubscriptionEntitlement,
    SubscriptionMinimumSpend,
    SubscriptionPrice,
)
from domain.subscriptions.pricing import charge_id, currency_of, feature_id_of
from domain.subscriptions.request import (
    ContentRequest,
    EntitlementRequest,
    PriceOverrideRequest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """The makers of new rows: ids, and the instant they are made at."""

    new_id: Callable[[], UUID]
    now: datetime


def with_overrides(
    prices: tuple[SubscriptionPrice, ...],
    overrides: Iterable[PriceOverrideRequest],
    request: ContentRequest,
    facts: ContentFacts,
    *,
    seller: Seller,
) -> tuple[SubscriptionPrice, ...]:
    """The prices with the requested ones replaced, `is_override` set.

    Only for PAID plans (UnsupportedParameter); what matches no sold charge is PriceNotFound, and
    amounts, tiers and blocks obey the catalogue's rules (BadUserInput, AmountTooLarge).
    """
    listed = list(overrides)
    require_meant(request)
    if (listed or request.price_unit_amount is not None) and (
        facts.plan.pricing_type is not PricingType.PAID
    ):
        raise InvalidInput(ErrorCode.UnsupportedParameter, "Only paid plans take price overrides")
    changed = prices
    for override in listed:
        changed = _override_one(changed, override, facts, seller=seller)
    if request.price_unit_amount is not None:
        units = [p for p in changed if p.price.billing_model is BillingModel.PER_UNIT]
        if len(units) != 1:
            raise NotFound(
                ErrorCode.PriceNotFound, "priceUnitAmount needs exactly one per-unit price"
            )
        only = units[0]
        priced = replace(
            only.price,
            id=PriceId(seller.new_id()),
            amount=request.price_unit_amount,
            tiers=(),
            tiers_mode=None,
            is_override=True,
        )
        changed = tuple(replace(p, price=priced) if p is only else p for p in changed)
    return changed


def require_meant(request: ContentRequest) -> None:
    """The catalogue's rules of what is given for one subscription, whatever it sells.

    Of amounts, blocks and tiers BadUserInput or AmountTooLarge, of a formula
    InvalidArgumentError. What waits is held to them when it is asked for. Source: spec,
    catalog §6.
    """
    for override in () if request.price_overrides is ABSENT else request.price_overrides:
        _require_override(override)
    if request.price_unit_amount is not None:
        require_amount(request.price_unit_amount)
    if request.minimum_spend is not ABSENT and request.minimum_spend is not None:
        require_amount(request.minimum_spend.amount)


def _require_override(override: PriceOverrideRequest) -> None:
    if override.base_charge and (override.tiers or override.block_size is not None):
        raise bad_input("baseCharge has neither tiers nor blockSize")
    if override.tiers and (override.amount is not None or override.block_size is not None):
        raise bad_input("tiers go with neither price nor blockSize")
    if override.block_size is not None:
        require_block_size(override.block_size)
    tier_amounts = (one for tier in override.tiers for one in (tier.unit_price, tier.flat_price))
    for amount in (override.amount, *tier_amounts):
        if amount is not None:
            require_amount(amount)
    if override.tiers:
        require_tiers(override.tiers)
    if override.credit_amount is not None:
        require_credit_rate(override.credit_amount, override.credit_formula)


def _override_one(
    prices: tuple[SubscriptionPrice, ...],
    override: PriceOverrideRequest,
    facts: ContentFacts,
    *,
    seller: Seller,
) -> tuple[SubscriptionPrice, ...]:
    targets = [p for p in prices if _is_overridden(p, override, facts)]
    if not targets:
        name = override.feature_ref_id or override.currency_ref_id or "baseCharge"
        raise NotFound(ErrorCode.PriceNotFound, f"No price to override for {name}", id=name)
    target = targets[0]
    if override.currency is not None and override.currency != target.price.currency.value:
        raise invalid_argument(
            f"An override is in the subscription's currency, {target.price.currency.value}"
        )
    old = target.price
    amount, tiers, mode = old.amount, old.tiers, old.tiers_mode
    if override.tiers:
        amount, tiers, mode = None, override.tiers, old.tiers_mode or TiersMode.GRADUATED
    elif override.amount is not None:
        amount, tiers, mode = override.amount, (), None
    rate = old.credit_rate
    if rate is not None and override.credit_amount is not None:
        rate = replace(rate, amount=override.credit_amount, cost_formula=override.credit_formula)
    price = replace(
        old,
        id=PriceId(seller.new_id()),
        amount=amount,
        tiers=tiers,
        tiers_mode=mode,
        block_size=old.block_size if override.block_size is None else int(override.block_size),
        credit_rate=rate,
        is_override=True,
    )
    return tuple(replace(p, price=price) if p is target else p for p in prices)


def _is_overridden(
    sold: SubscriptionPrice, override: PriceOverrideRequest, facts: ContentFacts
) -> bool:
    if sold.addon_ref_id != override.addon_ref_id or sold.price.is_overage:
        return False
    if override.feature_ref_id is not None:
        is_rate = sold.price.billing_model is BillingModel.CREDIT_BASED
        named = sold.price.feature_id == feature_id_of(override.feature_ref_id, facts)
        return named and is_rate is (override.credit_amount is not None)
    if override.currency_ref_id is not None:
        wanted = facts.currencies.get(override.currency_ref_id)
        return wanted is not None and sold.price.top_up_currency_id == wanted
    return override.base_charge and sold.price.billing_model is BillingModel.FLAT_FEE


# --- entitlements and minimum spend ---------------------------------------------------------


def subscription_entitlements(
    requested: Iterable[EntitlementRequest],
    facts: ContentFacts,
    *,
    seller: Seller,
    held: tuple[SubscriptionEntitlement, ...] = (),
) -> tuple[SubscriptionEntitlement, ...]:
    """Values given per subscription, merged into those `held` by feature or currency.

    Only CUSTOM plans take them (UnsupportedParameter).
    """
    listed = tuple(requested)
    if listed and facts.plan.pricing_type is not PricingType.CUSTOM:
        raise InvalidInput(
            ErrorCode.UnsupportedParameter, "Only custom plans take entitlements per subscription"
        )
    given = [
        _changed_entitlement(one, held, seller=seller)
        if one.entitlement_id is not None and one.feature_ref_id is None
        else _entitlement(one, facts, seller=seller)
        for one in listed
    ]
    places = {(one.feature_id, one.currency_id): one for one in (*held, *given)}
    return tuple(places.values())


def _changed_entitlement(
    request: EntitlementRequest, held: tuple[SubscriptionEntitlement, ...], *, seller: Seller
) -> SubscriptionEntitlement:
    """The held one of that id with the given values."""
    known = next((one for one in held if str(one.id) == request.entitlement_id), None)
    if known is None:
        raise invalid_argument(
            "The subscription has no such entitlement", id=request.entitlement_id
        )
    _require_limit(request)
    unlimited = bool(request.has_unlimited_usage)
    return replace(
        known,
        usage_limit=None if unlimited else request.usage_limit,
        has_unlimited_usage=unlimited,
        has_soft_limit=bool(request.has_soft_limit),
        reset_rule=request.reset_rule or known.reset_rule,
        updated_at=seller.now,
    )


def _require_limit(request: EntitlementRequest) -> None:
    limit = request.usage_limit
    if limit is not None and not 0 <= limit <= QUANTITY_MAX:
        raise invalid_argument(f"usageLimit must be from 0 to {QUANTITY_MAX}")


def _entitlement(
    request: EntitlementRequest, facts: ContentFacts, *, seller: Seller
) -> SubscriptionEntitlement:
    if (request.feature_ref_id is None) == (request.currency_ref_id is None):
        raise invalid_argument("An entitlement is of a feature or of a credit, exactly one")
    if request.amount is not None and not 0 < request.amount <= QUANTITY_MAX:
        raise invalid_argument(f"amount must be above 0, {QUANTITY_MAX} at most")
    if request.currency_ref_id is not None:
        key = charge_id(request.currency_ref_id, ChargeType.CREDIT, facts)
        return SubscriptionEntitlement(
            id=seller.new_id(),
            currency_id=CurrencyId(key),
            amount=request.amount,
            cadence=request.cadence,
            has_soft_limit=bool(request.has_soft_limit),
            created_at=seller.now,
            updated_at=seller.now,
        )
    assert request.feature_ref_id is not None
    _require_limit(request)
    if request.has_unlimited_usage and request.usage_limit is not None:
        raise invalid_argument("usageLimit and hasUnlimitedUsage exclude each other")
    return SubscriptionEntitlement(
        id=seller.new_id(),
        feature_id=feature_id_of(request.feature_ref_id, facts),
        usage_limit=request.usage_limit,
        has_unlimited_usage=bool(request.has_unlimited_usage),
        has_soft_limit=bool(request.has_soft_limit),
        enum_values=request.enum_values,
        reset_rule=request.reset_rule,
        created_at=seller.now,
        updated_at=seller.now,
    )


def minimum_spend(
    request: ContentRequest,
    plan: Package,
    *,
    period: BillingPeriod | None,
    prices: Iterable[SubscriptionPrice],
    held: SubscriptionMinimumSpend | None = None,
) -> SubscriptionMinimumSpend | None:
    """The plan's for the period, or the request's (`is_override`); null = the plan's.

    An override held already survives what says nothing about it.
    """
    if request.minimum_spend is ABSENT and held is not None and held.is_override:
        return held
    if request.minimum_spend is not ABSENT and request.minimum_spend is not None:
        currency = currency_of(prices)
        if currency is not None and request.minimum_spend.currency is not currency:
            raise invalid_argument(f"minimumSpend is in the subscription's currency, {currency}")
        return SubscriptionMinimumSpend(minimum=request.minimum_spend, is_override=True)
    for planned in plan.minimum_spend:
        if planned.billing_period is period:
            return SubscriptionMinimumSpend(minimum=planned.minimum, is_override=False)
    return None

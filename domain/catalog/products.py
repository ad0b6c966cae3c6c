"""Decisions on products and the customer journey that their settings describe.

Source: spec, catalog §3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.catalog.enums import (
    PricingType,
    ProductStatus,
    SubscriptionCancellationTime,
    SubscriptionEndSetup,
    SubscriptionStartSetup,
    SubscriptionUpdateUsageCutoffBehavior,
)
from domain.catalog.model import AutoCancellationRule, Package, Product, ProductSettings
from domain.catalog.text import (
    require_description,
    require_display_name,
    require_meta_data,
    slug,
)
from domain.errors import Conflict, ErrorCode, NotFound, bad_input, not_found
from domain.ids import ProductId, require_ref_id
from domain.patch import ABSENT, Absent, Maybe, kept, kept_unless_given


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product as the caller describes it, unchecked."""

    ref_id: str
    display_name: str | None = None
    description: str | None = None
    multiple_subscriptions: bool = False
    additional_meta_data: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """The settings an update brings; plans by whatever id the caller used."""

    subscription_start_setup: SubscriptionStartSetup
    subscription_start_plan_id: Maybe[str | None] = ABSENT
    subscription_cancellation_time: SubscriptionCancellationTime
    subscription_end_setup: SubscriptionEndSetup
    downgrade_plan_id: Maybe[str | None] = ABSENT
    prorate_at_end_of_billing_period: Maybe[bool | None] = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """An auto-cancellation rule with plans by whatever id the caller used."""

    source_plan_id: str
    target_plan_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanges:
    """What an update says of a product; absent fields stay."""

    display_name: Maybe[str | None] = ABSENT
    description: Maybe[str | None] = ABSENT
    multiple_subscriptions: Maybe[bool | None] = ABSENT
    settings: SettingsChange | None = None
    usage_reset_cutoff: SubscriptionUpdateUsageCutoffBehavior | None = None
    auto_cancellation_rules: tuple[RuleChange, ...] | None = None
    additional_meta_data: object = ABSENT

    @property
    def plan_ids(self) -> tuple[str, ...]:
        """Every plan that the change names, as the caller named it."""
        settings = self.settings
        journey = (
            (settings.subscription_start_plan_id, settings.downgrade_plan_id) if settings else ()
        )
        named = [plan_id for plan_id in journey if isinstance(plan_id, str)]
        for rule in self.auto_cancellation_rules or ():
            named += (rule.source_plan_id, rule.target_plan_id)
        return tuple(named)


def product_not_found(identifier: str) -> NotFound:
    return not_found(ErrorCode.ProductNotFoundError, "Product", identifier)


def create_product(
    new: NewProduct, *, id: ProductId, now: datetime, is_default: bool = False
) -> Product:
    """Return the product that `new` describes: published at once, products have no drafts."""
    return Product(
        id=id,
        ref_id=require_ref_id(new.ref_id),
        display_name=_display_name(new.display_name),
        description=require_description(new.description),
        is_default_product=is_default,
        multiple_subscriptions=new.multiple_subscriptions,
        additional_meta_data=require_meta_data(new.additional_meta_data),
        created_at=now,
        updated_at=now,
    )


def default_product(account_name: str, *, id: ProductId, now: datetime) -> Product:
    """The first product of a new environment, named after the account."""
    new = NewProduct(ref_id=f"product-{slug(account_name)}"[:255], display_name=account_name[:255])
    return create_product(new, id=id, now=now, is_default=True)


def change_product(
    product: Product,
    changes: ProductChanges,
    *,
    plans: Mapping[str, Package],
    products: Mapping[ProductId, Product],
    had_subscriptions: bool,
    now: datetime,
) -> Product:
    """Return `product` with the changes made; they never apply retroactively.

    `plans` holds the latest published version of every plan in `changes.plan_ids`, `products`
    their products. Raises BadUserInput, PlanNotFound, and the two codes of auto-cancellation.
    """
    multiple = kept_unless_given(changes.multiple_subscriptions, product.multiple_subscriptions)
    if multiple != product.multiple_subscriptions and had_subscriptions:
        raise bad_input("multipleSubscriptions cannot change once the product had subscriptions")
    meta_data = product.additional_meta_data
    if changes.additional_meta_data is not ABSENT:
        meta_data = require_meta_data(changes.additional_meta_data)
    changed = replace(
        product,
        display_name=_display_name(kept(changes.display_name, product.display_name)),
        description=require_description(kept(changes.description, product.description)),
        multiple_subscriptions=multiple,
        usage_reset_cutoff=changes.usage_reset_cutoff or product.usage_reset_cutoff,
        additional_meta_data=meta_data,
        updated_at=now,
    )
    if changes.settings is not None:
        changed = replace(changed, settings=_settings(changed, changes.settings, plans=plans))
    if changes.auto_cancellation_rules is not None:
        rules = _rules(
            changes.auto_cancellation_rules,
            plans=plans,
            products={**products, changed.id: changed},
        )
        changed = replace(changed, auto_cancellation_rules=rules)
    return changed


def archive_product(product: Product, *, has_live_subscriptions: bool, now: datetime) -> Product:
    """Return the product archived: off the paywall, no provisioning. Twice changes nothing.

    Raises CannotArchiveProductError while it has live subscriptions.
    """
    if product.status is ProductStatus.ARCHIVED:
        return product
    if has_live_subscriptions:
        raise Conflict(
            ErrorCode.CannotArchiveProductError,
            f"Product {product.ref_id} has live subscriptions",
        )
    return replace(product, status=ProductStatus.ARCHIVED, updated_at=now)


def unarchive_product(product: Product, *, now: datetime) -> Product:
    """Return the product published again, or raise CannotUnarchiveProductError if it is."""
    if product.status is not ProductStatus.ARCHIVED:
        raise Conflict(
            ErrorCode.CannotUnarchiveProductError, f"Product {product.ref_id} is not archived"
        )
    return replace(product, status=ProductStatus.PUBLISHED, updated_at=now)


def require_deletable_product(product: Product, *, is_referenced: bool) -> None:
    """Raise IntegrityViolation while plans, add-ons, groups or subscriptions belong to it."""
    if is_referenced:
        raise Conflict(
            ErrorCode.IntegrityViolation,
            f"Product {product.ref_id} still has plans, add-ons or subscriptions",
        )


def require_live_product(product: Product) -> Product:
    """Return the product, or raise ProductNotPublishedError if it is archived."""
    if product.status is not ProductStatus.PUBLISHED:
        raise Conflict(ErrorCode.ProductNotPublishedError, f"product {product.ref_id} is archived")
    return product


def _display_name(text: str | None) -> str | None:
    return None if text is None else require_display_name(text)


def _settings(
    product: Product, change: SettingsChange, *, plans: Mapping[str, Package]
) -> ProductSettings:
    if change.subscription_cancellation_time is SubscriptionCancellationTime.SPECIFIC_DATE:
        raise bad_input("productSettings.subscriptionCancellationTime cannot be SPECIFIC_DATE")
    old = product.settings
    start = _plan_ref_id(
        product,
        change.subscription_start_plan_id,
        old=old.subscription_start_plan_ref_id,
        plans=plans,
    )
    downgrade = _plan_ref_id(
        product, change.downgrade_plan_id, old=old.downgrade_plan_ref_id, plans=plans
    )
    _require_start_plan(change, start, plans=plans)
    if change.subscription_end_setup is not SubscriptionEndSetup.DOWNGRADE_TO_FREE:
        downgrade = None
    else:
        _require_named(downgrade, "downgradePlanId")
        _require_kind(change.downgrade_plan_id, plans, {PricingType.FREE}, "downgradePlanId")
    if change.subscription_start_setup is SubscriptionStartSetup.PLAN_SELECTION:
        start = None
    return ProductSettings(
        subscription_start_setup=change.subscription_start_setup,
        subscription_start_plan_ref_id=start,
        subscription_cancellation_time=change.subscription_cancellation_time,
        subscription_end_setup=change.subscription_end_setup,
        downgrade_plan_ref_id=downgrade,
        prorate_at_end_of_billing_period=kept_unless_given(
            change.prorate_at_end_of_billing_period, old.prorate_at_end_of_billing_period
        ),
    )


def _require_start_plan(
    change: SettingsChange, start: str | None, *, plans: Mapping[str, Package]
) -> None:
    given = change.subscription_start_plan_id
    match change.subscription_start_setup:
        case SubscriptionStartSetup.PLAN_SELECTION:
            return
        case SubscriptionStartSetup.FREE_PLAN:
            _require_named(start, "subscriptionStartPlanId")
            _require_kind(given, plans, {PricingType.FREE}, "subscriptionStartPlanId")
        case SubscriptionStartSetup.TRIAL_PERIOD:
            _require_named(start, "subscriptionStartPlanId")
            kinds = {PricingType.PAID, PricingType.CUSTOM}
            plan = _require_kind(given, plans, kinds, "subscriptionStartPlanId")
            if plan is not None and plan.default_trial_config is None:
                raise bad_input(f"Plan {plan.ref_id} has no trial configuration")


def _require_named(ref_id: str | None, field: str) -> None:
    if ref_id is None:
        raise bad_input(f"productSettings.{field} is required")


def _require_kind(
    given: Maybe[str | None],
    plans: Mapping[str, Package],
    kinds: set[PricingType],
    field: str,
) -> Package | None:
    """The plan that the change names, of an allowed pricing type; None where it names none."""
    if not isinstance(given, str):
        return None
    plan = plans[given]
    if plan.pricing_type not in kinds:
        allowed = " or ".join(sorted(kinds))
        raise bad_input(f"productSettings.{field}: plan {plan.ref_id} is not {allowed}")
    return plan


def _plan_ref_id(
    product: Product,
    given: Maybe[str | None],
    *,
    old: str | None,
    plans: Mapping[str, Package],
) -> str | None:
    if given is None or isinstance(given, Absent):
        return kept(given, old)
    plan = plans[given]
    if plan.product_id != product.id:
        raise not_found(ErrorCode.PlanNotFound, "Plan", given, refId=given)
    return plan.ref_id


def _rules(
    changes: Sequence[RuleChange],
    *,
    plans: Mapping[str, Package],
    products: Mapping[ProductId, Product],
) -> tuple[AutoCancellationRule, ...]:
    rules: dict[AutoCancellationRule, None] = {}
    for change in changes:
        source, target = plans[change.source_plan_id], plans[change.target_plan_id]
        if products[source.product_id].multiple_subscriptions:
            raise Conflict(
                ErrorCode.MultiSubscriptionCantBeAutoCancellationSourceError,
                f"Plan {source.ref_id} is of a product with multiple subscriptions",
            )
        if not products[target.product_id].multiple_subscriptions:
            raise Conflict(
                ErrorCode.SingleSubscriptionCantBeAutoCancellationTargetError,
                f"Plan {target.ref_id} is of a product with a single subscription",
            )
        rule = AutoCancellationRule(
            source_plan_ref_id=source.ref_id, target_plan_ref_id=target.ref_id
        )
        rules[rule] = None
    return tuple(rules)

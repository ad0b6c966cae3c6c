"""Drafts of plans and add-ons as they are edited. Source: spec, catalog §1, §4, §6."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    CreditCadence,
    Currency,
    MeterType,
    PackageGroupStatus,
    PackageStatus,
    PricingType,
    ProductStatus,
    TrialPeriodUnits,
    WidgetType,
)
from domain.catalog.model import (
    Budget,
    CompatiblePackageGroup,
    CreditEntitlement,
    Feature,
    FeatureEntitlement,
    MinimumSpend,
    Package,
    PackageGroup,
    PackageType,
    TrialConfig,
)
from domain.catalog.packages import (
    NewPackage,
    edited,
    new_package,
    require_consistent,
    require_draft_status,
    require_max_quantity,
    with_base_plan,
    with_compatible_addons,
    with_dependencies,
    with_package_groups,
    with_pricing,
    without_price,
)
from domain.catalog.price_input import PriceEntry, Pricing, PricingModel
from domain.catalog.text import free_ref_id, require_meta_data, slug
from domain.errors import DomainError
from domain.ids import CurrencyId, PackageId, ProductId
from domain.money import Money
from tests.builders import NOW, a_feature, a_plan, a_price, a_product, an_addon, uid

DRAFT = a_plan("plan-pro", status=PackageStatus.DRAFT, pricing_type=PricingType.PAID)
FREE = replace(DRAFT, pricing_type=PricingType.FREE)
ADDON = an_addon("addon-a", status=PackageStatus.DRAFT)
METERED = a_feature("feature-calls", meter_type=MeterType.Incremental)
CONFIG = a_feature("feature-config", meter_type=MeterType.NoMeter)
TRIAL = TrialConfig(duration=14, units=TrialPeriodUnits.DAY)
BUDGET = replace(TRIAL, budget=Budget(limit=Decimal(5), has_soft_limit=False))


def code_of(action: Callable[[], object]) -> str | None:
    try:
        action()
    except DomainError as error:
        return error.code.value
    return None


def created(**given: Any) -> Package:
    defaults: dict[str, Any] = {
        "type": PackageType.Plan,
        "ref_id": "plan-pro",
        "display_name": "Pro",
    }
    product = given.pop("product", a_product())
    return new_package(
        NewPackage(**defaults | given), product=product, id=PackageId(uid("new")), now=NOW
    )


def test_a_new_package_is_draft_v1_and_latest() -> None:
    plan = created(hidden_from_widgets=(WidgetType.PAYWALL, WidgetType.PAYWALL))
    assert (plan.status, plan.is_latest, plan.version_number) == (PackageStatus.DRAFT, True, 1)
    assert plan.hidden_from_widgets == (WidgetType.PAYWALL,)
    assert (plan.created_at, plan.first_created_at, plan.pricing_type) == (NOW, NOW, None)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"ref_id": "-pro"}, "BadUserInput"),
        ({"ref_id": "x" * 256}, "BadUserInput"),
        ({"display_name": ""}, "BadUserInput"),
        ({"display_name": "a\0b"}, "BadUserInput"),
        ({"display_name": "x" * 256}, "BadUserInput"),
        ({"description": "x" * 256}, "BadUserInput"),
        ({"additional_meta_data": {"a": 1}}, "InvalidMetadataError"),
        ({"additional_meta_data": ["a"]}, "InvalidMetadataError"),
        ({"additional_meta_data": {"a": "x" * 70_000}}, "InvalidMetadataError"),
        ({"max_quantity": Decimal(0)}, "BadUserInput"),
        ({"max_quantity": Decimal("1.5")}, "BadUserInput"),
        ({"product": a_product(status=ProductStatus.ARCHIVED)}, "ProductNotPublishedError"),
        ({"max_quantity": Decimal(1), "additional_meta_data": {"a": "b"}}, None),
    ],
)
def test_common_rules_hold_at_creation(given: dict[str, Any], code: str | None) -> None:
    assert code_of(lambda: created(**given)) == code


def test_only_the_draft_status_can_be_named() -> None:
    require_draft_status(None)
    require_draft_status(PackageStatus.DRAFT)
    assert code_of(lambda: require_draft_status(PackageStatus.PUBLISHED)) == "BadUserInput"
    assert require_max_quantity(None) is None


def test_ids_are_made_from_the_name() -> None:
    assert slug("Größe & Gold!") == "groe-gold"
    assert slug("!!!") == "x"
    assert free_ref_id("plan", "Pro", taken=()) == "plan-pro"
    assert free_ref_id("plan", "Pro", taken={"plan-pro", "plan-pro-2"}) == "plan-pro-3"
    assert require_meta_data(None) is None


# --- editing --------------------------------------------------------------------------------------


def edits(package: Package = DRAFT, **changes: object) -> str | None:
    return code_of(lambda: edited(package, changes, now=NOW))


def spend(amount: int, currency: Currency = Currency.USD) -> MinimumSpend:
    return MinimumSpend(
        billing_period=BillingPeriod.MONTHLY, minimum=Money(Decimal(amount), currency)
    )


def test_what_is_absent_stays_and_null_removes() -> None:
    draft = replace(DRAFT, description="old", billing_id="b", default_trial_config=TRIAL)
    changed = edited(draft, {"description": None, "display_name": "New"}, now=NOW)
    assert (changed.description, changed.display_name, changed.billing_id) == (None, "New", "b")
    assert changed.default_trial_config == TRIAL
    assert edited(draft, {"default_trial_config": None}, now=NOW).default_trial_config is None
    described = edited(draft, {"description": "new", "additional_meta_data": {"a": "b"}}, now=NOW)
    assert (described.description, described.additional_meta_data) == ("new", {"a": "b"})


def test_edits_are_checked() -> None:
    assert edits(a_plan(), display_name="x") == "CannotEditPackageInNonDraftMode"
    assert edits(display_name="") == "BadUserInput"
    assert edits(description="x" * 256) == "BadUserInput"
    assert edits(additional_meta_data={"a": None}) == "InvalidMetadataError"


def test_trials_are_of_paid_and_custom_plans() -> None:
    measured = a_plan(
        "plan-pro",
        a_price(1, model=BillingModel.USAGE_BASED, feature="feature-calls"),
        status=PackageStatus.DRAFT,
    )
    assert edits(default_trial_config=TRIAL) is None
    assert edits(replace(DRAFT, pricing_type=None), default_trial_config=TRIAL) is None
    assert edits(FREE, default_trial_config=TRIAL) == "BadUserInput"
    assert edits(default_trial_config=replace(TRIAL, duration=0)) == "BadUserInput"
    assert edits(default_trial_config=BUDGET) == "BadUserInput"
    assert edits(measured, default_trial_config=BUDGET) is None
    custom = replace(measured, pricing_type=PricingType.CUSTOM)
    assert edits(custom, default_trial_config=BUDGET) == "BadUserInput"


def test_minimum_spend_is_of_paid_plans_in_their_currency() -> None:
    priced = a_plan("plan-pro", a_price(20), status=PackageStatus.DRAFT)
    assert edits(priced, minimum_spend=(spend(100),)) is None
    assert edits(priced, minimum_spend=()) is None
    assert edits(priced, minimum_spend=(spend(100, Currency.EUR),)) == "BadUserInput"
    assert edits(priced, minimum_spend=(spend(1), spend(2))) == "BadUserInput"
    assert edits(FREE, minimum_spend=(spend(100),)) == "BadUserInput"


# --- relations ------------------------------------------------------------------------------------


def test_a_base_plan_is_of_the_same_product_and_no_circle() -> None:
    base = a_plan("plan-base")

    def based(on: Package | None, *ancestors: Package) -> Package:
        return with_base_plan(DRAFT, on, ancestors={a.id: a for a in ancestors}, now=NOW)

    assert based(base).parent_plan_id == base.id
    assert based(None).parent_plan_id is None
    other = replace(base, product_id=ProductId(uid("other")))
    assert code_of(lambda: based(other)) == "BadUserInput"
    archived = replace(base, status=PackageStatus.ARCHIVED)
    assert code_of(lambda: based(archived)) == "EntityIsArchivedError"
    circle = replace(base, parent_plan_id=DRAFT.id)
    assert code_of(lambda: based(circle, DRAFT)) == "PlansCircularDependencyError"
    assert code_of(lambda: based(DRAFT)) == "PlansCircularDependencyError"


def test_compatible_addons_are_of_the_same_product_and_live() -> None:
    one, two = an_addon("addon-1"), an_addon("addon-2")
    plan = with_compatible_addons(DRAFT, [one, two, one], now=NOW)
    assert plan.compatible_addon_ref_ids == ("addon-1", "addon-2")
    other = replace(one, product_id=ProductId(uid("other")))
    assert code_of(lambda: with_compatible_addons(DRAFT, [other], now=NOW)) == "BadUserInput"
    archived = replace(one, status=PackageStatus.ARCHIVED)
    refused = code_of(lambda: with_compatible_addons(DRAFT, [archived], now=NOW))
    assert refused == "EntityIsArchivedError"
    assert with_compatible_addons(plan, [archived], now=NOW).compatible_addon_ref_ids == (
        "addon-1",
    )


def test_dependencies_do_not_run_in_a_circle() -> None:
    b = an_addon("addon-b", dependency_ref_ids=("addon-c", "addon-gone"))
    c = an_addon("addon-c", dependency_ref_ids=("addon-b",))
    known = {"addon-b": b, "addon-c": c}

    def needing(*addons: Package) -> Package:
        return with_dependencies(ADDON, addons, known=known, now=NOW)

    assert needing(b, b).dependency_ref_ids == ("addon-b",)
    assert code_of(lambda: needing(ADDON)) == "BadUserInput"
    known["addon-c"] = replace(c, dependency_ref_ids=("addon-a",))
    assert code_of(lambda: needing(b)) == "BadUserInput"
    archived = replace(c, status=PackageStatus.ARCHIVED)
    assert code_of(lambda: needing(archived)) == "EntityIsArchivedError"


def a_group(**given: Any) -> PackageGroup:
    defaults: dict[str, Any] = {
        "id": uid("group"),
        "package_group_id": "group",
        "product_id": DRAFT.product_id,
        "display_name": "Group",
        "status": PackageGroupStatus.PUBLISHED,
        "is_latest": True,
        "version_number": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return PackageGroup(**defaults | given)


def test_package_groups_are_offered_with_whole_numbers() -> None:
    def offering(plan: Package, *options: Decimal | None, group: PackageGroup = a_group()) -> Any:  # noqa: B008
        return with_package_groups(plan, [(group, *options)], now=NOW)  # type: ignore[list-item]

    found = offering(DRAFT, Decimal(1), None).compatible_package_groups
    assert found == (CompatiblePackageGroup(package_group_id="group", min_items=1),)
    assert code_of(lambda: offering(DRAFT, Decimal(-1), None)) == "BadUserInput"
    assert code_of(lambda: offering(DRAFT, None, Decimal("0.5"))) == "BadUserInput"
    assert code_of(lambda: offering(FREE, None, None)) == (
        "FreePlanCantHaveCompatiblePackageGroupError"
    )
    other = a_group(product_id=ProductId(uid("other")))
    assert code_of(lambda: offering(DRAFT, None, None, group=other)) == "BadUserInput"
    twice = [(a_group(), None, None), (a_group(), None, None)]
    assert code_of(lambda: with_package_groups(DRAFT, twice, now=NOW)) == "BadUserInput"


# --- pricing --------------------------------------------------------------------------------------


def pricing_of(*models: PricingModel, type_: PricingType = PricingType.PAID) -> Pricing:
    return Pricing(pricing_type=type_, models=models)


def charge(model: BillingModel, feature: Feature | None = None, **given: Any) -> PricingModel:
    entry = PriceEntry(billing_period=BillingPeriod.MONTHLY, price=Money(Decimal(1), Currency.USD))
    return PricingModel(billing_model=model, feature=feature, entries=(entry,), **given)


def priced(package: Package, pricing: Pricing) -> Package:
    numbers = count(1)
    features = {f.id: f for f in (METERED, CONFIG)}
    return with_pricing(
        package,
        pricing,
        features=features,
        new_id=lambda: UUID(int=next(numbers)),
        now=NOW,
    )


def entitled(feature: Feature, **given: Any) -> FeatureEntitlement:
    return FeatureEntitlement(
        id=uid(f"e:{feature.ref_id}"),
        feature_id=feature.id,
        created_at=NOW,
        updated_at=NOW,
        **given,
    )


def test_pricing_is_replaced_whole() -> None:
    before = a_plan("plan-pro", a_price(20), a_price(30), status=PackageStatus.DRAFT)
    after = priced(before, pricing_of(charge(BillingModel.FLAT_FEE)))
    assert [p.amount for p in after.prices] == [1]
    assert after.prices[0].package_id == before.id
    published = replace(before, status=PackageStatus.PUBLISHED)
    assert code_of(lambda: priced(published, pricing_of())) == "CannotEditPackageInNonDraftMode"


def test_a_charged_feature_has_no_entitlement_beside() -> None:
    plan = replace(DRAFT, entitlements=(entitled(METERED, usage_limit=Decimal(1)),))
    usage = pricing_of(charge(BillingModel.USAGE_BASED, METERED))
    assert code_of(lambda: priced(plan, usage)) == "DuplicatedEntityNotAllowed"


def test_overage_needs_a_limit_and_makes_it_soft() -> None:
    overage = charge(BillingModel.USAGE_BASED, METERED, is_overage=True)
    flat = charge(BillingModel.FLAT_FEE)
    limited = replace(
        DRAFT,
        entitlements=(
            entitled(METERED, usage_limit=Decimal(10)),
            CreditEntitlement(
                id=uid("c"),
                currency_id=CurrencyId(uid("tokens")),
                amount=Decimal(1),
                cadence=CreditCadence.MONTH,
                created_at=NOW,
                updated_at=NOW,
            ),
        ),
    )
    after = priced(limited, pricing_of(flat, overage))
    assert after.feature_entitlements[0].has_soft_limit
    assert after.overage_prices[0].is_overage
    assert code_of(lambda: priced(DRAFT, pricing_of(flat, overage))) == "BadUserInput"
    endless = replace(DRAFT, entitlements=(entitled(METERED, has_unlimited_usage=True),))
    assert code_of(lambda: priced(endless, pricing_of(flat, overage))) == "BadUserInput"
    committed = pricing_of(charge(BillingModel.PER_UNIT, METERED), overage)
    assert len(priced(DRAFT, committed).prices) == 2
    unmetered = pricing_of(
        charge(BillingModel.PER_UNIT, CONFIG),
        charge(BillingModel.USAGE_BASED, CONFIG, is_overage=True),
    )
    assert code_of(lambda: priced(DRAFT, unmetered)) == "BadUserInput"


def test_a_change_of_type_must_fit_what_is_there() -> None:
    flat = pricing_of(charge(BillingModel.FLAT_FEE))
    custom = replace(
        DRAFT,
        pricing_type=PricingType.CUSTOM,
        entitlements=(entitled(METERED, is_custom=True),),
    )
    assert code_of(lambda: priced(custom, flat)) == "BadUserInput"
    free = pricing_of(type_=PricingType.FREE)
    trial = replace(DRAFT, default_trial_config=TRIAL)
    assert code_of(lambda: priced(trial, free)) == "BadUserInput"
    group = CompatiblePackageGroup(package_group_id="group")
    grouped = replace(DRAFT, compatible_package_groups=(group,))
    assert code_of(lambda: priced(grouped, free)) == ("FreePlanCantHaveCompatiblePackageGroupError")
    require_consistent(DRAFT, features={}, currencies={})


def test_one_price_is_removed() -> None:
    plan = a_plan("plan-pro", a_price(20), a_price(30), status=PackageStatus.DRAFT)
    after = without_price(plan, plan.prices[0].id, now=NOW)
    assert [p.amount for p in after.prices] == [30]
    published = replace(plan, status=PackageStatus.PUBLISHED)
    refused = code_of(lambda: without_price(published, plan.prices[0].id, now=NOW))
    assert refused == "CannotEditPackageInNonDraftMode"

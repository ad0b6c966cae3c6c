"""What entitlements of packages may say. Source: spec, catalog §5 and §12 (29)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.entitlement_rules import (
    ResetConfiguration,
    in_order,
    next_order,
    reordered,
    require_dependency,
    require_entitlements_editable,
    require_unique,
    reset_rule,
    validated_credit_entitlement,
    validated_feature_entitlement,
    with_added,
    with_replaced,
    without,
)
from domain.catalog.enums import (
    BillingModel,
    CreditCadence,
    CustomCurrencyStatus,
    EntitlementBehavior,
    EntitlementResetPeriod,
    FeatureStatus,
    FeatureType,
    MeterType,
    PackageStatus,
    PricingType,
)
from domain.catalog.model import (
    AccordingTo,
    CreditEntitlement,
    CustomCurrency,
    EnumValue,
    Feature,
    FeatureEntitlement,
    Package,
    ResetRule,
)
from domain.errors import DomainError
from domain.ids import CurrencyId, FeatureGroupId
from tests.builders import NOW, a_feature, a_plan, a_price, an_addon, uid

NOTHING = ResetConfiguration()
MONTHLY = ResetRule(EntitlementResetPeriod.MONTH, AccordingTo.SubscriptionStart)
BOOLEAN = a_feature("f-bool", feature_type=FeatureType.BOOLEAN, meter_type=MeterType.NoMeter)
CONFIG = a_feature("f-config", meter_type=MeterType.NoMeter)
METERED = a_feature("f-metered", meter_type=MeterType.Incremental)
ENUM = a_feature(
    "f-enum",
    feature_type=FeatureType.ENUM,
    meter_type=MeterType.NoMeter,
    enum_configuration=(
        EnumValue(value="a", display_name="A"),
        EnumValue(value="b", display_name="B"),
        EnumValue(value="old", display_name="Old", deleted_at=NOW),
    ),
)
TOKENS = CustomCurrency(
    id=CurrencyId(uid("currency:tokens")),
    currency_id="tokens",
    display_name="Tokens",
    created_at=NOW,
    updated_at=NOW,
)
DRAFT = a_plan("plan-draft", status=PackageStatus.DRAFT)
CUSTOM = replace(DRAFT, pricing_type=PricingType.CUSTOM)
ADDON = an_addon(status=PackageStatus.DRAFT)


def of(feature: Feature, name: str = "", **given: Any) -> FeatureEntitlement:
    return FeatureEntitlement(
        id=uid(f"entitlement:{feature.ref_id}{name}"),
        feature_id=feature.id,
        created_at=NOW,
        updated_at=NOW,
        **given,
    )


def credit(**given: Any) -> CreditEntitlement:
    defaults: dict[str, Any] = {
        "id": uid("entitlement:tokens"),
        "currency_id": TOKENS.id,
        "amount": Decimal(100),
        "cadence": CreditCadence.MONTH,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return CreditEntitlement(**defaults | given)


def code_of(
    feature: Feature,
    package: Package = DRAFT,
    previous: FeatureEntitlement | None = None,
    **given: Any,
) -> str | None:
    try:
        validated_feature_entitlement(
            of(feature, **given), feature=feature, package=package, previous=previous
        )
    except DomainError as error:
        return error.code.value
    return None


BAD, RESET = "BadUserInput", "InvalidEntitlementResetPeriod"


@pytest.mark.parametrize(
    ("feature", "given", "code"),
    [
        (BOOLEAN, {}, None),
        (BOOLEAN, {"is_granted": False}, None),
        (BOOLEAN, {"usage_limit": Decimal(1)}, BAD),
        (BOOLEAN, {"has_unlimited_usage": True}, BAD),
        (BOOLEAN, {"reset_rule": MONTHLY}, BAD),
        (BOOLEAN, {"enum_values": ("a",)}, BAD),
        (CONFIG, {"usage_limit": Decimal(0)}, None),
        (CONFIG, {"has_unlimited_usage": True}, None),
        (CONFIG, {"is_granted": False}, None),
        (CONFIG, {}, BAD),
        (CONFIG, {"usage_limit": Decimal(1), "reset_rule": MONTHLY}, RESET),
        (CONFIG, {"usage_limit": Decimal(1), "enum_values": ("a",)}, BAD),
        (METERED, {"usage_limit": Decimal(10), "reset_rule": MONTHLY}, None),
        (METERED, {}, None),
        (METERED, {"usage_limit": Decimal(-1)}, BAD),
        (METERED, {"usage_limit": Decimal(1), "has_unlimited_usage": True}, BAD),
        (ENUM, {"enum_values": ("a", "b")}, None),
        (ENUM, {"is_granted": False}, None),
        (ENUM, {}, BAD),
        (ENUM, {"enum_values": ("a", "a")}, BAD),
        (ENUM, {"enum_values": ("x",)}, BAD),
        (ENUM, {"enum_values": ("old",)}, BAD),
        (ENUM, {"enum_values": ("a",), "usage_limit": Decimal(1)}, BAD),
        (METERED, {"is_custom": True}, BAD),
        (METERED, {"description": "x" * 256}, BAD),
        (METERED, {"display_name_override": "x" * 256}, BAD),
        (METERED, {"display_name_override": "Calls"}, None),
        (METERED, {"behavior": EntitlementBehavior.Override}, "CannotAddOverrideEntitlementToPlan"),
    ],
)
def test_each_kind_carries_its_own(
    feature: Feature, given: dict[str, Any], code: str | None
) -> None:
    assert code_of(feature, **given) == code


def test_custom_values_are_for_custom_packages() -> None:
    for feature in (BOOLEAN, CONFIG, METERED, ENUM):
        assert code_of(feature, CUSTOM, is_custom=True) is None


def test_addons_may_override() -> None:
    assert code_of(BOOLEAN, ADDON, behavior=EntitlementBehavior.Override) is None


def test_a_metered_feature_without_a_limit_is_unlimited() -> None:
    given = validated_feature_entitlement(of(METERED), feature=METERED, package=DRAFT)
    assert given.has_unlimited_usage
    custom = validated_feature_entitlement(
        of(METERED, is_custom=True), feature=METERED, package=CUSTOM
    )
    assert not custom.has_unlimited_usage


def test_archived_features_get_no_new_entitlements() -> None:
    suspended = replace(METERED, feature_status=FeatureStatus.SUSPENDED)
    assert code_of(suspended) == "EntityIsArchivedError"
    assert code_of(suspended, previous=of(METERED)) is None


def test_a_removed_enum_value_is_kept_by_who_has_it() -> None:
    before = of(ENUM, enum_values=("old",))
    assert code_of(ENUM, previous=before, enum_values=("old", "a")) is None


def test_an_overage_price_forces_a_soft_limit() -> None:
    priced = a_plan(
        "plan-draft",
        a_price(1, model=BillingModel.USAGE_BASED, feature="f-metered", is_overage=True),
        status=PackageStatus.DRAFT,
    )
    soft = validated_feature_entitlement(
        of(METERED, usage_limit=Decimal(5)), feature=METERED, package=priced
    )
    assert soft.has_soft_limit
    assert code_of(METERED, priced) == BAD
    assert code_of(CONFIG, priced, usage_limit=Decimal(1)) is None


@pytest.mark.parametrize(
    ("period", "configuration", "expected"),
    [
        (None, NOTHING, None),
        (EntitlementResetPeriod.DAY, NOTHING, ResetRule(EntitlementResetPeriod.DAY)),
        (EntitlementResetPeriod.HOUR, NOTHING, ResetRule(EntitlementResetPeriod.HOUR)),
        (EntitlementResetPeriod.MONTH, NOTHING, MONTHLY),
        (
            EntitlementResetPeriod.MONTH,
            ResetConfiguration(monthly=AccordingTo.StartOfTheMonth),
            ResetRule(EntitlementResetPeriod.MONTH, AccordingTo.StartOfTheMonth),
        ),
        (
            EntitlementResetPeriod.WEEK,
            ResetConfiguration(weekly=AccordingTo.EverySunday),
            ResetRule(EntitlementResetPeriod.WEEK, AccordingTo.EverySunday),
        ),
        (
            EntitlementResetPeriod.YEAR,
            ResetConfiguration(yearly=AccordingTo.SubscriptionStart),
            ResetRule(EntitlementResetPeriod.YEAR, AccordingTo.SubscriptionStart),
        ),
    ],
)
def test_reset_rules_default_to_the_subscription_start(
    period: EntitlementResetPeriod | None,
    configuration: ResetConfiguration,
    expected: ResetRule | None,
) -> None:
    assert reset_rule(period, configuration) == expected


@pytest.mark.parametrize(
    ("period", "configuration"),
    [
        (EntitlementResetPeriod.MONTH, ResetConfiguration(weekly=AccordingTo.EveryMonday)),
        (EntitlementResetPeriod.DAY, ResetConfiguration(yearly=AccordingTo.SubscriptionStart)),
        (None, ResetConfiguration(monthly=AccordingTo.StartOfTheMonth)),
        (EntitlementResetPeriod.YEAR, ResetConfiguration(yearly=AccordingTo.StartOfTheMonth)),
    ],
)
def test_a_configuration_of_another_period_is_refused(
    period: EntitlementResetPeriod | None, configuration: ResetConfiguration
) -> None:
    with pytest.raises(DomainError) as refused:
        reset_rule(period, configuration)
    assert refused.value.code.value == RESET


@pytest.mark.parametrize(
    ("given", "currency", "package", "code"),
    [
        ({}, TOKENS, DRAFT, None),
        ({"amount": None}, TOKENS, DRAFT, BAD),
        ({"amount": None, "is_granted": False}, TOKENS, DRAFT, None),
        ({"amount": None, "is_custom": True}, TOKENS, CUSTOM, None),
        ({"amount": Decimal(0)}, TOKENS, DRAFT, BAD),
        (
            {},
            replace(TOKENS, status=CustomCurrencyStatus.ARCHIVED),
            DRAFT,
            "EntityIsArchivedError",
        ),
        (
            {"behavior": EntitlementBehavior.Override},
            TOKENS,
            DRAFT,
            "CannotAddOverrideEntitlementToPlan",
        ),
        ({"behavior": EntitlementBehavior.Override}, TOKENS, ADDON, None),
    ],
)
def test_credits_need_an_amount(
    given: dict[str, Any], currency: CustomCurrency, package: Package, code: str | None
) -> None:
    found = None
    try:
        validated_credit_entitlement(credit(**given), currency=currency, package=package)
    except DomainError as error:
        found = error.code.value
    assert found == code


def test_only_numbers_are_dependencies() -> None:
    require_dependency(None)
    require_dependency(CONFIG)
    with pytest.raises(DomainError):
        require_dependency(BOOLEAN)


def test_only_drafts_are_edited() -> None:
    require_entitlements_editable(DRAFT)
    with pytest.raises(DomainError) as refused:
        require_entitlements_editable(a_plan())
    assert refused.value.code.value == "EditAllowedOnDraftPackageOnlyError"


def duplicate_of(package: Package) -> object:
    try:
        require_unique(package, features={METERED.id: METERED}, currencies={TOKENS.id: "tokens"})
    except DomainError as error:
        return error.details["identifier"]
    return None


def test_a_feature_is_given_once() -> None:
    twice = replace(DRAFT, entitlements=(of(METERED), of(METERED, "2")))
    assert duplicate_of(twice) == "f-metered"
    charged = a_plan("plan-x", a_price(1, model=BillingModel.PER_UNIT, feature="f-metered"))
    assert duplicate_of(replace(charged, entitlements=(of(METERED),))) == "f-metered"
    rated = a_plan("plan-x", a_price(model=BillingModel.CREDIT_BASED, feature="f-metered"))
    assert duplicate_of(replace(rated, entitlements=(of(METERED),))) is None
    credits = replace(DRAFT, entitlements=(credit(), credit(id=uid("other"))))
    assert duplicate_of(credits) == "tokens"
    unknown = replace(DRAFT, entitlements=(of(BOOLEAN), of(BOOLEAN, "2")))
    assert duplicate_of(unknown) == str(BOOLEAN.id)


def test_orders_continue_from_the_highest() -> None:
    assert next_order(DRAFT) == 0
    first = with_added(DRAFT, of(BOOLEAN), of(CONFIG), now=NOW)
    assert [e.order for e in first.entitlements] == [0, 1]
    placed = with_added(first, of(METERED, order=Decimal("0.5")), now=NOW)
    assert [e.order for e in placed.entitlements] == [0, Decimal("0.5"), 1]
    assert next_order(placed) == 2


def test_lists_sort_by_order_then_age_with_nulls_last() -> None:
    late = of(BOOLEAN)
    older = replace(of(CONFIG), created_at=NOW - timedelta(days=1))
    first = replace(of(METERED), order=Decimal(3))
    assert in_order([late, older, first]) == (first, older, late)


def test_entitlements_are_replaced_removed_and_reordered() -> None:
    plan = with_added(DRAFT, of(BOOLEAN), of(METERED, usage_limit=Decimal(1)), now=NOW)
    changed = with_replaced(
        plan, replace(plan.feature_entitlements[1], usage_limit=Decimal(9)), now=NOW
    )
    assert changed.feature_entitlements[1].usage_limit == 9
    ids = [e.id for e in plan.entitlements]
    assert [e.id for e in without(plan, ids[0], now=NOW).entitlements] == ids[1:]
    turned = reordered(plan, {ids[0]: Decimal(7)}, now=NOW)
    assert [e.id for e in turned.entitlements] == [ids[1], ids[0]]
    with pytest.raises(DomainError) as refused:
        reordered(plan, {uid("foreign"): None}, now=NOW)
    assert refused.value.code.value == "EntitlementsMustBelongToSamePackage"


def test_what_a_group_or_an_overage_needs_is_not_removed() -> None:
    grouped = of(BOOLEAN, feature_group_ids=(FeatureGroupId(uid("group")),))
    with pytest.raises(DomainError) as refused:
        without(replace(DRAFT, entitlements=(grouped,)), grouped.id, now=NOW)
    assert refused.value.code.value == "EntitlementBelongsToFeatureGroupError"
    priced = a_plan(
        "plan-draft",
        a_price(1, model=BillingModel.USAGE_BASED, feature="f-metered", is_overage=True),
        entitlements=(of(METERED, usage_limit=Decimal(1)), credit()),
    )
    with pytest.raises(DomainError) as refused:
        without(priced, of(METERED).id, now=NOW)
    assert refused.value.code.value == BAD
    assert without(priced, credit().id, now=NOW).entitlements == priced.entitlements[:1]

"""Products, their settings and auto-cancellation (spec, catalog §3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.catalog.enums import (
    PricingType,
    ProductStatus,
    SubscriptionCancellationTime,
    SubscriptionEndSetup,
    SubscriptionStartSetup,
    SubscriptionUpdateUsageCutoffBehavior,
    TrialPeriodUnits,
)
from domain.catalog.model import AutoCancellationRule, Package, Product, TrialConfig
from domain.catalog.products import (
    NewProduct,
    ProductChanges,
    RuleChange,
    SettingsChange,
    archive_product,
    change_product,
    create_product,
    default_product,
    require_deletable_product,
    require_live_product,
    unarchive_product,
)
from domain.errors import DomainError, ErrorCode
from domain.ids import ProductId
from tests.builders import NOW, a_plan, uid

LATER = NOW + timedelta(days=1)
P, OTHER = ProductId(uid("p")), ProductId(uid("other"))
FREE = a_plan("plan-free", product_id=P, pricing_type=PricingType.FREE)
PRO = a_plan(
    "plan-pro",
    product_id=P,
    pricing_type=PricingType.PAID,
    default_trial_config=TrialConfig(duration=14, units=TrialPeriodUnits.DAY),
)
PAID = a_plan("plan-paid", product_id=P, pricing_type=PricingType.PAID)
FOREIGN = a_plan("plan-foreign", product_id=OTHER, pricing_type=PricingType.FREE)
PLANS: dict[str, Package] = {p.ref_id: p for p in (FREE, PRO, PAID, FOREIGN)}


def new(id: ProductId = P, **given: Any) -> Product:
    return create_product(NewProduct(**({"ref_id": "product-app"} | given)), id=id, now=NOW)


def changed(product: Product, *, had: bool = False, **given: Any) -> Product:
    return change_product(
        product,
        ProductChanges(**given),
        plans=PLANS,
        products={P: product, OTHER: new(OTHER, ref_id="other", multiple_subscriptions=True)},
        had_subscriptions=had,
        now=LATER,
    )


def settings(**given: Any) -> SettingsChange:
    defaults: dict[str, Any] = {
        "subscription_start_setup": SubscriptionStartSetup.PLAN_SELECTION,
        "subscription_cancellation_time": SubscriptionCancellationTime.IMMEDIATE,
        "subscription_end_setup": SubscriptionEndSetup.CANCEL_SUBSCRIPTION,
    }
    return SettingsChange(**(defaults | given))


def test_a_new_product_is_published_with_the_documented_defaults() -> None:
    product = new()
    assert product.status is ProductStatus.PUBLISHED
    assert product.multiple_subscriptions is False
    assert product.settings.subscription_start_setup is SubscriptionStartSetup.PLAN_SELECTION
    assert product.settings.subscription_end_setup is SubscriptionEndSetup.CANCEL_SUBSCRIPTION
    assert product.settings.prorate_at_end_of_billing_period is False
    assert product.usage_reset_cutoff is SubscriptionUpdateUsageCutoffBehavior.ALWAYS_RESET
    assert product.auto_cancellation_rules == ()


def test_a_default_product_is_named_after_the_account() -> None:
    product = default_product("Acme Inc.", id=P, now=NOW)
    assert (product.ref_id, product.display_name) == ("product-acme-inc", "Acme Inc.")
    assert product.is_default_product


def test_multiple_subscriptions_is_fixed_after_the_first_subscription() -> None:
    with pytest.raises(DomainError) as error:
        changed(new(), had=True, multiple_subscriptions=True)
    assert error.value.code is ErrorCode.BadUserInput
    assert changed(new(), multiple_subscriptions=True).multiple_subscriptions
    assert not changed(new(), had=True, multiple_subscriptions=False).multiple_subscriptions


def test_the_journey_of_the_authoring_flow_is_accepted() -> None:
    """Step 7 of catalog §11: start free, end of period, downgrade to free."""
    product = changed(
        new(),
        settings=settings(
            subscription_start_setup=SubscriptionStartSetup.FREE_PLAN,
            subscription_start_plan_id="plan-free",
            subscription_cancellation_time=SubscriptionCancellationTime.END_OF_BILLING_PERIOD,
            subscription_end_setup=SubscriptionEndSetup.DOWNGRADE_TO_FREE,
            downgrade_plan_id="plan-free",
            prorate_at_end_of_billing_period=True,
        ),
    )
    assert product.settings.subscription_start_plan_ref_id == "plan-free"
    assert product.settings.downgrade_plan_ref_id == "plan-free"
    assert product.settings.prorate_at_end_of_billing_period
    again = changed(
        product,
        settings=settings(
            subscription_start_setup=SubscriptionStartSetup.FREE_PLAN,
            subscription_end_setup=SubscriptionEndSetup.DOWNGRADE_TO_FREE,
        ),
    )
    assert again.settings.subscription_start_plan_ref_id == "plan-free"
    assert again.settings.prorate_at_end_of_billing_period
    plain = changed(product, settings=settings())
    assert plain.settings.subscription_start_plan_ref_id is None
    assert plain.settings.downgrade_plan_ref_id is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (
            {"subscription_cancellation_time": SubscriptionCancellationTime.SPECIFIC_DATE},
            ErrorCode.BadUserInput,
        ),
        ({"subscription_start_setup": SubscriptionStartSetup.FREE_PLAN}, ErrorCode.BadUserInput),
        (
            {
                "subscription_start_setup": SubscriptionStartSetup.FREE_PLAN,
                "subscription_start_plan_id": "plan-pro",
            },
            ErrorCode.BadUserInput,
        ),
        (
            {
                "subscription_start_setup": SubscriptionStartSetup.TRIAL_PERIOD,
                "subscription_start_plan_id": "plan-free",
            },
            ErrorCode.BadUserInput,
        ),
        (
            {
                "subscription_start_setup": SubscriptionStartSetup.TRIAL_PERIOD,
                "subscription_start_plan_id": "plan-paid",
            },
            ErrorCode.BadUserInput,
        ),
        (
            {"subscription_end_setup": SubscriptionEndSetup.DOWNGRADE_TO_FREE},
            ErrorCode.BadUserInput,
        ),
        (
            {
                "subscription_end_setup": SubscriptionEndSetup.DOWNGRADE_TO_FREE,
                "downgrade_plan_id": "plan-pro",
            },
            ErrorCode.BadUserInput,
        ),
        (
            {
                "subscription_start_setup": SubscriptionStartSetup.FREE_PLAN,
                "subscription_start_plan_id": "plan-foreign",
            },
            ErrorCode.PlanNotFound,
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(given: dict[str, Any], code: ErrorCode) -> None:
    with pytest.raises(DomainError) as error:
        changed(new(), settings=settings(**given))
    assert error.value.code is code


def test_a_trial_needs_a_plan_with_a_trial() -> None:
    product = changed(
        new(),
        settings=settings(
            subscription_start_setup=SubscriptionStartSetup.TRIAL_PERIOD,
            subscription_start_plan_id="plan-pro",
        ),
    )
    assert product.settings.subscription_start_plan_ref_id == "plan-pro"


def rule(source: str, target: str) -> tuple[RuleChange, ...]:
    return (RuleChange(source_plan_id=source, target_plan_id=target),)


def test_auto_cancellation_goes_from_single_to_multiple() -> None:
    product = changed(new(), auto_cancellation_rules=rule("plan-pro", "plan-foreign") * 2)
    assert product.auto_cancellation_rules == (
        AutoCancellationRule(source_plan_ref_id="plan-pro", target_plan_ref_id="plan-foreign"),
    )


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        (
            "plan-foreign",
            "plan-foreign",
            ErrorCode.MultiSubscriptionCantBeAutoCancellationSourceError,
        ),
        ("plan-pro", "plan-free", ErrorCode.SingleSubscriptionCantBeAutoCancellationTargetError),
    ],
)
def test_other_auto_cancellation_is_refused(source: str, target: str, code: ErrorCode) -> None:
    with pytest.raises(DomainError) as error:
        changed(new(), auto_cancellation_rules=rule(source, target))
    assert error.value.code is code


def test_absent_stays_and_null_clears() -> None:
    product = new(display_name="App", description="d", additional_meta_data={"a": "b"})
    assert changed(product, description=None).display_name == "App"
    assert changed(product, display_name=None).display_name is None
    assert changed(product, additional_meta_data=None).additional_meta_data is None
    assert changed(product).additional_meta_data == {"a": "b"}


def test_a_product_with_live_subscriptions_cannot_be_archived() -> None:
    with pytest.raises(DomainError) as error:
        archive_product(new(), has_live_subscriptions=True, now=LATER)
    assert error.value.code is ErrorCode.CannotArchiveProductError


def test_archiving_and_unarchiving() -> None:
    archived = archive_product(new(), has_live_subscriptions=False, now=LATER)
    assert archived.status is ProductStatus.ARCHIVED
    assert archive_product(archived, has_live_subscriptions=True, now=LATER) is archived
    with pytest.raises(DomainError) as error:
        require_live_product(archived)
    assert error.value.code is ErrorCode.ProductNotPublishedError
    live = unarchive_product(archived, now=LATER)
    assert require_live_product(live).status is ProductStatus.PUBLISHED
    with pytest.raises(DomainError) as error:
        unarchive_product(live, now=LATER)
    assert error.value.code is ErrorCode.CannotUnarchiveProductError


def test_only_an_empty_product_may_be_deleted() -> None:
    with pytest.raises(DomainError) as error:
        require_deletable_product(new(), is_referenced=True)
    assert error.value.code is ErrorCode.IntegrityViolation
    require_deletable_product(new(), is_referenced=False)

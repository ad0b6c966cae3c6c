"""What a draft changes. Source: spec, catalog §4 (draftDetails)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.catalog.changes import changes_between
from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    ChangeType,
    Currency,
    PricingType,
    WidgetType,
)
from domain.catalog.model import CompatiblePackageGroup, FeatureEntitlement, MinimumSpend
from domain.ids import PackageId
from domain.money import Money
from tests.builders import NOW, a_feature, a_plan, a_price, uid

PLAN = a_plan("plan-pro", a_price(20), a_price(1, model=BillingModel.PER_UNIT, feature="seats"))


def entitled(ref_id: str, **given: Any) -> FeatureEntitlement:
    defaults: dict[str, Any] = {
        "id": uid(f"e{ref_id}"),
        "feature_id": a_feature(ref_id).id,
        "order": Decimal(0),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return FeatureEntitlement(**defaults | given)


def test_a_fresh_copy_changes_nothing() -> None:
    later = NOW + timedelta(days=1)
    plan = replace(PLAN, entitlements=(entitled("sso"),))
    copy = replace(
        plan,
        id=PackageId(uid("copy")),
        version_number=2,
        created_at=later,
        updated_at=later,
        prices=tuple(replace(p, id=uid(f"{n}"), position=n) for n, p in enumerate(plan.prices)),  # type: ignore[arg-type]
        entitlements=(entitled("sso", id=uid("other"), updated_at=later),),
    )
    assert changes_between(plan, copy).total == 0


def test_single_values_are_modified_added_or_deleted() -> None:
    changes = changes_between(
        replace(PLAN, description="old", hidden_from_widgets=()),
        replace(
            PLAN,
            display_name="New",
            description=None,
            max_quantity=3,
            hidden_from_widgets=(WidgetType.PAYWALL,),
            pricing_type=PricingType.CUSTOM,
            additional_meta_data={"a": "b"},
            parent_plan_id=PackageId(uid("base")),
        ),
    )
    assert changes.display_name is not None
    assert changes.display_name.type is ChangeType.MODIFIED
    assert changes.description is not None
    assert changes.description.type is ChangeType.DELETED
    assert changes.max_quantity is not None
    assert changes.max_quantity.type is ChangeType.ADDED
    assert changes.total == 7


def test_entitlements_are_matched_by_what_they_give() -> None:
    before = replace(
        PLAN, entitlements=(entitled("a"), entitled("b"), entitled("c"), entitled("d"))
    )
    after = replace(
        PLAN,
        entitlements=(
            entitled("a", order=Decimal(5)),
            entitled("b", is_granted=False),
            entitled("d"),
            entitled("e"),
        ),
    )
    changes = changes_between(before, after)
    assert [c.type for c in changes.entitlements] == [
        ChangeType.REORDERED,
        ChangeType.MODIFIED,
        ChangeType.ADDED,
        ChangeType.DELETED,
    ]
    assert changes.total == 4


def test_prices_are_matched_by_their_place() -> None:
    after = replace(PLAN, prices=(a_price(25), a_price(900, billing_country_code="IN")))
    changes = changes_between(PLAN, after)
    assert [c.type for c in changes.prices] == [
        ChangeType.MODIFIED,
        ChangeType.ADDED,
        ChangeType.DELETED,
    ]
    assert changes.overage_prices == ()


def test_lists_of_names_are_compared_by_name() -> None:
    changes = changes_between(
        replace(
            PLAN,
            compatible_addon_ref_ids=("a", "b"),
            compatible_package_groups=(CompatiblePackageGroup(package_group_id="g"),),
        ),
        replace(
            PLAN,
            compatible_addon_ref_ids=("b", "c"),
            compatible_package_groups=(CompatiblePackageGroup(package_group_id="g", min_items=2),),
        ),
    )
    assert [(c.before, c.after) for c in changes.compatible_addons] == [(None, "c"), ("a", None)]
    assert [c.type for c in changes.compatible_package_groups] == [ChangeType.MODIFIED]


def test_minimum_spend_is_compared_by_period() -> None:
    spend = MinimumSpend(
        billing_period=BillingPeriod.MONTHLY, minimum=Money(Decimal(100), Currency.USD)
    )
    changes = changes_between(PLAN, replace(PLAN, minimum_spend=(spend,)))
    assert [c.type for c in changes.minimum_spend] == [ChangeType.ADDED]

"""A product copied with all it sells (spec, catalog §3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain.catalog.duplication import (
    DuplicateProduct,
    ProductContent,
    duplicate_product,
    require_free,
)
from domain.catalog.enums import (
    PackageGroupStatus,
    PackageStatus,
    SubscriptionEndSetup,
    SubscriptionStartSetup,
)
from domain.catalog.model import (
    AutoCancellationRule,
    CompatiblePackageGroup,
    FeatureEntitlement,
    Package,
    PackageGroup,
    ProductSettings,
)
from domain.errors import DomainError, ErrorCode
from tests.builders import NOW, a_plan, a_price, a_product, an_addon, feature_id, uid

LATER = NOW + timedelta(days=1)
PRODUCT = a_product(
    "product-app",
    display_name="App",
    settings=ProductSettings(
        subscription_start_setup=SubscriptionStartSetup.FREE_PLAN,
        subscription_start_plan_ref_id="plan-free",
        subscription_end_setup=SubscriptionEndSetup.DOWNGRADE_TO_FREE,
        downgrade_plan_ref_id="plan-gone",
    ),
    auto_cancellation_rules=(
        AutoCancellationRule(source_plan_ref_id="plan-free", target_plan_ref_id="plan-elsewhere"),
    ),
)
FREE = a_plan(
    "plan-free",
    product_id=PRODUCT.id,
    entitlements=(
        FeatureEntitlement(
            id=uid("e"), feature_id=feature_id("feature-a"), created_at=NOW, updated_at=NOW
        ),
    ),
)
OLD_FREE = replace(FREE, id=a_plan("plan-free", version_number=9).id, is_latest=False)
PRO = a_plan(
    "plan-pro",
    a_price(20),
    product_id=PRODUCT.id,
    version_number=3,
    billing_id="b1",
    parent_plan_id=OLD_FREE.id,
    compatible_addon_ref_ids=("addon-a", "addon-archived"),
    compatible_package_groups=(
        CompatiblePackageGroup(package_group_id="group-a", min_items=1),
        CompatiblePackageGroup(package_group_id="group-archived"),
    ),
)
ADDON = an_addon("addon-a", product_id=PRODUCT.id, dependency_ref_ids=("addon-b",))
OTHER_ADDON = an_addon("addon-b", product_id=PRODUCT.id)
GROUP = PackageGroup(
    id=uid("g"),
    package_group_id="group-a",
    product_id=PRODUCT.id,
    display_name="G",
    addon_ref_ids=("addon-b",),
    status=PackageGroupStatus.PUBLISHED,
    is_latest=True,
    version_number=4,
    created_at=NOW,
    updated_at=NOW,
)
CONTENT = ProductContent(
    product=PRODUCT,
    packages=(FREE, PRO, ADDON, OTHER_ADDON),
    groups=(GROUP,),
    parents={OLD_FREE.id: OLD_FREE},
)


@pytest.fixture
def copy() -> ProductContent:
    numbers = iter(range(1, 100))
    return duplicate_product(
        CONTENT,
        DuplicateProduct(ref_id="b"),
        new_id=lambda: UUID(int=next(numbers)),
        now=LATER,
    )


def named(content: ProductContent, ref_id: str) -> Package:
    return next(p for p in content.packages if p.ref_id == ref_id)


def test_packages_become_first_drafts_of_their_own(copy: ProductContent) -> None:
    assert [p.ref_id for p in copy.packages] == [
        "plan-free-b",
        "plan-pro-b",
        "addon-a-b",
        "addon-b-b",
    ]
    for package in copy.packages:
        assert (package.status, package.version_number) == (PackageStatus.DRAFT, 1)
        assert package.is_latest
        assert package.product_id == copy.product.id != PRODUCT.id
    pro = named(copy, "plan-pro-b")
    assert pro.billing_id is None
    assert pro.prices == (replace(PRO.prices[0], id=pro.prices[0].id, package_id=pro.id),)
    assert pro.prices[0].id != PRO.prices[0].id


def test_relations_are_among_the_copies(copy: ProductContent) -> None:
    pro, addon = named(copy, "plan-pro-b"), named(copy, "addon-a-b")
    assert pro.parent_plan_id == named(copy, "plan-free-b").id
    assert pro.compatible_addon_ref_ids == ("addon-a-b",)
    assert pro.compatible_package_groups == (
        CompatiblePackageGroup(package_group_id="group-a-b", min_items=1),
    )
    assert addon.dependency_ref_ids == ("addon-b-b",)
    [group] = copy.groups
    assert (group.package_group_id, group.version_number) == ("group-a-b", 1)
    assert group.addon_ref_ids == ("addon-b-b",)


def test_the_journey_names_the_copies(copy: ProductContent) -> None:
    settings = copy.product.settings
    assert settings.subscription_start_plan_ref_id == "plan-free-b"
    assert settings.downgrade_plan_ref_id is None
    assert settings.subscription_end_setup is SubscriptionEndSetup.CANCEL_SUBSCRIPTION
    assert copy.product.auto_cancellation_rules == (
        AutoCancellationRule(source_plan_ref_id="plan-free-b", target_plan_ref_id="plan-elsewhere"),
    )
    assert copy.product.display_name == "App"
    assert not copy.product.is_default_product


def test_a_taken_ref_id_is_refused() -> None:
    require_free([])
    with pytest.raises(DomainError) as error:
        require_free(["plan-free-b"])
    assert error.value.code is ErrorCode.DuplicateProductValidationError

"""Who uses what: the facts behind archiving and deleting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.catalog.enums import (
    CreditCadence,
    FeatureGroupStatus,
    PackageStatus,
)
from domain.catalog.model import (
    CreditEntitlement,
    CreditRate,
    FeatureEntitlement,
    FeatureGroup,
    Package,
    Price,
)
from domain.catalog.usage import FeatureUse, published_ref_ids
from domain.ids import (
    CurrencyId,
    EnvironmentId,
    FeatureGroupId,
    FeatureId,
    PackageId,
    PriceId,
    SubscriptionId,
)
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import SubscriptionAddon
from persistence.mapping.copy import to_columns
from persistence.rows.catalog import FeatureGroupRow
from persistence.unit_of_work import SqlUnitOfWork
from tests.builders import NOW, a_customer, a_plan, a_price, a_subscription, an_addon
from tests.support import new_uuid


@pytest.fixture
async def work(engine: AsyncEngine) -> AsyncIterator[SqlUnitOfWork]:
    async with SqlUnitOfWork(engine, EnvironmentId(new_uuid())) as unit:
        yield unit


@pytest.fixture
def feature() -> FeatureId:
    return FeatureId(new_uuid())


@pytest.fixture
def currency() -> CurrencyId:
    return CurrencyId(new_uuid())


def entitlement(feature: FeatureId, **given: Any) -> FeatureEntitlement:
    return FeatureEntitlement(
        id=new_uuid(), feature_id=feature, created_at=NOW, updated_at=NOW, **given
    )


def price(**given: Any) -> Price:
    return a_price(id=PriceId(new_uuid()), **given)


async def saved(work: SqlUnitOfWork, package: Package) -> Package:
    await work.packages.save(package)
    return package


def plan(ref_id: str = "plan-a", **given: Any) -> Package:
    return a_plan(ref_id, id=PackageId(new_uuid()), **given)


async def test_latest_packages_are_found_by_entitlement_and_by_price(
    work: SqlUnitOfWork, feature: FeatureId
) -> None:
    await saved(work, plan("plan-entitled", entitlements=(entitlement(feature),)))
    await saved(work, plan("plan-priced", prices=(price(feature_id=feature),)))
    await saved(work, plan("plan-old", is_latest=False, entitlements=(entitlement(feature),)))
    draft = plan("plan-draft", status=PackageStatus.DRAFT, entitlements=(entitlement(feature),))
    await saved(work, draft)
    await saved(work, plan("plan-other", entitlements=(entitlement(FeatureId(new_uuid())),)))
    found = await work.catalog_usage.latest_packages_with_feature(feature)
    assert [p.ref_id for p in found] == ["plan-draft", "plan-entitled", "plan-priced"]
    assert published_ref_ids(found) == ("plan-entitled", "plan-priced")


async def test_packages_are_found_by_each_use_of_a_currency(
    work: SqlUnitOfWork, currency: CurrencyId
) -> None:
    grant = CreditEntitlement(
        id=new_uuid(),
        currency_id=currency,
        amount=Decimal(5),
        cadence=CreditCadence.MONTH,
        created_at=NOW,
        updated_at=NOW,
    )
    rate = CreditRate(amount=Decimal(1), currency_id=currency)
    await saved(work, plan("plan-grant", entitlements=(grant,)))
    await saved(work, plan("plan-rate", prices=(price(credit_rate=rate),)))
    await saved(work, plan("plan-top-up", prices=(price(top_up_currency_id=currency),)))
    await saved(work, plan("plan-other"))
    found = await work.catalog_usage.latest_packages_with_currency(currency)
    assert [p.ref_id for p in found] == ["plan-grant", "plan-rate", "plan-top-up"]


async def group(work: SqlUnitOfWork, feature: FeatureId, **given: Any) -> FeatureGroup:
    values: dict[str, Any] = {
        "id": FeatureGroupId(new_uuid()),
        "feature_group_id": "group-a",
        "display_name": "A",
        "feature_ids": (feature,),
        "status": FeatureGroupStatus.PUBLISHED,
        "is_latest": True,
        "version_number": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    made = FeatureGroup(**(values | given))
    repository = work.features
    await repository.insert(FeatureGroupRow, [to_columns(made, FeatureGroupRow)])
    return made


async def test_packages_are_found_by_any_version_of_a_group(
    work: SqlUnitOfWork, feature: FeatureId
) -> None:
    first = await group(work, feature, is_latest=False)
    await group(work, feature, version_number=2)
    linked = entitlement(feature, feature_group_ids=(first.id,))
    await saved(work, plan("plan-linked", entitlements=(linked,)))
    await saved(work, plan("plan-other", entitlements=(entitlement(feature),)))
    found = await work.catalog_usage.latest_packages_with_feature_group("group-a")
    assert [p.ref_id for p in found] == ["plan-linked"]
    assert await work.catalog_usage.latest_packages_with_feature_group("group-b") == ()


async def test_a_feature_is_referenced_by_old_versions_and_groups_too(
    work: SqlUnitOfWork, feature: FeatureId
) -> None:
    assert not await work.catalog_usage.feature_is_referenced(feature)
    await saved(work, plan(is_latest=False, entitlements=(entitlement(feature),)))
    assert await work.catalog_usage.feature_is_referenced(feature)
    grouped = FeatureId(new_uuid())
    await group(work, grouped)
    assert await work.catalog_usage.feature_is_referenced(grouped)
    needed = FeatureId(new_uuid())
    depending = entitlement(FeatureId(new_uuid()), dependency_feature_id=needed)
    await saved(work, plan("plan-depending", entitlements=(depending,)))
    assert await work.catalog_usage.feature_is_referenced(needed)


async def test_a_feature_is_subscribed_through_plan_base_and_addon(
    work: SqlUnitOfWork, feature: FeatureId
) -> None:
    usage = work.catalog_usage
    base = await saved(work, plan("plan-base", entitlements=(entitlement(feature),)))
    child = await saved(work, plan("plan-child", parent_plan_id=base.id))
    on_addon = FeatureId(new_uuid())
    addon = an_addon("addon-a", id=PackageId(new_uuid()), entitlements=(entitlement(on_addon),))
    await saved(work, addon)
    assert not await usage.feature_is_subscribed(feature)
    bought = SubscriptionAddon(
        id=new_uuid(),
        addon_id=addon.id,
        addon_ref_id=addon.ref_id,
        quantity=1,
        created_at=NOW,
        updated_at=NOW,
    )
    subscription = a_subscription(
        a_customer(), child, id=SubscriptionId(new_uuid()), addons=(bought,)
    )
    await work.subscriptions.save(subscription)
    assert await usage.feature_is_subscribed(feature)
    assert await usage.feature_is_subscribed(on_addon)
    assert not await usage.feature_is_subscribed(FeatureId(new_uuid()))


async def test_an_ended_subscription_holds_nothing(work: SqlUnitOfWork, feature: FeatureId) -> None:
    held = await saved(work, plan(entitlements=(entitlement(feature),)))
    ended = a_subscription(
        a_customer(), held, id=SubscriptionId(new_uuid()), status=SubscriptionStatus.CANCELED
    )
    await work.subscriptions.save(ended)
    assert not await work.catalog_usage.feature_is_subscribed(feature)


async def test_entitlements_and_enum_values_are_told_of_latest_packages(
    work: SqlUnitOfWork, feature: FeatureId
) -> None:
    await saved(work, plan("plan-a", entitlements=(entitlement(feature, enum_values=("b", "a")),)))
    await saved(work, plan("plan-b", entitlements=(entitlement(feature, enum_values=("c", "a")),)))
    unused = FeatureId(new_uuid())
    assert await work.catalog_usage.features([feature, unused]) == {
        feature: FeatureUse(has_entitlements=True, enum_values=("a", "b", "c")),
        unused: FeatureUse(),
    }

"""Packages in the database: whole aggregates, lineages, fixed numbers of statements."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from domain.catalog.enums import (
    BillingPeriod,
    CreditCadence,
    Currency,
    PackageStatus,
    PricingType,
    TrialPeriodUnits,
    WidgetType,
)
from domain.catalog.model import (
    Budget,
    CompatiblePackageGroup,
    CreditEntitlement,
    FeatureEntitlement,
    MinimumSpend,
    Package,
    PackageType,
    TrialConfig,
)
from domain.errors import DomainError, ErrorCode
from domain.ids import CurrencyId, FeatureId, PackageId, PriceId, ProductId
from domain.money import Money
from tests.builders import NOW, a_plan, a_price
from tests.conftest import Recorder
from tests.support import until_somebody_waits


def fresh(runtime: Runtime, package: Package, **changes: Any) -> Package:
    """`package` with ids of its own, as another environment would have."""
    id = PackageId(runtime.ids.new_uuid())
    own: dict[str, Any] = {
        "id": id,
        "prices": tuple(
            replace(p, id=PriceId(runtime.ids.new_uuid()), package_id=id, position=n)
            for n, p in enumerate(package.prices)
        ),
        "entitlements": tuple(replace(e, id=runtime.ids.new_uuid()) for e in package.entitlements),
    }
    return replace(package, **own | changes)


async def stored(runtime: Runtime, *packages: Package) -> None:
    async with runtime.new_unit_of_work() as work:
        await work.packages.save(*packages)
        await work.commit()


def a_full_plan(runtime: Runtime, ref_id: str = "plan-pro", **given: Any) -> Package:
    new = runtime.ids.new_uuid
    plan = a_plan(
        ref_id,
        a_price(20),
        a_price("0.00275", feature="feature-seats"),
        minimum_spend=(
            MinimumSpend(
                billing_period=BillingPeriod.MONTHLY, minimum=Money(Decimal(100), Currency.USD)
            ),
        ),
        default_trial_config=TrialConfig(
            duration=14,
            units=TrialPeriodUnits.DAY,
            budget=Budget(limit=Decimal(5), has_soft_limit=True),
        ),
        hidden_from_widgets=(WidgetType.PAYWALL,),
        additional_meta_data={"tier": "gold"},
        compatible_addon_ref_ids=("addon-support",),
        compatible_package_groups=(
            CompatiblePackageGroup(package_group_id="group", min_items=1, free_items=None),
        ),
        entitlements=(
            FeatureEntitlement(
                id=new(),
                feature_id=FeatureId(new()),
                usage_limit=Decimal(10),
                order=Decimal(0),
                created_at=NOW,
                updated_at=NOW,
            ),
            CreditEntitlement(
                id=new(),
                currency_id=CurrencyId(new()),
                amount=Decimal(100),
                cadence=CreditCadence.MONTH,
                order=Decimal(1),
                created_at=NOW,
                updated_at=NOW,
            ),
        ),
        lineage_created_at=NOW,
        product_id=ProductId(new()),
    )
    return fresh(runtime, plan, **given)


async def test_a_package_comes_back_as_it_was_saved(runtime: Runtime) -> None:
    plan = a_full_plan(runtime)
    await stored(runtime, plan)
    assert await runtime.readers.packages.by_ids([plan.id]) == {plan.id: plan}


async def test_saving_again_removes_vanished_children(runtime: Runtime) -> None:
    plan = a_full_plan(runtime)
    await stored(runtime, plan)
    changed = replace(plan, prices=plan.prices[:1], entitlements=plan.entitlements[1:])
    await stored(runtime, changed)
    assert (await runtime.readers.packages.by_ids([plan.id]))[plan.id] == changed


async def test_any_number_of_packages_is_saved_and_loaded_alike(
    runtime: Runtime, count_statements: Recorder
) -> None:
    counts = []
    for number in (1, 20):
        plans = [a_full_plan(runtime, f"plan-{number}-{n}") for n in range(number)]
        with count_statements() as saved:
            await stored(runtime, *plans)
        with count_statements() as loaded:
            found = await runtime.readers.packages.by_ids([p.id for p in plans])
        assert len(found) == number
        counts.append((len(saved), len(loaded)))
    assert counts[0] == counts[1] == (5, 3)


async def test_the_version_to_sell_is_the_latest_if_published(runtime: Runtime) -> None:
    v1 = a_full_plan(runtime, is_latest=False)
    v2 = a_full_plan(runtime, version_number=2)
    draft = a_full_plan(runtime, version_number=3, is_latest=False, status=PackageStatus.DRAFT)
    gone = a_full_plan(runtime, "plan-gone", status=PackageStatus.ARCHIVED)
    await stored(runtime, v1, v2, draft, gone)
    packages = runtime.readers.packages
    refs = ["plan-pro", "plan-gone", "plan-unknown"]
    assert await packages.latest_published(PackageType.Plan, refs) == {"plan-pro": v2}
    assert await packages.latest(PackageType.Plan, refs) == {"plan-pro": v2, "plan-gone": gone}
    assert await packages.drafts(PackageType.Plan, refs) == {"plan-pro": draft}
    assert await packages.latest(PackageType.Addon, refs) == {}
    assert await packages.version(PackageType.Plan, "plan-pro", 1) == v1
    assert await packages.version(PackageType.Plan, "plan-pro", None) == v2
    assert await packages.version(PackageType.Plan, "plan-pro", 9) is None


async def test_any_version_and_the_ref_id_name_the_latest_row(runtime: Runtime) -> None:
    v1 = a_full_plan(runtime, is_latest=False)
    v2 = a_full_plan(runtime, version_number=2)
    await stored(runtime, v1, v2)
    asked = [str(v1.id).upper(), str(v2.id), "plan-pro", "plan-x"]
    found = await runtime.readers.packages.latest_by_any_ids(PackageType.Plan, asked)
    assert found == dict.fromkeys(asked[:3], v2)


async def test_a_lineage_is_named_by_uuid_or_by_ref_id(runtime: Runtime) -> None:
    v1 = a_full_plan(runtime)
    draft = a_full_plan(runtime, version_number=2, is_latest=False, status=PackageStatus.DRAFT)
    addon = a_full_plan(runtime, type=PackageType.Addon)
    await stored(runtime, v1, draft, addon)
    async with runtime.new_unit_of_work() as work:
        by_uuid = await work.packages.lineage(PackageType.Plan, str(v1.id))
        by_ref = await work.packages.lineage(None, "plan-pro")
        other_kind = await work.packages.lineage(PackageType.Addon, "plan-pro")
        assert await work.packages.lineage(PackageType.Plan, "nothing") is None
        assert await work.packages.lineage(PackageType.Addon, str(v1.id)) is None
    assert by_uuid is not None
    assert by_uuid[0] == v1
    assert (by_uuid[1].latest, by_uuid[1].draft) == (v1, draft)
    assert by_uuid[1].version_number_max == 2
    assert by_ref is not None
    assert by_ref[0] == draft
    assert other_kind is not None
    assert other_kind[0] == addon


async def test_ancestors_come_with_their_descendants(runtime: Runtime) -> None:
    base = a_full_plan(runtime, "plan-base")
    middle = a_full_plan(runtime, "plan-middle", parent_plan_id=base.id)
    top = a_full_plan(runtime, "plan-top", parent_plan_id=middle.id)
    await stored(runtime, base, middle, top)
    found = await runtime.readers.packages.with_ancestors([top.id])
    assert found == {p.id: p for p in (base, middle, top)}


async def test_publishing_swaps_the_latest_row_in_one_save(runtime: Runtime) -> None:
    v1 = a_full_plan(runtime)
    draft = a_full_plan(runtime, version_number=2, is_latest=False, status=PackageStatus.DRAFT)
    await stored(runtime, v1, draft)
    published = replace(draft, status=PackageStatus.PUBLISHED, is_latest=True)
    async with runtime.new_unit_of_work() as work:
        await work.packages.save_headers(published, replace(v1, is_latest=False))
        await work.commit()
    assert await runtime.readers.packages.latest(PackageType.Plan, ["plan-pro"]) == {
        "plan-pro": published
    }


async def test_a_second_draft_is_refused_by_the_database(runtime: Runtime) -> None:
    draft: dict[str, Any] = {"is_latest": False, "status": PackageStatus.DRAFT}
    await stored(runtime, a_full_plan(runtime), a_full_plan(runtime, version_number=2, **draft))
    with pytest.raises(DomainError) as refused:
        await stored(runtime, a_full_plan(runtime, version_number=3, **draft))
    assert refused.value.code is ErrorCode.DraftAlreadyExists


async def test_a_taken_ref_id_is_a_duplicate(runtime: Runtime) -> None:
    await stored(runtime, a_full_plan(runtime))
    with pytest.raises(DomainError) as refused:
        async with runtime.new_unit_of_work() as work:
            await work.packages.add(a_full_plan(runtime))
    assert refused.value.code is ErrorCode.DuplicatedEntityNotAllowed
    assert refused.value.details == {"entityName": "Plan", "identifier": "plan-pro"}


async def test_a_draft_is_removed_with_its_children(runtime: Runtime) -> None:
    draft = a_full_plan(runtime, status=PackageStatus.DRAFT)
    await stored(runtime, draft)
    async with runtime.new_unit_of_work() as work:
        assert await work.packages.of_price(draft.prices[0].id) == draft
        assert await work.packages.of_entitlement(draft.entitlements[0].id) == draft
        await work.packages.delete(draft)
        await work.commit()
    async with runtime.new_unit_of_work() as work:
        assert await work.packages.of_price(draft.prices[0].id) is None
        assert await work.packages.of_entitlement(draft.entitlements[0].id) is None
    assert await runtime.readers.packages.by_ids([draft.id]) == {}


async def test_users_of_a_package_are_found(runtime: Runtime) -> None:
    base = a_full_plan(runtime, "plan-base", compatible_addon_ref_ids=())
    child = a_full_plan(runtime, "plan-child", parent_plan_id=base.id)
    old = a_full_plan(runtime, "plan-old", parent_plan_id=base.id, is_latest=False)
    addon = a_full_plan(
        runtime, "addon-support", type=PackageType.Addon, pricing_type=PricingType.PAID
    )
    await stored(runtime, base, child, old, addon)
    async with runtime.new_unit_of_work() as work:
        of_base = await work.packages.users_of(base)
        of_addon = await work.packages.users_of(addon)
    assert of_base.child_plans == {"plan-child"}
    assert (of_base.start_plan_of, of_base.downgrade_plan_of) == ((), ())
    assert of_addon.compatible_plans == {"plan-child"}


async def test_drafts_that_name_a_package_are_found(runtime: Runtime) -> None:
    base = a_full_plan(runtime, "plan-base", compatible_addon_ref_ids=())
    draft = a_full_plan(runtime, "plan-child", parent_plan_id=base.id, status=PackageStatus.DRAFT)
    await stored(runtime, base, draft)
    async with runtime.new_unit_of_work() as work:
        assert await work.packages.drafts_naming(base) == [draft]
        assert await work.packages.taken_ref_ids(PackageType.Plan, "plan-") == {
            "plan-base",
            "plan-child",
        }


async def test_another_environment_sees_nothing(engine: Any, runtime: Runtime) -> None:
    from tests.support import new_environment

    plan = a_full_plan(runtime)
    await stored(runtime, plan)
    other = (await new_environment(engine)).runtime
    assert await other.readers.packages.by_ids([plan.id]) == {}
    async with other.new_unit_of_work() as work:
        assert await work.packages.lineage(PackageType.Plan, "plan-pro") is None
        assert await work.packages.lineage(PackageType.Plan, str(plan.id)) is None


async def test_a_lineage_is_read_as_it_is_when_its_lock_is_had(
    runtime: Runtime, engine: AsyncEngine
) -> None:
    """Who waited for a publication sees the version that it made."""
    old = fresh(runtime, a_plan("plan-pro"))
    await stored(runtime, old)
    new = fresh(runtime, replace(old, version_number=2))

    async def read(identifier: str) -> Package:
        async with runtime.new_unit_of_work() as work:
            found = await work.packages.lineage(PackageType.Plan, identifier)
        assert found is not None
        return found[1].latest

    async with runtime.new_unit_of_work() as work:
        await work.packages.lineage(PackageType.Plan, "plan-pro")
        readers = [asyncio.create_task(read(name)) for name in ("plan-pro", str(old.id))]
        await until_somebody_waits(engine)
        await work.packages.save_headers(replace(old, is_latest=False))
        await work.packages.add(new)
        await work.commit()
    assert [package.id for package in await asyncio.gather(*readers)] == [new.id, new.id]

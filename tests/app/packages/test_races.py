"""Two requests at once: one wins, the other is told why. Source: issue, bad input."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from app.usecases.packages.resolving import require_lineage
from app.usecases.packages.versions import PublishPackage, create_draft, publish_package
from domain.catalog.enums import PublishMigrationType
from domain.catalog.model import PackageType
from domain.errors import DomainError
from tests.app.packages.authoring import Author
from tests.support import until_somebody_waits


def codes(results: list[object]) -> list[str | None]:
    return sorted(
        ("" if not isinstance(r, BaseException) else r.code.value)  # type: ignore[attr-defined]
        for r in results
        if not isinstance(r, BaseException) or isinstance(r, DomainError)
    )


async def test_two_drafts_at_once_leave_one(author: Author, runtime: Runtime) -> None:
    await author.product()
    plan = await author.plan("plan-free", pricingType="FREE")
    await author.publish(plan)
    results = await asyncio.gather(
        *(create_draft(PackageType.Plan, plan, runtime=runtime) for _ in range(5)),
        return_exceptions=True,
    )
    assert codes(list(results)) == ["", *["DraftAlreadyExists"] * 4]


async def test_two_publishes_at_once_publish_once(author: Author, runtime: Runtime) -> None:
    await author.product()
    plan = await author.plan("plan-free", pricingType="FREE")
    command = PublishPackage(
        type=PackageType.Plan, id=plan, migration=PublishMigrationType.NEW_CUSTOMERS
    )
    results = await asyncio.gather(
        *(publish_package(command, runtime=runtime) for _ in range(5)), return_exceptions=True
    )
    assert codes(list(results)) == ["", *["PackageAlreadyPublished"] * 4]


async def test_publishing_a_base_plan_keeps_what_others_edit_meanwhile(
    author: Author, runtime: Runtime, engine: AsyncEngine
) -> None:
    await author.product()
    base = await author.plan("plan-base", pricingType="FREE")
    await author.publish(base)
    child = await author.plan("plan-child", pricingType="FREE", parentPlanId=base)
    await author.publish(child)
    for plan in (base, child):
        await author.draft(plan)
    command = PublishPackage(
        type=PackageType.Plan, id="plan-base", migration=PublishMigrationType.NEW_CUSTOMERS
    )
    async with runtime.new_unit_of_work() as work:
        draft, _ = await require_lineage(work, PackageType.Plan, "plan-child")
        publication = asyncio.create_task(publish_package(command, runtime=runtime))
        await until_somebody_waits(engine)
        await work.packages.save(replace(draft, display_name="Edited"))
        await work.commit()
    await publication
    edited = await author.get_plan("plan-child", version=3)
    assert (edited["id"], edited["displayName"]) == (str(draft.id), "Edited")
    assert edited["basePlan"]["versionNumber"] == 2

"""What is told of a package's open draft."""

from app.graphql.catalog.drafts.changes_mapping import changes_to_graphql
from app.graphql.catalog.drafts.types import PackageDraftDetails, PackageDraftSummary
from app.graphql.catalog.plans.mapping import plan_to_graphql
from app.graphql.context import Info
from domain.catalog import model
from domain.catalog.changes import changes_between
from domain.catalog.enums import PackageStatus


def _has_draft(package: model.Package) -> bool:
    """Drafts are told of on the latest and on the draft row."""
    return package.is_latest or package.status is PackageStatus.DRAFT


async def draft_summary_of(info: Info, package: model.Package) -> PackageDraftSummary | None:
    """On the latest and the draft row while a draft v >= 2 is open."""
    if not _has_draft(package):
        return None
    mark = await info.context.loaders.draft_marks.load((package.type, package.ref_id))
    if mark is None:
        return None
    return PackageDraftSummary(updated_at=mark.updated_at, updated_by=None, version=mark.version)


async def draft_details_of(info: Info, package: model.Package) -> PackageDraftDetails | None:
    """As the summary, with what the draft changes and whom it concerns."""
    lineage = (package.type, package.ref_id)
    loaders = info.context.loaders
    found = await loaders.drafts_with_latest.load(lineage) if _has_draft(package) else None
    if found is None:
        return None
    draft, latest = found
    children: tuple[model.Package, ...] = ()
    if package.type is model.PackageType.Plan:
        children = await loaders.child_plans.load(package.ref_id) or ()
    live = [c for c in children if c.is_latest and c.status is PackageStatus.PUBLISHED]
    drafts = [c for c in children if c.status is PackageStatus.DRAFT]
    return PackageDraftDetails(
        affected_child_plans=[plan_to_graphql(child) for child in live],
        changes=await changes_to_graphql(info, changes_between(latest, draft), latest, draft),
        child_plans_with_draft=[plan_to_graphql(child) for child in drafts],
        customers_affected=await loaders.subscribed_customers.load(lineage) or 0,
        updated_at=draft.updated_at,
        updated_by=None,
        version=draft.version_number,
    )

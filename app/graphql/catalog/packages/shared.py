"""What plans, add-ons and packages of either kind have in common: relations by DataLoader."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.graphql.catalog.entitlements.mapping import (
    entitlement_to_graphql,
    feature_entitlement_to_graphql,
)
from app.graphql.catalog.entitlements.types import PackageEntitlement, PackageEntitlementUnion
from app.graphql.catalog.prices.mapping import prices_to_graphql
from app.graphql.catalog.prices.types import Price
from app.graphql.context import Info
from domain.catalog import model
from domain.catalog.inheritance import inherited_entitlements
from domain.ids import PackageId

if TYPE_CHECKING:
    from app.graphql.catalog.drafts.types import PackageDraftDetails, PackageDraftSummary
    from app.graphql.catalog.offers.types import Offer

OfferRef = Annotated["Offer", strawberry.lazy("app.graphql.catalog.offers.types")]
PackageDraftDetailsRef = Annotated[
    "PackageDraftDetails", strawberry.lazy("app.graphql.catalog.drafts.types")
]
PackageDraftSummaryRef = Annotated[
    "PackageDraftSummary", strawberry.lazy("app.graphql.catalog.drafts.types")
]


@strawberry.type
class PackageRelations:
    """Fields of Plan, Addon and PackageDTO that lead elsewhere."""

    source: strawberry.Private[model.Package]

    @strawberry.field
    async def draft_details(self, info: Info) -> PackageDraftDetailsRef | None:
        from app.graphql.catalog.drafts.details import draft_details_of

        return await draft_details_of(info, self.source)

    @strawberry.field
    async def draft_summary(self, info: Info) -> PackageDraftSummaryRef | None:
        from app.graphql.catalog.drafts.details import draft_summary_of

        return await draft_summary_of(info, self.source)

    @strawberry.field
    def offer(self) -> OfferRef | None:
        """No input ties packages to an offer (spec, catalog §4)."""
        return None

    @strawberry.field
    def overage_prices(self) -> list[Price] | None:
        return prices_to_graphql(self.source.overage_prices)


@strawberry.type
class EntitledRelations(PackageRelations):
    """As above, with a package's own entitlements."""

    @strawberry.field
    def entitlements(self) -> list[PackageEntitlement] | None:
        return [
            feature_entitlement_to_graphql(e, self.source.id)
            for e in self.source.feature_entitlements
        ]

    @strawberry.field
    def package_entitlements(self) -> list[PackageEntitlementUnion] | None:
        return entitlements_to_graphql((self.source.id, e) for e in self.source.entitlements)


def entitlements_to_graphql(
    entitlements: Iterable[tuple[PackageId, model.PackageEntitlement]],
) -> list[PackageEntitlementUnion]:
    return [entitlement_to_graphql(e, package_id) for package_id, e in entitlements]


async def inherited_of(
    info: Info, plan: model.Package, *, include_overridden: bool = False
) -> tuple[tuple[model.Package, model.PackageEntitlement], ...]:
    """The base plans' entitlements that `plan` inherits, each with its plan."""
    if plan.parent_plan_id is None:
        return ()
    ancestors = await info.context.loaders.plan_ancestors.load(plan.id)
    return inherited_entitlements(plan, ancestors or (), include_overridden=include_overridden)

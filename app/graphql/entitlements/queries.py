"""Query fields of entitlements."""

import strawberry

from app.graphql.context import Info
from app.graphql.entitlements.inputs import (
    FetchEntitlementQuery,
    FetchEntitlementsQuery,
    GetEntitlementV2Input,
)
from app.graphql.entitlements.mapping import (
    denied_credit_to_graphql,
    entitlement_to_graphql,
    feature_entitlement_to_graphql,
    feature_with_summary_to_graphql,
    request_from_graphql,
    scope_from_graphql,
    with_summary_to_graphql,
)
from app.graphql.entitlements.types import (
    Entitlement,
    EntitlementsState,
    EntitlementsWithSummary,
    EntitlementUnion,
    EntitlementWithSummary,
)
from app.graphql.given import given, runtime_for
from app.usecases import entitlements as usecases
from domain.errors import invalid_argument


@strawberry.type
class EntitlementsQuery:
    @strawberry.field
    async def cached_entitlements(
        self, info: Info, query: FetchEntitlementsQuery
    ) -> list[Entitlement]:
        scope = scope_from_graphql(query)
        _, answers = await usecases.list_entitlements(
            scope, runtime=runtime_for(info, query.environment_id)
        )
        return [entitlement_to_graphql(answer, scope) for answer in answers]

    @strawberry.field
    async def entitlement(self, info: Info, query: FetchEntitlementQuery) -> Entitlement:
        scope = scope_from_graphql(query)
        answer = await usecases.check_entitlement(
            usecases.CheckEntitlement(
                scope=scope,
                feature_ref_id=query.feature_id,
                request=request_from_graphql(query.options),
            ),
            runtime=runtime_for(info, query.environment_id),
        )
        return entitlement_to_graphql(answer, scope)

    @strawberry.field
    async def entitlement_v2(self, info: Info, query: GetEntitlementV2Input) -> EntitlementUnion:
        feature_ref_id, currency_id = given(query.feature_id), given(query.currency_id)
        if (feature_ref_id is None) == (currency_id is None):
            raise invalid_argument("Exactly one of featureId and currencyId is needed")
        if feature_ref_id is None:
            assert currency_id is not None
            reason, currency = await usecases.check_currency(
                scope_from_graphql(query),
                currency_id,
                runtime=runtime_for(info, query.environment_id),
            )
            return denied_credit_to_graphql(reason, currency_id, currency)
        answer = await usecases.check_entitlement(
            usecases.CheckEntitlement(
                scope=scope_from_graphql(query),
                feature_ref_id=feature_ref_id,
                request=request_from_graphql(query.options),
            ),
            runtime=runtime_for(info, query.environment_id),
        )
        return feature_entitlement_to_graphql(answer)

    @strawberry.field
    async def entitlements(
        self, info: Info, query: FetchEntitlementsQuery
    ) -> list[EntitlementWithSummary]:
        scope = scope_from_graphql(query)
        runtime = runtime_for(info, query.environment_id)
        rows = await usecases.list_summaries(scope, runtime=runtime)
        return [with_summary_to_graphql(row, scope, info) for row in rows]

    @strawberry.field
    async def entitlements_state(
        self, info: Info, query: FetchEntitlementsQuery
    ) -> EntitlementsState:
        scope = scope_from_graphql(query)
        view, answers = await usecases.list_entitlements(
            scope, runtime=runtime_for(info, query.environment_id)
        )
        return EntitlementsState(
            access_denied_reason=view.reason,
            entitlements=[entitlement_to_graphql(answer, scope) for answer in answers],
            entitlements_v2=[feature_entitlement_to_graphql(answer) for answer in answers],
        )

    @strawberry.field
    async def entitlements_with_summary(
        self, info: Info, query: FetchEntitlementsQuery
    ) -> EntitlementsWithSummary:
        runtime = runtime_for(info, query.environment_id)
        rows = await usecases.list_summaries(scope_from_graphql(query), runtime=runtime)
        return EntitlementsWithSummary(
            entitlements=[feature_with_summary_to_graphql(row, info) for row in rows]
        )

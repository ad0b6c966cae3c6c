"""Query fields of entitlements."""

import strawberry

from app.graphql.context import Info
from app.graphql.entitlements.inputs import (
    FetchEntitlementQuery,
    FetchEntitlementsQuery,
    GetEntitlementV2Input,
)
from app.graphql.entitlements.mapping import (
    answers_to_graphql,
    credit_entitlement_to_graphql,
    credits_with_summary_to_graphql,
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
from app.usecases.entitlement_summaries import (
    credit_summaries,
    facts_behind,
    feature_summaries,
)
from domain.errors import invalid_argument


@strawberry.type
class EntitlementsQuery:
    @strawberry.field
    async def cached_entitlements(
        self, info: Info, query: FetchEntitlementsQuery
    ) -> list[Entitlement]:
        scope = scope_from_graphql(query)
        listed = await usecases.list_entitlements(
            scope, runtime=runtime_for(info, query.environment_id)
        )
        return [entitlement_to_graphql(answer, scope) for answer in listed.features]

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
            found = await usecases.credit_check(
                scope_from_graphql(query),
                currency_id,
                request_from_graphql(query.options),
                runtime=runtime_for(info, query.environment_id),
            )
            return credit_entitlement_to_graphql(found)
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
        listed = await usecases.list_entitlements(scope, runtime=runtime)
        facts = await facts_behind(listed, runtime=runtime)
        rows = feature_summaries(listed, facts, now=runtime.clock())
        return [with_summary_to_graphql(row, scope, info) for row in rows]

    @strawberry.field
    async def entitlements_state(
        self, info: Info, query: FetchEntitlementsQuery
    ) -> EntitlementsState:
        scope = scope_from_graphql(query)
        listed = await usecases.list_entitlements(
            scope, runtime=runtime_for(info, query.environment_id)
        )
        return EntitlementsState(
            access_denied_reason=listed.view.reason,
            entitlements=[entitlement_to_graphql(answer, scope) for answer in listed.features],
            entitlements_v2=answers_to_graphql(listed),
        )

    @strawberry.field
    async def entitlements_with_summary(
        self, info: Info, query: FetchEntitlementsQuery
    ) -> EntitlementsWithSummary:
        runtime = runtime_for(info, query.environment_id)
        listed = await usecases.list_entitlements(scope_from_graphql(query), runtime=runtime)
        facts = await facts_behind(listed, runtime=runtime)
        features = feature_summaries(listed, facts, now=runtime.clock())
        credits = await credit_summaries(listed, facts, runtime=runtime)
        return EntitlementsWithSummary(
            entitlements=[
                *(feature_with_summary_to_graphql(row, info) for row in features),
                *(credits_with_summary_to_graphql(row) for row in credits),
            ]
        )

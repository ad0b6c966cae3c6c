"""Query fields of subscriptions."""

import strawberry

from app.graphql.context import Info
from app.graphql.given import given, runtime_for
from app.graphql.paging import FIRST_PAGE, CursorPaging, list_query, to_connection
from app.graphql.subscriptions.inputs import GetActiveSubscriptionsInput, GetSubscriptionInput
from app.graphql.subscriptions.listing import (
    ANY_CUSTOMER_SUBSCRIPTION,
    ANY_SUBSCRIPTION_ENTITLEMENT,
    NEWEST_CUSTOMER_SUBSCRIPTION,
    NEWEST_SUBSCRIPTION_ENTITLEMENT,
    CustomerSubscriptionConnection,
    CustomerSubscriptionFilter,
    CustomerSubscriptionSort,
    SubscriptionEntitlementConnection,
    SubscriptionEntitlementFilter,
    SubscriptionEntitlementSort,
    SubscriptionQueryConnection,
    SubscriptionQueryFilter,
    SubscriptionQuerySort,
)
from app.graphql.subscriptions.mapping import (
    subscription_query_to_graphql,
    subscription_to_graphql,
)
from app.graphql.subscriptions.parts_mapping import legacy_entitlements_to_graphql
from app.graphql.subscriptions.predicates import by_either_id
from app.graphql.subscriptions.types import CustomerSubscription
from app.usecases import subscription_queries as usecases
from domain.errors import bad_input


@strawberry.type
class SubscriptionsQuery:
    @strawberry.field
    async def customer_subscriptions(
        self,
        info: Info,
        filter: CustomerSubscriptionFilter | None = ANY_CUSTOMER_SUBSCRIPTION,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[CustomerSubscriptionSort] | None = NEWEST_CUSTOMER_SUBSCRIPTION,
    ) -> CustomerSubscriptionConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.subscriptions.page(query)
        return to_connection(CustomerSubscriptionConnection, page, subscription_to_graphql)

    @strawberry.field
    async def get_active_subscriptions(
        self, info: Info, input: GetActiveSubscriptionsInput
    ) -> list[CustomerSubscription]:
        found = await usecases.active_subscriptions(
            input.customer_id,
            requested_resources(input),
            runtime=runtime_for(info, input.environment_id),
        )
        return [subscription_to_graphql(subscription) for subscription in found]

    @strawberry.field
    async def get_subscription(
        self, info: Info, input: GetSubscriptionInput
    ) -> CustomerSubscription:
        runtime = runtime_for(info, input.environment_id)
        return subscription_to_graphql(
            await usecases.get_subscription(input.subscription_id, runtime=runtime)
        )

    @strawberry.field
    async def subscription_entitlements(
        self,
        info: Info,
        filter: SubscriptionEntitlementFilter | None = ANY_SUBSCRIPTION_ENTITLEMENT,
        paging: CursorPaging | None = FIRST_PAGE,
        sorting: list[SubscriptionEntitlementSort] | None = NEWEST_SUBSCRIPTION_ENTITLEMENT,
    ) -> SubscriptionEntitlementConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.subscriptions.entitlement_page(query)
        owners = await info.context.loaders.subscriptions.load_many(
            [subscription_id for subscription_id, _ in page.items]
        )
        found = {
            entitlement.id: entitlement
            for owner in owners
            if owner is not None
            for entitlement in legacy_entitlements_to_graphql(owner)
        }
        return to_connection(SubscriptionEntitlementConnection, page, lambda item: found[item[1]])

    @strawberry.field
    async def subscriptions(
        self,
        info: Info,
        filter: SubscriptionQueryFilter | None = strawberry.UNSET,
        paging: CursorPaging | None = strawberry.UNSET,
        sorting: list[SubscriptionQuerySort] | None = strawberry.UNSET,
    ) -> SubscriptionQueryConnection:
        query = list_query(info, filter=filter, paging=paging, sorting=sorting)
        page = await info.context.runtime.readers.subscriptions.page(by_either_id(query))
        return to_connection(SubscriptionQueryConnection, page, subscription_query_to_graphql)


def requested_resources(input: GetActiveSubscriptionsInput) -> list[str]:
    """The resources that `resourceId` and `resourceIds` name. Raises BadUserInput past 100."""
    one, many = given(input.resource_id), given(input.resource_ids) or []
    if len(many) > usecases.LIVE_RESOURCES_MAX:
        message = f"resourceIds takes at most {usecases.LIVE_RESOURCES_MAX} values"
        raise bad_input(message, validationErrors=[{"field": "resourceIds", "message": message}])
    return many if one is None else [one, *many]

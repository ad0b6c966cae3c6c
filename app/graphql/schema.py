"""The one schema of the process: all areas' root fields merged.

A schema of this size takes seconds to build, so it is built once, at import; parsing and
validation are cached (house rule: one schema per process).
"""

import logging
from collections.abc import AsyncIterator, Iterator

import strawberry
from graphql import ExecutionResult as GraphQLExecutionResult
from graphql import GraphQLError, GraphQLInputObjectType, GraphQLObjectType
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from app.context import Context, Socket
from app.graphql.access import authorize, unauthenticated
from app.graphql.accounts.mutations import AccountsMutation
from app.graphql.accounts.queries import AccountsQuery
from app.graphql.billing.mutations import BillingMutation
from app.graphql.billing.queries import BillingQuery
from app.graphql.catalog.addons.mutations import AddonsMutation
from app.graphql.catalog.addons.queries import AddonsQuery
from app.graphql.catalog.coupons.mutations import CouponsMutation
from app.graphql.catalog.coupons.queries import CouponsQuery
from app.graphql.catalog.currencies.mutations import CurrenciesMutation
from app.graphql.catalog.currencies.queries import CurrenciesQuery
from app.graphql.catalog.drafts.mutations import DraftsMutation
from app.graphql.catalog.drafts.queries import DraftsQuery
from app.graphql.catalog.drafts.subscriptions import DraftsSubscription
from app.graphql.catalog.entitlements.mutations import PackageEntitlementsMutation
from app.graphql.catalog.entitlements.queries import PackageEntitlementsQuery
from app.graphql.catalog.features.mutations import FeaturesMutation
from app.graphql.catalog.features.queries import FeaturesQuery
from app.graphql.catalog.groups.mutations import GroupsMutation
from app.graphql.catalog.groups.queries import GroupsQuery
from app.graphql.catalog.packages.mutations import PackagesMutation
from app.graphql.catalog.plans.mutations import PlansMutation
from app.graphql.catalog.plans.queries import PlansQuery
from app.graphql.catalog.prices.mutations import PricesMutation
from app.graphql.catalog.products.mutations import ProductsMutation
from app.graphql.catalog.products.queries import ProductsQuery
from app.graphql.credits.mutations import CreditsMutation
from app.graphql.credits.queries import CreditsQuery
from app.graphql.credits.subscriptions import CreditsSubscription
from app.graphql.customers.mutations import CustomersMutation
from app.graphql.customers.queries import CustomersQuery
from app.graphql.documents import Document, document_of
from app.graphql.entitlements.mutations import EntitlementsMutation
from app.graphql.entitlements.queries import EntitlementsQuery
from app.graphql.entitlements.subscriptions import EntitlementsSubscription
from app.graphql.errors import finish
from app.graphql.events.mutations import EventsMutation
from app.graphql.events.queries import EventsQuery
from app.graphql.scalars import SCALARS
from app.graphql.subscriptions.migrations.mutations import MigrationsMutation
from app.graphql.subscriptions.migrations.queries import MigrationsQuery
from app.graphql.subscriptions.mutations import SubscriptionsMutation
from app.graphql.subscriptions.previews.mutations import PreviewsMutation
from app.graphql.subscriptions.queries import SubscriptionsQuery
from app.graphql.subscriptions.schedules.mutations import SchedulesMutation
from app.graphql.usage.mutations import UsageMutation
from app.graphql.usage.queries import UsageQuery
from app.graphql.usage.subscriptions import UsageSubscription
from app.graphql.widgets.configuration.mutations import ConfigurationMutation
from app.graphql.widgets.configuration.queries import ConfigurationQuery
from app.graphql.widgets.paywall.queries import PaywallQuery
from app.graphql.widgets.portal.queries import PortalQuery
from domain.errors import DomainError, bad_input

log = logging.getLogger("plangate.requests")


@strawberry.type
class Query(
    AccountsQuery,
    AddonsQuery,
    BillingQuery,
    ConfigurationQuery,
    CouponsQuery,
    CreditsQuery,
    CurrenciesQuery,
    CustomersQuery,
    DraftsQuery,
    EntitlementsQuery,
    EventsQuery,
    FeaturesQuery,
    GroupsQuery,
    MigrationsQuery,
    PackageEntitlementsQuery,
    PaywallQuery,
    PlansQuery,
    PortalQuery,
    ProductsQuery,
    SubscriptionsQuery,
    UsageQuery,
):
    """All query fields."""


@strawberry.type
class Mutation(
    AccountsMutation,
    AddonsMutation,
    BillingMutation,
    ConfigurationMutation,
    CouponsMutation,
    CreditsMutation,
    CurrenciesMutation,
    CustomersMutation,
    DraftsMutation,
    EntitlementsMutation,
    EventsMutation,
    FeaturesMutation,
    GroupsMutation,
    MigrationsMutation,
    PackageEntitlementsMutation,
    PackagesMutation,
    PlansMutation,
    PreviewsMutation,
    PricesMutation,
    ProductsMutation,
    SchedulesMutation,
    SubscriptionsMutation,
    UsageMutation,
):
    """All mutation fields."""


@strawberry.type
class Subscription(
    CreditsSubscription,
    DraftsSubscription,
    EntitlementsSubscription,
    UsageSubscription,
):
    """All subscription fields."""


class Admission(SchemaExtension):
    """Lets only documents run that are sound, within limits, and allowed to the key."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Give each operation on a socket a context of its own."""
        operation = self.execution_context
        self.refused = False
        if isinstance(operation.context, Socket):
            operation.context = await operation.context.new_context()
            self.refused = operation.context is None
        yield
        await self._keep_answer()

    async def _keep_answer(self) -> None:
        """Put the answer beside the request, where the operation was logged."""
        context, result = self.execution_context.context, self.execution_context.result
        asked = context.asked if isinstance(context, Context) else None
        if asked is None or asked.id is None or not isinstance(result, GraphQLExecutionResult):
            return
        try:
            async with context.runtime.new_unit_of_work() as work:
                await work.event_log.answered(asked.id, asked.response(result.data, result.errors))
                await work.commit()
        except Exception:
            log.exception("the answer to request %s was not logged", asked.id)

    def on_parse(self) -> Iterator[None]:
        operation = self.execution_context
        document = document_of(operation.query or "", operation.schema._schema)  # noqa: SLF001 - the only way to it
        if document.node is None:
            raise document.errors[0]
        if not document.errors:
            _require_operation(document, operation._provided_operation_name)  # noqa: SLF001 - `operation_name` makes one up
        operation.graphql_document = document.node
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        operation = self.execution_context
        document = document_of(operation.query or "", operation.schema._schema)  # noqa: SLF001
        errors = list(document.errors)
        chosen = document.operation(operation.operation_name)
        if not errors and chosen is not None:
            refusal: DomainError | None = unauthenticated() if self.refused else None
            if isinstance(operation.context, Context):
                refusal = await authorize(chosen, operation.variables, operation.context)
                if operation.context.asked is not None:
                    operation.context.asked.note(chosen, operation.variables)
            if refusal is not None:
                errors = [GraphQLError(refusal.message, original_error=refusal)]
        operation.pre_execution_errors = errors
        yield


def _require_operation(document: Document, name: str | None) -> None:
    """Refuse a document that leaves open which of its operations is meant.

    https://spec.graphql.org/October2021/#GetOperation()
    """
    if document.operation(name) is None:
        message = (
            "operationName names no operation of the document"
            if name
            else "operationName must name one of the operations"
            if document.operations
            else "query holds no operation"
        )
        refusal = bad_input(message)
        raise GraphQLError(refusal.message, original_error=refusal)


class PlangateSchema(strawberry.Schema):
    """A schema whose errors leave in the documented shape, over HTTP and WebSocket alike."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Finish each error in place; called once per result."""
        context = execution_context.context if execution_context else None
        for error in errors:
            finish(error, trace_id=getattr(context, "trace_id", ""))


schema = PlangateSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[Admission],
)


def _sort_fields() -> None:
    """Put every type's fields in alphabetical order, as the contract is printed.

    So it does not matter whether a field stands in its class as an attribute or a resolver.
    """
    for named in schema._schema.type_map.values():  # noqa: SLF001 - nothing public reorders
        if isinstance(named, GraphQLObjectType | GraphQLInputObjectType):
            ordered = sorted(named.fields.items())
            named.fields.clear()
            named.fields.update(ordered)


_sort_fields()

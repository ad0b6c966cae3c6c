"""Mutation fields of subscriptions."""

import strawberry

from app.graphql.billing.checkout_mapping import usage_charge_to_graphql
from app.graphql.billing.inputs import PreviewNextInvoiceInput
from app.graphql.context import Info
from app.graphql.customers.inputs import DelegateSubscriptionToCustomerInput
from app.graphql.given import changing, given, runtime_for
from app.graphql.subscriptions.commands import (
    apply_from_graphql,
    cancel_from_graphql,
    create_from_graphql,
    provision_from_graphql,
    resource_id_of,
    update_from_graphql,
)
from app.graphql.subscriptions.inputs import (
    ApplySubscriptionInput,
    ChargeSubscriptionUsageInput,
    ProvisionSubscription,
    ProvisionSubscriptionInput,
    SubscriptionCancellationInput,
    SubscriptionInput,
    TransferSubscriptionInput,
    TransferSubscriptionToResourceInput,
    TriggerSubscriptionUsageSyncInput,
    UpdateSubscriptionInput,
)
from app.graphql.subscriptions.mapping import subscription_to_graphql
from app.graphql.subscriptions.previews.next_invoice_mapping import maximum_spend_to_graphql
from app.graphql.subscriptions.results_mapping import provisioned_to_graphql
from app.graphql.subscriptions.types import CustomerSubscription
from app.graphql.subscriptions.types.results import (
    ApplySubscription,
    ChargeSubscriptionUsage,
    ProvisionSubscriptionResult,
    SubscriptionMaximumSpend,
)
from app.usecases.billing.invoices import charge_usage, sync_usage
from app.usecases.subscriptions import change, previews, provision, transfer
from domain.errors import invalid_argument

DESTINATION = "destinationResourceId"


def exactly_one(
    *,
    input: ProvisionSubscriptionInput | None,
    subscription: ProvisionSubscriptionInput | None,
) -> ProvisionSubscriptionInput:
    """The argument that is given; both or none raises InvalidArgumentError."""
    found = [one for one in (given(input), given(subscription)) if one is not None]
    if len(found) != 1:
        raise invalid_argument("Give exactly one of input and subscription")
    return found[0]


@strawberry.type
class SubscriptionsMutation:
    @strawberry.mutation
    async def apply_subscription(
        self, info: Info, input: ApplySubscriptionInput
    ) -> ApplySubscription:
        runtime = changing(info, input.environment_id)
        asked, update = apply_from_graphql(input)
        applied = await provision.apply_subscription(
            asked, update, payment_method_id=given(input.payment_method_id), runtime=runtime
        )
        return ApplySubscription(source=applied)

    @strawberry.mutation
    async def cancel_subscription(
        self, info: Info, input: SubscriptionCancellationInput
    ) -> CustomerSubscription:
        runtime = changing(info, input.environment_id)
        canceled = await change.cancel_subscription(cancel_from_graphql(input), runtime=runtime)
        return subscription_to_graphql(canceled)

    @strawberry.mutation
    async def charge_subscription_usage(
        self, info: Info, input: ChargeSubscriptionUsageInput
    ) -> ChargeSubscriptionUsage:
        runtime = changing(info, input.environment_id)
        charged = await charge_usage(
            input.subscription_id, given(input.until_date), runtime=runtime
        )
        return usage_charge_to_graphql(charged)

    @strawberry.mutation
    async def create_subscription(
        self, info: Info, subscription: SubscriptionInput
    ) -> CustomerSubscription:
        runtime = changing(info, subscription.environment_id)
        made = await provision.create_subscription(
            create_from_graphql(subscription), runtime=runtime
        )
        return subscription_to_graphql(made)

    @strawberry.mutation
    async def delegate_subscription_to_customer(
        self, info: Info, input: DelegateSubscriptionToCustomerInput
    ) -> CustomerSubscription:
        delegated = await transfer.delegate(
            input.subscription_id,
            given(input.destination_customer_id),
            runtime=changing(info, input.environment_id),
        )
        return subscription_to_graphql(delegated)

    @strawberry.mutation
    async def provision_subscription(
        self, info: Info, input: ProvisionSubscription
    ) -> ProvisionSubscriptionResult:
        provisioned = await provision.provision_subscription(
            provision_from_graphql(input), runtime=changing(info)
        )
        return provisioned_to_graphql(provisioned)

    @strawberry.mutation
    async def provision_subscription_v2(
        self,
        info: Info,
        input: ProvisionSubscriptionInput | None = strawberry.UNSET,
        subscription: ProvisionSubscriptionInput | None = strawberry.UNSET,
    ) -> ProvisionSubscriptionResult:
        asked = exactly_one(input=input, subscription=subscription)
        provisioned = await provision.provision_subscription(
            provision_from_graphql(asked), runtime=changing(info)
        )
        # The documented second form answers with the subscription's own status.
        return provisioned_to_graphql(provisioned, own_status=asked is subscription)

    @strawberry.mutation
    async def subscription_maximum_spend(
        self, info: Info, input: PreviewNextInvoiceInput
    ) -> SubscriptionMaximumSpend | None:
        runtime = runtime_for(info, input.environment_id)
        spend = await previews.preview_maximum_spend(input.subscription_id, runtime=runtime)
        return None if spend is None else maximum_spend_to_graphql(spend, now=runtime.clock())

    @strawberry.mutation(deprecation_reason="No longer supported")  # type: ignore[untyped-decorator]  # an untyped overload
    async def transfer_subscription(
        self, info: Info, input: TransferSubscriptionInput
    ) -> CustomerSubscription:
        moved = await transfer.transfer_all(
            input.customer_id,
            source=input.source_resource_id,
            destination=resource_id_of(input.destination_resource_id, field=DESTINATION),
            runtime=changing(info),
        )
        return subscription_to_graphql(moved)

    @strawberry.mutation
    async def transfer_subscription_to_resource(
        self, info: Info, input: TransferSubscriptionToResourceInput
    ) -> CustomerSubscription:
        moved = await transfer.transfer_to_resource(
            input.subscription_id,
            resource_id_of(given(input.destination_resource_id), field=DESTINATION),
            runtime=changing(info, input.environment_id),
        )
        return subscription_to_graphql(moved)

    @strawberry.mutation
    async def trigger_subscription_usage_sync(
        self, info: Info, input: TriggerSubscriptionUsageSyncInput
    ) -> bool:
        runtime = changing(info, input.environment_id)
        return await sync_usage(input.customer_id, given(input.resource_id), runtime=runtime)

    @strawberry.mutation
    async def update_one_subscription(
        self, info: Info, input: UpdateSubscriptionInput
    ) -> CustomerSubscription:
        runtime = changing(info, input.environment_id)
        updated = await change.update_subscription(update_from_graphql(input), runtime=runtime)
        return subscription_to_graphql(updated)

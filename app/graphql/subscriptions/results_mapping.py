"""What operations on subscriptions answer → their output types."""

from app.graphql.subscriptions.types.results import ProvisionSubscriptionResult
from app.usecases.subscriptions.provision import Provisioned
from domain.subscriptions.enums import ProvisionSubscriptionStatus


def provisioned_to_graphql(
    provisioned: Provisioned, *, own_status: bool = False
) -> ProvisionSubscriptionResult:
    """`own_status`: the subscription's status in place of SUCCESS."""
    subscription = provisioned.subscription
    status = provisioned.status
    if own_status and subscription is not None:
        status = ProvisionSubscriptionStatus(subscription.status.value)
    return ProvisionSubscriptionResult(
        source=subscription,
        customer_source=provisioned.customer_id,
        resource_source=provisioned.resource_id,
        checkout_billing_id=provisioned.checkout_billing_id,
        checkout_url=provisioned.checkout_url,
        id=provisioned.id,
        is_scheduled=provisioned.is_scheduled,
        status=status,
    )

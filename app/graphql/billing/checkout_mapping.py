"""A checkout's state and charged usage → their output types."""

from app.graphql.billing.types import (
    CheckoutBillingIntegration,
    CheckoutCredentials,
    CheckoutState,
    StripeCheckoutCredentials,
)
from app.graphql.catalog.plans.mapping import plan_to_graphql
from app.graphql.customers.mapping import customer_to_graphql, resource_to_graphql
from app.graphql.subscriptions.mapping import subscription_to_graphql
from app.graphql.subscriptions.types.results import ChargeSubscriptionUsage
from app.graphql.usage.types import UsageCharged
from app.usecases.billing.checkout import Checkout
from app.usecases.billing.invoices import UsageCharge
from domain.accounts.enums import BillingVendorIdentifier

SANDBOX_CREDENTIAL = "sandbox"


def checkout_to_graphql(checkout: Checkout) -> CheckoutState:
    """The sandbox shows itself as Stripe with `sandbox` credentials (spec, subscriptions §16)."""
    subscription, resource = checkout.subscription, checkout.resource
    return CheckoutState(
        active_subscription=None if subscription is None else subscription_to_graphql(subscription),
        billing_integration=CheckoutBillingIntegration(
            billing_credentials=StripeCheckoutCredentials(
                account_id=SANDBOX_CREDENTIAL,
                public_key=SANDBOX_CREDENTIAL,
                setup_secret=checkout.setup_secret,
            ),
            billing_identifier=BillingVendorIdentifier[checkout.vendor],
            credentials=CheckoutCredentials(
                account_id=SANDBOX_CREDENTIAL, public_key=SANDBOX_CREDENTIAL
            ),
        ),
        customer=customer_to_graphql(checkout.customer),
        plan=plan_to_graphql(checkout.plan),
        resource=None if resource is None else resource_to_graphql(resource),
        setup_secret=checkout.setup_secret,
    )


def usage_charge_to_graphql(charged: UsageCharge) -> ChargeSubscriptionUsage:
    """Ids are the caller's; amounts of usage in billed units."""
    return ChargeSubscriptionUsage(
        invoice_billing_id=charged.invoice_id,
        period_end=charged.end,
        period_start=charged.start,
        subscription_id=charged.subscription.ref_id,
        usage_charged=[
            UsageCharged(
                feature_id=found.feature.ref_id, usage_amount=float(found.line.quantity or 0)
            )
            for found in charged.lines
        ],
    )

"""Mutation fields of checkout, payment and invoices."""

import strawberry

from app.graphql.billing.inputs import (
    AttachCustomerPaymentMethodInput,
    DetachCustomerPaymentMethodInput,
    MarkInvoiceAsPaidInput,
    PaymentSessionInput,
    PreviewNextInvoiceInput,
)
from app.graphql.billing.types import PaymentSession, SubscriptionInvoicePreview
from app.graphql.context import Info
from app.graphql.customers.mapping import customer_to_graphql
from app.graphql.customers.types import Customer
from app.graphql.given import changing, given, runtime_for
from app.graphql.subscriptions.previews.next_invoice_mapping import next_invoice_to_graphql
from app.usecases.billing.checkout import create_payment_session
from app.usecases.billing.invoices import mark_invoice_as_paid, missing_invoice
from app.usecases.billing.payment_methods import (
    AttachPaymentMethod,
    attach_payment_method,
    detach_payment_method,
)
from app.usecases.subscriptions.previews import preview_next_invoice
from domain.customers.changes import require_one_ref_id


@strawberry.type
class BillingMutation:
    @strawberry.mutation
    async def attach_customer_payment_method(
        self, info: Info, input: AttachCustomerPaymentMethodInput
    ) -> Customer:
        command = AttachPaymentMethod(
            customer_ref_id=require_one_ref_id(given(input.ref_id), given(input.customer_id)),
            payment_method_id=input.payment_method_id,
            vendor=input.vendor_identifier.value,
            billing_currency=given(input.billing_currency),
        )
        runtime = changing(info, input.environment_id)
        return customer_to_graphql(await attach_payment_method(command, runtime=runtime))

    @strawberry.mutation
    async def create_payment_session(
        self, info: Info, input: PaymentSessionInput
    ) -> PaymentSession:
        token = await create_payment_session(
            input.customer_id, input.plan_id, runtime=changing(info)
        )
        return PaymentSession(token=token)

    @strawberry.mutation
    async def detach_customer_payment_method(
        self, info: Info, input: DetachCustomerPaymentMethodInput
    ) -> Customer:
        runtime = changing(info, input.environment_id)
        return customer_to_graphql(await detach_payment_method(input.customer_id, runtime=runtime))

    @strawberry.mutation
    async def mark_invoice_as_paid(self, info: Info, input: MarkInvoiceAsPaidInput) -> str | None:
        subscription_id = given(input.subscription_id)
        if subscription_id is None:
            # Grants are never invoiced by the providers there are.
            raise missing_invoice(given(input.credit_grant_id))
        runtime = changing(info, input.environment_id)
        return await mark_invoice_as_paid(subscription_id, runtime=runtime)

    @strawberry.mutation
    async def preview_next_invoice(
        self, info: Info, input: PreviewNextInvoiceInput
    ) -> SubscriptionInvoicePreview:
        runtime = runtime_for(info, input.environment_id)
        coming = await preview_next_invoice(input.subscription_id, runtime=runtime)
        return next_invoice_to_graphql(coming, now=runtime.clock())

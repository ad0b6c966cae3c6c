"""Query fields of checkout, payment and invoices."""

import strawberry

from app.graphql.billing.checkout_mapping import checkout_to_graphql
from app.graphql.billing.inputs import CheckoutStateInput
from app.graphql.billing.types import CheckoutState
from app.graphql.context import Info
from app.graphql.given import changing, given
from app.usecases.billing.checkout import AskCheckout, checkout_state


@strawberry.type
class BillingQuery:
    @strawberry.field
    async def checkout_state(self, info: Info, input: CheckoutStateInput) -> CheckoutState:
        query = AskCheckout(
            customer_ref_id=input.customer_id,
            plan_ref_id=input.plan_id,
            product_ref_id=given(input.product_id),
            resource_id=given(input.resource_id),
        )
        return checkout_to_graphql(await checkout_state(query, runtime=changing(info)))

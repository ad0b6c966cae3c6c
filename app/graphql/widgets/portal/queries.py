"""Query fields of the customer portal."""

import strawberry

from app.graphql.errors import unsupported
from app.graphql.widgets.portal.inputs import CustomerPortalInput
from app.graphql.widgets.portal.types import CustomerPortal


@strawberry.type
class PortalQuery:
    @strawberry.field
    async def customer_portal(self, input: CustomerPortalInput) -> CustomerPortal:
        raise unsupported("customerPortal")

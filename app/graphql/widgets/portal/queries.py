"""Query fields of the customer portal."""

import strawberry

from app.graphql.context import Info
from app.graphql.widgets.portal.inputs import CustomerPortalInput
from app.graphql.widgets.portal.mapping import portal_to_graphql, query_from_graphql
from app.graphql.widgets.portal.types import CustomerPortal
from app.usecases.widgets.portal import read_portal


@strawberry.type
class PortalQuery:
    @strawberry.field
    async def customer_portal(self, info: Info, input: CustomerPortalInput) -> CustomerPortal:
        query = query_from_graphql(input)
        read = await read_portal(query, runtime=info.context.runtime)
        return portal_to_graphql(read, query.scope, info)

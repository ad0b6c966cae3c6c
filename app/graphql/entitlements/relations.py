"""What counted grants belong to, by the request's loaders."""

from typing import TYPE_CHECKING

from app.graphql.context import Info
from domain.credits.model import CreditGrant

if TYPE_CHECKING:
    from app.graphql.subscriptions.types import CustomerSubscription


async def subscription_of(info: Info, grant: CreditGrant) -> "CustomerSubscription | None":
    """The subscription that gives a recurring grant."""
    from app.graphql.subscriptions.mapping import subscription_to_graphql

    if grant.subscription_id is None:
        return None
    found = await info.context.loaders.subscriptions.load(grant.subscription_id)
    return None if found is None else subscription_to_graphql(found)

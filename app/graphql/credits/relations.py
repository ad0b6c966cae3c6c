"""What grants and ledger entries belong to, by the request's loaders."""

from typing import TYPE_CHECKING

from app.graphql.catalog.features.mapping import feature_to_graphql
from app.graphql.context import Info
from domain.credits.model import CreditGrant, ListedEntry, WalletKey

if TYPE_CHECKING:
    from app.graphql.catalog.features.types import Feature


async def currency_id_of(info: Info, key: WalletKey) -> str:
    found = await info.context.loaders.currencies.load(key.currency_id)
    assert found is not None, f"currency {key.currency_id} vanished"
    return found.currency_id


async def customer_id_of(info: Info, key: WalletKey) -> str:
    found = await info.context.loaders.customers.load(key.customer_id)
    assert found is not None, f"customer {key.customer_id} vanished"
    return found.ref_id


async def grant_of(info: Info, listed: ListedEntry) -> CreditGrant:
    found = await info.context.loaders.credit_grants.load(listed.entry.grant_id)
    assert found is not None, f"grant {listed.entry.grant_id} vanished"
    return found


async def feature_of(info: Info, listed: ListedEntry) -> "Feature | None":
    """The feature whose usage burned the credits; None for direct consumption."""
    id = listed.entry.usage.feature_id
    found = await info.context.loaders.features.load(id) if id is not None else None
    return None if found is None else feature_to_graphql(found)

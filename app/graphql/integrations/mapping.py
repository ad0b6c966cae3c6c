"""How far entities are known to the billing provider → their output types.

Source: spec, subscriptions §16. The provider's integration has the id of the environment.
"""

from app.graphql.context import Info
from app.graphql.integrations.types import Integration, SyncRevisionBillingData, SyncState
from app.graphql.resolvers import account, environment
from domain.accounts.enums import SyncStatus, VendorIdentifier, VendorType


async def billing_sync_states(
    info: Info, billing_id: str | None, link_url: str | None, *, error: str | None = None
) -> list[SyncState]:
    """One state, or none without a provider; what has no id there needs no sync."""
    vendor = info.context.runtime.billing_vendor
    if vendor is None:
        return []
    identifier = VendorIdentifier[vendor]
    status = SyncStatus.SUCCESS if billing_id is not None else SyncStatus.NO_SYNC_REQUIRED
    data = None
    if billing_id is not None:
        data = SyncRevisionBillingData(billing_id=billing_id, billing_link_url=link_url or "")
    return [
        SyncState(
            data=data,
            error=error,
            integration=await _integration(info, identifier),
            status=status if error is None else SyncStatus.ERROR,
            synced_entity_id=billing_id,
            vendor_identifier=identifier,
        )
    ]


async def _integration(info: Info, identifier: VendorIdentifier) -> Integration:
    id = info.context.runtime.environment.environment_id
    found = await environment(info)
    return Integration(
        account=await account(info),
        created_at=None if found is None else found.created_at,
        environment=found,
        environment_id=id,
        id=id,
        integration_id=None,
        is_default=True,
        metadata=None,
        supports_payment_method=True,
        vendor_identifier=identifier,
        vendor_type=VendorType.BILLING,
    )

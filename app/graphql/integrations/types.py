"""Output types of integrations and synchronisation states."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.graphql.integrations.enums import SyncStatus, VendorIdentifier, VendorType
from app.graphql.scalars import JSON

if TYPE_CHECKING:
    from app.graphql.accounts.types import Account, Environment

AccountRef = Annotated["Account", strawberry.lazy("app.graphql.accounts.types")]
EnvironmentRef = Annotated["Environment", strawberry.lazy("app.graphql.accounts.types")]


@strawberry.type
class Integration:
    account: AccountRef | None
    created_at: datetime | None
    environment: EnvironmentRef | None
    environment_id: UUID
    id: UUID
    integration_id: str | None
    is_default: bool | None
    metadata: JSON | None
    supports_payment_method: bool
    vendor_identifier: VendorIdentifier
    vendor_type: VendorType


@strawberry.type
class SyncRevisionBillingData:
    billing_id: str
    billing_link_url: str


@strawberry.type
class SyncRevisionMarketplaceData:
    dimensions: str


@strawberry.type
class SyncRevisionPriceBillingData:
    billing_id: str
    billing_link_url: str
    price_group_package_billing_id: str


SyncRevisionData = Annotated[
    SyncRevisionBillingData | SyncRevisionMarketplaceData | SyncRevisionPriceBillingData,
    strawberry.union("SyncRevisionData"),
]


@strawberry.type
class SyncState:
    data: SyncRevisionData | None
    error: str | None
    integration: Integration
    status: SyncStatus
    synced_entity_id: str | None
    vendor_identifier: VendorIdentifier

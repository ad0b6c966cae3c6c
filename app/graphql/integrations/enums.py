"""GraphQL enums of integrations and synchronisation states: the domain's own, made known to Strawberry."""

import strawberry

from domain.accounts.enums import BillingVendorIdentifier, SyncStatus, VendorIdentifier, VendorType

__all__ = [
    "BillingVendorIdentifier",
    "SyncStatus",
    "VendorIdentifier",
    "VendorType",
]

for _enum in (
    BillingVendorIdentifier,
    SyncStatus,
    VendorIdentifier,
    VendorType,
):
    strawberry.enum(_enum)

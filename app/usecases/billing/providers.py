"""The environment's billing provider, where an operation cannot do without one."""

from __future__ import annotations

from app.billing.sandbox import SandboxProvider
from app.ports import BillingProvider, UnitOfWork
from domain.errors import Conflict, ErrorCode


def require_provider(work: UnitOfWork) -> BillingProvider:
    """The provider; raises BillingIntegrationMissing under `manual`."""
    if work.billing is None:
        raise Conflict(
            ErrorCode.BillingIntegrationMissing, "The environment has no billing integration"
        )
    return work.billing


def require_vendor(provider: BillingProvider, vendor: str) -> None:
    """Raise UnsupportedVendorIdentifier for another vendor than the provider's."""
    if vendor != provider.vendor:
        raise Conflict(
            ErrorCode.UnsupportedVendorIdentifier,
            f"The environment's billing integration is {provider.vendor}, not {vendor}",
            vendorIdentifier=vendor,
        )


def sandbox_in(work: UnitOfWork) -> SandboxProvider | None:
    """The sandbox, if that is the provider."""
    return work.billing if isinstance(work.billing, SandboxProvider) else None

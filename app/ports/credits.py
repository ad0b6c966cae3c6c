"""Credit wallets, grants and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.credits.enums import CreditLedgerEventType
from domain.credits.history import Buckets, BurnedIn
from domain.credits.model import (
    Consumed,
    CreditGrant,
    CreditGrantId,
    ListedEntry,
    Wallet,
    WalletKey,
)
from domain.credits.opened import OpenWallet
from domain.ids import CurrencyId, CustomerId
from domain.listing import ListQuery, Page


class CreditSource(Protocol):
    """What is kept of credits, as it was last written: settle before believing it."""

    async def wallets(
        self, customer_id: CustomerId, resource_id: str, currency_id: CurrencyId | None = None
    ) -> list[Wallet]:
        """The scope's wallets (resource "" for none), oldest currency first."""

    async def grant(self, identifier: str) -> CreditGrant | None:
        """The grant that a UUID or a grantId names."""

    async def grants_by_ids(
        self, ids: Iterable[CreditGrantId]
    ) -> dict[CreditGrantId, CreditGrant]: ...

    async def grant_of_invoice(self, invoice_id: str) -> CreditGrant | None:
        """The grant that the provider's invoice charges."""

    async def open_grants(self, keys: Iterable[WalletKey]) -> dict[WalletKey, list[CreditGrant]]:
        """The grants of these wallets that may change yet, or be burned."""


class CreditReader(CreditSource, Protocol):
    """Lists, outside a unit of work."""

    async def counted_grants(
        self, customer_id: CustomerId, resource_id: str
    ) -> tuple[CreditGrant, ...]:
        """The grants that the totals of the scope's wallets are made of, oldest first."""

    async def grant_page(
        self,
        query: ListQuery,
        customer_id: CustomerId,
        resource_id: str,
        currency_id: CurrencyId | None,
    ) -> Page[CreditGrant]:
        """The scope's grants of any status that a list asks for."""

    async def ledger_page(
        self,
        query: ListQuery,
        customer_id: CustomerId,
        resource_id: str,
        currency_id: CurrencyId | None,
        types: Iterable[CreditLedgerEventType],
    ) -> Page[ListedEntry]:
        """The scope's entries, newest first; no types = all."""

    async def burned(
        self,
        customer_id: CustomerId,
        resource_id: str,
        currency_id: CurrencyId | None,
        buckets: Buckets,
        keys: Sequence[str],
    ) -> list[BurnedIn]:
        """What was consumed in each bucket, by feature and values of the dimensions `keys`."""

    async def dimension_names(
        self, customer_id: CustomerId, resource_id: str, currency_id: CurrencyId | None
    ) -> set[str]:
        """The dimensions of the scope's newest 20,000 consumptions."""


class CreditRepository(CreditSource, Protocol):
    """Wallets inside a unit of work."""

    async def lock(self, keys: Iterable[WalletKey]) -> None:
        """Keep other writers of these wallets out until the transaction ends."""

    async def by_keys(self, keys: Iterable[WalletKey]) -> dict[WalletKey, Wallet]:
        """The wallets that there are."""

    async def save(self, opened: Iterable[OpenWallet], *, new_uuid: Callable[[], UUID]) -> None:
        """Write the totals, the grants that were touched, and the new entries."""

    async def due(self, until: datetime, *, limit: int) -> list[WalletKey]:
        """Wallets that the clock changes by `until`, soonest first."""

    async def repeats(
        self, keys: Iterable[tuple[WalletKey, str]], *, now: datetime
    ) -> dict[tuple[WalletKey, str], Consumed]:
        """What was consumed under these keys within the last 30 days."""

    async def remember(
        self, keys: Mapping[tuple[WalletKey, str], Consumed], *, now: datetime
    ) -> None:
        """Keep what these keys consumed; an older use of a key is forgotten."""

    async def forget_keys(self, *, now: datetime) -> None:
        """Drop the keys that no repeat can name any more."""

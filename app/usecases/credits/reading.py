"""Balances, grants and the ledger, read as they stand now.

What the clock has brought is applied first, so that a grant has ended at its instant whether or
not the worker came by. Source: spec, entitlements §9.1, §9.2, §9.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.ports import Runtime
from app.usecases.credits.scope import currency_named, customer_in
from app.usecases.credits.wallets import current_wallets
from domain.catalog.model import CustomCurrency
from domain.credits.enums import CreditLedgerEventType
from domain.credits.model import CreditGrant, ListedEntry, Wallet
from domain.customers.model import Customer
from domain.entitlements.model import Scope
from domain.ids import CurrencyId
from domain.listing import ListQuery, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """A scope's wallets, and the currencies they hold, sorted by the caller's currency id."""

    wallets: tuple[Wallet, ...]
    currencies: Mapping[CurrencyId, CustomCurrency]


async def balances(scope: Scope, currency_id: str | None, *, runtime: Runtime) -> Balances:
    """The wallets of exactly this scope; with a currency that one's, if there is one.

    Raises CustomerNotFound, CustomerResourceNotFound, CustomCurrencyNotFound.
    """
    customer, currency = await scoped(scope, currency_id, runtime)
    wallets = await current_wallets(customer.id, scope.resource_key, currency, runtime=runtime)
    found = await runtime.readers.currencies.by_ids({w.key.currency_id for w in wallets})
    wallets.sort(key=lambda wallet: found[wallet.key.currency_id].currency_id)
    return Balances(wallets=tuple(wallets), currencies=found)


async def list_grants(
    scope: Scope, currency_id: str | None, query: ListQuery, *, runtime: Runtime
) -> Page[CreditGrant]:
    """The scope's grants of any status. Raises as `balances`."""
    customer, currency = await scoped(scope, currency_id, runtime)
    await current_wallets(customer.id, scope.resource_key, currency, runtime=runtime)
    return await runtime.readers.credits.grant_page(
        query, customer.id, scope.resource_key, currency
    )


async def list_ledger(
    scope: Scope,
    currency_id: str | None,
    types: Iterable[CreditLedgerEventType],
    query: ListQuery,
    *,
    runtime: Runtime,
) -> Page[ListedEntry]:
    """The scope's entries; no types = all. Raises as `balances`."""
    customer, currency = await scoped(scope, currency_id, runtime)
    await current_wallets(customer.id, scope.resource_key, currency, runtime=runtime)
    return await runtime.readers.credits.ledger_page(
        query, customer.id, scope.resource_key, currency, types
    )


async def scoped(
    scope: Scope, currency_id: str | None, runtime: Runtime
) -> tuple[Customer, CurrencyId | None]:
    """The customer and, if one is named, the currency that a read is about.

    Raises CustomerNotFound, CustomerResourceNotFound, CustomCurrencyNotFound.
    """
    customer = await customer_in(runtime.readers, scope)
    if currency_id is None:
        return customer, None
    return customer, (await currency_named(runtime.readers, currency_id)).id

"""Which wallet a caller means: customer, resource and currency by the caller's ids."""

from __future__ import annotations

from app.ports import Readers, UnitOfWork
from domain.catalog.currencies import currency_not_found
from domain.catalog.model import CustomCurrency
from domain.credits.model import WalletKey
from domain.customers.model import Customer
from domain.entitlements.model import Scope
from domain.errors import ErrorCode, not_found


async def customer_in(source: UnitOfWork | Readers, scope: Scope) -> Customer:
    """The live customer, whose resource is known if one is named.

    Raises CustomerNotFound (also when archived), CustomerResourceNotFound.
    """
    ref_id = scope.customer_ref_id
    customer = (await source.customers.by_ref_ids([ref_id])).get(ref_id)
    if customer is None or customer.deleted_at is not None:
        raise not_found(ErrorCode.CustomerNotFound, "Customer", ref_id, refId=ref_id)
    if scope.resource_id is not None:
        found = await source.customers.resource(customer.id, scope.resource_id)
        if found is None:
            raise not_found(ErrorCode.CustomerResourceNotFound, "Resource", scope.resource_id)
    return customer


async def currency_named(source: UnitOfWork | Readers, currency_id: str) -> CustomCurrency:
    """The currency by the caller's id. Raises CustomCurrencyNotFound."""
    currency = (await source.currencies.by_ref_ids([currency_id])).get(currency_id)
    if currency is None:
        raise currency_not_found(currency_id)
    return currency


async def wallet_of(
    source: UnitOfWork | Readers, scope: Scope, currency_id: str
) -> tuple[WalletKey, CustomCurrency]:
    """The wallet of a scope and a currency, which need not hold anything yet."""
    customer = await customer_in(source, scope)
    currency = await currency_named(source, currency_id)
    return WalletKey(customer.id, scope.resource_key, currency.id), currency

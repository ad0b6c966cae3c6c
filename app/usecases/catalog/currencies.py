"""Operations on custom currencies. Source: spec, catalog §5 and entitlements §9.15."""

from __future__ import annotations

from app.ports import Runtime, UnitOfWork
from app.usecases.catalog.events import currency_event
from domain.catalog.currencies import (
    CurrencyChanges,
    NewCurrency,
    archive_currency,
    change_currency,
    create_currency,
    currency_not_found,
    unarchive_currency,
)
from domain.catalog.model import CustomCurrency
from domain.catalog.usage import PackageName, published_ref_ids
from domain.ids import CurrencyId


async def create(new: NewCurrency, *, runtime: Runtime) -> CustomCurrency:
    """Make a currency; a taken currencyId raises DuplicatedEntityNotAllowed."""
    currency = create_currency(new, id=CurrencyId(runtime.ids.new_uuid()), now=runtime.clock())
    async with runtime.new_unit_of_work() as work:
        await work.currencies.add(currency)
        work.publish(currency_event("CREATED", currency))
        await work.commit()
    return currency


async def update(identifier: str, changes: CurrencyChanges, *, runtime: Runtime) -> CustomCurrency:
    """Change a currency; raises CustomCurrencyNotFound."""
    async with runtime.new_unit_of_work() as work:
        currency = await _get(identifier, work=work)
        changed = change_currency(currency, changes, now=runtime.clock())
        await work.currencies.save(changed)
        work.publish(currency_event("UPDATED", changed, currency))
        await work.commit()
    return changed


async def archive(identifier: str, *, runtime: Runtime) -> CustomCurrency:
    """Archive a currency that no latest published package uses, else IntegrityViolation."""
    async with runtime.new_unit_of_work() as work:
        currency = await _get(identifier, work=work)
        users = await work.catalog_usage.latest_packages_with_currency(currency.id)
        archived = archive_currency(currency, used_by=published_ref_ids(users), now=runtime.clock())
        if archived is not currency:
            await work.currencies.save(archived)
            work.publish(currency_event("ARCHIVED", archived, currency))
            await work.commit()
    return archived


async def unarchive(identifier: str, *, runtime: Runtime) -> CustomCurrency:
    """Make an archived currency live again."""
    async with runtime.new_unit_of_work() as work:
        currency = await _get(identifier, work=work)
        live = unarchive_currency(currency, now=runtime.clock())
        if live is not currency:
            await work.currencies.save(live)
            work.publish(currency_event("UNARCHIVED", live, currency))
            await work.commit()
    return live


async def associated_packages(identifier: str, *, runtime: Runtime) -> tuple[PackageName, ...]:
    """The latest packages that use the currency, drafts included."""
    currency = await runtime.readers.currencies.by_any_id(identifier)
    if currency is None:
        raise currency_not_found(identifier)
    return await runtime.readers.catalog_usage.latest_packages_with_currency(currency.id)


async def _get(identifier: str, *, work: UnitOfWork) -> CustomCurrency:
    currency = await work.currencies.lock(identifier)
    if currency is None:
        raise currency_not_found(identifier)
    return currency

"""Decisions on custom (credit) currencies. Source: spec, catalog §5 and entitlements §9.15."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from domain.catalog.enums import CustomCurrencyStatus
from domain.catalog.model import CustomCurrency
from domain.catalog.text import (
    require_description,
    require_display_name,
    require_length,
    require_meta_data,
)
from domain.errors import Conflict, ErrorCode, NotFound, not_found
from domain.ids import CurrencyId, require_ref_id
from domain.patch import ABSENT, Maybe, kept, kept_unless_given

TEXT_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyUnits:
    singular: str
    plural: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCurrency:
    """A currency as the caller describes it, unchecked."""

    currency_id: str
    display_name: str
    description: str | None = None
    symbol: str | None = None
    units: CurrencyUnits | None = None
    additional_meta_data: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyChanges:
    """What an update says of a currency; absent fields stay."""

    display_name: Maybe[str | None] = ABSENT
    description: Maybe[str | None] = ABSENT
    symbol: Maybe[str | None] = ABSENT
    units: Maybe[CurrencyUnits | None] = ABSENT
    additional_meta_data: object = ABSENT


def currency_not_found(identifier: str) -> NotFound:
    return not_found(ErrorCode.CustomCurrencyNotFound, "CustomCurrency", identifier)


def create_currency(new: NewCurrency, *, id: CurrencyId, now: datetime) -> CustomCurrency:
    """Return the currency that `new` describes; raises BadUserInput, InvalidMetadataError."""
    currency = CustomCurrency(
        id=id,
        currency_id=require_ref_id(new.currency_id, field="currencyId"),
        display_name=new.display_name,
        description=new.description,
        symbol=new.symbol,
        additional_meta_data=require_meta_data(new.additional_meta_data),
        created_at=now,
        updated_at=now,
    )
    return _checked(_with_units(currency, new.units))


def change_currency(
    currency: CustomCurrency, changes: CurrencyChanges, *, now: datetime
) -> CustomCurrency:
    """Return the currency with the changes made; its `currency_id` never changes."""
    meta_data = currency.additional_meta_data
    if changes.additional_meta_data is not ABSENT:
        meta_data = require_meta_data(changes.additional_meta_data)
    changed = replace(
        currency,
        display_name=kept_unless_given(changes.display_name, currency.display_name),
        description=kept(changes.description, currency.description),
        symbol=kept(changes.symbol, currency.symbol),
        additional_meta_data=meta_data,
        updated_at=now,
    )
    if changes.units is not ABSENT:
        changed = _with_units(changed, changes.units)
    return _checked(changed)


def archive_currency(
    currency: CustomCurrency, *, used_by: Collection[str], now: datetime
) -> CustomCurrency:
    """Return the currency archived; existing pools still spend, nothing new uses it.

    `used_by` names the latest published packages with it: while there are any,
    IntegrityViolation. Archiving twice changes nothing.
    """
    if currency.status is CustomCurrencyStatus.ARCHIVED:
        return currency
    if used_by:
        raise Conflict(
            ErrorCode.IntegrityViolation,
            f"CustomCurrency {currency.currency_id} is used by {', '.join(sorted(used_by))}",
        )
    return replace(currency, status=CustomCurrencyStatus.ARCHIVED, archived_at=now, updated_at=now)


def unarchive_currency(currency: CustomCurrency, *, now: datetime) -> CustomCurrency:
    """Return the currency live again; a live one stays as it is."""
    if currency.status is CustomCurrencyStatus.ACTIVE:
        return currency
    return replace(currency, status=CustomCurrencyStatus.ACTIVE, archived_at=None, updated_at=now)


def require_live_currency(currency: CustomCurrency) -> CustomCurrency:
    """Return the currency, or raise EntityIsArchivedError: no new packages or grants use it."""
    if currency.status is CustomCurrencyStatus.ARCHIVED:
        raise Conflict(
            ErrorCode.EntityIsArchivedError, f"CustomCurrency {currency.currency_id} is archived"
        )
    return currency


def _with_units(currency: CustomCurrency, units: CurrencyUnits | None) -> CustomCurrency:
    if units is None:
        return replace(currency, unit_singular=None, unit_plural=None)
    return replace(currency, unit_singular=units.singular, unit_plural=units.plural)


def _checked(currency: CustomCurrency) -> CustomCurrency:
    require_display_name(currency.display_name)
    require_description(currency.description)
    for text, field in (
        (currency.symbol, "symbol"),
        (currency.unit_singular, "units.singular"),
        (currency.unit_plural, "units.plural"),
    ):
        if text is not None:
            require_length(text, field=field, minimum=1, maximum=TEXT_LENGTH_MAX)
    return currency

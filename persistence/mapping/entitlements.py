"""Snapshot rows as JSON and back; features and the like as the database spells a whole row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from domain.catalog.model import CustomCurrency, Feature
from domain.entitlements.model import CreditTerms, EntitlementRow, HeldCredits

_ROWS: TypeAdapter[dict[str, EntitlementRow]] = TypeAdapter(dict[str, EntitlementRow])
_ROW: TypeAdapter[EntitlementRow] = TypeAdapter(EntitlementRow)
_TERMS: TypeAdapter[CreditTerms] = TypeAdapter(CreditTerms)
_FEATURE: TypeAdapter[Feature] = TypeAdapter(Feature)
_CURRENCY: TypeAdapter[CustomCurrency] = TypeAdapter(CustomCurrency)
_HELD: TypeAdapter[tuple[HeldCredits, ...]] = TypeAdapter(tuple[HeldCredits, ...])


def rows_to_json(rows: Mapping[str, EntitlementRow]) -> Any:
    """JSON in which decimals are strings and instants ISO-8601."""
    return _ROWS.dump_python(dict(rows), mode="json")


def rows_from_json(data: Any) -> dict[str, EntitlementRow]:
    return _ROWS.validate_python(data)


def row_from_json(data: Any) -> EntitlementRow:
    return _ROW.validate_python(data)


def terms_to_json(terms: CreditTerms) -> Any:
    return _TERMS.dump_python(terms, mode="json")


def terms_from_json(data: Any) -> CreditTerms:
    return _TERMS.validate_python(data)


def feature_from_json(data: Any) -> Feature:
    """From `to_jsonb(features)`: what a row adds to a Feature is ignored."""
    return _FEATURE.validate_python(data)


def currency_from_json(data: Any) -> CustomCurrency:
    """From `to_jsonb(custom_currencies)`."""
    return _CURRENCY.validate_python(data)


def held_from_json(data: Any) -> tuple[HeldCredits, ...]:
    """Wallets with their currencies, amounts as text: a JSON number would round them."""
    return _HELD.validate_python(data)

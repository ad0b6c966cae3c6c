"""Snapshot rows as JSON and back; features as the database spells a whole row of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from domain.catalog.model import Feature
from domain.entitlements.model import EntitlementRow

_ROWS: TypeAdapter[dict[str, EntitlementRow]] = TypeAdapter(dict[str, EntitlementRow])
_ROW: TypeAdapter[EntitlementRow] = TypeAdapter(EntitlementRow)
_FEATURE: TypeAdapter[Feature] = TypeAdapter(Feature)


def rows_to_json(rows: Mapping[str, EntitlementRow]) -> Any:
    """JSON in which decimals are strings and instants ISO-8601."""
    return _ROWS.dump_python(dict(rows), mode="json")


def rows_from_json(data: Any) -> dict[str, EntitlementRow]:
    return _ROWS.validate_python(data)


def row_from_json(data: Any) -> EntitlementRow:
    return _ROW.validate_python(data)


def feature_from_json(data: Any) -> Feature:
    """From `to_jsonb(features)`: what a row adds to a Feature is ignored."""
    return _FEATURE.validate_python(data)

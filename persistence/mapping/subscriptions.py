"""Subscriptions to rows and back: columns for what lists ask, `detail` for the rest."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from domain.subscriptions.due import next_due
from domain.subscriptions.model import Subscription
from persistence.rows.subscriptions import SubscriptionRow

_ADAPTER = TypeAdapter(Subscription)
_COLUMNS = frozenset(c.key for c in SubscriptionRow.__table__.columns) - {
    "environment_id",
    "detail",
    "next_due_at",
}
_JSON_COLUMNS = frozenset({"prices", "addons", "entitlements"})
_DETAIL = frozenset(f.name for f in fields(Subscription)) - _COLUMNS


def subscription_from_row(row: Row[Any]) -> Subscription:
    """The aggregate, validated; fields younger than the row take their defaults."""
    columns = {name: getattr(row, name) for name in _COLUMNS}
    return _ADAPTER.validate_python(row.detail | columns)


def subscription_to_row(subscription: Subscription) -> dict[str, Any]:
    """Every column except environment_id; decimals in JSON are strings."""
    json = _ADAPTER.dump_python(subscription, mode="json", include=set(_DETAIL | _JSON_COLUMNS))
    # The requests in them say nothing by ABSENT, the default: as text it could be meant.
    json |= {"scheduled_updates": []} | _ADAPTER.dump_python(
        subscription, mode="json", include={"scheduled_updates"}, exclude_defaults=True
    )
    columns = {name: getattr(subscription, name) for name in _COLUMNS - _JSON_COLUMNS}
    children = {name: json[name] for name in _JSON_COLUMNS}
    return (
        columns
        | children
        | {
            "detail": {name: json[name] for name in _DETAIL},
            "next_due_at": next_due(subscription),
        }
    )

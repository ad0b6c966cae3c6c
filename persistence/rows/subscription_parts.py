"""Add-ons, prices and entitlements of subscriptions as tables: views into their JSON columns.

They are subqueries, no tables of the database; lists filter and sort by them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Numeric,
    Subquery,
    Text,
    Uuid,
    column,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from persistence.rows.base import Base, Instant
from persistence.rows.subscriptions import SubscriptionRow

_SUBSCRIPTIONS: Any = SubscriptionRow.__table__
_COMMON: dict[str, TypeEngine[Any]] = {
    "id": Uuid(),
    "created_at": Instant().impl_instance,
    "updated_at": Instant().impl_instance,
}


def _view(name: str, **types: TypeEngine[Any]) -> Subquery:
    """One row an element of the JSON column `name`, with its subscription."""
    elements = (
        func.jsonb_to_recordset(_SUBSCRIPTIONS.c[name])
        .table_valued(*(column(n, type_) for n, type_ in (_COMMON | types).items()), name="part")
        .render_derived(with_types=True)
    )
    columns: list[ColumnElement[Any]] = [elements.c[n] for n in _COMMON | types]
    return (
        select(
            _SUBSCRIPTIONS.c.environment_id,
            _SUBSCRIPTIONS.c.id.label("subscription_id"),
            *columns,
        )
        .select_from(_SUBSCRIPTIONS.join(elements, true()))
        .subquery(f"subscription_{name}")
    )


class SubscriptionAddonView(Base):
    """A subscription's add-ons."""

    __table__ = _view("addons", quantity=Numeric(), addon_id=Uuid(), addon_ref_id=Text())
    __mapper_args__ = {"primary_key": [__table__.c.id]}  # noqa: RUF012 - SQLAlchemy's own way


class SubscriptionPriceView(Base):
    """The sold charges, the plan's and the add-ons'; `price` is JSON."""

    __table__ = _view(
        "prices", quantity=Numeric(), has_soft_limit=Boolean(), addon_ref_id=Text(), price=JSONB()
    )
    __mapper_args__ = {"primary_key": [__table__.c.id]}  # noqa: RUF012 - SQLAlchemy's own way


class SubscriptionEntitlementView(Base):
    """The values given per subscription."""

    __table__ = _view("entitlements", feature_id=Uuid())
    __mapper_args__ = {"primary_key": [__table__.c.id]}  # noqa: RUF012 - SQLAlchemy's own way

"""The declarative base and the column types that every area shares."""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter
from sqlalchemy import DateTime, Enum, MetaData, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

# Constraint names are part of the code: unique-key races are recognised by them.
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables; lists and counts are compiled from these columns."""

    metadata = MetaData(naming_convention=_NAMING)


@cache
def _adapter(value_type: Any) -> TypeAdapter[Any]:
    return TypeAdapter(value_type)


class Value(TypeDecorator[Any]):
    """A nested frozen domain value kept as JSONB: `Value(Budget)`, `Value(tuple[PriceTier, ...])`.

    Decimals are written as strings, so nothing passes through a float. None is SQL NULL.
    """

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def __init__(self, value_type: Any) -> None:
        super().__init__()
        self.value_type = value_type

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        del dialect
        return None if value is None else _adapter(self.value_type).dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        del dialect
        return None if value is None else _adapter(self.value_type).validate_python(value)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self.impl_instance.coerce_compared_value(op, value)


class Instant(TypeDecorator[datetime]):
    """Aware UTC, truncated to milliseconds, so that `eq` on a returned value matches."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        assert value.tzinfo is not None, "a naive time reached the database"
        return value.replace(microsecond=value.microsecond // 1000 * 1000)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.astimezone(UTC)


# Usage and credits are NUMERIC(38,10) (spec, entitlements §0).
Quantity = Annotated[Decimal, mapped_column(Numeric(38, 10))]
Key = Annotated[uuid.UUID, mapped_column(Uuid(as_uuid=True), primary_key=True)]
Str = Annotated[str, mapped_column(Text)]
EnvironmentKey = Annotated[uuid.UUID, mapped_column(Uuid(as_uuid=True), index=False)]

Base.registry.update_type_annotation_map(
    {
        datetime: Instant(),
        str: Text(),
        uuid.UUID: Uuid(),
        # Any domain enum: its member name as text, no database type to migrate.
        enum.Enum: Enum(enum.Enum, native_enum=False, create_constraint=False, length=64),
    }
)


def value(value_type: Any, **kwargs: Any) -> Any:
    """A column holding `Value(value_type)`."""
    return mapped_column(Value(value_type), **kwargs)

"""Predicate, order and page → SQL, once for all entities.

An entity describes itself by a `Listing` (the contract's field names → columns, relations →
conditions of an EXISTS); everything else is here. One statement reads a page, one more counts
when the total is wanted. Pages are keyset pages: a cursor holds the sort values and the id of a
row, so that a walk visits each row exactly once while others insert. Source: spec, platform §6.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol, TypeAlias, cast
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Enum,
    Executable,
    FromClause,
    Row,
    Select,
    String,
    Text,
    TypeDecorator,
    Uuid,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.schema import Column
from sqlalchemy.sql.elements import UnaryExpression

from domain.errors import ErrorCode, InvalidInput, bad_input
from domain.ids import EnvironmentId, as_uuid
from domain.listing import (
    EVERYTHING,
    And,
    Compare,
    ListQuery,
    Operand,
    Operator,
    Or,
    Order,
    Page,
    Predicate,
    Related,
    SortDirection,
)

DIGITS_MAX = 1_000  # more than any number of ours has; a forged cursor may

Expression: TypeAlias = Callable[[FromClause], ColumnElement[Any]]
Field: TypeAlias = "Expression | AnyOf"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A field that matches when one of several columns does (`searchQuery`); never sorted by."""

    expressions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of another listing; `on(outer, inner)` ties them to the outer row.

    `target` is a function, since listings may point at each other.
    """

    target: Callable[[], Listing]
    on: Callable[[FromClause, FromClause], ColumnElement[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How one entity is listed; `where` always holds (`packages` that are plans, say)."""

    row: type[DeclarativeBase]
    fields: Mapping[str, Field]
    relations: Mapping[str, Relation] = field(default_factory=dict)
    where: Callable[[FromClause], ColumnElement[bool]] | None = None

    @property
    def table(self) -> FromClause:
        return self.row.__table__

    def condition(
        self,
        predicate: Predicate,
        *,
        environment_id: EnvironmentId,
        source: FromClause | None = None,
    ) -> ColumnElement[bool]:
        """The tenant's rows that the listing always wants and the predicate matches."""
        rows = self.table if source is None else source
        parts = [rows.c.environment_id == environment_id]
        if self.where is not None:
            parts.append(self.where(rows))
        parts.append(self._compiled(predicate, rows, environment_id))
        return and_(*parts)

    def expression(self, name: str, source: FromClause) -> ColumnElement[Any]:
        """The column behind a sort field."""
        found = self.fields.get(name)
        if found is None or isinstance(found, AnyOf):
            raise _unsupported("Sorting", name)
        return _comparable(found(source))

    def _compiled(
        self, predicate: Predicate, rows: FromClause, environment_id: EnvironmentId
    ) -> ColumnElement[bool]:
        match predicate:
            case And(parts):
                return and_(true(), *(self._compiled(p, rows, environment_id) for p in parts))
            case Or(parts):
                return or_(false(), *(self._compiled(p, rows, environment_id) for p in parts))
            case Compare(name, operator, value):
                found = self.fields.get(name)
                if found is None:
                    raise _unsupported("Filtering", name)
                expressions = found.expressions if isinstance(found, AnyOf) else (found,)
                return or_(*(_compared(e(rows), operator, value) for e in expressions))
            case Related(name, inner):
                relation = self.relations.get(name)
                if relation is None:
                    raise _unsupported("Filtering", name)
                target = relation.target()
                others = target.table.alias()
                return exists().where(
                    relation.on(rows, others),
                    target.condition(inner, environment_id=environment_id, source=others),
                )


def column(name: str) -> Expression:
    """A field that is the row's column `name`."""
    return lambda rows: rows.c[name]


def columns(row: type[DeclarativeBase], *names: str) -> dict[str, Field]:
    """Fields whose columns are their names in snake case (`displayName` → `display_name`).

    `environmentId` comes along. An unknown column is a bug.
    """
    table = row.__table__
    found: dict[str, Field] = {}
    for name in ("environmentId", *names):
        attribute = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
        assert attribute in table.c, f"{table} has no column {attribute}"
        found[name] = column(attribute)
    return found


class Source(Protocol):
    """What statements run on: a Reader, or a Repository inside a unit of work."""

    environment_id: EnvironmentId

    async def fetch(self, statement: Executable) -> Sequence[Row[Any]]: ...


async def read_page(
    source: Source, listing: Listing, query: ListQuery, *where: ColumnElement[bool]
) -> Page[Row[Any]]:
    """The page of whole rows that `query` asks for; `where` are the server's own conditions.

    One statement, and one more when the total is wanted. Raises BadUserInput "Invalid cursor".
    """
    keys = _keys(listing, query.orders)
    condition = and_(
        listing.condition(query.predicate, environment_id=source.environment_id), *where
    )
    rows = list(await source.fetch(_page_statement(listing, query, keys, condition)))
    more = len(rows) > query.page.size
    rows = rows[: query.page.size]
    if query.page.backward:
        rows.reverse()
    total = None
    if query.wants_total:
        counted = await source.fetch(
            select(func.count()).select_from(listing.table).where(condition)
        )
        total = int(counted[0][0])
    continued = query.page.cursor is not None
    return Page(
        items=tuple(rows),
        cursors=tuple(_encoded(row, listing, keys) for row in rows),
        has_next=continued if query.page.backward else more,
        has_previous=more if query.page.backward else continued,
        total=total,
    )


async def read_all(
    source: Source,
    listing: Listing,
    *where: ColumnElement[bool],
    predicate: Predicate = EVERYTHING,
    orders: tuple[Order, ...] = (),
) -> Sequence[Row[Any]]:
    """All matching rows in order, unpaged: nested lists of many parents in one statement.

    The caller bounds it: `where=table.c.customer_id.in_(ids)`.
    """
    condition = listing.condition(predicate, environment_id=source.environment_id)
    ordering = [key.ordering(backward=False) for key in _keys(listing, orders)]
    return await source.fetch(select(*listing.table.c).where(condition, *where).order_by(*ordering))


@dataclass(frozen=True, slots=True)
class _Key:
    """One sort key; the last is the id, which decides ties."""

    name: str
    expression: ColumnElement[Any]
    ascending: bool
    nulls_first: bool

    @property
    def nullable(self) -> bool:
        return not isinstance(self.expression, Column) or bool(self.expression.nullable)

    def ordering(self, *, backward: bool) -> UnaryExpression[Any]:
        ascending, nulls_first = self.ascending != backward, self.nulls_first != backward
        ordered = self.expression.asc() if ascending else self.expression.desc()
        if nulls_first == (not ascending) or not self.nullable:
            return ordered  # the database's own default, which indexes serve
        return ordered.nulls_first() if nulls_first else ordered.nulls_last()

    def same(self, value: Any) -> ColumnElement[bool]:
        if value is None:
            return self.expression.is_(None)
        return self.expression == literal(value, self.expression.type)

    def beyond(self, value: Any, *, backward: bool) -> ColumnElement[bool]:
        """Rows strictly after `value` in this key's order."""
        ascending, nulls_first = self.ascending != backward, self.nulls_first != backward
        if value is None:
            return self.expression.is_not(None) if nulls_first else false()
        bound = literal(value, self.expression.type)
        after = self.expression > bound if ascending else self.expression < bound
        if nulls_first or not self.nullable:
            return after
        return or_(after, self.expression.is_(None))


def _keys(listing: Listing, orders: tuple[Order, ...]) -> tuple[_Key, ...]:
    keys = [
        _Key(
            name=order.field,
            expression=listing.expression(order.field, listing.table),
            ascending=order.direction is SortDirection.ASC,
            nulls_first=order.nulls_first,
        )
        for order in orders
    ]
    ascending = keys[0].ascending if keys else False
    keys.append(_Key("id", listing.table.c.id, ascending, nulls_first=not ascending))
    return tuple(keys)


def _page_statement(
    listing: Listing, query: ListQuery, keys: tuple[_Key, ...], condition: ColumnElement[bool]
) -> Select[Any]:
    backward = query.page.backward
    statement = (
        select(
            *listing.table.c,
            *(key.expression.label(f"cursor_{i}") for i, key in enumerate(keys)),
        )
        .where(condition)
        .order_by(*(key.ordering(backward=backward) for key in keys))
        .limit(query.page.size + 1)
    )
    if query.page.cursor is None:
        return statement
    values = _decoded(query.page.cursor, listing, keys)
    return statement.where(_beyond(keys, values, backward=backward))


def _beyond(
    keys: tuple[_Key, ...], values: Sequence[Any], *, backward: bool
) -> ColumnElement[bool]:
    """Rows after the cursor's, first key first, ties by the next."""
    if all(key.ascending == keys[0].ascending and not key.nullable for key in keys):
        left = tuple_(*(key.expression for key in keys))  # one range of an index
        right = tuple_(*values, types=[key.expression.type for key in keys])
        return left > right if keys[0].ascending != backward else left < right
    branches = []
    for i, key in enumerate(keys):
        ties = [keys[j].same(values[j]) for j in range(i)]
        branches.append(and_(*ties, key.beyond(values[i], backward=backward)))
    return or_(*branches)


def _fingerprint(listing: Listing, keys: tuple[_Key, ...]) -> int:
    """Tells a cursor of another list or another order apart."""
    words = [str(listing.table), *(f"{k.name} {k.ascending} {k.nulls_first}" for k in keys)]
    return zlib.crc32("|".join(words).encode())


def _encoded(row: Row[Any], listing: Listing, keys: tuple[_Key, ...]) -> str:
    values = [getattr(row, f"cursor_{i}") for i in range(len(keys))]
    packed = orjson.dumps([_fingerprint(listing, keys), *values], default=str)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _decoded(cursor: str, listing: Listing, keys: tuple[_Key, ...]) -> list[Any]:
    """The sort values of the cursor's row, each as its column has them."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        _require(isinstance(values, list) and len(values) == len(keys) + 1)
        _require(values[0] == _fingerprint(listing, keys))
        return [_revived(value, key) for value, key in zip(values[1:], keys, strict=True)]
    except (ValueError, TypeError, binascii.Error, InvalidOperation):
        raise bad_input(
            "Invalid cursor", validationErrors=[{"field": "paging", "message": "Invalid cursor"}]
        ) from None


def _revived(value: Any, key: _Key) -> Any:
    """The JSON `value` as the column's Python type. Raises ValueError, TypeError."""
    if value is None:
        _require(key.nullable)
        return None
    type_ = key.expression.type
    kind = (type_.impl_instance if isinstance(type_, TypeDecorator) else type_).python_type
    if kind in {datetime, UUID, Decimal}:
        return _from_text(value, kind)
    _require(type(value) is kind and "\0" not in str(value))
    if kind is int:
        _require(abs(value) < 2 ** (63 if isinstance(type_, BigInteger) else 31))
    return value


def _from_text(value: Any, kind: type) -> Any:
    _require(isinstance(value, str))
    if kind is UUID:
        return UUID(value)
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        _require(moment.tzinfo is not None)
        return moment
    number = Decimal(value)
    _require(number.is_finite() and abs(number.adjusted()) < DIGITS_MAX)
    return number


def _require(fact: bool) -> None:
    if not fact:
        raise ValueError


def _comparable(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    """Enums compare, and sort, as text."""
    return sql_cast(expression, Text) if isinstance(expression.type, Enum) else expression


def _compared(
    expression: ColumnElement[Any], operator: Operator, value: Operand
) -> ColumnElement[bool]:
    if operator in {Operator.IS, Operator.IS_NOT}:
        assert value is None or isinstance(value, bool)
        return expression.is_(value) if operator is Operator.IS else expression.is_not(value)
    expression, value = _aligned(_comparable(expression), operator, value)
    return _SQL[operator](expression, value)


_SQL: dict[Operator, Callable[[ColumnElement[Any], Any], ColumnElement[bool]]] = {
    Operator.EQ: lambda expression, value: expression == value,
    Operator.NEQ: lambda expression, value: expression != value,
    Operator.GT: lambda expression, value: expression > value,
    Operator.GTE: lambda expression, value: expression >= value,
    Operator.LT: lambda expression, value: expression < value,
    Operator.LTE: lambda expression, value: expression <= value,
    Operator.LIKE: lambda expression, value: expression.like(value),
    Operator.NOT_LIKE: lambda expression, value: expression.not_like(value),
    Operator.I_LIKE: lambda expression, value: expression.ilike(value),
    Operator.NOT_I_LIKE: lambda expression, value: expression.not_ilike(value),
    Operator.IN: lambda expression, values: expression.in_(values),
    Operator.NOT_IN: lambda expression, values: expression.not_in(values),
    Operator.BETWEEN: lambda expression, bounds: expression.between(*bounds),
    Operator.NOT_BETWEEN: lambda expression, bounds: ~expression.between(*bounds),
}
_WHOLE = frozenset({Operator.EQ, Operator.NEQ, Operator.IN, Operator.NOT_IN})


def _aligned(
    expression: ColumnElement[Any], operator: Operator, value: Operand
) -> tuple[ColumnElement[Any], Operand]:
    """Bring column and operand to one type where the contract's filter has another than ours.

    Text against a UUID column compares UUIDs when it spells some (an index serves that), else
    texts; a UUID against a text column compares texts.
    """
    many = value if isinstance(value, tuple) else (value,)
    if isinstance(expression.type, String):
        texts = tuple(str(item) if isinstance(item, UUID) else item for item in many)
        return expression, cast("Operand", texts if isinstance(value, tuple) else texts[0])
    if not any(isinstance(item, str) for item in many):
        return expression, value
    if isinstance(expression.type, Uuid) and operator in _WHOLE:
        ids = tuple(as_uuid(str(item)) for item in many)
        if all(ids):
            return expression, cast("Operand", ids if isinstance(value, tuple) else ids[0])
    return sql_cast(expression, Text), value


def _unsupported(what: str, name: str) -> InvalidInput:
    return InvalidInput(ErrorCode.UnsupportedParameter, f"{what} by {name} is not supported yet")

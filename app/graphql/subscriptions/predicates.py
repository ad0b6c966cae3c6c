"""What the filters of `subscriptions` mean where its ids are the caller's or UUIDs alike."""

from dataclasses import replace

from domain.ids import as_uuid
from domain.listing import And, Compare, ListQuery, Or, Predicate

_BY_REF_ID = {
    "customerId": "customerRefId",
    "productId": "productRefId",
    "resourceId": "resourceRefId",
}


def by_either_id(query: ListQuery) -> ListQuery:
    """Compare customerId, productId and resourceId as UUIDs if UUIDs are given, else as slugs.

    They are sorted as slugs, as they are shown.
    """
    return replace(
        query,
        predicate=_rewritten(query.predicate),
        orders=tuple(
            replace(order, field=_BY_REF_ID.get(order.field, order.field)) for order in query.orders
        ),
    )


def _rewritten(predicate: Predicate) -> Predicate:
    match predicate:
        case And(parts):
            return And(tuple(_rewritten(part) for part in parts))
        case Or(parts):
            return Or(tuple(_rewritten(part) for part in parts))
        case Compare(field, operator, value) if field in _BY_REF_ID:
            values = value if isinstance(value, tuple) else (value,)
            if all(isinstance(v, str) and as_uuid(v) is not None for v in values):
                return predicate
            return Compare(_BY_REF_ID[field], operator, value)
        case _:
            return predicate

"""Whether an entity's `Listing` knows all that the contract's filter and sort inputs name."""

from enum import Enum

from app.graphql.filtering import described_fields
from persistence.listing import Listing


def unknown_to(listing: Listing, *, filter: type, sort_fields: type[Enum]) -> set[str]:
    """Names that clients may send and `listing` would refuse; relations as `relation.field`."""
    return _unknown(listing, filter) | {
        f"sort {member.value}" for member in sort_fields if member.value not in listing.fields
    }


def _unknown(listing: Listing, filter: type) -> set[str]:
    unknown: set[str] = set()
    for name, relation_filter in described_fields(filter).items():
        if relation_filter is None:
            unknown |= set() if name in listing.fields else {name}
        elif name not in listing.relations:
            unknown.add(name)
        else:
            target = listing.relations[name].target()
            unknown |= {f"{name}.{inner}" for inner in _unknown(target, relation_filter)}
    return unknown

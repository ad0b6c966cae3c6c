"""Selects everything: documents that ask a type for all it has, as curious clients do."""

from __future__ import annotations

from graphql import (
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

# Fields of areas that come later answer UnsupportedParameter and are left out.
Skip = frozenset[tuple[str, str]]


def everything(
    schema: GraphQLSchema, type_name: str, *, depth: int, skip: Skip = frozenset()
) -> str:
    """A selection set of all of `type_name`'s fields, `depth` object levels deep.

    Object fields below the last level are left out; a list of objects counts as a level.
    """
    return _selection(schema.type_map[type_name], depth, skip)


def _selection(named: GraphQLNamedType, depth: int, skip: Skip) -> str:
    if isinstance(named, GraphQLUnionType):
        parts = [
            f"... on {member.name} {_selection_of_member(member, named, depth, skip)}"
            for member in named.types
        ]
        return "{ __typename " + " ".join(parts) + " }"
    assert isinstance(named, GraphQLObjectType)
    return "{ __typename " + " ".join(_fields(named, depth, skip)) + " }"


def _selection_of_member(
    member: GraphQLObjectType, union: GraphQLUnionType, depth: int, skip: Skip
) -> str:
    """As any object's; a field that another member types differently stands under an alias."""
    chosen = []
    for field in _fields(member, depth, skip):
        name = field.split()[0]
        types = {str(other.fields[name].type) for other in union.types if name in other.fields}
        chosen.append(f"{member.name}_{name}: {field}" if len(types) > 1 else field)
    return "{ __typename " + " ".join(chosen) + " }"


def _fields(named: GraphQLObjectType, depth: int, skip: Skip) -> list[str]:
    chosen = []
    for name, field in named.fields.items():
        if (named.name, name) in skip or ("*", name) in skip:
            continue
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            chosen.append(name)
        elif depth > 1:
            chosen.append(f"{name} {_selection(inner, depth - 1, skip)}")
    return chosen

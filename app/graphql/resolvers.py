"""Resolvers that many types share."""

from typing import TYPE_CHECKING
from uuid import UUID

from app.graphql.context import Info

if TYPE_CHECKING:
    from app.graphql.accounts.types import Account, Environment


def environment_id(info: Info) -> UUID:
    """The environment of the request's key: every entity that it sees is in it."""
    return info.context.runtime.environment.environment_id


def environment_id_text(info: Info) -> str:
    """As `environment_id`, where the contract says String."""
    return str(environment_id(info))


async def environment(info: Info) -> "Environment | None":
    """The environment of the request's key, read once a request."""
    from app.graphql.accounts.mapping import environment_to_graphql

    id = info.context.runtime.environment.environment_id
    found = await info.context.loaders.environment.load(id)
    return None if found is None else environment_to_graphql(found, await account(info))


async def account(info: Info) -> "Account | None":
    """The account of the request's key, read once a request."""
    from app.graphql.accounts.mapping import account_to_graphql

    account_id = info.context.runtime.environment.account_id
    found = await info.context.loaders.account.load(account_id)
    return None if found is None else account_to_graphql(found)


async def required_environment(info: Info) -> "Environment":
    """As `environment`, where the contract allows no null."""
    found = await environment(info)
    assert found is not None, "a request is bound to an environment"
    return found

"""First data: made once, however often and from however many processes it is asked for."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.main import Composition, compose
from app.usecases.accounts import Bootstrap, bootstrap
from domain.accounts.enums import ApiKeyType, EnvironmentType
from persistence.rows.accounts import EnvironmentRow
from tests.support import test_settings

PINNED = {ApiKeyType.SERVER: "server-pinned-0001", ApiKeyType.CLIENT: "client-pinned-0001"}


def composition(engine: AsyncEngine) -> Composition:
    return compose(test_settings(), engine)


async def test_both_environments_have_two_keys_each(fresh_engine: AsyncEngine) -> None:
    ready = await bootstrap(Bootstrap(), runtime_of=composition(fresh_engine).runtime)
    assert {slug: one.environment.type for slug, one in ready.items()} == {
        "development": EnvironmentType.DEVELOPMENT,
        "production": EnvironmentType.PRODUCTION,
    }
    for one in ready.values():
        assert one.tokens[ApiKeyType.SERVER].startswith("server-")
        assert len(one.tokens[ApiKeyType.CLIENT]) == len("client-") + 43
        assert len(one.environment.signing_token) == 64


async def test_a_second_bootstrap_changes_nothing(fresh_engine: AsyncEngine) -> None:
    runtime_of = composition(fresh_engine).runtime
    first, second = await asyncio.gather(
        bootstrap(Bootstrap(), runtime_of=runtime_of), bootstrap(Bootstrap(), runtime_of=runtime_of)
    )
    assert first == second == await bootstrap(Bootstrap(), runtime_of=runtime_of)
    async with fresh_engine.connect() as connection:
        count = await connection.scalar(select(func.count()).select_from(EnvironmentRow))
    assert count == 2


async def test_pinned_tokens_open_the_development_environment(fresh_engine: AsyncEngine) -> None:
    runtime_of = composition(fresh_engine).runtime
    await bootstrap(Bootstrap(), runtime_of=runtime_of)
    ready = await bootstrap(Bootstrap(pinned_tokens=PINNED), runtime_of=runtime_of)
    assert ready["development"].tokens == PINNED
    assert not set(ready["production"].tokens.values()) & set(PINNED.values())

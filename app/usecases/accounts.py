"""Operations on accounts, environments and their keys.

Source: spec, platform §1-§2.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from app.ports import EnvironmentScope, Runtime, UnitOfWork
from app.vault import new_signing_token, new_token
from domain.accounts.enums import ApiKeyType, EnvironmentType
from domain.accounts.keys import require_name
from domain.accounts.model import Account, ApiKey, Environment, Member
from domain.catalog.text import require_display_name
from domain.changes import Change, change_of
from domain.events import Event
from domain.ids import AccountId, EnvironmentId
from domain.patch import ABSENT, Absent, Maybe, kept
from domain.subscriptions.enums import BillingAnchor, ProrationBehavior

DEVELOPMENT = "development"
PRODUCTION = "production"
_SYSTEM_KEYS = {ApiKeyType.SERVER: "Server key", ApiKeyType.CLIENT: "Client key"}

MakeDefaultProduct = Callable[[Runtime, str], Awaitable[None]]
"""Makes the environment's first product, named as told, unless it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """What first data to make; pinned tokens apply to `development` at every start."""

    account_name: str = "plangate"
    owner_email: str = "owner@plangate.local"
    pinned_tokens: Mapping[ApiKeyType, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrapped:
    """An environment that is there, with the tokens of its system keys."""

    environment: Environment
    tokens: Mapping[ApiKeyType, str] = field(repr=False)


async def bootstrap(
    command: Bootstrap,
    *,
    runtime_of: Callable[[EnvironmentScope], Runtime],
    make_default_product: MakeDefaultProduct | None = None,
) -> dict[str, Bootstrapped]:
    """Make account, owner, both environments and their keys, as far as they are missing.

    Returns the environments by slug. Any number of processes may do this at once and at every
    start. Source: spec, platform §2.
    """
    ready = await _first_data(command, runtime_of=runtime_of)
    if make_default_product is not None:
        for one in ready.values():
            await make_default_product(runtime_of(_scope_of(one.environment)), command.account_name)
    return ready


async def _first_data(
    command: Bootstrap, *, runtime_of: Callable[[EnvironmentScope], Runtime]
) -> dict[str, Bootstrapped]:
    unbound = runtime_of(_nowhere())
    async with unbound.new_unit_of_work() as work:
        await work.accounts.lock_bootstrap()
        account = await work.accounts.first_account()
        if account is None:
            account = await _new_account(command, work=work, runtime=unbound)
        environments = {e.slug: e for e in await work.accounts.environments(account.id)}
        ready: dict[str, Bootstrapped] = {}
        for slug, type_ in (
            (DEVELOPMENT, EnvironmentType.DEVELOPMENT),
            (PRODUCTION, EnvironmentType.PRODUCTION),
        ):
            environment = environments.get(slug)
            if environment is None:
                environment = new_environment(account, slug, type_, runtime=unbound)
                await work.accounts.save_environment(environment)
            pinned = command.pinned_tokens if slug == DEVELOPMENT else {}
            tokens = await ensure_system_keys(environment, pinned, work=work, runtime=unbound)
            ready[slug] = Bootstrapped(environment=environment, tokens=tokens)
        await work.commit()
    return ready


async def _new_account(command: Bootstrap, *, work: UnitOfWork, runtime: Runtime) -> Account:
    now = runtime.clock()
    account = Account(
        id=AccountId(runtime.ids.new_uuid()), display_name=command.account_name, created_at=now
    )
    owner = Member(
        id=runtime.ids.new_uuid(),
        account_id=account.id,
        user_id=runtime.ids.new_uuid(),
        email=command.owner_email,
        account_role="OWNER",
        production_role="ADMIN",
        non_production_role="ADMIN",
        status="REGISTERED",
        created_at=now,
    )
    await work.accounts.save_account(account)
    await work.accounts.save_member(owner)
    return account


def new_environment(
    account: Account, slug: str, type_: EnvironmentType, *, runtime: Runtime
) -> Environment:
    """A live environment with a signing token of its own."""
    return Environment(
        id=EnvironmentId(runtime.ids.new_uuid()),
        account_id=account.id,
        display_name=slug.capitalize(),
        slug=slug,
        type=type_,
        signing_token=new_signing_token(),
        created_at=runtime.clock(),
    )


async def ensure_system_keys(
    environment: Environment,
    pinned: Mapping[ApiKeyType, str],
    *,
    work: UnitOfWork,
    runtime: Runtime,
) -> dict[ApiKeyType, str]:
    """The live server and client keys' tokens; missing keys are made, pinned tokens are set."""
    keys = await work.accounts.keys_for_update(environment.id)
    live = {key.key_type: key for key in keys if key.expire_at is None}
    tokens: dict[ApiKeyType, str] = {}
    for key_type, name in _SYSTEM_KEYS.items():
        key = live.get(key_type) or ApiKey(
            id=runtime.ids.new_uuid(),
            environment_id=environment.id,
            key_type=key_type,
            display_name=name,
            token=new_token(key_type),
            created_at=runtime.clock(),
        )
        wanted = replace(key, token=pinned.get(key_type, key.token))
        if wanted != live.get(key_type):
            await work.accounts.save_key(wanted)
        tokens[key_type] = wanted.token
    return tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateEnvironment:
    """Absent = unchanged; what cannot be null stays as it is when null is given."""

    display_name: Maybe[str | None] = ABSENT
    description: Maybe[str | None] = ABSENT
    color: Maybe[str | None] = ABSENT
    harden_client_access_enabled: Maybe[bool | None] = ABSENT


async def update_environment(command: UpdateEnvironment, *, runtime: Runtime) -> Environment:
    """Change the runtime's own environment."""
    async with runtime.new_unit_of_work() as work:
        before = await work.accounts.environment_for_update()
        assert before is not None, "the key's environment exists"
        hardened = command.harden_client_access_enabled
        after = replace(
            before,
            display_name=before.display_name
            if isinstance(command.display_name, Absent)
            else require_name(command.display_name),
            description=kept(command.description, before.description),
            color=kept(command.color, before.color),
            harden_client_access_enabled=hardened
            if isinstance(hardened, bool)
            else before.harden_client_access_enabled,
        )
        await work.accounts.save_environment(after)
        data = {"id": str(after.id), "displayName": after.display_name, "slug": after.slug}
        work.publish(_updated("ENVIRONMENT", after.id, data, change_of(before, after)))
        await work.commit()
    return after


def _nowhere() -> EnvironmentScope:
    """No tenant: for the one operation that makes them."""
    nil = UUID(int=0)
    return EnvironmentScope(
        account_id=AccountId(nil),
        environment_id=EnvironmentId(nil),
        environment_type=EnvironmentType.DEVELOPMENT,
    )


def _scope_of(environment: Environment) -> EnvironmentScope:
    return EnvironmentScope(
        account_id=environment.account_id,
        environment_id=environment.id,
        environment_type=environment.type,
        frozen_time=environment.frozen_time,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateAccount:
    """The account's name, time zone and billing rules; null = the default again."""

    display_name: str
    timezone: Maybe[str | None] = ABSENT
    subscription_billing_anchor: Maybe[BillingAnchor | None] = ABSENT
    subscription_proration_behavior: Maybe[ProrationBehavior | None] = ABSENT


async def update_account(command: UpdateAccount, *, runtime: Runtime) -> Account:
    """Change the account of the key's environment. Source: spec, platform §2."""
    async with runtime.new_unit_of_work() as work:
        account = await work.accounts.account(is_locked=True)
        assert account is not None, "the key's environment has an account"
        changed = replace(
            account,
            display_name=require_display_name(command.display_name),
            timezone=kept(command.timezone, account.timezone),
            subscription_billing_anchor=kept(
                command.subscription_billing_anchor, account.subscription_billing_anchor
            ),
            subscription_proration_behavior=kept(
                command.subscription_proration_behavior, account.subscription_proration_behavior
            ),
        )
        await work.accounts.save_account(changed)
        data = {"id": str(changed.id), "displayName": changed.display_name}
        work.publish(_updated("ACCOUNT", changed.id, data, change_of(account, changed)))
        await work.commit()
    return changed


def _updated(entity: str, id: UUID, data: Mapping[str, object], change: Change | None) -> Event:
    """`<entity>_UPDATED`, only logged."""
    return Event(
        type=f"{entity}_UPDATED", entity_type=entity, entity_id=id, data=data, change=change
    )

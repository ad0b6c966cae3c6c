"""What a request carries: who asks, what it may touch, and its loaders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from app.graphql.asked import Asked
from app.graphql.loaders import Loaders
from app.ports import EnvironmentScope, LiveUpdates, Runtime
from domain.accounts.enums import ApiKeyType
from domain.accounts.model import ApiKey, Environment
from domain.accounts.scopes import ApiKeyScope, EventActor


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The holder of a valid key.

    `customer_ref_id` is set when a customer's signed token came along; `hardened` when the
    environment demands one of client keys (spec, platform §1.4).
    """

    scope: EnvironmentScope
    key_id: UUID | None = None
    key_name: str | None = None
    key_type: ApiKeyType = ApiKeyType.SERVER
    scopes: tuple[ApiKeyScope, ...] = ()
    expire_at: datetime | None = None
    hardened: bool = False
    signing_token: str = field(default="", repr=False)
    customer_ref_id: str | None = None
    introspection_only: bool = False
    """The key came as a query parameter."""

    @property
    def actor(self) -> EventActor:
        """The identity's name in refusals and event logs."""
        match self.key_type:
            case ApiKeyType.CLIENT:
                known = self.customer_ref_id is not None
                return EventActor.APP_CUSTOMER if known else EventActor.APP_PUBLIC
            case ApiKeyType.SCOPED:
                return EventActor.SCOPED_KEY
            case ApiKeyType.SALESFORCE:
                return EventActor.SALESFORCE
            case ApiKeyType.WORKFLOW:
                return EventActor.WORKFLOW
            case _:
                return EventActor.APP_SERVER

    def actor_info(self) -> Mapping[str, Any]:
        """What the outbox remembers of who did it (`EventActorInfo`)."""
        info: dict[str, Any] = {"type": self.actor.value}
        if self.key_type is ApiKeyType.SCOPED:
            info |= {"scopedKeyId": str(self.key_id), "scopedKeyName": self.key_name}
        return info


def scope_of(environment: Environment) -> EnvironmentScope:
    """The tenant that a runtime is bound to."""
    return EnvironmentScope(
        account_id=environment.account_id,
        environment_id=environment.id,
        environment_type=environment.type,
        frozen_time=environment.frozen_time,
    )


def principal_of(key: ApiKey, environment: Environment) -> Principal:
    """Whom a found key stands for."""
    return Principal(
        scope=scope_of(environment),
        key_id=key.id,
        key_name=key.display_name,
        key_type=key.key_type,
        scopes=key.scopes or (),
        expire_at=key.expire_at,
        hardened=environment.harden_client_access_enabled,
        signing_token=environment.signing_token,
    )


RuntimeOf = Callable[[Principal, str, Asked], Runtime]
"""The runtime of one operation: who asks, its trace id, and what the log will say of it."""


@runtime_checkable
class Socket(Protocol):
    """A WebSocket, on which any number of operations run one after another or at once."""

    async def new_context(self) -> Context | None:
        """A context for one more operation; None when the key has stopped working."""

    async def close(self, code: int, reason: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class Context:
    """The context of one GraphQL operation.

    `listens_to` is the customer whose events a client key's subscriptions hear, by ref_id.
    """

    principal: Principal
    runtime: Runtime
    loaders: Loaders
    trace_id: str
    introspection: bool = True
    live: LiveUpdates | None = None
    socket: Socket | None = None
    listens_to: str | None = None
    asked: Asked | None = None
    """What the event log will say was asked; None = nothing."""

    def forget_loaded(self) -> None:
        """Empty the loaders: after a mutation, relations are read again."""
        self.loaders = Loaders(self.runtime)

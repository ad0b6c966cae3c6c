"""GraphQL enums of hooks and event logs: the domain's own, made known to Strawberry."""

import strawberry

from domain.accounts.scopes import EventActor
from domain.webhooks.enums import EventEntityType, EventLogType, HookStatus

__all__ = ["EventActor", "EventEntityType", "EventLogType", "HookStatus"]

for _enum in (EventActor, EventEntityType, EventLogType, HookStatus):
    strawberry.enum(_enum)

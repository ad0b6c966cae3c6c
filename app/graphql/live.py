"""What the subscription fields share: hearing events, whom they concern, payloads made once.

Source: spec, entitlements §10; platform §1.4 (client keys hear of one customer).
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from app.context import Context
from app.ports import Runtime
from domain.accounts.enums import ApiKeyType
from domain.errors import bad_input
from domain.events import CommittedEvent
from domain.ids import CustomerId

T = TypeVar("T")

TOO_SLOW = 4413
"""The close code of a socket whose reader fell too far behind."""

PAYLOADS_KEPT = 512
_payloads: OrderedDict[tuple[object, ...], asyncio.Future[Any]] = OrderedDict()


async def heard(
    context: Context, *types: str, of_customer: bool = True
) -> AsyncGenerator[CommittedEvent, None]:
    """The events of these types that the key may hear, for as long as the subscription lasts."""
    if context.live is None:
        raise bad_input("Subscriptions need a WebSocket")
    environment_id = context.principal.scope.environment_id
    is_narrow = of_customer and context.principal.key_type is ApiKeyType.CLIENT
    async with context.live.listen(environment_id, types) as listening:
        if is_narrow:
            listening.customer_id = await _audience(context)
        async for event in listening:
            if is_narrow and listening.customer_id is None:  # looked for until it exists
                listening.customer_id = await _audience(context)
            known = listening.customer_id
            if not is_narrow or (known is not None and event.customer_id == known):
                yield event
    if listening.too_slow and context.socket is not None:
        await context.socket.close(TOO_SLOW, "Too slow: events are not read as fast as they come")


def at_event(runtime: Runtime, event: CommittedEvent) -> Runtime:
    """The runtime at the event's instant: a payload tells what was so then."""
    return replace(runtime, clock=lambda: event.created_at)


async def once(event: CommittedEvent, kind: str, make: Callable[[], Awaitable[T]]) -> T:
    """`make()`, done once per event however many subscribers of this process want it."""
    key = (event.sequence, event.environment_id, kind, id(asyncio.get_running_loop()))
    made = _payloads.get(key)
    if made is None:
        made = _payloads[key] = asyncio.ensure_future(make())
        if len(_payloads) > PAYLOADS_KEPT:
            _payloads.popitem(last=False)
    return cast("T", await asyncio.shield(made))


async def _audience(context: Context) -> CustomerId | None:
    """The one customer that a client key hears of; None while nobody of that name exists."""
    ref_id = context.listens_to
    if ref_id is None:
        return None
    found = await context.runtime.readers.customers.by_ref_ids([ref_id])
    return found[ref_id].id if ref_id in found else None

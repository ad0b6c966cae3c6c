"""The sandbox provider at work outside of operations: by its clock, and by a customer's hand.

Its webhooks take the way of any provider's: signed, read, and heard once. They are handed over in
the process; the same bytes sent to `/webhooks/billing/{integrationId}` have the same effect.
"""

from __future__ import annotations

import logging
from datetime import datetime

from app.billing.sandbox import SandboxProvider
from app.ports import Runtime
from app.usecases.billing.providers import sandbox_in
from app.usecases.billing.webhooks import receive_webhook
from domain.billing.sandbox.model import CheckoutState, SandboxCheckout, SandboxInvoice
from domain.errors import DomainError

_log = logging.getLogger(__name__)


async def next_provider_due(runtime: Runtime) -> datetime | None:
    """When the provider acts by itself next; None: never, or it keeps its own time."""
    async with runtime.new_unit_of_work() as work:
        sandbox = sandbox_in(work)
        return None if sandbox is None else await sandbox.next_due()


async def run_provider(runtime: Runtime, *, until: datetime) -> None:
    """Let the sandbox do what is due by `until`, then hear what it has to tell."""
    async with runtime.new_unit_of_work() as work:
        sandbox = sandbox_in(work)
        if sandbox is None:
            return
        await sandbox.run_due(until=until)
        await work.commit()
    await deliver(runtime)


async def deliver(runtime: Runtime) -> int:
    """Hand over the webhooks in line, oldest first; how many.

    One that is refused just now (its customer is being changed) stays first in line.
    """
    count = 0
    while True:
        async with runtime.new_unit_of_work() as work:
            sandbox = sandbox_in(work)
            webhook = None if sandbox is None else await sandbox.next_webhook()
        if webhook is None:
            return count
        webhook_id, body, signature = webhook
        try:
            await receive_webhook(body, signature, runtime=runtime)
        except DomainError as error:
            _log.warning("webhook %s is refused for now: %s", webhook_id, error.code)
            return count
        async with runtime.new_unit_of_work() as work:
            sandbox = sandbox_in(work)
            assert sandbox is not None
            await sandbox.received(webhook_id)
            await work.commit()
        count += 1


async def show_checkout(checkout_id: str, *, runtime: Runtime) -> SandboxCheckout:
    """The checkout of a page. Raises NotFound."""
    async with runtime.new_unit_of_work() as work:
        return await _require(sandbox_in(work)).require_checkout(checkout_id)


async def complete_checkout(
    checkout_id: str, method: str, *, runtime: Runtime
) -> tuple[SandboxCheckout, bool]:
    """The customer pays; the checkout, and whether the method was declined."""
    async with runtime.new_unit_of_work() as work:
        sandbox = _require(sandbox_in(work))
        checkout = await sandbox.complete_checkout(checkout_id, method)
        await work.commit()
    await deliver(runtime)
    return checkout, checkout.state is CheckoutState.OPEN


async def cancel_checkout(checkout_id: str, *, runtime: Runtime) -> SandboxCheckout:
    """The customer turns back."""
    async with runtime.new_unit_of_work() as work:
        checkout = await _require(sandbox_in(work)).cancel_checkout(checkout_id)
        await work.commit()
    await deliver(runtime)
    return checkout


async def show_invoice(invoice_id: str, *, runtime: Runtime) -> SandboxInvoice:
    """The invoice of a page. Raises NotFound."""
    async with runtime.new_unit_of_work() as work:
        return await _require(sandbox_in(work)).require_invoice(invoice_id)


async def pay_invoice(invoice_id: str, method: str, *, runtime: Runtime) -> SandboxInvoice:
    """The customer pays an open invoice, or tries to."""
    async with runtime.new_unit_of_work() as work:
        invoice = await _require(sandbox_in(work)).pay_by_hand(invoice_id, method)
        await work.commit()
    await deliver(runtime)
    return invoice


async def has_outage(*, runtime: Runtime) -> bool:
    """Whether the provider does not answer at the moment."""
    async with runtime.new_unit_of_work() as work:
        return await _require(sandbox_in(work)).is_out()


async def set_outage(*, is_out: bool, runtime: Runtime) -> None:
    """Have the provider stop answering, or answer again."""
    async with runtime.new_unit_of_work() as work:
        await _require(sandbox_in(work)).set_out(is_out=is_out)
        await work.commit()


def _require(sandbox: SandboxProvider | None) -> SandboxProvider:
    assert sandbox is not None, "the sandbox's pages exist only where it is the provider"
    return sandbox

"""What all of the sandbox provider stands on: its books, its webhooks, and whether it answers.

Source: spec, subscriptions §16.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter

from app.billing.store import SandboxStore
from app.ports import Ids
from domain.billing.model import ProviderEvent, ProviderEventType
from domain.billing.sandbox import invoicing
from domain.billing.sandbox.model import SandboxCustomer, SandboxInvoice
from domain.billing.sandbox.webhooks import require_signature, signature_of
from domain.customers.model import Customer
from domain.errors import BillingUnavailable, ErrorCode, NotFound
from domain.ids import EnvironmentId
from domain.subscriptions.model import Invoice

ID_HEX_DIGITS = 24
_EVENT = TypeAdapter(ProviderEvent)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxBooks:
    """`base_url` is where the server is reached; `secret` signs the environment's webhooks."""

    store: SandboxStore
    environment_id: EnvironmentId
    clock: Callable[[], datetime]
    ids: Ids
    base_url: str
    secret: bytes

    # --- webhooks ---------------------------------------------------------------------------------

    def read_webhook(self, body: bytes, signature: str) -> ProviderEvent:
        """The event of a webhook; raises BadSignature."""
        require_signature(body, signature, secret=self.secret)
        return _EVENT.validate_json(body)

    async def next_webhook(self) -> tuple[str, bytes, str] | None:
        """The oldest webhook not received yet: its id, body and signature."""
        event = await self.store.next_event()
        if event is None:
            return None
        body = _EVENT.dump_json(event)
        return event.id, body, signature_of(body, secret=self.secret, at=event.at)

    async def received(self, event_id: str) -> None:
        await self.store.received(event_id)

    async def _emit_invoice(
        self, type_: ProviderEventType, invoice: SandboxInvoice, *, at: datetime
    ) -> None:
        """Tell every subscription of the invoice; of a purchase's, nobody but the server."""
        for part in invoice.parts:
            await self._emit_about(type_, invoice, part.subscription_id, at=at)

    async def _emit_about(
        self,
        type_: ProviderEventType,
        invoice: SandboxInvoice,
        subscription_id: str | None,
        *,
        at: datetime,
    ) -> None:
        await self._emit(
            type_,
            invoice.customer_id,
            at=at,
            subscription_billing_id=subscription_id,
            invoice=self._shown(invoice),
        )

    async def _emit(
        self, type_: ProviderEventType, customer_id: str, *, at: datetime, **about: Any
    ) -> None:
        event_id = f"evt_{self.ids.new_hex(ID_HEX_DIGITS)}"
        await self.store.emit(
            ProviderEvent(id=event_id, type=type_, at=at, customer_billing_id=customer_id, **about)
        )

    # --- outages ----------------------------------------------------------------------------------

    async def is_out(self) -> bool:
        """Whether the provider does not answer at the moment."""
        return await self.store.is_out()

    async def set_out(self, *, is_out: bool) -> None:
        """Stop answering, or answer again."""
        await self.store.set_out(is_out=is_out)

    async def _require_reachable(self) -> None:
        if await self.store.is_out():
            raise BillingUnavailable

    # --- shared -----------------------------------------------------------------------------------

    async def _once(
        self, key: str, answer_type: TypeAdapter[T], make: Callable[[], Awaitable[T]]
    ) -> T:
        """The answer of the first write of `key`, also to later ones.

        Raises BillingUnavailable during an outage.
        """
        known = await self.store.answer(key)
        if known is not None:
            return answer_type.validate_python(known["answer"])
        made = await make()
        await self.store.remember(key, {"answer": answer_type.dump_python(made, mode="json")})
        return made

    async def _payer(self, payer: Customer) -> SandboxCustomer:
        return await self._customer(payer.billing_id or f"cus_{payer.id.hex}")

    async def _customer(self, billing_id: str) -> SandboxCustomer:
        """The customer of any id; an unknown one is made."""
        known = await self.store.customer(billing_id)
        if known is None:
            known = SandboxCustomer(id=billing_id)
            await self.store.save_customer(known)
        return known

    async def _invoice(self, id: str) -> SandboxInvoice:
        invoice = await self.store.invoice(id)
        if invoice is None:
            raise NotFound(ErrorCode.MissingBillingInvoiceError, f"Invoice {id} not found")
        return invoice

    async def _save(self, posting: invoicing.Posting) -> None:
        await self.store.save_invoice(posting.invoice)
        await self.store.save_customer(posting.customer)

    def _shown(self, invoice: SandboxInvoice) -> Invoice:
        return invoicing.invoice_of(invoice, payment_url=self._page(invoice))

    def _page(self, invoice: SandboxInvoice) -> str:
        return f"{self.base_url}/sandbox/invoice/{invoice.id}"

    def _page_id(self, prefix: str) -> str:
        """An id that a page's address can be found by: it names the environment."""
        return f"{prefix}_{self.environment_id.hex}_{self.ids.new_hex(ID_HEX_DIGITS)}"

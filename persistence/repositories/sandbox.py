"""The sandbox provider's books, in the same transaction as the change that they are about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, func, select, union_all

from domain.billing.model import ProviderEvent
from domain.billing.sandbox.model import (
    CheckoutState,
    SandboxCheckout,
    SandboxCustomer,
    SandboxInvoice,
    SandboxSubscription,
)
from domain.errors import BillingUnavailable
from persistence.repositories.base import Repository
from persistence.rows.sandbox import (
    SandboxAnswerRow,
    SandboxCheckoutRow,
    SandboxCustomerRow,
    SandboxEventRow,
    SandboxInvoiceRow,
    SandboxSubscriptionRow,
)

Record = TypeVar("Record")
_KEY = ("environment_id", "id")
# Stands among the answers, so that a write learns of an outage without asking on its own. Keys of
# writes begin with their kind.
_OUTAGE = "outage"


class SqlSandboxStore(Repository):
    """Fits `app.billing.store.SandboxStore`."""

    async def answer(self, key: str) -> Mapping[str, Any] | None:
        """What was answered to the write of this key, if it was made already.

        Raises BillingUnavailable during an outage, found in the same statement.
        """
        rows = await self.fetch(
            select(SandboxAnswerRow.key, SandboxAnswerRow.answer).where(
                SandboxAnswerRow.environment_id == self.environment_id,
                SandboxAnswerRow.key.in_([key, _OUTAGE]),
            )
        )
        found = {row.key: row.answer for row in rows}
        if _OUTAGE in found:
            raise BillingUnavailable
        return found.get(key)

    async def is_out(self) -> bool:
        """Whether there is an outage."""
        rows = await self.fetch(
            select(SandboxAnswerRow.key).where(
                SandboxAnswerRow.environment_id == self.environment_id,
                SandboxAnswerRow.key == _OUTAGE,
            )
        )
        return bool(rows)

    async def set_out(self, *, is_out: bool) -> None:
        """Begin or end an outage."""
        if is_out:
            row = {"key": _OUTAGE, "answer": {}}
            await self.upsert(SandboxAnswerRow, [row], key=("environment_id", "key"))
        else:
            await self.delete_where(SandboxAnswerRow, SandboxAnswerRow.key == _OUTAGE)

    async def remember(self, key: str, answer: Mapping[str, Any]) -> None:
        await self.insert(SandboxAnswerRow, [{"key": key, "answer": answer}])

    async def customer(self, id: str) -> SandboxCustomer | None:
        """The payer, locked: its balance belongs to one operation at a time."""
        return await self._record(SandboxCustomerRow, id, SandboxCustomer)

    async def save_customer(self, customer: SandboxCustomer) -> None:
        row = {"id": customer.id, "record": customer}
        await self.upsert(SandboxCustomerRow, [row], key=_KEY)

    async def subscription(self, id: str) -> SandboxSubscription | None:
        return await self._record(SandboxSubscriptionRow, id, SandboxSubscription)

    async def save_subscription(self, subscription: SandboxSubscription) -> None:
        row = {"id": subscription.id, "record": subscription}
        await self.upsert(SandboxSubscriptionRow, [row], key=_KEY)

    async def invoice(self, id: str) -> SandboxInvoice | None:
        return await self._record(SandboxInvoiceRow, id, SandboxInvoice)

    async def retrying(self, subscription_id: str) -> tuple[SandboxInvoice, ...]:
        """The subscription's invoices that are to be collected again."""
        rows = await self.fetch(
            select(SandboxInvoiceRow.record)
            .where(
                SandboxInvoiceRow.environment_id == self.environment_id,
                SandboxInvoiceRow.subscription_id == subscription_id,
                SandboxInvoiceRow.due_at.is_not(None),
            )
            .order_by(SandboxInvoiceRow.id)
            .with_for_update()
        )
        return tuple(row.record for row in rows if row.record.first_failed_at is not None)

    async def save_invoice(self, invoice: SandboxInvoice) -> None:
        row = {
            "id": invoice.id,
            "subscription_id": invoice.subscription_id,
            "due_at": invoice.action_at,
            "record": invoice,
        }
        await self.upsert(SandboxInvoiceRow, [row], key=_KEY)

    async def checkout(self, id: str) -> SandboxCheckout | None:
        return await self._record(SandboxCheckoutRow, id, SandboxCheckout)

    async def save_checkout(self, checkout: SandboxCheckout) -> None:
        due_at = checkout.expires_at if checkout.state is CheckoutState.OPEN else None
        row = {"id": checkout.id, "due_at": due_at, "record": checkout}
        await self.upsert(SandboxCheckoutRow, [row], key=_KEY)

    async def next_due(self) -> datetime | None:
        """When the provider has something to do by itself next."""
        invoices = select(func.min(SandboxInvoiceRow.due_at).label("due_at")).where(
            SandboxInvoiceRow.environment_id == self.environment_id
        )
        checkouts = select(func.min(SandboxCheckoutRow.due_at).label("due_at")).where(
            SandboxCheckoutRow.environment_id == self.environment_id
        )
        both = union_all(invoices, checkouts).subquery()
        row = await self.fetch_one(select(func.min(both.c.due_at).label("due_at")))
        return None if row is None else row.due_at

    async def due_invoices(self, *, until: datetime) -> tuple[SandboxInvoice, ...]:
        """Invoices to act on by `until`, in their order, locked."""
        return await self._due(SandboxInvoiceRow, until)

    async def due_checkouts(self, *, until: datetime) -> tuple[SandboxCheckout, ...]:
        """Checkouts that end by `until`, in their order, locked."""
        return await self._due(SandboxCheckoutRow, until)

    async def emit(self, event: ProviderEvent) -> None:
        """Put a webhook in line."""
        await self.insert(SandboxEventRow, [{"id": event.id, "record": event}])

    async def next_event(self) -> ProviderEvent | None:
        """The oldest webhook not received yet."""
        row = await self.fetch_one(
            select(SandboxEventRow.record)
            .where(SandboxEventRow.environment_id == self.environment_id)
            .order_by(SandboxEventRow.sequence)
            .limit(1)
        )
        return None if row is None else row.record

    async def received(self, event_id: str) -> None:
        """Take the webhook out of the line."""
        await self.execute(
            delete(SandboxEventRow).where(
                SandboxEventRow.environment_id == self.environment_id,
                SandboxEventRow.id == event_id,
            )
        )

    async def _record(self, row_class: Any, id: str, _kind: type[Record]) -> Record | None:
        row = await self.fetch_one(
            select(row_class.record)
            .where(row_class.environment_id == self.environment_id, row_class.id == id)
            .with_for_update()
        )
        return None if row is None else row.record

    async def _due(self, row_class: Any, until: datetime) -> tuple[Any, ...]:
        rows = await self.fetch(
            select(row_class.record)
            .where(
                row_class.environment_id == self.environment_id,
                row_class.due_at.is_not(None),
                row_class.due_at <= until,
            )
            .order_by(row_class.due_at, row_class.id)
            .with_for_update()
        )
        return tuple(row.record for row in rows)

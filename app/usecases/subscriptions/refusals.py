"""Telling that a subscription was to be made and was refused: CREATE_SUBSCRIPTION_FAILED.

A refused operation leaves nothing behind, so this is told in a transaction of its own, after the
roll-back. It counts where subscriptions are made (provision, create, the making half of apply, a
new customer's first one, a paid checkout), never for previews, updates or imports: an import's
refusals stay on its task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from app.ports import Runtime
from domain.errors import DomainError
from domain.subscriptions.refusals import creation_failed, is_failed_creation
from domain.subscriptions.request import ProvisionRequest


@dataclass(slots=True)
class Refusals:
    """`async with Refusals(runtime) as refusals, …: refusals.making(request)`: tells and re-raises.

    It stands before the unit of work, whose roll-back thus comes first.
    """

    runtime: Runtime
    customer_ref_id: str = ""
    input: Mapping[str, object] | None = None
    """What is being made; None = nothing yet, so that a refusal is of something else."""

    def making(self, request: ProvisionRequest) -> None:
        """From here on a refusal is one of this creation."""
        self.customer_ref_id = request.customer_ref_id
        self.input = input_of(request)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.input is None or not isinstance(error, DomainError):
            return
        if not is_failed_creation(error):
            return
        async with self.runtime.new_unit_of_work() as work:
            found = await work.customers.by_ref_ids([self.customer_ref_id])
            customer = found.get(self.customer_ref_id)
            id = self.runtime.ids.new_uuid()
            work.publish(creation_failed(self.input, error, customer=customer, id=id))
            await work.commit()


def input_of(request: ProvisionRequest) -> Mapping[str, object]:
    """The request as its caller put it; `customerId` is set even where it was generated."""
    known: dict[str, object] = {
        "customerId": request.customer_ref_id,
        "planId": request.plan_ref_id,
    }
    return known | dict(request.wording)

"""Which refusals are failed creations of a subscription, that receivers are told of.

Source: spec, platform §7 (CREATE_SUBSCRIPTION_FAILED); what counts is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from domain.customers.model import Customer
from domain.errors import DomainError, ErrorCode, Forbidden
from domain.events import Event

CREATE_FAILED = "CREATE_SUBSCRIPTION_FAILED"

# The request was not understood, or is to be sent again as it is: neither says anything of the
# customer's wish to subscribe.
_NOT_A_FAILURE = frozenset(
    {
        ErrorCode.BadUserInput,
        ErrorCode.EntityIdDifferentFromRefIdError,
        ErrorCode.InvalidArgumentError,
        ErrorCode.InvalidMetadataError,
        ErrorCode.MissingEntityIdError,
        ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError,
        ErrorCode.OperationTimeout,
        ErrorCode.UnsupportedParameter,
    }
)


def is_failed_creation(error: DomainError) -> bool:
    """Whether a creation that was understood is refused by catalogue, customer or provider."""
    return not isinstance(error, Forbidden) and error.code not in _NOT_A_FAILURE


def creation_failed(
    input: Mapping[str, object], error: DomainError, *, customer: Customer | None, id: UUID
) -> Event:
    """What is told: the input, which holds no billing information, and why it was refused.

    `id` stands for the subscription that was not made; `customer` is None where none is there.
    """
    return Event(
        type=CREATE_FAILED,
        entity_type="SUBSCRIPTION",
        entity_id=id,
        customer_id=None if customer is None else customer.id,
        data={
            "input": dict(input),
            "error": {"code": error.code.value, "message": error.message},
        },
    )

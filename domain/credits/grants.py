"""Making and changing grants: what a caller may say of one. Source: spec, entitlements §9.3, §9.11.

Settling what follows in the wallet is `domain.credits.wallet`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from domain.catalog.enums import Currency
from domain.catalog.text import require_display_name, require_length
from domain.credits.enums import CreditGrantStatus, CreditGrantType, CreditGrantTypeInput
from domain.credits.model import (
    ZERO,
    CreditGrant,
    CreditGrantId,
    GrantStage,
    WalletKey,
    credits_of,
    status_of,
)
from domain.errors import Conflict, ErrorCode, InvalidInput, NotFound, invalid_argument, not_found
from domain.metadata import require_object
from domain.money import Money
from domain.patch import ABSENT, Absent, Maybe, kept, kept_unless_given

COMMENT_LENGTH_MAX = 200
AMOUNT_MAX = Decimal(2**53 - 1)
"""What a JSON number carries exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGrant:
    """A grant as the caller describes it, unchecked; `effective_at` None = now."""

    display_name: str
    amount: Decimal
    grant_type: CreditGrantTypeInput
    cost: Money | None = None
    priority: Decimal | None = None
    effective_at: datetime | None = None
    expire_at: datetime | None = None
    comment: str | None = None
    additional_meta_data: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantChanges:
    """What an update says of a grant; absent fields stay, the amount always does."""

    display_name: Maybe[str | None] = ABSENT
    priority: Maybe[Decimal | None] = ABSENT
    effective_at: Maybe[datetime | None] = ABSENT
    expire_at: Maybe[datetime | None] = ABSENT
    comment: Maybe[str | None] = ABSENT
    additional_meta_data: object = ABSENT


def require_credits(amount: Decimal, *, field: str = "amount") -> Decimal:
    """Return a positive amount as it is kept. Raises InvalidArgumentError."""
    if not amount.is_finite() or not 0 < amount <= AMOUNT_MAX:
        raise invalid_argument(f"{field} must be above 0 and at most 2^53 - 1")
    kept_amount = credits_of(amount)
    if not kept_amount:
        raise invalid_argument(f"{field} must be above 0: credits have ten decimal places")
    return kept_amount


def create_grant(new: NewGrant, key: WalletKey, *, id: CreditGrantId, now: datetime) -> CreditGrant:
    """Return the grant that `new` describes, waiting to begin.

    A promotional one costs nothing; a paid one costs what is given, 0 USD by default. Raises
    InvalidArgumentError, BadUserInput, InvalidMetadataError and
    ExpireAtMustBeLaterThanEffectiveAtError.
    """
    grant_type = CreditGrantType(new.grant_type.value)
    cost = new.cost or Money(ZERO, Currency.USD)
    if not cost.amount.is_finite() or cost.amount < 0 or cost.amount > AMOUNT_MAX:
        raise invalid_argument("cost must be 0 or more")
    if grant_type is CreditGrantType.PROMOTIONAL and cost.amount:
        raise invalid_argument("A promotional grant costs nothing")
    return _checked(
        CreditGrant(
            id=id,
            grant_id=str(id),
            customer_id=key.customer_id,
            resource_id=key.resource_id,
            currency_id=key.currency_id,
            display_name=new.display_name,
            grant_type=grant_type,
            amount=require_credits(new.amount),
            cost=cost,
            priority=ZERO if new.priority is None else new.priority,
            effective_at=new.effective_at or now,
            expire_at=new.expire_at,
            comment=new.comment,
            additional_meta_data=require_object(new.additional_meta_data),
            created_at=now,
            updated_at=now,
        )
    )


def change_grant(grant: CreditGrant, changes: GrantChanges, *, now: datetime) -> CreditGrant:
    """Return the grant with the changes made.

    What has begun cannot be made to begin later: its credits may be spent already. Raises
    CannotUpdateExpireAtForExpiredCreditGrantError and what `create_grant` raises; a voided grant
    is CreditGrantAlreadyVoided.
    """
    status = status_of(grant, now)
    if status is CreditGrantStatus.VOIDED:
        raise Conflict(
            ErrorCode.CreditGrantAlreadyVoided,
            f"Credit grant {grant.grant_id} is voided and cannot be changed",
            grantId=grant.grant_id,
        )
    expire_at = kept(changes.expire_at, grant.expire_at)
    if status is CreditGrantStatus.EXPIRED and expire_at != grant.expire_at:
        raise Conflict(
            ErrorCode.CannotUpdateExpireAtForExpiredCreditGrantError,
            f"Credit grant {grant.grant_id} has expired: its expireAt cannot be changed",
        )
    effective_at = kept_unless_given(changes.effective_at, grant.effective_at)
    if grant.stage is not GrantStage.WAITING and effective_at > max(now, grant.effective_at):
        raise invalid_argument("effectiveAt of a grant that has begun cannot be moved ahead")
    meta_data = grant.additional_meta_data
    if not isinstance(changes.additional_meta_data, Absent):
        meta_data = require_object(changes.additional_meta_data)
    return _checked(
        replace(
            grant,
            display_name=kept_unless_given(changes.display_name, grant.display_name),
            priority=kept_unless_given(changes.priority, grant.priority),
            effective_at=effective_at,
            expire_at=expire_at,
            comment=kept(changes.comment, grant.comment),
            additional_meta_data=meta_data,
            updated_at=now,
        )
    )


def grant_not_found(identifier: str) -> NotFound:
    return not_found(ErrorCode.CreditGrantNotFound, "Credit grant", identifier)


def _checked(grant: CreditGrant) -> CreditGrant:
    require_display_name(grant.display_name)
    if grant.comment is not None:
        require_length(grant.comment, field="comment", minimum=0, maximum=COMMENT_LENGTH_MAX)
    if not grant.priority.is_finite() or not 0 <= grant.priority <= AMOUNT_MAX:
        raise invalid_argument("priority must be 0 or more")
    if grant.expire_at is not None and grant.expire_at <= grant.effective_at:
        raise InvalidInput(
            ErrorCode.ExpireAtMustBeLaterThanEffectiveAtError,
            "expireAt must be later than effectiveAt",
        )
    return grant

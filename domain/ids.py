"""Identifiers: internal UUIDs by kind, and the caller's `refId` rule.

Source: spec, platform §2 (ids) and catalog §1.
"""

from __future__ import annotations

import re
from typing import NewType
from uuid import UUID

from domain.errors import bad_input

AccountId = NewType("AccountId", UUID)
EnvironmentId = NewType("EnvironmentId", UUID)
ProductId = NewType("ProductId", UUID)
FeatureId = NewType("FeatureId", UUID)
FeatureGroupId = NewType("FeatureGroupId", UUID)
PackageId = NewType("PackageId", UUID)
PriceId = NewType("PriceId", UUID)
CurrencyId = NewType("CurrencyId", UUID)
CouponId = NewType("CouponId", UUID)
CustomerId = NewType("CustomerId", UUID)
ResourceId = NewType("ResourceId", UUID)
SubscriptionId = NewType("SubscriptionId", UUID)

REF_ID_LENGTH_MAX = 255
_REF_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_|.-]*")
_CUSTOMER_REF_ID = re.compile(r"[a-zA-Z0-9@][a-zA-Z0-9_|.@-]*")


def require_ref_id(ref_id: str, *, field: str = "refId") -> str:
    """Return `ref_id`, or raise BadUserInput unless 1-255 characters of the documented alphabet."""
    return _require(_REF_ID, ref_id, field)


def require_customer_ref_id(ref_id: str, *, field: str = "refId") -> str:
    """As `require_ref_id`; customers' ids may also hold `@`."""
    return _require(_CUSTOMER_REF_ID, ref_id, field)


def _require(pattern: re.Pattern[str], ref_id: str, field: str) -> str:
    if len(ref_id) > REF_ID_LENGTH_MAX or not pattern.fullmatch(ref_id):
        raise bad_input(
            f"{field} must be 1-{REF_ID_LENGTH_MAX} letters, digits or _|.- "
            f"and start with a letter or digit",
            validationErrors=[{"field": field, "message": "malformed identifier"}],
        )
    return ref_id


def as_uuid(text: str) -> UUID | None:
    """The UUID that `text` spells, else None: catalogue ids are tried as UUIDs first."""
    try:
        return UUID(text)
    except ValueError:
        return None

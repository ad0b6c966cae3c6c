"""Output types of offers."""

from datetime import datetime
from uuid import UUID

import strawberry

from app.graphql.catalog.offers.enums import OfferStatus
from app.graphql.scalars import JSON


@strawberry.type
class Offer:
    account_id: str
    created_at: datetime
    description: str | None
    environment_id: UUID
    id: UUID
    is_default: bool
    is_latest: bool
    metadata: JSON | None
    name: str
    offer_id: str
    status: OfferStatus
    updated_at: datetime
    version: int

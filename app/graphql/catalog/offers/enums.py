"""GraphQL enums of offers: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import OfferStatus

__all__ = [
    "OfferStatus",
]

for _enum in (OfferStatus,):
    strawberry.enum(_enum)

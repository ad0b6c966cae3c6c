"""Output types of money and custom currencies."""

from datetime import datetime

import strawberry

from app.graphql.catalog.currencies.enums import Currency
from app.graphql.scalars import JSON


@strawberry.type
class Units:
    plural: str | None
    singular: str | None


@strawberry.type
class CustomCurrency:
    additional_meta_data: JSON | None
    archived_at: datetime | None
    created_at: datetime
    currency_id: str
    description: str | None
    display_name: str
    id: str
    symbol: str | None
    units: Units | None
    updated_at: datetime


@strawberry.type
class CustomCurrencyAssociatedEntity:
    display_name: str
    id: str
    ref_id: str
    type: str


@strawberry.type
class Money:
    amount: float
    currency: Currency


@strawberry.type
class SlimCustomCurrency:
    currency_id: str
    display_name: str
    symbol: str | None
    units: Units | None

"""GraphQL enums of money and custom currencies: the domain's own, made known to Strawberry."""

import strawberry

from domain.catalog.enums import Currency, CustomCurrencyStatus

__all__ = [
    "Currency",
    "CustomCurrencyStatus",
]

for _enum in (
    Currency,
    CustomCurrencyStatus,
):
    strawberry.enum(_enum)

"""Money: amounts in major units, exact, in one currency, rounded once at a line's total.

`49` is $49.00. Unit prices go below the minor unit (0.00275 USD); a line's total is rounded
half up (away from zero) to the digits of its currency. Source: spec, catalog §6.1 and
subscriptions §0.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from domain.catalog.enums import Currency

ZERO = Decimal(0)

# Currencies without a minor unit (spec, catalog §6.1).
_ZERO_DIGIT_CURRENCIES = frozenset(
    {
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "MGA",
        "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in major units of one currency; mixing currencies is a bug and raises."""

    amount: Decimal
    currency: Currency

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    def rounded(self) -> Money:
        """The amount rounded half up to the minor unit: 3.3935 USD -> 3.39 USD."""
        return Money(round_to_minor_unit(self.amount, self.currency), self.currency)

    def _same(self, other: Money) -> None:
        if other.currency != self.currency:
            raise AssertionError(f"mixed currencies: {self.currency} and {other.currency}")


def minor_digits(currency: Currency) -> int:
    """Digits after the point of the currency's minor unit: 2, or 0 for JPY and its like."""
    return 0 if currency.value in _ZERO_DIGIT_CURRENCIES else 2


def round_to_minor_unit(amount: Decimal, currency: Currency) -> Decimal:
    """Round half up, away from zero: 0.125 USD -> 0.13; 1049.5 JPY -> 1050; -0.125 -> -0.13."""
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), rounding=ROUND_HALF_UP)

"""What usage would cost, told before it happens: per feature, and per currency with its balance.

Source: spec, entitlements §9.12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.catalog.enums import AggregationFunction
from domain.catalog.model import CreditRate, Meter
from domain.credits.enums import EstimationRequestWarning, EstimationWarningCode
from domain.credits.model import ZERO

# What one more event adds to them hangs on all others.
_UNSUPPORTED = frozenset(
    {AggregationFunction.MAX, AggregationFunction.MIN, AggregationFunction.AVG}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What one feature would burn of a currency (ids are the caller's)."""

    feature_ref_id: str
    currency_id: str
    cost: Decimal
    warning: EstimationWarningCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyEstimate:
    """What would be burned of one currency, and its balance as it is: 40 at a cost of 50 -> -10."""

    currency_id: str
    balance: Decimal
    breakdown: tuple[Item, ...]

    @property
    def cost(self) -> Decimal:
        return sum((item.cost for item in self.breakdown), ZERO)

    @property
    def balance_after(self) -> Decimal:
        return self.balance - self.cost

    @property
    def would_overdraft(self) -> bool:
        return self.balance_after < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimation:
    """The estimates by currency, and what is to be known of the request."""

    estimates: tuple[CurrencyEstimate, ...]
    warnings: tuple[EstimationRequestWarning, ...]


def is_unsupported(rate: CreditRate, meter: Meter | None) -> bool:
    """Whether nobody can say what usage of the meter would cost; a formula always can."""
    return rate.cost_formula is None and meter is not None and meter.function in _UNSUPPORTED


def by_currency(
    items: Iterable[Item], balances: Mapping[str, Decimal]
) -> tuple[CurrencyEstimate, ...]:
    """The items by currency, in the order of ids; a currency without a wallet holds 0."""
    found: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda item: (item.currency_id, item.feature_ref_id)):
        found.setdefault(item.currency_id, []).append(item)
    return tuple(
        CurrencyEstimate(
            currency_id=currency,
            balance=balances.get(currency, ZERO),
            breakdown=tuple(breakdown),
        )
        for currency, breakdown in found.items()
    )

"""The examples of spec, catalog §12 that cross modules: minimum spend, a whole bill.

Those of credits (16, 17) stand in tests/domain/credits/test_recurring.py.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.catalog.enums import BillingModel, Currency, TiersMode
from domain.catalog.pricing.charge import charge_total
from domain.ids import PackageId
from domain.money import Money
from domain.subscriptions.amounts import in_advance_lines, minimum_spend_settlement, sum_of
from domain.subscriptions.model import SubscriptionAddon, SubscriptionPrice
from tests.builders import NOW, a_price, uid


def test_usage_beyond_the_minimum_spend_is_billed_in_arrears() -> None:  # example 9
    for usage, arrears in ((130, 30), (60, 0)):
        adjustment, advance = minimum_spend_settlement(Decimal(100), Decimal(usage))
        assert advance == 100
        assert usage + adjustment == arrears


def test_a_whole_bill_of_the_authoring_flow() -> None:  # example 10
    def sold(price: Any, quantity: int | None = None, addon: str | None = None) -> Any:
        return SubscriptionPrice(
            id=uid(f"sold:{price.id}:{addon}"),
            price=price,
            addon_ref_id=addon,
            quantity=None if quantity is None else Decimal(quantity),
            created_at=NOW,
            updated_at=NOW,
        )

    calls = a_price(
        model=BillingModel.USAGE_BASED,
        feature="feature-api-calls",
        tiers=((1000, 0, None), (10000, "0.01", None), (None, "0.005", None)),
        mode=TiersMode.GRADUATED,
    )
    support = SubscriptionAddon(
        id=uid("support"),
        addon_id=PackageId(uid("package:addon-support:1")),
        addon_ref_id="addon-support",
        quantity=1,
        created_at=NOW,
        updated_at=NOW,
    )
    seats = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats")
    lines = in_advance_lines(
        [sold(a_price(20)), sold(seats, 3), sold(calls), sold(a_price(15), addon="addon-support")],
        [support],
    )
    assert sum_of(lines, Currency.USD) == Money(Decimal(65), Currency.USD)
    assert charge_total(calls, Decimal(12500)) == Decimal("102.50")

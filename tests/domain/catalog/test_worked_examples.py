"""The examples of spec, catalog §12 that cross modules: minimum spend, a whole bill, credits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.catalog.enums import (
    BillingModel,
    CreditCadence,
    Currency,
    EntitlementBehavior,
    TiersMode,
)
from domain.catalog.model import CreditEntitlement
from domain.catalog.pricing.charge import charge_total
from domain.credits.recurring import recurring_amount
from domain.ids import CurrencyId, PackageId
from domain.money import Money
from domain.subscriptions.amounts import in_advance_lines, minimum_spend_settlement, sum_of
from domain.subscriptions.model import SubscriptionAddon, SubscriptionPrice
from tests.builders import NOW, a_price, feature_id, uid

SEATS = feature_id("feature-seats")


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


def credits_of(amount: int, **given: Any) -> CreditEntitlement:
    return CreditEntitlement(
        id=uid(f"credits:{amount}:{given}"),
        currency_id=CurrencyId(uid("currency")),
        amount=Decimal(amount),
        cadence=CreditCadence.MONTH,
        created_at=NOW,
        updated_at=NOW,
        **given,
    )


def test_credit_increments_add_up_and_an_override_replaces_them() -> None:  # example 16
    more = (credits_of(50), 1)
    instead = (credits_of(500, behavior=EntitlementBehavior.Override), 1)
    assert recurring_amount(credits_of(100), [more], limits={}) == 150
    assert recurring_amount(credits_of(100), [more, instead], limits={}) == 500


def test_credits_may_depend_on_a_limit() -> None:  # example 17
    each = credits_of(200, dependency_feature_id=SEATS)
    assert recurring_amount(each, [], limits={SEATS: Decimal(5)}) == 1000
    assert recurring_amount(each, [], limits={SEATS: None}) == 0
    assert recurring_amount(each, [], limits={}) == 0

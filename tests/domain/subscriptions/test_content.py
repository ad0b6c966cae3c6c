"""What a request may buy of a plan (spec, subscriptions §4)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    Currency,
    PackageGroupStatus,
    PricingType,
)
from domain.catalog.model import (
    CompatiblePackageGroup,
    CreditRate,
    MinimumSpend,
    Package,
    PackageGroup,
    PriceTier,
)
from domain.errors import DomainError, ErrorCode
from domain.ids import CurrencyId, ProductId
from domain.money import Money
from domain.subscriptions.enums import ChargeType
from domain.subscriptions.request import (
    AddonRequest,
    ContentRequest,
    EntitlementRequest,
    PriceOverrideRequest,
    QuantityRequest,
)
from tests.builders import NOW, a_plan, a_price, an_addon, uid
from tests.domain.subscriptions.facts import content_facts, sold

MONTHLY, ANNUALLY = BillingPeriod.MONTHLY, BillingPeriod.ANNUALLY
FLAT = a_price(50)
SEATS = a_price(10, model=BillingModel.PER_UNIT, feature="feature-seats")


def units(quantity: str, name: str = "feature-seats", **given: Any) -> QuantityRequest:
    return QuantityRequest(id=name, quantity=Decimal(quantity), **given)


def code_of(request: ContentRequest, *packages: Package, **given: Any) -> ErrorCode:
    with pytest.raises(DomainError) as refused:
        sold(request, content_facts(*packages, **given))
    return refused.value.code


class TestPeriod:
    def test_the_only_priced_period_is_taken(self) -> None:
        plan = a_plan("plan-pro", a_price(500, period=ANNUALLY))
        assert sold(ContentRequest(), content_facts(plan)).billing_period is ANNUALLY

    def test_of_several_one_must_be_chosen(self) -> None:
        plan = a_plan("plan-pro", FLAT, a_price(500, period=ANNUALLY))
        assert code_of(ContentRequest(), plan) is ErrorCode.BillingPeriodMissingError
        assert sold(ContentRequest(), content_facts(plan), is_trial=True).billing_period is MONTHLY

    def test_an_unpriced_period_is_refused(self) -> None:
        asked = ContentRequest(billing_period=ANNUALLY)
        assert code_of(asked, a_plan("plan-pro", FLAT)) is ErrorCode.PriceNotFound

    def test_a_paid_plan_without_prices_is_refused(self) -> None:
        plan = a_plan("plan-pro", pricing_type=PricingType.PAID)
        assert code_of(ContentRequest(), plan) is ErrorCode.PriceNotFound

    def test_a_free_plan_keeps_whatever_period(self) -> None:
        asked = ContentRequest(billing_period=MONTHLY)
        assert sold(asked, content_facts(a_plan("plan-free"))).billing_period is MONTHLY

    def test_a_country_picks_its_prices_and_currency(self) -> None:
        danish = a_price(350, billing_country_code="DK", currency=Currency.DKK)
        facts = content_facts(a_plan("plan-pro", FLAT, danish))
        local = sold(ContentRequest(billing_country_code="DK"), facts)
        assert local.currency is Currency.DKK
        elsewhere = sold(ContentRequest(billing_country_code="SE"), facts)
        assert elsewhere.currency is Currency.USD

    def test_credit_rates_of_a_free_plan_are_kept(self) -> None:
        rate = a_price(model=BillingModel.CREDIT_BASED, feature="feature-calls")
        plan = a_plan("plan-free", rate, pricing_type=PricingType.FREE)
        content = sold(ContentRequest(billing_period=ANNUALLY), content_facts(plan))
        assert [one.price for one in content.prices] == [rate]
        assert content.currency is None


class TestQuantities:
    PLAN = a_plan("plan-seats", SEATS)

    def test_charges_features_and_unit_quantity_mean_the_same(self) -> None:
        facts = content_facts(self.PLAN)
        for asked in (
            ContentRequest(quantities=(units("5"),)),
            ContentRequest(unit_quantity=Decimal(5)),
            ContentRequest(quantities=(units("5"),), unit_quantity=Decimal(5)),
        ):
            assert [one.quantity for one in sold(asked, facts).prices] == [Decimal(5)]

    @pytest.mark.parametrize(
        ("quantities", "unit_quantity", "code"),
        [
            ((), None, ErrorCode.InvalidQuantity),
            ((units("1.5"),), None, ErrorCode.InvalidQuantity),
            ((units("0"),), None, ErrorCode.InvalidQuantity),
            ((units("1000000"),), None, ErrorCode.InvalidQuantity),
            ((units("1"), units("2")), None, ErrorCode.InvalidArgumentError),
            ((units("1"),), Decimal(2), ErrorCode.InvalidArgumentError),
            ((units("1", "feature-calls"),), None, ErrorCode.PriceNotFound),
            ((units("1", "feature-none"),), None, ErrorCode.PriceNotFound),
            (
                (units("1", "credits", type=ChargeType.CREDIT),),
                None,
                ErrorCode.CustomCurrencyNotFound,
            ),
        ],
    )
    def test_what_cannot_be_is_refused(
        self,
        quantities: tuple[QuantityRequest, ...],
        unit_quantity: Decimal | None,
        code: ErrorCode,
    ) -> None:
        asked = ContentRequest(quantities=quantities, unit_quantity=unit_quantity)
        assert code_of(asked, self.PLAN) is code

    def test_unit_quantity_needs_exactly_one_per_unit_price(self) -> None:
        asked = ContentRequest(unit_quantity=Decimal(2))
        assert code_of(asked, a_plan("plan-pro", FLAT)) is ErrorCode.PriceNotFound
        calls = a_price(1, model=BillingModel.PER_UNIT, feature="feature-calls")
        two = a_plan("plan-two", SEATS, calls)
        assert code_of(asked, two) is ErrorCode.InvalidArgumentError

    def test_a_predefined_plan_takes_the_minimum(self) -> None:
        seats = a_price(
            10, model=BillingModel.PER_UNIT, feature="feature-seats", min_unit_quantity=3
        )
        asked = ContentRequest(minimum_quantities=True)
        content = sold(asked, content_facts(a_plan("plan-seats", seats)))
        assert [one.quantity for one in content.prices] == [Decimal(3)]

    def test_top_ups_are_counted_by_their_currency(self) -> None:
        credits_ = CurrencyId(uid("currency:credits"))
        top_up = a_price(1, model=BillingModel.PER_UNIT, top_up_currency_id=credits_)
        facts = content_facts(a_plan("plan-pro", top_up), currencies={"credits": credits_})
        asked = ContentRequest(quantities=(units("7", "credits", type=ChargeType.CREDIT),))
        assert [one.quantity for one in sold(asked, facts).prices] == [Decimal(7)]


def with_addons(*asked: tuple[str, int]) -> ContentRequest:
    return ContentRequest(
        addons=tuple(AddonRequest(ref_id=name, quantity=quantity) for name, quantity in asked)
    )


class TestAddons:
    PLAN = a_plan("plan-pro", FLAT, compatible_addon_ref_ids=("addon-a", "addon-b"))
    A = an_addon("addon-a", a_price(5), max_quantity=3)
    B = an_addon("addon-b", a_price(7), dependency_ref_ids=("addon-a",))

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ([("addon-a", 1), ("addon-a", 2)], ErrorCode.DuplicateAddonProvisionedError),
            ([("addon-a", -1)], ErrorCode.InvalidQuantity),
            ([("addon-x", 1)], ErrorCode.AddonsNotFound),
            ([("addon-c", 1)], ErrorCode.IncompatibleSubscriptionAddon),
            ([("addon-a", 4)], ErrorCode.AddonQuantityExceedsLimitError),
            ([("addon-b", 1)], ErrorCode.AddonDependencyMissingError),
        ],
    )
    def test_what_cannot_be_is_refused(self, asked: list[tuple[str, int]], code: ErrorCode) -> None:
        other = an_addon("addon-c", a_price(1))
        assert code_of(with_addons(*asked), self.PLAN, self.A, self.B, other) is code

    def test_zero_is_without_it(self) -> None:
        facts = content_facts(self.PLAN, self.A)
        assert sold(with_addons(("addon-a", 0)), facts).addons == ()

    def test_a_free_plan_takes_only_what_costs_nothing(self) -> None:
        plan = a_plan("plan-free", compatible_addon_ref_ids=("addon-a", "addon-z", "addon-t"))
        nothing = an_addon("addon-z", a_price(0))
        tiered = an_addon("addon-t", a_price(model=BillingModel.PER_UNIT, tiers=((None, 1, None),)))
        assert sold(with_addons(("addon-z", 2)), content_facts(plan, nothing)).addons
        asked = with_addons(("addon-a", 1))
        assert code_of(asked, plan, self.A) is ErrorCode.IncompatibleSubscriptionAddon
        asked = with_addons(("addon-t", 1))
        assert code_of(asked, plan, tiered) is ErrorCode.IncompatibleSubscriptionAddon

    def test_custom_addons_are_for_custom_plans(self) -> None:
        custom = an_addon("addon-a", pricing_type=PricingType.CUSTOM)
        asked = with_addons(("addon-a", 1))
        assert code_of(asked, self.PLAN, custom) is ErrorCode.IncompatibleSubscriptionAddon

    def test_an_addon_must_be_priced_for_the_period(self) -> None:
        annual = an_addon("addon-a", a_price(50, period=ANNUALLY))
        assert code_of(with_addons(("addon-a", 1)), self.PLAN, annual) is ErrorCode.PriceNotFound


class TestGroups:
    GROUP = PackageGroup(
        id=uid("group"),
        package_group_id="group-1",
        product_id=ProductId(uid("product:product-app")),
        display_name="Group",
        addon_ref_ids=("addon-a", "addon-b"),
        status=PackageGroupStatus.PUBLISHED,
        is_latest=True,
        version_number=1,
        created_at=NOW,
        updated_at=NOW,
    )
    A, B = an_addon("addon-a", a_price(9)), an_addon("addon-b", a_price(4))

    def plan(self, **given: int) -> Package:
        group = CompatiblePackageGroup(package_group_id="group-1", **given)
        return a_plan("plan-pro", FLAT, compatible_package_groups=(group,))

    def test_the_cheapest_units_are_free(self) -> None:
        facts = content_facts(
            self.plan(free_items=3), self.A, self.B, groups={"group-1": self.GROUP}
        )
        content = sold(with_addons(("addon-a", 2), ("addon-b", 2)), facts)
        assert [(one.addon_ref_id, one.quantity) for one in content.free_items] == [
            ("addon-a", 1),
            ("addon-b", 2),
        ]

    def test_too_few_are_refused(self) -> None:
        code = code_of(
            with_addons(("addon-a", 1)),
            self.plan(min_items=2),
            self.A,
            groups={"group-1": self.GROUP},
        )
        assert code is ErrorCode.PackageGroupMinItemsError


class TestOverrides:
    PLAN = a_plan("plan-pro", FLAT, SEATS)
    SEATED = ContentRequest(quantities=(units("2"),))

    def overridden(self, override: PriceOverrideRequest) -> list[Decimal | None]:
        asked = ContentRequest(quantities=(units("2"),), price_overrides=(override,))
        return [one.price.amount for one in sold(asked, content_facts(self.PLAN)).prices]

    def test_the_base_charge(self) -> None:
        override = PriceOverrideRequest(base_charge=True, amount=Decimal(40))
        assert self.overridden(override) == [Decimal(40), Decimal(10)]

    def test_a_features_charge(self) -> None:
        override = PriceOverrideRequest(feature_ref_id="feature-seats", amount=Decimal(8))
        assert self.overridden(override) == [Decimal(50), Decimal(8)]

    def test_tiers_in_place_of_an_amount(self) -> None:
        override = PriceOverrideRequest(
            feature_ref_id="feature-seats", tiers=(PriceTier(up_to=None, unit_price=Decimal(1)),)
        )
        assert self.overridden(override) == [Decimal(50), None]

    def test_the_legacy_amount_is_of_the_only_per_unit_price(self) -> None:
        asked = ContentRequest(quantities=(units("2"),), price_unit_amount=Decimal(6))
        content = sold(asked, content_facts(self.PLAN))
        assert [(one.price.amount, one.price.is_override) for one in content.prices] == [
            (Decimal(50), False),
            (Decimal(6), True),
        ]
        none = ContentRequest(price_unit_amount=Decimal(6))
        assert code_of(none, a_plan("plan-flat", FLAT)) is ErrorCode.PriceNotFound

    @pytest.mark.parametrize(
        ("override", "code"),
        [
            (
                PriceOverrideRequest(feature_ref_id="feature-calls", amount=Decimal(1)),
                ErrorCode.PriceNotFound,
            ),
            (
                PriceOverrideRequest(currency_ref_id="credits", amount=Decimal(1)),
                ErrorCode.PriceNotFound,
            ),
            (
                PriceOverrideRequest(base_charge=True, amount=Decimal(1), currency="EUR"),
                ErrorCode.InvalidArgumentError,
            ),
            (PriceOverrideRequest(base_charge=True, amount=Decimal(-1)), ErrorCode.BadUserInput),
            (
                PriceOverrideRequest(base_charge=True, amount=Decimal(10**9)),
                ErrorCode.AmountTooLarge,
            ),
            (
                PriceOverrideRequest(base_charge=True, block_size=Decimal(2)),
                ErrorCode.BadUserInput,
            ),
            (
                PriceOverrideRequest(feature_ref_id="feature-seats", block_size=Decimal(-5)),
                ErrorCode.BadUserInput,
            ),
            (
                PriceOverrideRequest(
                    feature_ref_id="feature-seats",
                    tiers=(PriceTier(up_to=5, unit_price=Decimal(1)),),
                ),
                ErrorCode.BadUserInput,
            ),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, override: PriceOverrideRequest, code: ErrorCode
    ) -> None:
        asked = ContentRequest(quantities=(units("2"),), price_overrides=(override,))
        assert code_of(asked, self.PLAN) is code

    def test_a_rate_is_overridden_in_credits_beside_the_charge(self) -> None:
        rate = CreditRate(amount=Decimal(3), currency_id=CurrencyId(uid("currency:credits")))
        rated = a_price(model=BillingModel.CREDIT_BASED, feature="feature-seats", credit_rate=rate)
        override = PriceOverrideRequest(feature_ref_id="feature-seats", credit_amount=Decimal(7))
        asked = ContentRequest(quantities=(units("2"),), price_overrides=(override,))
        content = sold(asked, content_facts(a_plan("plan-rated", SEATS, rated)))
        assert [one.price.is_override for one in content.prices] == [False, True]
        assert content.prices[1].price.credit_rate == replace(rate, amount=Decimal(7))

    @pytest.mark.parametrize("formula", [None, "3*out"])
    def test_a_rate_is_overridden_with_its_formula(self, formula: str | None) -> None:
        rate = CreditRate(
            amount=Decimal(3), currency_id=CurrencyId(uid("currency:credits")), cost_formula="2*in"
        )
        rated = a_price(model=BillingModel.CREDIT_BASED, feature="feature-seats", credit_rate=rate)
        override = PriceOverrideRequest(
            feature_ref_id="feature-seats", credit_amount=Decimal(7), credit_formula=formula
        )
        asked = ContentRequest(quantities=(units("2"),), price_overrides=(override,))
        content = sold(asked, content_facts(a_plan("plan-rated", SEATS, rated)))
        changed = replace(rate, amount=Decimal(7), cost_formula=formula)
        assert content.prices[1].price.credit_rate == changed

    @pytest.mark.parametrize(
        ("amount", "formula", "code"),
        [
            (-1, None, ErrorCode.BadUserInput),
            (10**9, None, ErrorCode.AmountTooLarge),
            (1, "2*", ErrorCode.InvalidArgumentError),
        ],
    )
    def test_a_wrong_rate_is_refused(
        self, amount: int, formula: str | None, code: ErrorCode
    ) -> None:
        rate = CreditRate(amount=Decimal(3), currency_id=CurrencyId(uid("currency:credits")))
        rated = a_price(model=BillingModel.CREDIT_BASED, feature="feature-seats", credit_rate=rate)
        override = PriceOverrideRequest(
            feature_ref_id="feature-seats", credit_amount=Decimal(amount), credit_formula=formula
        )
        asked = ContentRequest(quantities=(units("2"),), price_overrides=(override,))
        assert code_of(asked, a_plan("plan-rated", SEATS, rated)) is code

    def test_a_negative_unit_amount_is_refused(self) -> None:
        asked = ContentRequest(quantities=(units("2"),), price_unit_amount=Decimal(-1))
        assert code_of(asked, self.PLAN) is ErrorCode.BadUserInput

    def test_only_paid_plans_take_them(self) -> None:
        override = PriceOverrideRequest(base_charge=True, amount=Decimal(1))
        asked = ContentRequest(price_overrides=(override,))
        assert code_of(asked, a_plan("plan-free")) is ErrorCode.UnsupportedParameter


class TestEntitlements:
    CUSTOM = a_plan("plan-custom", pricing_type=PricingType.CUSTOM)

    def test_a_custom_plan_takes_a_features_and_a_credits(self) -> None:
        currency = CurrencyId(uid("currency:credits"))
        facts = content_facts(self.CUSTOM, currencies={"credits": currency})
        asked = ContentRequest(
            entitlements=(
                EntitlementRequest(feature_ref_id="feature-seats", usage_limit=Decimal(9)),
                EntitlementRequest(currency_ref_id="credits", amount=Decimal(100)),
            )
        )
        first, second = sold(asked, facts).entitlements
        assert first.usage_limit == 9
        assert second.currency_id == currency
        assert second.amount == 100

    @pytest.mark.parametrize(
        "entitlement",
        [
            EntitlementRequest(),
            EntitlementRequest(feature_ref_id="feature-seats", currency_ref_id="credits"),
            EntitlementRequest(
                feature_ref_id="feature-seats", usage_limit=Decimal(1), has_unlimited_usage=True
            ),
            EntitlementRequest(feature_ref_id="feature-seats", usage_limit=Decimal(-1)),
            EntitlementRequest(currency_ref_id="credits", amount=Decimal(0)),
            EntitlementRequest(feature_ref_id="feature-seats", usage_limit=Decimal("1e30")),
        ],
    )
    def test_contradictions_are_refused(self, entitlement: EntitlementRequest) -> None:
        asked = ContentRequest(entitlements=(entitlement,))
        assert code_of(asked, self.CUSTOM) is ErrorCode.InvalidArgumentError

    def test_other_plans_take_none(self) -> None:
        asked = ContentRequest(entitlements=(EntitlementRequest(feature_ref_id="feature-seats"),))
        assert code_of(asked, a_plan("plan-pro", FLAT)) is ErrorCode.UnsupportedParameter


class TestMinimumSpend:
    HUNDRED = Money(Decimal(100), Currency.USD)
    PLAN = a_plan(
        "plan-pro", FLAT, minimum_spend=(MinimumSpend(billing_period=MONTHLY, minimum=HUNDRED),)
    )

    def test_the_plans_or_the_requests(self) -> None:
        planned = sold(ContentRequest(), content_facts(self.PLAN)).minimum_spend
        assert planned is not None
        assert (planned.minimum, planned.is_override) == (self.HUNDRED, False)
        asked = ContentRequest(minimum_spend=Money(Decimal(30), Currency.USD))
        own = sold(asked, content_facts(self.PLAN)).minimum_spend
        assert own is not None
        assert own.is_override
        back = sold(ContentRequest(minimum_spend=None), content_facts(self.PLAN)).minimum_spend
        assert back == planned

    def test_a_negative_one_is_refused(self) -> None:
        asked = ContentRequest(minimum_spend=Money(Decimal(-1), Currency.USD))
        assert code_of(asked, self.PLAN) is ErrorCode.BadUserInput

    def test_another_currency_is_refused(self) -> None:
        asked = ContentRequest(minimum_spend=Money(Decimal(30), Currency.EUR))
        assert code_of(asked, self.PLAN) is ErrorCode.InvalidArgumentError

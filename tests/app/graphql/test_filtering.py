"""Any filter input means one predicate (spec, platform §6)."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from app.graphql.catalog.packages.listing import PackageStatusFilterComparison
from app.graphql.catalog.plans.listing import PlanFilter, PlanFilterProductFilter
from app.graphql.catalog.prices.listing import BillingModelFilterComparison
from app.graphql.customers.listing import CustomerFilter
from app.graphql.filtering import NESTING_MAX, OPERANDS_MAX, described_fields, predicate_of
from app.graphql.listing import (
    BooleanFieldComparison,
    CustomerSearchQueryFilterComparison,
    DateFieldComparison,
    DateFieldComparisonBetween,
    IntFieldComparison,
    NumberFieldComparison,
    StringFieldComparison,
    UUIDFilterComparison,
)
from app.graphql.subscriptions.listing import (
    DEFAULT_SUBSCRIPTION_PRICE_FILTER,
    SubscriptionAddonFilter,
    SubscriptionPriceFilter,
)
from domain.catalog.enums import BillingModel, PackageStatus
from domain.errors import ErrorCode, InvalidInput
from domain.listing import EVERYTHING, And, Compare, Operator, Or, Related

ID = UUID("0e57a3bd-63f4-4fa3-b62f-8b32b0f4b9a0")
JANUARY, FEBRUARY = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)


def refusal(filter: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as raised:
        predicate_of(filter)
    assert raised.value.code is ErrorCode.BadUserInput
    return raised.value


@pytest.mark.parametrize(
    "filter", [None, PlanFilter(), PlanFilter(ref_id=None), PlanFilter(and_=[], or_=[])]
)
def test_absent_null_and_empty_filters_mean_everything(filter: object) -> None:
    assert predicate_of(filter) == EVERYTHING


def test_one_field_is_one_comparison() -> None:
    predicate = predicate_of(PlanFilter(ref_id=StringFieldComparison(eq="plan-pro")))

    assert predicate == Compare("refId", Operator.EQ, "plan-pro")


def test_several_operators_are_a_range() -> None:
    predicate = predicate_of(PlanFilter(created_at=DateFieldComparison(gte=JANUARY, lt=FEBRUARY)))

    assert predicate == And(
        (Compare("createdAt", Operator.GTE, JANUARY), Compare("createdAt", Operator.LT, FEBRUARY))
    )


def test_or_is_bracketed_and_anded_with_the_fields() -> None:
    # worked example 14
    a, b = (CustomerFilter(name=StringFieldComparison(eq=name)) for name in "AB")

    predicate = predicate_of(
        CustomerFilter(email=StringFieldComparison(i_like="%@a.io"), or_=[a, b])
    )

    assert isinstance(predicate, And)
    assert set(predicate.parts) == {
        Compare("email", Operator.I_LIKE, "%@a.io"),
        Or((Compare("name", Operator.EQ, "A"), Compare("name", Operator.EQ, "B"))),
    }


def test_and_nests() -> None:
    inner = PlanFilter(version_number=IntFieldComparison(gt=1))

    assert predicate_of(PlanFilter(and_=[inner])) == And(
        (Compare("versionNumber", Operator.GT, 1),)
    )


def test_a_relation_filter_asks_for_a_related_row() -> None:
    predicate = predicate_of(
        PlanFilter(product=PlanFilterProductFilter(ref_id=StringFieldComparison(eq="p")))
    )

    assert predicate == Related("product", Compare("refId", Operator.EQ, "p"))


def test_an_empty_relation_filter_restricts_nothing() -> None:
    assert predicate_of(PlanFilter(product=PlanFilterProductFilter())) == EVERYTHING


def test_enums_compare_as_text_and_like_is_equality() -> None:
    predicate = predicate_of(
        PlanFilter(
            status=PackageStatusFilterComparison(
                in_=[PackageStatus.DRAFT, PackageStatus.PUBLISHED],
                like=PackageStatus.DRAFT,
                not_i_like=PackageStatus.ARCHIVED,
            )
        )
    )

    assert isinstance(predicate, And)
    assert set(predicate.parts) == {
        Compare("status", Operator.IN, ("DRAFT", "PUBLISHED")),
        Compare("status", Operator.EQ, "DRAFT"),
        Compare("status", Operator.NEQ, "ARCHIVED"),
    }


def test_a_uuid_is_never_a_pattern() -> None:
    assert predicate_of(PlanFilter(id=UUIDFilterComparison(i_like=ID))) == Compare(
        "id", Operator.EQ, ID
    )


def test_between_is_a_pair() -> None:
    bounds = DateFieldComparisonBetween(lower=JANUARY, upper=FEBRUARY)

    predicate = predicate_of(PlanFilter(created_at=DateFieldComparison(not_between=bounds)))

    assert predicate == Compare("createdAt", Operator.NOT_BETWEEN, (JANUARY, FEBRUARY))


def test_is_null_tests_null_where_other_null_operands_are_absent() -> None:
    assert predicate_of(PlanFilter(ref_id=StringFieldComparison(is_=None, eq=None))) == Compare(
        "refId", Operator.IS, None
    )
    assert predicate_of(PlanFilter(is_latest=BooleanFieldComparison(is_not=None))) == Compare(
        "isLatest", Operator.IS_NOT, None
    )


def test_is_true_needs_a_boolean() -> None:
    assert predicate_of(PlanFilter(is_latest=BooleanFieldComparison(is_=True))) == Compare(
        "isLatest", Operator.IS, True
    )
    assert refusal(PlanFilter(ref_id=StringFieldComparison(is_=True))).details == {
        "validationErrors": [
            {"field": "filter.refId.is", "message": "is takes only null for a non-boolean field"}
        ]
    }


def test_an_empty_in_is_refused() -> None:
    error = refusal(PlanFilter(or_=[PlanFilter(ref_id=StringFieldComparison(in_=[]))]))

    assert error.message == "Invalid in value expected a non-empty array got []"
    assert error.details["validationErrors"] == [
        {"field": "filter.or.0.refId.in", "message": error.message}
    ]


def test_an_empty_not_in_is_refused() -> None:
    error = refusal(PlanFilter(status=PackageStatusFilterComparison(not_in=[])))

    assert error.message == "Invalid notIn value expected a non-empty array got []"


@pytest.mark.parametrize(
    "comparison",
    [
        StringFieldComparison(eq="a\0"),
        StringFieldComparison(in_=["a", "\0"]),
        StringFieldComparison(like="100\\"),
        StringFieldComparison(in_=["x"] * (OPERANDS_MAX + 1)),
    ],
)
def test_text_that_the_database_cannot_take_is_refused(comparison: StringFieldComparison) -> None:
    refusal(PlanFilter(ref_id=comparison))


def test_an_escaped_backslash_may_end_a_pattern() -> None:
    predicate_of(PlanFilter(ref_id=StringFieldComparison(like="100\\\\")))


def test_nesting_is_bounded() -> None:
    filter = PlanFilter(ref_id=StringFieldComparison(eq="x"))
    for _ in range(NESTING_MAX):
        filter = PlanFilter(and_=[filter])
    predicate_of(filter)

    refusal(PlanFilter(and_=[filter]))


def test_the_customers_search_is_a_field_of_its_own() -> None:
    search = CustomerSearchQueryFilterComparison(i_like="%acme%")

    assert predicate_of(CustomerFilter(search_query=search)) == Compare(
        "searchQuery", Operator.I_LIKE, "%acme%"
    )


def test_the_contracts_default_filters_have_a_meaning() -> None:
    assert predicate_of(DEFAULT_SUBSCRIPTION_PRICE_FILTER) == Compare(
        "billingModel", Operator.NEQ, "MINIMUM_SPEND"
    )
    assert predicate_of(
        SubscriptionPriceFilter(
            billing_model=BillingModelFilterComparison(eq=BillingModel.PER_UNIT)
        )
    ) == Compare("billingModel", Operator.EQ, "PER_UNIT")


def test_floats_become_decimals() -> None:
    filter = SubscriptionAddonFilter(quantity=NumberFieldComparison(gt=0.1))

    assert predicate_of(filter) == Compare("quantity", Operator.GT, Decimal("0.1"))


def test_a_filter_tells_its_fields_and_relations() -> None:
    fields = described_fields(PlanFilter)

    assert fields["refId"] is None
    assert fields["product"] is PlanFilterProductFilter
    assert not {"and", "or"} & fields.keys()

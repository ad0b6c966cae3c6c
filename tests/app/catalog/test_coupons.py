"""Coupons through GraphQL (spec, catalog §7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.ports import Runtime
from domain.catalog.coupons import NewCoupon, create_coupon
from domain.catalog.enums import CouponSource
from domain.ids import CouponId, CustomerId
from tests.builders import a_customer
from tests.conftest import Execute, Recorder
from tests.support import START, MovableClock

FIELDS = """refId name description type percentOff amountsOff { amount currency } discountValue
  durationInMonths source status additionalMetaData syncStates { vendorIdentifier }"""
CREATE = (
    f"mutation ($input: CreateCouponInput!) {{ createOneCoupon(input: $input) {{ id {FIELDS} }} }}"
)
UPDATE = (
    f"mutation ($input: UpdateCouponInput!) {{ updateOneCoupon(input: $input) {{ {FIELDS} }} }}"
)
ARCHIVE = "mutation ($refId: String!) { archiveOneCoupon(input: {refId: $refId}) { status } }"
LIST = """query ($filter: CouponFilter, $paging: CursorPaging) {
  coupons(filter: $filter, paging: $paging) {
    edges { node { refId environment { id } amountsOff { amount } } } } }"""


async def create(execute: Execute, ref_id: str, **given: Any) -> Any:
    values = {"refId": ref_id, "name": ref_id} | (given or {"percentOff": 20})
    return (await execute(CREATE, {"input": values})).ok["createOneCoupon"]


async def test_a_fixed_coupon_comes_back_with_its_amounts(execute: Execute) -> None:
    coupon = await create(
        execute,
        "coupon-fixed",
        amountsOff=[{"amount": 12.5, "currency": "EUR"}, {"amount": 15}],
        durationInMonths=3,
        additionalMetaData={"a": "b"},
    )
    coupon.pop("id")
    assert coupon == {
        "refId": "coupon-fixed",
        "name": "coupon-fixed",
        "description": None,
        "type": "FIXED",
        "percentOff": None,
        "amountsOff": [
            {"amount": 12.5, "currency": "EUR"},
            {"amount": 15.0, "currency": "USD"},
        ],
        "discountValue": 12.5,
        "durationInMonths": 3.0,
        "source": "STIGG",
        "status": "ACTIVE",
        "additionalMetaData": {"a": "b"},
        "syncStates": [],
    }


async def test_a_percentage_coupon_has_an_empty_list_of_amounts(execute: Execute) -> None:
    """Output lists are always arrays (spec, catalog §1)."""
    assert (await create(execute, "coupon-p", percentOff=20))["amountsOff"] == []


async def test_both_discounts_are_refused(execute: Execute) -> None:
    """Worked example 13."""
    for discount in ({"percentOff": 0}, {"percentOff": 20, "amountsOff": [{"amount": 1}]}):
        answer = await execute(CREATE, {"input": {"refId": "c", "name": "c", **discount}})
        assert answer.codes == ["BadUserInput"]


@pytest.mark.parametrize("months", [0, 1.5, 1_201, 2**31, 1e30])
async def test_a_duration_is_a_whole_number_of_months_that_calendars_can_hold(
    execute: Execute, months: float
) -> None:
    values = {"refId": "c", "name": "c", "percentOff": 5, "durationInMonths": months}
    assert (await execute(CREATE, {"input": values})).codes == ["BadUserInput"]


async def test_a_taken_ref_id_is_refused(execute: Execute) -> None:
    await create(execute, "coupon-a")
    answer = await execute(CREATE, {"input": {"refId": "coupon-a", "name": "a", "percentOff": 1}})
    assert answer.codes == ["DuplicatedEntityNotAllowed"]
    assert answer.errors[0]["extensions"]["entityName"] == "Coupon"


async def test_updating_and_archiving(execute: Execute) -> None:
    await create(execute, "coupon-a", percentOff=20, description="d")
    answer = await execute(UPDATE, {"input": {"refId": "coupon-a", "name": "B"}})
    assert answer.ok["updateOneCoupon"]["name"] == "B"
    assert answer.ok["updateOneCoupon"]["description"] == "d"
    archived = await execute(ARCHIVE, {"refId": "coupon-a"})
    assert archived.ok["archiveOneCoupon"]["status"] == "ARCHIVED"
    unknown = await execute(ARCHIVE, {"refId": "coupon-none"})
    assert unknown.codes == ["CouponNotFound"]


async def test_one_coupon_is_found_by_uuid_and_an_unknown_one_is_null(execute: Execute) -> None:
    coupon = await create(execute, "coupon-a")
    document = "query ($id: UUID!) { coupon(id: $id) { refId } }"
    assert (await execute(document, {"id": coupon["id"]})).ok["coupon"] == {"refId": "coupon-a"}
    unknown = await execute(document, {"id": "00000000-0000-4000-8000-000000000000"})
    assert unknown.ok["coupon"] is None


async def test_customised_coupons_are_listed_only_when_filtered_for(
    execute: Execute, runtime: Runtime, clock: MovableClock
) -> None:
    await create(execute, "coupon-a")
    clock.move(seconds=1)
    await create(execute, "coupon-b", percentOff=5)
    adhoc = create_coupon(
        NewCoupon(ref_id="coupon-adhoc", name="adhoc", discount_value=Decimal(10)),
        id=CouponId(runtime.ids.new_uuid()),
        now=START,
        source=CouponSource.STIGG_ADHOC,
    )
    async with runtime.new_unit_of_work() as work:
        await work.coupons.add(adhoc)
        await work.commit()

    async def listed(filter: Any) -> list[str]:
        edges = (await execute(LIST, {"filter": filter})).ok["coupons"]["edges"]
        return [edge["node"]["refId"] for edge in edges]

    assert await listed({}) == ["coupon-b", "coupon-a"]
    assert await listed({"source": {"eq": "STIGG_ADHOC"}}) == ["coupon-adhoc"]
    assert await listed({"or": [{"source": {"eq": "STIGG_ADHOC"}}, {"refId": {"eq": "coupon-a"}}]})


async def test_a_list_of_coupons_takes_as_many_statements_for_one_as_for_twenty(
    execute: Execute, count_statements: Recorder
) -> None:
    await create(execute, "coupon-0")
    with count_statements() as for_one:
        (await execute(LIST, {"paging": {"first": 20}})).ok  # noqa: B018
    for i in range(1, 20):
        await create(execute, f"coupon-{i}")
    with count_statements() as for_twenty:
        answer = await execute(LIST, {"paging": {"first": 20}})
    assert len(answer.ok["coupons"]["edges"]) == 20
    assert len(for_twenty) == len(for_one)


async def test_a_coupon_lists_its_customers_and_is_found_by_them(
    execute: Execute, runtime: Runtime
) -> None:
    coupon = await create(execute, "coupon-a")
    await create(execute, "coupon-b")
    async with runtime.new_unit_of_work() as work:
        for name in ("customer-a", "customer-b"):
            await work.customers.add(
                a_customer(
                    name,
                    id=CustomerId(runtime.ids.new_uuid()),
                    coupon_id=CouponId(UUID(coupon["id"])),
                )
            )
        await work.commit()
    answer = await execute(
        """{ coupons(filter: {customers: {customerId: {eq: "customer-b"}}}) { edges { node {
          refId customers(filter: {customerId: {like: "customer-%"}},
                          sorting: [{field: customerId, direction: DESC}]) { customerId } } } } }"""
    )
    assert [edge["node"] for edge in answer.ok["coupons"]["edges"]] == [
        {
            "refId": "coupon-a",
            "customers": [{"customerId": "customer-b"}, {"customerId": "customer-a"}],
        }
    ]

"""A customer's one coupon (spec, subscriptions §2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.conftest import Execute

NEW_COUPON = """
mutation New($input: CreateCouponInput!) { createOneCoupon(input: $input) { id refId } }
"""
NEW = """
mutation New($input: CustomerInput!) {
  createOneCustomer(input: $input) { id coupon { refId } }
}
"""
SET = """
mutation Set($id: String!, $coupon: String!) {
  setCouponOnCustomer(input: { id: $id, relationId: $coupon }) { coupon { refId } }
}
"""
REMOVE = """
mutation Remove($id: String!, $coupon: String!) {
  removeCouponFromCustomer(input: { id: $id, relationId: $coupon }) { coupon { refId } }
}
"""
UPDATE = """
mutation Update($input: UpdateCustomerInput!) {
  updateOneCustomer(input: $input) { coupon { refId } }
}
"""
NewCoupon = Callable[[str], Awaitable[str]]


@pytest.fixture
def new_coupon(execute: Execute) -> NewCoupon:
    """Make a coupon by refId; returns its UUID."""

    async def make(ref_id: str) -> str:
        input = {"refId": ref_id, "name": ref_id, "percentOff": 20}
        made = (await execute(NEW_COUPON, {"input": input})).ok
        return str(made["createOneCoupon"]["id"])

    return make


async def test_a_customer_is_made_with_its_coupon(execute: Execute, new_coupon: NewCoupon) -> None:
    await new_coupon("coupon-id")
    made = await execute(NEW, {"input": {"customerId": "c1", "couponRefId": "coupon-id"}})
    assert made.ok["createOneCustomer"]["coupon"] == {"refId": "coupon-id"}


async def test_an_unknown_coupon_leaves_no_customer(execute: Execute) -> None:
    refused = await execute(NEW, {"input": {"customerId": "c1", "couponRefId": "nothing"}})
    assert refused.codes == ["CouponNotFound"]
    assert (await execute(NEW, {"input": {"customerId": "c1"}})).ok


async def test_only_one_coupon_is_set_at_a_time(execute: Execute, new_coupon: NewCoupon) -> None:
    first, second = await new_coupon("first"), await new_coupon("second")
    made = (await execute(NEW, {"input": {"customerId": "c1"}})).ok["createOneCustomer"]
    id_ = made["id"]
    done = (await execute(SET, {"id": id_, "coupon": first})).ok
    assert done["setCouponOnCustomer"]["coupon"] == {"refId": "first"}
    again = await execute(SET, {"id": id_, "coupon": first})
    assert again.codes == ["CustomerAlreadyUsesCoupon"]
    other = await execute(SET, {"id": id_, "coupon": second})
    assert other.codes == ["CustomerAlreadyHaveCustomerCoupon"]
    wrong = await execute(REMOVE, {"id": id_, "coupon": second})
    assert wrong.codes == ["CouponNotFound"]
    removed = (await execute(REMOVE, {"id": id_, "coupon": first})).ok
    assert removed["removeCouponFromCustomer"]["coupon"] is None


async def test_an_update_replaces_the_coupon_and_nothing_removes_it(
    execute: Execute, new_coupon: NewCoupon
) -> None:
    await new_coupon("first")
    await new_coupon("second")
    await execute(NEW, {"input": {"customerId": "c1", "couponRefId": "first"}})

    async def after(**change: str | None) -> object:
        done = (await execute(UPDATE, {"input": {"customerId": "c1", **change}})).ok
        return done["updateOneCustomer"]["coupon"]

    assert await after(name="Jane") == {"refId": "first"}
    assert await after(couponRefId="second") == {"refId": "second"}
    assert await after(couponRefId="") is None
    assert await after(couponRefId="first") == {"refId": "first"}
    assert await after(couponRefId=None) is None


async def test_an_archived_coupon_cannot_be_applied(
    execute: Execute, new_coupon: NewCoupon
) -> None:
    await new_coupon("old")
    assert (await execute('mutation { archiveOneCoupon(input: { refId: "old" }) { id } }')).ok
    refused = await execute(NEW, {"input": {"customerId": "c1", "couponRefId": "old"}})
    assert refused.codes == ["ArchivedCouponCantBeApplied"]


async def test_a_coupon_lists_its_customers(execute: Execute, new_coupon: NewCoupon) -> None:
    await new_coupon("shared")
    for number in range(3):
        await execute(NEW, {"input": {"customerId": f"c{number}", "couponRefId": "shared"}})
    document = """
    { coupons { edges { node { refId customers(
        filter: { customerId: { neq: "c1" } }, sorting: [{ field: customerId, direction: ASC }]
    ) { customerId } } } } }
    """
    (edge,) = (await execute(document)).ok["coupons"]["edges"]
    assert [c["customerId"] for c in edge["node"]["customers"]] == ["c0", "c2"]

"""Decisions on customers (spec, subscriptions §2)."""

from __future__ import annotations

from typing import Any

import pytest

from domain.catalog.enums import CouponSource, CouponStatus, CouponType, PricingType
from domain.catalog.model import Coupon
from domain.customers import changes, derived
from domain.customers.changes import CustomerFields
from domain.customers.enums import PaymentMethodType
from domain.customers.imports import ImportTask, ItemError, finished, require_bulk
from domain.customers.model import PaymentMethod
from domain.errors import DomainError, ErrorCode
from domain.ids import CouponId, CustomerId
from domain.metadata import require_object
from domain.subscriptions.enums import (
    PaymentCollectionMethod,
    SubscriptionStatus,
    TaskStatus,
    TaskType,
)
from tests.builders import NOW, a_customer, a_plan, a_price, a_subscription, uid, utc

LATER = utc("2024-06-01")
PRO = a_plan("plan-pro", a_price(20))
FREE = a_plan("plan-free")
CARD = PaymentMethod(id="pm_ok", type=PaymentMethodType.CARD, last4_digits="4242")


def a_coupon(ref_id: str = "coupon-id", **given: Any) -> Coupon:
    defaults: dict[str, Any] = {
        "id": CouponId(uid(f"coupon:{ref_id}")),
        "ref_id": ref_id,
        "name": ref_id,
        "type": CouponType.PERCENTAGE,
        "source": CouponSource.STIGG,
        "status": CouponStatus.ACTIVE,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Coupon(**defaults | given)


def code_of(refusal: pytest.ExceptionInfo[DomainError]) -> ErrorCode:
    return refusal.value.code


def test_a_new_customer_has_what_was_said() -> None:
    fields = CustomerFields(name="Jane", additional_meta_data={"a": 1})
    customer = changes.new_customer(
        fields, id=CustomerId(uid("c")), ref_id="c", created_at=NOW, now=LATER
    )
    assert (customer.name, customer.email) == ("Jane", None)
    assert customer.additional_meta_data == {"a": 1}
    assert (customer.created_at, customer.updated_at) == (NOW, LATER)


def test_absent_keeps_and_null_clears() -> None:
    customer = a_customer(name="Jane", email="j@x.io", additional_meta_data={"a": 1})
    after = changes.changed(customer, CustomerFields(email=None), now=LATER)
    assert (after.name, after.email, after.additional_meta_data) == ("Jane", None, {"a": 1})
    assert after.updated_at == LATER
    cleared = changes.changed(customer, CustomerFields(additional_meta_data=None), now=LATER)
    assert cleared.additional_meta_data is None


@pytest.mark.parametrize("name", ["x" * 256, "nul\0"])
def test_an_impossible_text_is_refused(name: str) -> None:
    with pytest.raises(DomainError) as refusal:
        changes.changed(a_customer(), CustomerFields(name=name), now=NOW)
    assert code_of(refusal) is ErrorCode.BadUserInput


def test_metadata_is_an_object_of_64_kb() -> None:
    assert require_object(None) is None
    assert require_object({"deep": {"er": [1]}}) == {"deep": {"er": [1]}}
    for wrong in ([1], "text", {"big": "x" * 65536}):
        with pytest.raises(DomainError) as refusal:
            require_object(wrong)
        assert code_of(refusal) is ErrorCode.InvalidMetadataError


def test_metadata_is_measured_as_its_shortest_utf_8() -> None:
    full = {"e": "ü" * 32764}  # {"e":"…"} and two bytes a letter: 65536
    assert require_object(full) == full
    with pytest.raises(DomainError):
        require_object({"e": "ü" * 32764 + "x"})


def test_an_import_is_skipped_when_older_than_what_is_stored() -> None:
    customer = a_customer(updated_at=LATER)
    assert changes.is_outdated_import(customer, NOW)
    assert not changes.is_outdated_import(customer, LATER)
    assert not changes.is_outdated_import(customer, None)
    fields = CustomerFields(name="Jane")
    assert changes.imported(customer, fields, updated_at=NOW, now=LATER).updated_at == NOW
    assert changes.imported(customer, fields, updated_at=None, now=LATER).updated_at == LATER


def test_archiving_forgets_who_it_was_and_unarchiving_does_not_remember() -> None:
    archived = changes.archived(a_customer(name="Jane", email="j@x.io", crm_id="crm"), now=LATER)
    assert (archived.name, archived.email, archived.crm_id) == (None, None, "crm")
    assert archived.deleted_at == LATER
    back = changes.unarchived(archived, now=LATER)
    assert (back.name, back.deleted_at) == (None, None)
    assert changes.unarchived(back, now=NOW) is back


def test_the_same_coupon_in_place_of_itself_changes_nothing() -> None:
    coupon = a_coupon(status=CouponStatus.ARCHIVED)
    customer = a_customer(coupon_id=coupon.id, coupon_applied_at=NOW)
    assert changes.replacing_coupon(customer, coupon, now=LATER) is customer
    without = changes.without_coupon(customer, coupon.id, now=LATER)
    assert (without.coupon_id, without.coupon_applied_at) == (None, None)


def test_a_set_coupon_tells_when() -> None:
    customer = changes.with_coupon(a_customer(), a_coupon(), now=LATER)
    assert customer.coupon_applied_at == LATER


def test_a_payment_method_is_kept_as_a_summary() -> None:
    customer = changes.with_payment_method(
        a_customer(), CARD, billing_id="cus_1", billing_currency=None, now=LATER
    )
    assert (customer.payment_method, customer.billing_id) == (CARD, "cus_1")
    assert changes.without_payment_method(customer, (), now=LATER).payment_method is None


def test_a_payer_cannot_lose_its_payment_method() -> None:
    customer = a_customer(payment_method=CARD)
    paid = a_subscription(customer, PRO)
    with pytest.raises(DomainError) as refusal:
        changes.without_payment_method(customer, [paid], now=LATER)
    assert code_of(refusal) is ErrorCode.CannotRemovePaymentMethodFromCustomerError


@pytest.mark.parametrize(
    "given",
    [
        {"status": SubscriptionStatus.CANCELED},
        {"payment_collection_method": PaymentCollectionMethod.INVOICE},
        {"pricing_type": PricingType.FREE},
    ],
)
def test_what_is_not_charged_does_not_hold_the_method(given: dict[str, Any]) -> None:
    customer = a_customer(payment_method=CARD)
    other = a_subscription(customer, PRO, **given)
    assert changes.without_payment_method(customer, [other], now=LATER).payment_method is None


def test_a_missing_method_cannot_be_detached() -> None:
    with pytest.raises(DomainError) as refusal:
        changes.without_payment_method(a_customer(), (), now=LATER)
    assert code_of(refusal) is ErrorCode.PaymentMethodNotFoundError


def test_live_subscriptions_are_counted_by_pricing_type() -> None:
    customer = a_customer()
    live = [
        a_subscription(customer, PRO, "s1"),
        a_subscription(customer, PRO, "s2", status=SubscriptionStatus.IN_TRIAL),
        a_subscription(customer, FREE, "s3"),
    ]
    ended = a_subscription(customer, PRO, "s4", status=SubscriptionStatus.EXPIRED)
    counts = derived.live_by_pricing_type([ended, *live])
    assert list(counts.items()) == [(PricingType.FREE, 1), (PricingType.PAID, 2)]
    assert derived.live([ended, *live]) == tuple(live)


def test_a_plan_trialed_twice_is_told_once() -> None:
    customer = a_customer()
    first = a_subscription(customer, PRO, "s1", was_in_trial=True)
    second = a_subscription(customer, PRO, "s2", trial_end_date=LATER, created_at=utc("2024-05-01"))
    never = a_subscription(customer, FREE, "s3")
    assert derived.trialed([second, never, first]) == (first,)


def test_a_task_is_failed_only_when_nothing_came_in() -> None:
    task = ImportTask(
        id=uid("t"),
        task_type=TaskType.IMPORT_INTEGRATION_CUSTOMERS,
        total=2,
        start_date=NOW,
        created_at=NOW,
    )
    error = ItemError(entity_id="c", code="x", message="y")
    assert finished(task, (), now=LATER).status is TaskStatus.COMPLETED
    partly = finished(task, (error,), now=LATER)
    assert (partly.status, partly.imported) == (TaskStatus.PARTIALLY_FAILED, 1)
    assert finished(task, (error, error), now=LATER).status is TaskStatus.FAILED
    require_bulk(1000)
    with pytest.raises(DomainError):
        require_bulk(1001)

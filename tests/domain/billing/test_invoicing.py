"""The life of a sandbox invoice: balance, attempts, grace. Numbers of spec, subscriptions §18."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing.model import Charge, PaymentOutcome
from domain.billing.sandbox import invoicing
from domain.billing.sandbox.invoicing import Posting
from domain.billing.sandbox.model import InvoiceState, SandboxCustomer, SandboxInvoice
from domain.billing.sandbox.tokens import (
    PromotionCode,
    coupon_of,
    coupon_of_code,
    method_of,
    outcome_of,
)
from domain.billing.sandbox.webhooks import require_signature, signature_of
from domain.catalog.enums import Currency
from domain.errors import BadSignature, Conflict, ErrorCode, NotFound
from domain.money import Money
from domain.subscriptions.amounts import Discount
from domain.subscriptions.enums import (
    PaymentCollectionMethod,
    SubscriptionInvoiceBillingReason,
    SubscriptionInvoiceStatus,
)
from domain.subscriptions.model import InvoiceLine
from tests.builders import utc

USD = Currency.USD
NOW = utc("2024-04-16T00:00")
RENEWAL = SubscriptionInvoiceBillingReason.BILLING_CYCLE
CHANGE = SubscriptionInvoiceBillingReason.SUBSCRIPTION_UPDATE
PAYER = SandboxCustomer(id="cus_1", methods=("pm_ok",))


def a_draft(
    *amounts: str,
    reason: SubscriptionInvoiceBillingReason = CHANGE,
    method: PaymentCollectionMethod = PaymentCollectionMethod.CHARGE,
    discount: str = "0",
    tax: int | None = None,
    coupon: Discount | None = None,
    subscription: str = "sub_1",
) -> SandboxInvoice:
    charge = Charge(
        currency=USD,
        reason=reason,
        lines=tuple(InvoiceLine(description="line", amount=Decimal(one)) for one in amounts),
        discount=Decimal(discount),
        tax_percentage=None if tax is None else Decimal(tax),
        coupon=coupon,
        discount_base=sum((Decimal(one) for one in amounts), Decimal(0)),
    )
    return invoicing.draft(
        charge,
        invoice_id="in_1",
        customer_id="cus_1",
        subscription_id=subscription,
        method=method,
        now=NOW,
    )


def finalised(draft: SandboxInvoice, payer: SandboxCustomer = PAYER, **given: bool) -> Posting:
    return invoicing.finalise(draft, payer, now=NOW, **given)


def paying_with(token: str) -> SandboxCustomer:
    return replace(PAYER, methods=(token,))


def test_a_downgrade_leaves_a_balance_that_the_next_invoice_uses() -> None:  # §18.5
    change = finalised(a_draft("-25.00", "10.00"))
    assert change.invoice.total == Decimal("-15.00")
    assert change.invoice.amount_due == 0
    assert change.invoice.state is InvoiceState.PAID
    assert change.outcome is PaymentOutcome.NOTHING_DUE
    assert change.customer.balance(USD) == 15
    renewal = finalised(a_draft("20.00", reason=RENEWAL), change.customer)
    assert (renewal.invoice.total, renewal.invoice.amount_due) == (Decimal(20), Decimal(5))
    assert renewal.invoice.starting_balance == renewal.invoice.applied_balance == 15
    assert renewal.customer.balance(USD) == 0


def test_a_cancellation_credits_the_balance() -> None:  # §18.9
    credit = finalised(a_draft("-33.33"))
    assert credit.customer.balance(USD) == Decimal("33.33")


def test_tax_comes_after_the_discount() -> None:  # §18.15
    plain = finalised(a_draft("50", tax=17)).invoice
    assert (plain.tax, plain.total) == (Decimal("8.50"), Decimal("58.50"))
    reduced = finalised(a_draft("50", discount="10", tax=17)).invoice
    assert (reduced.tax, reduced.total) == (Decimal("6.80"), Decimal("46.80"))


@pytest.mark.parametrize(("usage", "total"), [("70", 100), ("130", 130)])
def test_usage_joins_a_draft_with_the_minimum_spend(usage: str, total: int) -> None:  # §18.16
    draft = a_draft("100", reason=RENEWAL)
    used = InvoiceLine(description="usage", amount=Decimal(usage))
    covered = InvoiceLine(description="covered", amount=-min(Decimal(usage), Decimal(100)))
    for line in (used, covered):
        draft = invoicing.with_usage(draft, line, "sub_1", now=NOW)
    assert finalised(draft).invoice.total == total


def test_a_discounted_change_takes_the_discount_once() -> None:  # §18.27
    assert finalised(a_draft("-8.00", "25.00", discount="5.00")).invoice.amount_due == 12
    down = finalised(a_draft("-20.00", "10.00", discount="2.00"))
    assert (down.invoice.amount_due, down.customer.balance(USD)) == (Decimal(0), Decimal(12))


def test_renewals_of_one_instant_are_one_invoice() -> None:
    half = Discount(ref_id="half", name="half", percent_off=Decimal(50))
    first = a_draft("20", reason=RENEWAL)
    second = a_draft("30", reason=RENEWAL, discount="15", coupon=half, subscription="sub_2")
    shared = invoicing.joined(first, second)
    assert shared is not None
    used = InvoiceLine(description="usage", amount=Decimal(10))
    for subscription in ("sub_1", "sub_2"):
        shared = invoicing.with_usage(shared, used, subscription, now=NOW)
    payer = replace(PAYER, balances={USD: Decimal(7)})
    posting = finalised(shared, payer)
    assert (posting.invoice.sub_total, posting.invoice.total) == (Decimal(70), Decimal(50))
    assert posting.invoice.amount_due == 43
    assert posting.customer.balance(USD) == 0


@pytest.mark.parametrize(
    "other",
    [
        a_draft("30", reason=RENEWAL),
        a_draft("30", reason=RENEWAL, subscription="sub_2", tax=17),
        a_draft("30", subscription="sub_2", method=PaymentCollectionMethod.INVOICE),
    ],
)
def test_what_is_collected_otherwise_is_another_invoice(other: SandboxInvoice) -> None:
    assert invoicing.joined(a_draft("20", reason=RENEWAL), other) is None
    assert invoicing.joined(None, other) is None
    final = finalised(a_draft("20", reason=RENEWAL)).invoice
    assert invoicing.joined(final, a_draft("30", subscription="sub_2")) is None


def test_a_final_invoice_takes_no_more_usage() -> None:
    final = finalised(a_draft("10")).invoice
    late = InvoiceLine(description="late", amount=Decimal(1))
    with pytest.raises(Conflict) as refused:
        invoicing.with_usage(final, late, "sub_1", now=NOW)
    assert refused.value.code is ErrorCode.BillingInvoiceStatusError


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        ("pm_ok", PaymentOutcome.PAID),
        ("pm_fail", PaymentOutcome.FAILED),
        ("pm_fail_2", PaymentOutcome.FAILED),
        ("pm_action", PaymentOutcome.ACTION_REQUIRED),
        ("pm_processing", PaymentOutcome.PROCESSING),
        ("pm_card_visa", PaymentOutcome.PAID),
    ],
)
def test_the_token_fixes_the_outcome(token: str, outcome: PaymentOutcome) -> None:
    posting = finalised(a_draft("10"), paying_with(token))
    assert posting.outcome is outcome
    assert posting.invoice.attempt_count == 1
    assert (posting.invoice.state is InvoiceState.PAID) == (outcome is PaymentOutcome.PAID)


def test_an_action_carries_a_secret_and_a_failure_its_reason() -> None:
    action = finalised(a_draft("10"), paying_with("pm_action")).invoice
    assert action.requires_action
    assert action.payment_secret == "in_1_secret"
    failed = invoicing.invoice_of(
        finalised(a_draft("10"), paying_with("pm_fail")).invoice, payment_url="https://pay"
    )
    assert failed.status is SubscriptionInvoiceStatus.OPEN
    assert (failed.error_message, failed.payment_url) == ("Your card was declined.", "https://pay")


def test_without_a_method_collecting_fails() -> None:
    posting = finalised(a_draft("10"), SandboxCustomer(id="cus_1"))
    assert posting.outcome is PaymentOutcome.FAILED
    assert posting.invoice.error_message == "The customer has no payment method."


def test_a_sent_invoice_is_open_until_its_due_date() -> None:
    posting = finalised(a_draft("10", method=PaymentCollectionMethod.INVOICE))
    assert posting.outcome is PaymentOutcome.OPEN
    assert posting.invoice.due_date == NOW + timedelta(days=30)
    assert invoicing.pay(posting.invoice, now=NOW).state is InvoiceState.PAID


def test_a_sent_invoice_may_be_paid_already() -> None:
    draft = a_draft("10", method=PaymentCollectionMethod.INVOICE)
    assert finalised(draft, is_paid=True).outcome is PaymentOutcome.PAID


def test_an_answer_that_does_not_wait_is_processing() -> None:
    posting = finalised(a_draft("10"), waits=False)
    assert posting.outcome is PaymentOutcome.PROCESSING
    assert posting.invoice.action_at == NOW
    assert invoicing.retried(posting.invoice, "pm_ok", now=NOW).state is InvoiceState.PAID


def test_a_failed_renewal_is_collected_after_1_3_and_5_days_and_given_up_at_7() -> None:
    invoice = finalised(a_draft("10", reason=RENEWAL), paying_with("pm_fail")).invoice
    instants = []
    while invoice.action_at is not None:
        instants.append(invoice.action_at - NOW)
        invoice = invoicing.retried(invoice, "pm_fail", now=invoice.action_at)
    assert instants == [timedelta(days=days) for days in (1, 3, 5, 7)]
    assert invoice.state is InvoiceState.UNCOLLECTIBLE
    assert invoice.attempt_count == 4


def test_a_retry_with_a_new_method_pays() -> None:
    invoice = finalised(a_draft("10", reason=RENEWAL), paying_with("pm_fail")).invoice
    paid = invoicing.retried(invoice, "pm_ok", now=NOW + timedelta(days=1))
    assert (paid.state, paid.action_at, paid.error_message) == (InvoiceState.PAID, None, None)


def test_a_failed_first_payment_is_not_collected_again() -> None:
    assert finalised(a_draft("10"), paying_with("pm_fail")).invoice.action_at is None


def test_voiding_gives_the_used_balance_back_once() -> None:
    rich = invoicing.with_balance(paying_with("pm_fail"), USD, Decimal(4))
    failed = finalised(a_draft("10"), rich)
    assert failed.customer.balance(USD) == 0
    voided = invoicing.void(failed.invoice, failed.customer, now=NOW)
    assert voided.customer.balance(USD) == 4
    again = invoicing.void(voided.invoice, voided.customer, now=NOW)
    assert again.customer.balance(USD) == 4


def test_a_paid_invoice_cannot_be_voided_nor_a_void_one_paid() -> None:
    paid = finalised(a_draft("10"))
    with pytest.raises(Conflict):
        invoicing.void(paid.invoice, paid.customer, now=NOW)
    failed = finalised(a_draft("10"), paying_with("pm_fail"))
    with pytest.raises(Conflict):
        invoicing.pay(invoicing.void(failed.invoice, PAYER, now=NOW).invoice, now=NOW)


def test_coupons_are_spelled_by_their_names() -> None:
    twenty, ten = coupon_of("coupon_20"), coupon_of("coupon_10_usd")
    assert twenty is not None
    assert ten is not None
    assert twenty.percent_off == 20
    assert ten.amounts_off == (Money(Decimal(10), USD),)
    assert coupon_of("coupon_101") is None
    assert coupon_of("coupon_10_xxx") is None


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (PromotionCode.NOT_ACTIVE, ErrorCode.PromotionCodeNotActive),
        (PromotionCode.USED_UP, ErrorCode.PromotionCodeMaxRedemptionsReached),
        (PromotionCode.BIG_ORDERS, ErrorCode.PromotionCodeMinimumAmountNotReached),
        (PromotionCode.FIRST_ORDER, ErrorCode.PromotionCodeCustomerNotFirstPurchase),
        (PromotionCode.OTHERS, ErrorCode.PromotionCodeNotForCustomer),
    ],
)
def test_each_refusal_has_its_code(code: str, error: ErrorCode) -> None:
    with pytest.raises(Conflict) as refused:
        coupon_of_code(code, Money(Decimal("99.99"), USD))
    assert refused.value.code is error


def test_a_minimum_is_met_from_100_and_not_asked_for_before_anything_is_bought() -> None:
    met = coupon_of_code(PromotionCode.BIG_ORDERS, Money(Decimal(100), Currency.USD))
    assert met.percent_off == 20
    assert coupon_of_code(PromotionCode.BIG_ORDERS) == met


def test_unknown_codes_are_not_found_and_good_ones_are_coupons() -> None:
    with pytest.raises(NotFound):
        coupon_of_code("NOPE")
    assert coupon_of_code("SANDBOX20").percent_off == 20
    assert coupon_of_code("SANDBOX10USD").amounts_off == (Money(Decimal(10), USD),)
    for enough in (None, Money(Decimal(100), USD)):
        assert coupon_of_code("SANDBOX_MINIMUM", enough).percent_off == 20


def test_methods_show_four_digits_and_an_expiry() -> None:
    assert method_of("pm_ok").last4_digits == "4242"
    assert method_of("pm_fail").expiration_year == 2034
    assert outcome_of(None) is PaymentOutcome.FAILED


def test_a_signature_is_of_this_body_and_this_secret() -> None:
    signed = signature_of(b"{}", secret=b"s", at=NOW)
    require_signature(b"{}", signed, secret=b"s")
    for body, signature, secret in (
        (b"{ }", signed, b"s"),
        (b"{}", signed, b"other"),
        (b"{}", "", b"s"),
        (b"{}", "t=1,v1=ä", b"s"),
    ):
        with pytest.raises(BadSignature):
            require_signature(body, signature, secret=secret)


@given(st.lists(st.decimals(min_value=-500, max_value=500, places=2), min_size=1, max_size=12))
def test_what_was_due_and_what_is_left_sum_to_the_totals(totals: list[Decimal]) -> None:
    payer = PAYER
    due = Decimal(0)
    for total in totals:
        posting = finalised(a_draft(str(total)), payer)
        assert posting.invoice.amount_due >= 0
        due += posting.invoice.amount_due
        payer = posting.customer
    assert due - payer.balance(USD) == sum(totals)

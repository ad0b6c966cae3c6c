"""Trials (spec, subscriptions §5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.billing.model import BillingResult, PaymentOutcome
from domain.catalog.enums import PricingType, TrialEndBehavior, TrialPeriodUnits
from domain.catalog.model import Budget, TrialConfig
from domain.errors import DomainError, ErrorCode
from domain.subscriptions.charges import Terms
from domain.subscriptions.enums import (
    SubscriptionCancelReason,
    SubscriptionStatus,
)
from domain.subscriptions.model import Subscription
from domain.subscriptions.request import TrialRequest
from domain.subscriptions.transitions import end_trial, trial_ends_soon
from domain.subscriptions.trials import decide_trial, is_eligible, trial_end
from tests.builders import a_customer, a_plan, a_price, a_product, a_subscription, utc
from tests.domain.subscriptions.facts import provisioned

FORTNIGHT = TrialConfig(
    duration=14, units=TrialPeriodUnits.DAY, budget=Budget(limit=Decimal(5), has_soft_limit=True)
)
CONVERTS = replace(FORTNIGHT, trial_end_behavior=TrialEndBehavior.CONVERT_TO_PAID)
PRO = a_plan("plan-pro", a_price(50), default_trial_config=FORTNIGHT)
BASIC = a_plan("plan-basic", a_price(20))
PRODUCT = a_product()
START = utc("2024-03-01T12:00")


@pytest.mark.parametrize(
    ("start", "config", "end"),
    [
        ("2024-03-01T12:00", FORTNIGHT, "2024-03-15T12:00"),
        ("2024-01-31", TrialConfig(duration=1, units=TrialPeriodUnits.MONTH), "2024-02-29"),
    ],
)
def test_11_a_trial_lasts_days_or_clamped_months(start: str, config: TrialConfig, end: str) -> None:
    assert trial_end(utc(start), config) == utc(end)


def decided(request: TrialRequest, plan: Any = PRO, **given: Any) -> Any:
    asked: dict[str, Any] = {
        "eligible": True,
        "is_conversion": False,
        "start": START,
        "budget": None,
    }
    return decide_trial(request, plan=plan, **asked | given)


def test_the_plans_trial_is_for_the_eligible() -> None:
    assert decided(TrialRequest()).end == utc("2024-03-15T12:00")
    assert decided(TrialRequest(), eligible=False) is None
    assert decided(TrialRequest(), is_conversion=True) is None
    assert decided(TrialRequest(skip=True)) is None
    assert decided(TrialRequest(is_trial=False)) is None
    assert decided(TrialRequest(), plan=BASIC) is None


def test_a_forced_trial_takes_its_own_terms() -> None:
    forced = TrialRequest(
        is_trial=True,
        end_date=utc("2024-04-01"),
        end_behavior=TrialEndBehavior.CONVERT_TO_PAID,
    )
    terms = decided(forced, plan=BASIC, eligible=False)
    assert (terms.end, terms.behavior) == (utc("2024-04-01"), TrialEndBehavior.CONVERT_TO_PAID)
    assert decided(TrialRequest(is_trial=True)).budget == FORTNIGHT.budget


@pytest.mark.parametrize(
    ("request_", "plan"),
    [
        (TrialRequest(is_trial=True, skip=True), PRO),
        (TrialRequest(is_trial=True), a_plan("plan-free")),
        (TrialRequest(is_trial=True), BASIC),
        (TrialRequest(is_trial=True, end_date=START), PRO),
    ],
)
def test_trials_that_cannot_be(request_: TrialRequest, plan: Any) -> None:
    with pytest.raises(DomainError) as refused:
        decided(request_, plan=plan)
    assert refused.value.code is ErrorCode.InvalidArgumentError


class TestEligibility:
    def history(self, **given: Any) -> bool:
        return is_eligible([a_subscription(a_customer(), BASIC, **given)], PRODUCT.id)

    def test_whoever_paid_or_tried_is_not_eligible(self) -> None:
        assert is_eligible([], PRODUCT.id)
        assert not self.history()
        assert not self.history(
            trial_end_date=utc("2024-02-01"), status=SubscriptionStatus.IN_TRIAL
        )
        canceled = SubscriptionStatus.CANCELED
        assert not self.history(status=canceled, effective_end_date=utc("2024-01-09"))

    def test_what_never_began_does_not_count(self) -> None:
        canceled = SubscriptionStatus.CANCELED
        assert self.history(status=canceled, effective_end_date=utc("2023-12-01"))
        assert self.history(status=canceled, pending_since=utc("2024-01-01"))
        assert self.history(status=SubscriptionStatus.NOT_STARTED)
        assert self.history(pricing_type=PricingType.FREE)

    def test_a_scheduled_trial_counts(self) -> None:
        assert not self.history(
            status=SubscriptionStatus.NOT_STARTED, trial_end_date=utc("2024-03-01")
        )


def in_trial(config: TrialConfig = CONVERTS, start: datetime = START) -> Subscription:
    plan = replace(PRO, default_trial_config=config)
    return provisioned(plan, now=start).subscription


class TestEnd:
    END = utc("2024-03-15T12:00")

    def ended(self, *others: Subscription, can_pay: bool = True, **given: Any) -> Any:
        trial = in_trial(**given)
        return end_trial(
            trial,
            (trial, *others),
            at=self.END,
            product=PRODUCT,
            terms=Terms(),
            can_pay=can_pay,
        )

    def test_unconverted_it_expires(self) -> None:
        step = self.ended(config=FORTNIGHT)
        after = step.finish(None, step.charged).subscription
        assert (after.status, after.cancel_reason) == (
            SubscriptionStatus.EXPIRED,
            SubscriptionCancelReason.TrialEnded,
        )
        assert step.charged.charge is None

    def test_converted_it_is_charged_in_full_from_the_trials_end(self) -> None:
        step = self.ended()
        decision = step.finish(None, step.charged)
        after = decision.subscription
        assert after.status is SubscriptionStatus.ACTIVE
        assert after.was_in_trial
        assert after.billing_cycle_anchor == self.END
        assert after.current_billing_period_end == utc("2024-04-15T12:00")
        assert step.charged.charge.total == 50
        assert [one.type for one in decision.told] == ["SUBSCRIPTION_TRIAL_CONVERTED"]
        assert decision.told[0].extra == {"reason": "TRIAL_ENDED"}

    def test_a_live_paid_one_gives_way_and_is_credited(self) -> None:
        basic = provisioned(BASIC, now=utc("2024-02-29T12:00")).subscription
        step = self.ended(basic)
        decision = step.finish(None, step.charged)
        (old,) = (one for one in decision.changed if one.id == basic.id)
        assert old.cancel_reason is SubscriptionCancelReason.UpgradeOrDowngrade
        # 20 USD for 29 days, 14 of them left.
        assert step.charged.charge.total == Decimal("50.00") - Decimal("9.66")

    def test_without_a_method_it_expires(self) -> None:
        step = self.ended(can_pay=False)
        after = step.finish(None, step.charged).subscription
        assert after.status is SubscriptionStatus.EXPIRED

    def test_unpaid_it_is_pending(self) -> None:
        step = self.ended()
        result = BillingResult(billing_id="sub_1", outcome=PaymentOutcome.FAILED)
        after = step.finish(result, step.charged).subscription
        assert (after.status, after.pending_since) == (
            SubscriptionStatus.PAYMENT_PENDING,
            self.END,
        )

    def test_that_it_ends_soon_is_told_once(self) -> None:
        month = replace(FORTNIGHT, duration=30)
        trial = in_trial(config=month)
        assert not trial.trial_ends_soon_told
        decision = trial_ends_soon(trial)
        assert decision.subscription.trial_ends_soon_told
        assert [one.type for one in decision.told] == ["SUBSCRIPTION_TRIAL_ENDS_SOON"]

    def test_a_short_one_ends_soon_from_its_start(self) -> None:
        decision = provisioned(replace(PRO, default_trial_config=replace(FORTNIGHT, duration=3)))
        assert [one.type for one in decision.told] == [
            "SUBSCRIPTION_CREATED",
            "SUBSCRIPTION_TRIAL_STARTED",
            "SUBSCRIPTION_TRIAL_ENDS_SOON",
        ]

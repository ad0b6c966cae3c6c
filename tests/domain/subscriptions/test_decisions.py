"""Start, cycles, journeys and cancellation (spec, subscriptions §2, §6, §9, §13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import (
    BillingPeriod,
    Currency,
    PricingType,
    SubscriptionCancellationTime,
    SubscriptionEndSetup,
    SubscriptionStartSetup,
    SubscriptionUpdateUsageCutoffBehavior,
    TrialPeriodUnits,
)
from domain.catalog.model import AutoCancellationRule, ProductSettings, TrialConfig
from domain.errors import DomainError, ErrorCode
from domain.subscriptions.cancellation import (
    CancelRequest,
    auto_canceled,
    cancel,
    downgrades_to_free,
)
from domain.subscriptions.charges import Terms, unused_credit
from domain.subscriptions.cycle import (
    EARLIER_CUTOFFS_MAX,
    full_period,
    is_stub,
    with_usage_window,
)
from domain.subscriptions.due import Job, due_jobs, earliest, next_due
from domain.subscriptions.enums import (
    BillingAnchor,
    SubscriptionCancellationAction,
    SubscriptionCancelReason,
    SubscriptionDecisionStrategy,
    SubscriptionStatus,
)
from domain.subscriptions.facts import BillingSettings
from domain.subscriptions.journey import decide_journey
from domain.subscriptions.model import Subscription
from domain.subscriptions.previews import next_full_period
from domain.subscriptions.provisioning import decide
from domain.subscriptions.request import ContentRequest, ProvisionRequest, TrialRequest
from domain.subscriptions.succession import lift_after
from domain.subscriptions.transitions import (
    cancel_due,
    end_due,
    expire_pending,
    month_ends_soon,
    renew,
)
from tests.builders import a_customer, a_plan, a_price, a_product, a_subscription, utc
from tests.domain.subscriptions.facts import provision_facts, provisioned

PRO, BASIC, FREE = (
    a_plan("plan-pro", a_price(50)),
    a_plan("plan-basic", a_price(20)),
    a_plan("plan-free"),
)
CUSTOM = a_plan("plan-custom", pricing_type=PricingType.CUSTOM)
APRIL = utc("2024-04-01")


class TestCycle:
    def test_25_a_start_of_month_anchor_charges_the_stub(self) -> None:
        plan = a_plan("plan-thirty", a_price(30))
        facts = provision_facts(
            plan,
            now=utc("2024-04-11"),
            settings=BillingSettings(anchor=BillingAnchor.START_OF_THE_MONTH),
        )
        request = ProvisionRequest(customer_ref_id="c", plan_ref_id=plan.ref_id)
        provisioning = decide(request, facts)
        assert provisioning.charged.charge is not None
        assert provisioning.charged.charge.total == 20
        new = provisioning.new
        assert is_stub(new)
        assert full_period(new).start == APRIL
        assert new.current_billing_period_end == utc("2024-05-01")
        renewal = renew(new, Terms(), at=utc("2024-05-01"))
        assert renewal.charged.charge is not None
        assert renewal.charged.charge.total == 30
        assert not is_stub(renewal.subscription)

    def test_a_leap_day_returns_every_fourth_year(self) -> None:
        plan = a_plan("plan-year", a_price(100, period=BillingPeriod.ANNUALLY))
        one = provisioned(plan, now=utc("2024-02-29")).subscription
        ends = []
        for _ in range(4):
            ends.append(one.current_billing_period_end)
            one = renew(one, Terms(), at=one.current_billing_period_end).subscription
        assert ends == [
            utc(f"{year}-02-{day}")
            for year, day in ((2025, 28), (2026, 28), (2027, 28), (2028, 29))
        ]

    @pytest.mark.parametrize(
        ("rule", "carries"),
        [
            (SubscriptionUpdateUsageCutoffBehavior.ALWAYS_RESET, False),
            (SubscriptionUpdateUsageCutoffBehavior.NEVER_RESET, True),
            (SubscriptionUpdateUsageCutoffBehavior.BILLING_PERIOD_CHANGE, True),
        ],
    )
    def test_usage_is_cut_off_by_the_products_rule(
        self, rule: SubscriptionUpdateUsageCutoffBehavior, carries: bool
    ) -> None:
        product = a_product(usage_reset_cutoff=rule)
        old = provisioned(BASIC, now=APRIL).subscription
        at = utc("2024-04-16")
        packages = {BASIC.id: BASIC, PRO.id: PRO}
        new = provisioned(
            PRO, old, now=at, facts={"product": product, "packages": packages}
        ).subscription
        assert new.usage_anchor == (APRIL if carries else at)
        assert new.usage_cutoff == (None if carries else at)
        assert new.earlier_cutoffs == ()

    def test_earlier_cut_offs_stay(self) -> None:
        packages = {BASIC.id: BASIC, PRO.id: PRO}
        first, second = utc("2024-04-16"), utc("2024-04-20")
        one = provisioned(BASIC, now=APRIL).subscription
        facts = {"packages": packages}
        one = provisioned(PRO, one, now=first, facts=facts).subscription
        one = provisioned(BASIC, one, now=second, facts=facts).subscription
        assert (one.usage_cutoff, one.earlier_cutoffs) == (second, (first,))
        product = a_product(usage_reset_cutoff=SubscriptionUpdateUsageCutoffBehavior.NEVER_RESET)
        kept = provisioned(
            PRO, one, now=utc("2024-04-22"), facts={"product": product, **facts}
        ).subscription
        assert (kept.usage_cutoff, kept.earlier_cutoffs) == (second, (first,))
        for day in range(100):
            one = with_usage_window(
                one,
                origin=one,
                rule=SubscriptionUpdateUsageCutoffBehavior.ALWAYS_RESET,
                anchor_moves=True,
                at=utc("2024-05-01") + timedelta(days=day),
            )
        assert len(one.earlier_cutoffs) == EARLIER_CUTOFFS_MAX
        assert one.earlier_cutoffs[-1] == utc("2024-08-07")


class TestJourney:
    ASKED = ProvisionRequest(customer_ref_id="c", plan_ref_id="plan-pro", ref_id="mine")

    def decided(self, setup: SubscriptionStartSetup, asked: Any, plan: Any) -> Any:
        product = a_product(settings=ProductSettings(subscription_start_setup=setup))
        return decide_journey(asked, product=product, start_plan=plan, customer_ref_id="c")

    def test_1_the_requested_plan_or_none(self) -> None:
        chosen = SubscriptionStartSetup.PLAN_SELECTION
        assert self.decided(chosen, self.ASKED, FREE) == (
            SubscriptionDecisionStrategy.REQUESTED_PLAN,
            self.ASKED,
        )
        skipped = SubscriptionDecisionStrategy.SKIPPED_SUBSCRIPTION_CREATION
        assert self.decided(chosen, None, None) == (skipped, None)

    def test_1_a_predefined_plan_keeps_little(self) -> None:
        strategy, request = self.decided(SubscriptionStartSetup.FREE_PLAN, self.ASKED, FREE)
        assert strategy is SubscriptionDecisionStrategy.PREDEFINED_FREE_PLAN
        assert (request.plan_ref_id, request.ref_id) == ("plan-free", "mine")
        assert request.content == ContentRequest(minimum_quantities=True)

    def test_1_a_trial_of_the_start_plan(self) -> None:
        fortnight = TrialConfig(duration=14, units=TrialPeriodUnits.DAY)
        plan = replace(PRO, default_trial_config=fortnight)
        strategy, request = self.decided(SubscriptionStartSetup.TRIAL_PERIOD, None, plan)
        assert strategy is SubscriptionDecisionStrategy.PREDEFINED_TRIAL_PLAN
        assert request.trial == TrialRequest(is_trial=True)

    def test_without_a_start_plan_the_request_counts(self) -> None:
        strategy, _ = self.decided(SubscriptionStartSetup.FREE_PLAN, self.ASKED, None)
        assert strategy is SubscriptionDecisionStrategy.REQUESTED_PLAN

    @pytest.mark.parametrize(
        "setup", [SubscriptionStartSetup.FREE_PLAN, SubscriptionStartSetup.TRIAL_PERIOD]
    )
    def test_a_start_plan_that_is_no_longer_of_the_kind_does_not_count(
        self, setup: SubscriptionStartSetup
    ) -> None:
        strategy, _ = self.decided(setup, self.ASKED, PRO)  # neither free nor with a trial
        assert strategy is SubscriptionDecisionStrategy.REQUESTED_PLAN


def refusal(subscription: Subscription, **given: Any) -> ErrorCode:
    with pytest.raises(DomainError) as refused:
        canceled(subscription, **given)
    return refused.value.code


def canceled(subscription: Subscription, product: Any = None, **given: Any) -> Any:
    request = CancelRequest(subscription_ref_id=subscription.ref_id, **given)
    return cancel(subscription, request, product=product or a_product(), now=utc("2024-04-11"))


class TestCancellation:
    IMMEDIATE = SubscriptionCancellationTime.IMMEDIATE
    AT_END = SubscriptionCancellationTime.END_OF_BILLING_PERIOD
    ON = SubscriptionCancellationTime.SPECIFIC_DATE

    def paid(self) -> Subscription:
        return provisioned(PRO, now=APRIL).subscription

    def test_9_unused_time_is_credited_unless_told_not_to(self) -> None:
        credited = canceled(self.paid(), time=self.IMMEDIATE).credit
        assert credited.total == Decimal("-33.33")
        assert canceled(self.paid(), time=self.IMMEDIATE, prorate=False).credit is None

    def test_26_a_second_one_is_refused(self) -> None:
        ended = canceled(self.paid(), time=self.IMMEDIATE).subscription
        assert ended.status is SubscriptionStatus.CANCELED
        assert refusal(ended) is ErrorCode.SubscriptionAlreadyCanceledOrExpired

    def test_on_a_date_all_three_dates_are_it(self) -> None:
        at = utc("2024-04-16")
        one = canceled(self.paid(), time=self.ON, end_date=at).subscription
        assert (one.cancellation_date, one.end_date, one.effective_end_date) == (at, at, at)
        ended = cancel_due(one, at=at)
        assert ended.credit is not None
        assert ended.credit.total == -25
        assert ended.decision.subscription.cancel_reason is (
            SubscriptionCancelReason.ScheduledCancellation
        )

    def test_a_date_in_the_past_is_refused(self) -> None:
        code = refusal(self.paid(), time=self.ON, end_date=utc("2024-04-10"))
        assert code is ErrorCode.InvalidCancellationDate

    def test_a_later_one_replaces_the_earlier(self) -> None:
        first = canceled(self.paid(), time=self.ON, end_date=utc("2024-04-16")).subscription
        second = canceled(first, time=self.AT_END).subscription
        assert second.cancellation_date == utc("2024-05-01")
        assert second.end_date is None

    def test_what_has_no_period_or_is_a_trial_cannot_wait(self) -> None:
        custom = provisioned(CUSTOM, now=APRIL).subscription
        assert refusal(custom, time=self.AT_END) is ErrorCode.SubscriptionDoesNotHaveBillingPeriod
        trial = provisioned(
            PRO, now=APRIL, trial=TrialRequest(is_trial=True, end_date=utc("2024-05-09"))
        ).subscription
        assert refusal(trial, time=self.AT_END) is ErrorCode.TrialMustBeCancelledImmediately
        free = provisioned(FREE, now=APRIL).subscription
        assert canceled(free, time=self.AT_END).subscription.status is SubscriptionStatus.CANCELED

    def test_the_products_time_counts_where_it_can(self) -> None:
        settings = ProductSettings(subscription_cancellation_time=self.AT_END)
        product = a_product(settings=settings)
        assert canceled(self.paid(), product).subscription.status is SubscriptionStatus.ACTIVE
        custom = provisioned(CUSTOM, now=APRIL).subscription
        ended = canceled(custom, product).subscription
        assert ended.status is SubscriptionStatus.CANCELED

    def test_what_has_not_started_ends_at_once(self) -> None:
        ahead = provisioned(PRO, now=APRIL, start_date=utc("2024-04-20")).subscription
        ended = canceled(ahead, time=self.AT_END)
        assert ended.subscription.status is SubscriptionStatus.CANCELED
        assert ended.credit is None


class TestWhatFollows:
    PRODUCT = a_product(
        settings=ProductSettings(
            subscription_end_setup=SubscriptionEndSetup.DOWNGRADE_TO_FREE,
            downgrade_plan_ref_id="plan-free",
        ),
        auto_cancellation_rules=(
            AutoCancellationRule(source_plan_ref_id="plan-pro", target_plan_ref_id="plan-basic"),
        ),
    )

    def follows(self, **given: Any) -> str | None:
        before = provisioned(PRO, now=APRIL).subscription
        ended = replace(canceled(before).subscription, **given.pop("ended", {}))
        asked: dict[str, Any] = {"action": SubscriptionCancellationAction.DEFAULT}
        return downgrades_to_free(
            given.pop("before", before),
            ended,
            given.pop("others", ()),
            product=given.pop("product", self.PRODUCT),
            **asked | given,
        )

    def test_a_free_plan_follows_only_where_nothing_else_does(self) -> None:
        assert self.follows() == "plan-free"
        assert self.follows(action=SubscriptionCancellationAction.REVOKE_ENTITLEMENTS) is None
        assert self.follows(product=a_product()) is None
        replaced = {"cancel_reason": SubscriptionCancelReason.UpgradeOrDowngrade}
        assert self.follows(ended=replaced) is None
        assert self.follows(others=(a_subscription(a_customer(), BASIC),)) is None

    def test_rules_end_the_target_with_the_source(self) -> None:
        source = canceled(provisioned(PRO, now=APRIL).subscription).subscription
        target = a_subscription(a_customer(), BASIC)
        assert auto_canceled(source, (target,), product=self.PRODUCT) == (target,)
        again = a_subscription(a_customer(), PRO, "another")
        assert auto_canceled(source, (target, again), product=self.PRODUCT) == ()


class TestDue:
    def test_what_is_ended_has_nothing_due(self) -> None:
        ended = canceled(provisioned(PRO, now=APRIL).subscription).subscription
        assert next_due(ended) is None

    def test_a_cancellation_comes_before_the_renewal(self) -> None:
        one = canceled(
            provisioned(PRO, now=APRIL).subscription,
            time=SubscriptionCancellationTime.END_OF_BILLING_PERIOD,
        ).subscription
        end = utc("2024-05-01")
        jobs = sorted((due for due in due_jobs(one) if due.at == end), key=lambda due: due.order)
        assert [due.job for due in jobs] == [Job.CANCEL_DUE, Job.RENEW]

    def test_the_end_of_a_billing_month_is_told_an_hour_ahead(self) -> None:
        one = provisioned(PRO, now=APRIL).subscription
        due = earliest([one], until=utc("2024-05-01"))
        assert due is not None
        assert (due.job, due.at) == (Job.MONTH_ENDS_SOON, utc("2024-04-30T23:00"))
        assert month_ends_soon(one).changed[0].month_end_told == utc("2024-05-01")

    def test_a_non_recurring_one_expires(self) -> None:
        one = provisioned(PRO, now=APRIL, end_date=utc("2024-04-20")).subscription
        due = earliest([one], until=utc("2024-04-20"))
        assert due is not None
        assert due.job is Job.END_DUE
        after = end_due(one, at=due.at).subscription
        assert (after.status, after.cancel_reason) == (
            SubscriptionStatus.EXPIRED,
            SubscriptionCancelReason.Expired,
        )

    def test_unpaid_for_23_hours_it_is_over(self) -> None:
        pending = a_subscription(
            a_customer(), PRO, status=SubscriptionStatus.PAYMENT_PENDING, pending_since=APRIL
        )
        assert next_due(pending) == utc("2024-04-01T23:00")
        after = expire_pending(pending, at=utc("2024-04-01T23:00")).subscription
        assert after.cancel_reason is SubscriptionCancelReason.PendingPaymentExpired


class TestMoney:
    def test_a_backdated_period_has_nothing_to_credit(self) -> None:
        one = provisioned(PRO, now=utc("2024-03-20"), start_date=utc("2024-01-15")).subscription
        assert one.charged_ratio == 0
        assert unused_credit(one, at=utc("2024-03-25")) is None

    def test_the_next_period_is_shown_for_a_trial_too(self) -> None:
        trial = provisioned(
            PRO, now=APRIL, trial=TrialRequest(is_trial=True, end_date=utc("2024-05-09"))
        ).subscription
        shown = next_full_period(trial, Terms())
        assert shown is not None
        assert shown.total == 50
        assert shown.currency is Currency.USD
        free = provisioned(FREE, now=APRIL).subscription
        assert next_full_period(free, Terms()) is None

    def test_too_many_live_ones_are_refused(self) -> None:
        many = tuple(a_subscription(a_customer(), FREE, f"s{n}") for n in range(500))
        with pytest.raises(DomainError) as refused:
            provisioned(PRO, *many)
        assert refused.value.code is ErrorCode.TooManySubscriptionsPerCustomer

    def test_dates_before_the_start_are_refused(self) -> None:
        with pytest.raises(DomainError) as refused:
            provisioned(PRO, now=APRIL, cancellation_date=APRIL)
        assert refused.value.code is ErrorCode.InvalidCancellationDate
        with pytest.raises(DomainError) as refused:
            provisioned(PRO, now=APRIL, end_date=APRIL)
        assert refused.value.code is ErrorCode.InvalidArgumentError

    def test_several_subscriptions_need_a_resource(self) -> None:
        with pytest.raises(DomainError) as refused:
            provisioned(PRO, facts={"product": a_product(multiple_subscriptions=True)})
        assert refused.value.code is ErrorCode.InvalidArgumentError


class TestSuccessors:
    def test_a_planned_cancellation_returns_when_the_successor_never_starts(self) -> None:
        on = utc("2024-04-20")
        planned = canceled(
            provisioned(PRO, now=APRIL).subscription,
            time=SubscriptionCancellationTime.SPECIFIC_DATE,
            end_date=on,
        ).subscription
        packages = {BASIC.id: BASIC, PRO.id: PRO}
        decision = provisioned(
            BASIC,
            planned,
            now=utc("2024-04-11"),
            start_date=utc("2024-04-15"),
            facts={"packages": packages},
        )
        old = next(one for one in decision.changed if one.id == planned.id)
        assert old.cancellation_date == utc("2024-04-15")
        ended = canceled(decision.subscription).subscription
        (lifted,) = lift_after(ended, (old, ended), product=a_product(), now=utc("2024-04-12"))
        assert lifted.cancellation_date == on
        assert lifted.due_cancellation == planned.due_cancellation

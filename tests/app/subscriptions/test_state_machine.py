"""Random lives of a customer: after each step the laws of spec, subscriptions hold (issue 4)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.usecases.subscriptions.change import (
    cancel_schedule,
    cancel_subscription,
    update_subscription,
)
from app.usecases.subscriptions.previews import preview_subscription, preview_subscription_update
from app.usecases.subscriptions.provision import provision_subscription
from app.usecases.transitions import run_due_transitions
from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    PricingType,
    SubscriptionCancellationTime,
    SubscriptionEndSetup,
    TrialEndBehavior,
    TrialPeriodUnits,
)
from domain.catalog.model import ProductSettings, TrialConfig
from domain.customers.enums import PaymentMethodType
from domain.customers.model import PaymentMethod
from domain.errors import DomainError
from domain.subscriptions.cancellation import CancelRequest
from domain.subscriptions.charges import is_charged, lines_of
from domain.subscriptions.cycle import full_period
from domain.subscriptions.due import next_due
from domain.subscriptions.enums import (
    ScheduleStrategy,
    SubscriptionBillingCycleAnchor,
    SubscriptionScheduleStatus,
    SubscriptionStatus,
)
from domain.subscriptions.model import ENDED, LIVE, Subscription
from domain.subscriptions.request import (
    AddonRequest,
    ContentRequest,
    ProvisionRequest,
    QuantityRequest,
    TrialRequest,
    UpdateRequest,
)
from tests.app.subscriptions.memory import Catalogue, Memory
from tests.builders import a_customer, a_feature, a_plan, a_price, a_product, an_addon, uid, utc

T = TypeVar("T")
ANNUALLY = BillingPeriod.ANNUALLY
START = utc("2024-01-31T10:00")
SEATS = "feature-seats"
ADDON = an_addon("addon-a", a_price(5), a_price(55, period=ANNUALLY))


def own_price_ids(package: Any) -> Any:
    return replace(
        package,
        prices=tuple(replace(p, id=uid(f"{package.ref_id}{p.id}")) for p in package.prices),
    )


def a_paid_plan(ref_id: str, amount: int, **given: Any) -> Any:
    return a_plan(
        ref_id,
        a_price(amount),
        a_price(amount * 10, period=ANNUALLY),
        compatible_addon_ref_ids=("addon-a",),
        **given,
    )


def catalogue(*, waits: bool, to_free: bool, converts: bool) -> Catalogue:
    behavior = (
        TrialEndBehavior.CONVERT_TO_PAID if converts else TrialEndBehavior.CANCEL_SUBSCRIPTION
    )
    trial = TrialConfig(duration=14, units=TrialPeriodUnits.DAY, trial_end_behavior=behavior)
    per_unit = a_price(10, model=BillingModel.PER_UNIT, feature=SEATS)
    end = (
        SubscriptionEndSetup.DOWNGRADE_TO_FREE
        if to_free
        else SubscriptionEndSetup.CANCEL_SUBSCRIPTION
    )
    return Catalogue(
        product=a_product(
            settings=ProductSettings(
                prorate_at_end_of_billing_period=waits,
                subscription_end_setup=end,
                downgrade_plan_ref_id="plan-free",
            )
        ),
        packages=tuple(
            own_price_ids(package)
            for package in (
                a_plan("plan-free"),
                a_paid_plan("plan-basic", 20),
                a_paid_plan("plan-pro", 50, default_trial_config=trial),
                a_plan("plan-seats", per_unit, compatible_addon_ref_ids=("addon-a",)),
                a_plan("plan-custom", pricing_type=PricingType.CUSTOM),
                ADDON,
            )
        ),
        features=(a_feature(SEATS),),
    )


PLANS = st.sampled_from(["plan-free", "plan-basic", "plan-pro", "plan-seats", "plan-custom"])
PERIODS = st.sampled_from([BillingPeriod.MONTHLY, ANNUALLY])
# A change at the month's end of an annual period is neither charged nor given back (§7).
STRATEGIES = st.sampled_from(
    [None, None, None, ScheduleStrategy.IMMEDIATE, ScheduleStrategy.END_OF_BILLING_PERIOD]
)
ANCHORS = st.sampled_from(
    [
        SubscriptionBillingCycleAnchor.UNCHANGED,
        SubscriptionBillingCycleAnchor.UNCHANGED,
        SubscriptionBillingCycleAnchor.NOW,
    ]
)
TRIALS = st.sampled_from(
    [
        TrialRequest(),
        TrialRequest(skip=True),
        TrialRequest(is_trial=True),
        TrialRequest(is_trial=False),
    ]
)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


class Life(RuleBasedStateMachine):
    """One customer with a card that pays, over months."""

    @initialize(waits=st.booleans(), to_free=st.booleans(), converts=st.booleans())
    def begin(self, waits: bool, to_free: bool, converts: bool) -> None:
        method = PaymentMethod(id="pm_ok", type=PaymentMethodType.CARD, last4_digits="4242")
        customer = a_customer(billing_id="cus_1", payment_method=method)
        self.memory = Memory(
            catalogue(waits=waits, to_free=to_free, converts=converts), customer, now=START
        )
        self.customer = customer
        self.consumed = Decimal(0)
        self.steps = 1
        run(self._attach())

    async def _attach(self) -> None:
        async with self.memory.runtime.new_unit_of_work() as work:
            assert work.billing is not None
            await work.billing.attach_payment_method("cus_1", "pm_ok", key="attach")
            await work.commit()

    # --- steps ------------------------------------------------------------------------------

    @rule(
        plan=PLANS,
        period=PERIODS,
        seats=st.integers(1, 9),
        addons=st.integers(0, 2),
        trial=TRIALS,
        strategy=STRATEGIES,
        anchor=ANCHORS,
        ahead=st.sampled_from([None, None, None, 0, 3, 20]),
    )
    def provision(
        self,
        plan: str,
        period: BillingPeriod,
        seats: int,
        addons: int,
        trial: TrialRequest,
        strategy: ScheduleStrategy | None,
        anchor: SubscriptionBillingCycleAnchor,
        ahead: int | None,
    ) -> None:
        per_seat = plan == "plan-seats"
        start = None if ahead is None else self.now + timedelta(days=ahead)
        takes_addons = plan in {"plan-basic", "plan-pro", "plan-seats"}
        request = ProvisionRequest(
            customer_ref_id=self.customer.ref_id,
            plan_ref_id=plan,
            content=ContentRequest(
                billing_period=BillingPeriod.MONTHLY if per_seat else period,
                quantities=(QuantityRequest(id=SEATS, quantity=Decimal(seats)),)
                if per_seat
                else (),
                addons=(AddonRequest(ref_id="addon-a", quantity=addons if takes_addons else 0),),
            ),
            trial=trial,
            schedule_strategy=strategy,
            billing_cycle_anchor=anchor,
            start_date=start,
        )
        self._previewed(
            lambda: preview_subscription(request, runtime=self.memory.runtime),
            lambda: provision_subscription(request, runtime=self.memory.runtime),
        )

    @precondition(lambda self: self.live)
    @rule(data=st.data(), seats=st.integers(1, 9), addons=st.integers(0, 2), strategy=STRATEGIES)
    def update(
        self, data: st.DataObject, seats: int, addons: int, strategy: ScheduleStrategy | None
    ) -> None:
        one = data.draw(st.sampled_from(self.live))
        per_seat = one.plan_ref_id == "plan-seats"
        request = UpdateRequest(
            subscription_ref_id=one.ref_id,
            content=ContentRequest(
                quantities=(QuantityRequest(id=SEATS, quantity=Decimal(seats)),)
                if per_seat
                else (),
                addons=(AddonRequest(ref_id="addon-a", quantity=addons),),
            ),
            schedule_strategy=strategy,
        )
        self._previewed(
            lambda: preview_subscription_update(request, runtime=self.memory.runtime),
            lambda: update_subscription(request, runtime=self.memory.runtime),
        )

    @precondition(lambda self: self.live)
    @rule(data=st.data(), period=PERIODS)
    def change_period(self, data: st.DataObject, period: BillingPeriod) -> None:
        one = data.draw(st.sampled_from(self.live))
        request = UpdateRequest(
            subscription_ref_id=one.ref_id, content=ContentRequest(billing_period=period)
        )
        self._tried(lambda: update_subscription(request, runtime=self.memory.runtime))

    @precondition(lambda self: self.open)
    @rule(
        data=st.data(),
        time=st.sampled_from([None, *SubscriptionCancellationTime]),
        days=st.integers(1, 40),
    )
    def cancel(
        self, data: st.DataObject, time: SubscriptionCancellationTime | None, days: int
    ) -> None:
        one = data.draw(st.sampled_from(self.open))
        on = self.now + timedelta(days=days)
        specific = time is SubscriptionCancellationTime.SPECIFIC_DATE
        request = CancelRequest(
            subscription_ref_id=one.ref_id, time=time, end_date=on if specific else None
        )
        self._tried(lambda: cancel_subscription(request, runtime=self.memory.runtime))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def cancel_schedule(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.live))
        self._tried(lambda: cancel_schedule(one.ref_id, runtime=self.memory.runtime))

    @rule(hours=st.integers(1, 24 * 40))
    def wait(self, hours: int) -> None:
        """Time passes, instant by instant of what falls due."""
        until = self.now + timedelta(hours=hours)
        while True:
            due = min((at for s in self.all if (at := next_due(s)) is not None), default=None)
            at = until if due is None or due > until else max(due, self.now)
            self._consume(at)
            self.memory.clock.set(at)
            if due is None or due > until:
                return
            self.steps += 1
            run(run_due_transitions(self.memory.runtime, at))

    # --- doing ------------------------------------------------------------------------------

    def _tried(self, operation: Any) -> bool:
        self.steps += 1
        try:
            run(operation())
        except DomainError:
            return False
        return True

    def _previewed(self, preview: Any, operation: Any) -> None:
        """The preview's amount due is what the same call then charges; refusals agree too."""
        before = self.memory.tables
        try:
            shown = run(preview())
        except DomainError:
            shown = None
        assert self.memory.tables is before, "a preview writes nothing"
        if shown is None:
            assert not self._tried(operation), "what cannot be previewed cannot be done"
            return
        known = set(before.invoices)
        assert self._tried(operation), "what can be previewed can be done"
        new = [one for id, one in self.memory.tables.invoices.items() if id not in known]
        charged = [one for one in new if one.total >= 0]
        assert sum((one.total for one in charged), Decimal(0)) == shown.immediate.total
        assert sum((one.amount_due for one in charged), Decimal(0)) == shown.immediate.amount_due

    def _consume(self, until: datetime) -> None:
        """What the live subscriptions cost from now until then, by the millisecond."""
        for one in self.live:
            if not is_charged(one):
                continue
            price = sum((line.amount.amount for line in lines_of(one)), Decimal(0))
            whole = full_period(one)
            share = Decimal((until - self.now) / timedelta(milliseconds=1)) / Decimal(
                (whole.end - whole.start) / timedelta(milliseconds=1)
            )
            self.consumed += price * share

    # --- seeing -------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.memory.clock.now

    @property
    def all(self) -> list[Subscription]:
        memory = getattr(self, "memory", None)
        return [] if memory is None else list(memory.tables.subscriptions.values())

    @property
    def live(self) -> list[Subscription]:
        return [one for one in self.all if one.status in LIVE]

    @property
    def open(self) -> list[Subscription]:
        return [one for one in self.all if one.status not in ENDED]

    # --- laws -----------------------------------------------------------------------------------

    @invariant()
    def at_most_one_of_each_kind_is_live(self) -> None:
        kinds = [one.is_trial for one in self.live]
        assert kinds.count(True) <= 1
        assert kinds.count(False) <= 1

    @invariant()
    def no_status_is_without_its_cause(self) -> None:
        for one in self.all:
            if one.status in ENDED:
                assert one.cancel_reason is not None
                assert one.effective_end_date is not None
                assert not any(
                    update.status is SubscriptionScheduleStatus.Scheduled
                    for update in one.scheduled_updates
                )
            else:
                assert one.cancel_reason is None
                at = next_due(one)
                assert at is not None
                assert at > self.now
            if one.status is SubscriptionStatus.NOT_STARTED:
                assert one.start_date > self.now
            if one.status is SubscriptionStatus.IN_TRIAL:
                assert one.trial_end_date is not None
                assert one.start_date <= self.now < one.trial_end_date
            if one.status is SubscriptionStatus.ACTIVE:
                start, end = one.current_billing_period_start, one.current_billing_period_end
                assert start <= self.now < end

    @invariant()
    def every_period_is_of_the_anchor(self) -> None:
        for one in self.live:
            assert one.current_billing_period_start < one.current_billing_period_end
            assert one.start_date <= one.current_billing_period_end

    def teardown(self) -> None:
        """Everything is given back: what was invoiced is what was consumed, to rounding."""
        if not hasattr(self, "memory"):
            return
        # A cent of rounding at most for each line of each step.
        for one in self.open:
            request = CancelRequest(
                subscription_ref_id=one.ref_id, time=SubscriptionCancellationTime.IMMEDIATE
            )
            self._tried(
                lambda request=request: cancel_subscription(request, runtime=self.memory.runtime)
            )
        payer = self.memory.tables.payers["cus_1"]
        invoices = self.memory.tables.invoices.values()
        paid = sum((one.amount_due for one in invoices), Decimal(0))
        balance = sum(payer.balances.values(), Decimal(0))
        assert self.memory.invoiced == paid - balance, "invoices = payments + credit left"
        tolerance = Decimal("0.02") * (self.steps + len(self.memory.tables.invoices))
        assert abs(self.memory.invoiced - self.consumed) <= tolerance


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)

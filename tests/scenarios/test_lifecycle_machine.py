"""Random lives of a customer: whatever is asked in whatever order, the laws hold after each step.

The machine speaks GraphQL only, on the demo catalogue, with a test clock that it moves forward.
Source: spec, subscriptions §5-§8, §13, §15.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.scenarios.world import World, parsed, wire
from tests.support import Answer

SEATS = "feature-01-templates"
# A life is short enough to be read as it is; shrinking one takes minutes.
PHASES = (Phase.explicit, Phase.generate)
# What a well-formed request may still be refused for, by the state it meets.
EXPECTED_REFUSALS = {
    "InvalidArgumentError",
    "InvalidSubscriptionStatus",
    "IncompatibleSubscriptionAddon",
    "PriceNotFound",
    "SchedulingAtEndOfBillingPeriod",
    "SubscriptionAlreadyCanceledOrExpired",
    "SubscriptionDoesNotHaveBillingPeriod",
    "TrialMustBeCancelledImmediately",
    "FutureUpdateNotFound",
    "InvalidQuantity",
}
NODE = """refId status cancelReason startDate endDate trialEndDate cancellationDate effectiveEndDate
  currentBillingPeriodStart currentBillingPeriodEnd pricingType plan { refId }
  prices { usageLimit price { billingModel price { amount } } }
  addons { quantity addon { refId } price { price { amount } } }
  totalPrice { subTotal { amount } addonsTotal { amount } total { amount } }"""


plans = st.sampled_from(
    [
        "plan-revvenu-basic",
        "plan-revvenu-essentials",
        "plan-revvenu-growth",
        "plan-revvenu-enterprise",
    ]
)
addon_lists = st.sampled_from(
    [
        [],
        [{"addonId": "addon-extra-stuff", "quantity": 1}],
        [{"addonId": "addon-10-campaigns", "quantity": 2}],
    ]
)


class Life(RuleBasedStateMachine):
    """One customer's life."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.customers += 1
        self.customer = f"customer-{self.world.customers}"
        made = self.world.send(
            "mutation ($i: ProvisionCustomerInput!) { provisionCustomer(input: $i)"
            " { customer { id } } }",
            i={"refId": self.customer, "subscriptionParams": None},
        )
        assert not made.errors, made.errors

    def ask(self, document: str, **variables: Any) -> Answer:
        """Send; a refusal must be one that the spec documents, never an unexpected failure."""
        answer = self.world.send(document, **variables)
        assert set(answer.codes) <= EXPECTED_REFUSALS, answer.errors
        return answer

    @rule(
        plan=plans,
        period=st.sampled_from(["MONTHLY", "ANNUALLY"]),
        seats=st.integers(1, 5),
        addons=addon_lists,
        trial=st.sampled_from([None, True, False, "skip"]),
        start=st.sampled_from([None, None, None, -40, 10]),
        strategy=st.sampled_from([None, None, "IMMEDIATE", "END_OF_BILLING_PERIOD"]),
    )
    def provision(
        self,
        plan: str,
        period: str,
        seats: int,
        addons: list[Any],
        trial: bool | str | None,
        start: int | None,
        strategy: str | None,
    ) -> None:
        given: dict[str, Any] = {"customerId": self.customer, "planId": plan, "addons": addons}
        if plan == "plan-revvenu-growth":
            given["billableFeatures"] = [{"featureId": SEATS, "quantity": seats}]
            period = "MONTHLY"
        given["billingPeriod"] = period
        if trial == "skip":
            given["skipTrial"] = True
        elif trial is not None:
            given["trialOverrideConfiguration"] = {
                "isTrial": trial,
                "trialEndDate": wire(self.world.now + timedelta(days=20)),
            }
        if start is not None:
            given["startDate"] = wire(self.world.now + timedelta(days=start))
        if strategy is not None:
            given["scheduleStrategy"] = strategy
        self.ask(
            "mutation ($i: ProvisionSubscriptionInput!) { provisionSubscriptionV2(input: $i)"
            " { status isScheduled subscription { refId } } }",
            i=given,
        )

    @rule(seats=st.integers(1, 8), addons=st.none() | addon_lists, which=st.integers(0, 5))
    def update(self, seats: int, addons: list[Any] | None, which: int) -> None:
        live = self.live()
        if not live:
            return
        chosen = live[which % len(live)]
        given: dict[str, Any] = {"subscriptionId": chosen["refId"]}
        if chosen["plan"]["refId"] == "plan-revvenu-growth":
            given["billableFeatures"] = [{"featureId": SEATS, "quantity": seats}]
        if addons is not None:
            given["addons"] = addons
        self.ask(
            "mutation ($i: UpdateSubscriptionInput!) { updateOneSubscription(input: $i) { id } }",
            i=given,
        )

    @rule(
        which=st.integers(0, 5),
        time=st.sampled_from([None, "IMMEDIATE", "END_OF_BILLING_PERIOD", "SPECIFIC_DATE"]),
        days=st.integers(1, 50),
    )
    def cancel(self, which: int, time: str | None, days: int) -> None:
        every = self.subscriptions()
        if not every:
            return
        given: dict[str, Any] = {"subscriptionRefId": every[which % len(every)]["refId"]}
        if time is not None:
            given["subscriptionCancellationTime"] = time
        if time == "SPECIFIC_DATE":
            given["endDate"] = wire(self.world.now + timedelta(days=days))
        self.ask(
            "mutation ($i: SubscriptionCancellationInput!) { cancelSubscription(input: $i) { id } }",
            i=given,
        )

    @rule(which=st.integers(0, 5))
    def cancel_schedule(self, which: int) -> None:
        live = self.live()
        if live:
            self.ask(
                "mutation ($i: SubscriptionUpdateScheduleCancellationInput!)"
                " { cancelSchedule(input: $i) }",
                i={"subscriptionId": live[which % len(live)]["refId"]},
            )

    @rule(days=st.integers(0, 40), hours=st.integers(0, 23))
    def wait(self, days: int, hours: int) -> None:
        self.world.advance(timedelta(days=days, hours=hours, milliseconds=1))

    def subscriptions(self) -> list[dict[str, Any]]:
        answer = self.world.send(
            "query ($c: String!) { subscriptions(filter: {customerId: {eq: $c}},"
            f" paging: {{first: 100}}) {{ edges {{ node {{ {NODE} }} }} }} }}",
            c=self.customer,
        )
        return [edge["node"] for edge in answer.ok["subscriptions"]["edges"]]

    def live(self) -> list[dict[str, Any]]:
        return [s for s in self.subscriptions() if s["status"] in {"ACTIVE", "IN_TRIAL"}]

    @invariant()
    def laws(self) -> None:
        every = self.subscriptions()
        statuses = [s["status"] for s in every]
        assert statuses.count("IN_TRIAL") <= 1, every
        assert statuses.count("ACTIVE") <= 1, every
        for found in every:
            self.check_times(found)
            self.check_amounts(found)

    def check_times(self, found: dict[str, Any]) -> None:
        now, status = self.world.now, found["status"]
        start, end = parsed(found["startDate"]), parsed(found["effectiveEndDate"])
        assert start is not None
        ended = status in {"CANCELED", "EXPIRED"}
        assert (found["cancelReason"] is not None) == ended, found
        if ended:
            assert end is not None, found
            assert end <= now, found
        elif status == "NOT_STARTED":
            assert start > now, found
        else:
            assert start <= now, found
            assert end is None or end > now, found
            period_start = parsed(found["currentBillingPeriodStart"])
            period_end = parsed(found["currentBillingPeriodEnd"])
            assert period_start is not None
            assert period_end is not None
            assert period_start <= now < period_end, found
        if status == "IN_TRIAL":
            trial_end = parsed(found["trialEndDate"])
            assert trial_end is not None
            assert trial_end > now, found

    def check_amounts(self, found: dict[str, Any]) -> None:
        total = found["totalPrice"]
        if found["pricingType"] != "PAID":
            return
        assert total is not None, found
        addons = sum(
            a["quantity"] * a["price"]["price"]["amount"] for a in found["addons"] if a["price"]
        )
        plan = sum(
            (p["usageLimit"] or 1) * p["price"]["price"]["amount"]
            for p in found["prices"]
            if p["price"]["billingModel"] in {"FLAT_FEE", "PER_UNIT"}
        )
        assert total["addonsTotal"]["amount"] == addons, found
        assert total["subTotal"]["amount"] == plan + addons, found

    def teardown(self) -> None:
        self.world.send(
            "mutation ($i: ArchiveCustomerInput!) { archiveCustomer(input: $i) { id } }",
            i={"customerId": self.customer},
        )


def test_the_laws_hold_in_every_life(database_url: str, engine: object) -> None:
    del engine  # it made the schema
    world = World(database_url)
    try:
        machine = type("LifeOf", (Life,), {"world": world})
        run_state_machine_as_test(
            machine, settings=settings(max_examples=40, stateful_step_count=12, phases=PHASES)
        )
    finally:
        world.close()

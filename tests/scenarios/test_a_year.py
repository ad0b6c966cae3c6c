"""Time is the same however it passes: one leap of a year, or thousands of small steps.

The size is kept small for the gate; `PLANGATE_YEAR_CUSTOMERS=200 PLANGATE_YEAR_STEPS=5000` runs
the whole year of the specification's promise. Source: spec, subscriptions §15.
"""

from __future__ import annotations

import os
import random
from datetime import timedelta
from typing import Any

from tests.scenarios.world import World, wire

CUSTOMERS = int(os.environ.get("PLANGATE_YEAR_CUSTOMERS", "24"))
STEPS = int(os.environ.get("PLANGATE_YEAR_STEPS", "240"))
YEAR = timedelta(days=366)
NODE = """status cancelReason startDate endDate trialEndDate cancellationDate effectiveEndDate
  billingPeriod billingCycleAnchor currentBillingPeriodStart currentBillingPeriodEnd pricingType
  wasInTrial paymentCollection plan { refId } addons { quantity addon { refId } }
  prices { usageLimit price { billingModel } } coupons { status expirationDate }
  totalPrice { subTotal { amount } total { amount } }
  scheduledUpdates { scheduleStatus scheduledExecutionTime subscriptionScheduleType }"""


def populate(world: World) -> None:
    """The same mixed subscriptions in every world: all plans, trials, schedules, coupons, ends."""
    chance = random.Random(7)
    for number in range(CUSTOMERS):
        customer = f"c{number}"
        must(
            world,
            "mutation ($i: ProvisionCustomerInput!) { provisionCustomer(input: $i)"
            " { customer { id } } }",
            refId=customer,
            subscriptionParams=None,
        )
        provision(world, customer, chance)
        if chance.random() < 0.3:
            provision(world, customer, chance)
        if chance.random() < 0.3:
            cancel(world, customer, chance)
        if chance.random() < 0.4:
            schedule(world, customer, chance)


def must(world: World, document: str, **given: Any) -> Any:
    answer = world.send(document, i=given)
    assert not answer.errors, answer.errors
    return answer.data


def provision(world: World, customer: str, chance: random.Random) -> None:
    plan = chance.choice(
        [
            "plan-revvenu-basic",
            "plan-revvenu-essentials",
            "plan-revvenu-growth",
            "plan-revvenu-enterprise",
        ]
    )
    given: dict[str, Any] = {"customerId": customer, "planId": plan}
    given["billingPeriod"] = chance.choice(["MONTHLY", "ANNUALLY"])
    if plan == "plan-revvenu-growth":
        given["billingPeriod"] = "MONTHLY"
        given["billableFeatures"] = [
            {"featureId": "feature-01-templates", "quantity": chance.randint(1, 5)}
        ]
    if plan in {"plan-revvenu-growth", "plan-revvenu-essentials"}:
        if chance.random() < 0.3:
            given["trialOverrideConfiguration"] = {
                "isTrial": True,
                "trialEndDate": wire(world.now + timedelta(days=chance.randint(1, 40))),
                "trialEndBehavior": chance.choice(["CONVERT_TO_PAID", "CANCEL_SUBSCRIPTION"]),
            }
        if chance.random() < 0.3:
            given["appliedCoupon"] = {"couponId": "coupon-id"}
    if "trialOverrideConfiguration" not in given and chance.random() < 0.25:
        given["startDate"] = wire(world.now + timedelta(days=chance.choice([-50, 5, 33])))
    must(
        world,
        "mutation ($i: ProvisionSubscriptionInput!)"
        " { provisionSubscriptionV2(input: $i) { status } }",
        **given,
    )


def live(world: World, customer: str) -> list[Any]:
    found = world.send(
        "query ($i: GetActiveSubscriptionsInput!) { getActiveSubscriptions(input: $i)"
        " { refId pricingType status plan { refId } } }",
        i={"customerId": customer},
    ).ok["getActiveSubscriptions"]
    return sorted(found, key=lambda s: (s["status"], s["plan"]["refId"]))


def cancel(world: World, customer: str, chance: random.Random) -> None:
    for found in live(world, customer):
        if found["status"] == "ACTIVE" and found["pricingType"] == "PAID":
            when = chance.choice(["END_OF_BILLING_PERIOD", "SPECIFIC_DATE"])
            given = {"subscriptionRefId": found["refId"], "subscriptionCancellationTime": when}
            if when == "SPECIFIC_DATE":
                given["endDate"] = wire(world.now + timedelta(days=chance.randint(1, 200)))
            must(
                world,
                "mutation ($i: SubscriptionCancellationInput!)"
                " { cancelSubscription(input: $i) { id } }",
                **given,
            )


def schedule(world: World, customer: str, chance: random.Random) -> None:
    """Fewer seats, at the end of the billing period."""
    for found in live(world, customer):
        if found["status"] == "ACTIVE" and found["plan"]["refId"] == "plan-revvenu-growth":
            must(
                world,
                "mutation ($i: UpdateSubscriptionInput!)"
                " { updateOneSubscription(input: $i) { id } }",
                subscriptionId=found["refId"],
                scheduleStrategy="END_OF_BILLING_PERIOD",
                billableFeatures=[
                    {"featureId": "feature-01-templates", "quantity": chance.randint(6, 9)}
                ],
            )


def end_state(world: World) -> list[str]:
    """Everything about every subscription that is not a random id, in a stable order."""
    states: list[str] = []
    for number in range(CUSTOMERS):
        answer = world.send(
            "query ($c: String!) { subscriptions(filter: {customerId: {eq: $c}},"
            f" paging: {{first: 100}}) {{ edges {{ node {{ {NODE} }} }} }} }}",
            c=f"c{number}",
        )
        nodes = [repr(edge["node"]) for edge in answer.ok["subscriptions"]["edges"]]
        states.extend(f"c{number}: {node}" for node in sorted(nodes))
    return states


def test_a_year_in_one_leap_is_a_year_in_many_steps(database_url: str, engine: object) -> None:
    del engine  # it made the schema
    leaping, stepping = World(database_url), World(database_url)
    try:
        populate(leaping)
        populate(stepping)
        assert end_state(leaping) == end_state(stepping)
        leaping.advance(YEAR)
        chance = random.Random(11)
        milliseconds = int(YEAR / timedelta(milliseconds=1))
        cuts = sorted(chance.randrange(1, milliseconds) for _ in range(STEPS - 1))
        passed = 0
        for cut in (*cuts, milliseconds):
            stepping.advance(timedelta(milliseconds=cut - passed))
            passed = cut
        assert leaping.now == stepping.now
        assert end_state(leaping) == end_state(stepping)
    finally:
        leaping.close()
        stepping.close()

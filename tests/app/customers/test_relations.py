"""Lists with all their relations: as many statements for twenty rows as for one."""

from __future__ import annotations

import asyncio
from collections import Counter

from app.ports import Runtime
from domain.catalog.enums import BillingModel
from tests.app.subscriptions.shop import open_shop
from tests.builders import a_customer, a_feature, a_plan, a_price, an_addon
from tests.conftest import Execute, Recorder

SEATS = a_feature()
ADDON = an_addon("addon-support", a_price(5))
PRO = a_plan(
    "plan-pro",
    a_price(20),
    a_price(1, model=BillingModel.PER_UNIT, feature="feature-seats"),
    compatible_addon_ref_ids=("addon-support",),
)
FREE = a_plan("plan-free")

PROVISION = """
mutation Provision($customer: String!, $plan: String!, $resource: String) {
  provisionSubscriptionV2(input: {
    customerId: $customer, planId: $plan, resourceId: $resource
    addons: [{ addonId: "addon-support", quantity: 2 }]
    charges: [{ id: "feature-seats", quantity: 3, type: FEATURE }]
  }) { id status }
}
"""
FIELDS = """
  subscriptionId
  plan { refId product { refId } prices { billingModel feature { refId } } }
  addons { quantity addon { refId prices { billingModel } } price { package { refId } } }
  prices { usageLimit price { feature { refId } package { refId } price { amount } } }
  customer { customerId coupon { refId } eligibleForTrial { eligible } trialedPlans { planRefId }
    subscriptions { subscriptionId plan { refId } } }
  outdatedPricePackages
  totalPrice { total { amount } }
  resource { resourceId customer { customerId } subscriptions { subscriptionId } }
  environment { id account { id } }
  syncStates { status }
"""
LIST = (
    "query List { customerSubscriptions(paging: { first: 20 })"
    " { edges { node { " + FIELDS + " } } } }"
)


async def buy(execute: Execute, numbers: range) -> None:
    for number in numbers:
        variables = {"customer": f"c{number}", "plan": "plan-pro", "resource": f"r{number}"}
        assert (await execute(PROVISION, variables)).ok


async def test_every_relation_is_read_for_all_rows_at_once(
    execute: Execute, runtime: Runtime, count_statements: Recorder
) -> None:
    customers = tuple(a_customer(f"c{number}") for number in range(20))
    await open_shop(runtime, PRO, ADDON, FREE, features=(SEATS,), customers=customers)
    await buy(execute, range(1))
    with count_statements() as for_one:
        one = await execute(LIST)
    await buy(execute, range(1, 20))
    with count_statements() as for_twenty:
        twenty = await execute(LIST)
    assert len(one.ok["customerSubscriptions"]["edges"]) == 1
    assert len(twenty.ok["customerSubscriptions"]["edges"]) == 20
    assert len(for_twenty) == len(for_one), for_twenty
    node = one.ok["customerSubscriptions"]["edges"][0]["node"]
    assert node["addons"] == [
        {
            "quantity": 2,
            "addon": {"refId": "addon-support", "prices": [{"billingModel": "FLAT_FEE"}]},
            "price": {"package": {"refId": "addon-support"}},
        }
    ]
    assert node["totalPrice"] == {"total": {"amount": 33}}
    assert node["outdatedPricePackages"] == []
    assert node["resource"] == {
        "resourceId": "r0",
        "customer": {"customerId": "c0"},
        "subscriptions": [{"subscriptionId": node["subscriptionId"]}],
    }


async def test_fifty_writers_on_one_customer_all_come_through(
    execute: Execute, runtime: Runtime
) -> None:
    await open_shop(runtime, PRO, ADDON, FREE, features=(SEATS,), customers=(a_customer("c0"),))
    rename = """
    mutation Rename($name: String!) {
      updateOneCustomer(input: { customerId: "c0", name: $name }) { name }
    }
    """

    async def write(number: int) -> str:
        if number % 2:
            answer = await execute(rename, {"name": f"name {number}"})
        else:
            answer = await execute(PROVISION, {"customer": "c0", "plan": "plan-pro"})
        return ",".join(answer.codes) or "done"

    outcomes = Counter(await asyncio.gather(*(write(number) for number in range(50))))
    assert outcomes == {"done": 50}
    document = """
    { getCustomerByRefId(input: { customerId: "c0" }) {
        live: subscriptions { status }
        all: subscriptions(filter: {}) { status cancelReason }
    } }
    """
    found = (await execute(document)).ok["getCustomerByRefId"]
    assert found["live"] == [{"status": "ACTIVE"}]
    ended = Counter(s["cancelReason"] for s in found["all"])
    assert ended == {None: 1, "UpgradeOrDowngrade": 24}

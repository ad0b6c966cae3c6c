"""The end of a billing month is told an hour ahead (spec, subscriptions §15; platform §7)."""

from __future__ import annotations

from app.ports import Runtime
from app.usecases.transitions import run_due_transitions
from domain.catalog.enums import BillingPeriod
from tests.app.subscriptions.shop import Story, open_shop
from tests.builders import a_plan, a_price, utc
from tests.conftest import Execute
from tests.support import MovableClock

TOLD = """{ eventLogs(filter: {eventLogType: {eq: SUBSCRIPTION_BILLING_MONTH_ENDS_SOON}},
  sorting: [{field: createdAt, direction: ASC}]) { edges { node { createdAt payload } } } }"""


async def test_each_month_of_an_annual_subscription_is_told_once_an_hour_before_its_end(
    runtime: Runtime, clock: MovableClock, execute: Execute
) -> None:
    clock.set(utc("2024-01-31T10:00"))
    annual = a_price(200, period=BillingPeriod.ANNUALLY)
    await open_shop(runtime, a_plan("plan-annual", annual), a_plan("plan-free"))
    await Story(runtime, clock, execute).provision("plan-annual", billingPeriod="ANNUALLY")
    clock.set(utc("2024-04-29T00:00"))
    await run_due_transitions(runtime, clock())
    await run_due_transitions(runtime, clock())
    nodes = [edge["node"] for edge in (await execute(TOLD)).ok["eventLogs"]["edges"]]
    assert [node["createdAt"] for node in nodes] == [
        "2024-02-29T09:00:00.000Z",
        "2024-03-31T09:00:00.000Z",
    ]
    assert nodes[0]["payload"]["currentBillingMonthStart"] == "2024-01-31T10:00:00.000Z"
    assert nodes[0]["payload"]["currentBillingMonthEnd"] == "2024-02-29T10:00:00.000Z"
    assert nodes[0]["payload"]["plan"]["id"] == "plan-annual"

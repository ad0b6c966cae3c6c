"""Recurring credits when their subscription changes hands, plan, period, or ends (§9.7)."""

from __future__ import annotations

from dataclasses import replace

from domain.catalog.enums import (
    TrialEndBehavior,
    TrialPeriodUnits,
)
from domain.catalog.model import TrialConfig
from tests.app.credits.conftest import Credits
from tests.app.credits.life import CUSTOMER, Life, life, shop
from tests.builders import (
    a_credit,
    a_customer,
    a_plan,
    a_price,
    a_product,
)

__all__ = ["life"]


async def test_a_plan_change_voids_and_grants_in_full(life: Life) -> None:
    await shop(
        life,
        a_plan("plan-free", entitlements=(a_credit(10), a_credit(5, "coins"))),
        a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)),
    )
    await life.begin("plan-free")
    await life.credits.grant(3)
    await life.credits.consume(8)
    await life.advance("2024-01-25")
    await life.begin("plan-pro")
    assert await life.amounts(currencyId="tokens") == [3, 100]
    assert await life.amounts("VOIDED") == [5, 10]
    assert await life.credits.balance(currencyId="coins") == 0
    entries = await life.credits.entries(currencyId="tokens")
    assert sum(amount for _, amount in entries) == await life.credits.balance(currencyId="tokens")


async def test_a_downgrade_at_the_period_s_end_grants_the_new_plan_s(life: Life) -> None:
    await shop(
        life,
        a_plan("plan-basic", a_price(5), entitlements=(a_credit(10),)),
        a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)),
    )
    await life.begin("plan-pro")
    await life.provision("plan-basic", scheduleStrategy="END_OF_BILLING_PERIOD")
    assert await life.amounts() == [100]
    await life.advance("2024-03-20")
    assert await life.amounts("ACTIVE") == [10]
    assert await life.amounts("EXPIRED") == [10, 100]
    assert await life.amounts("VOIDED") == []


async def test_an_immediate_cancellation_voids_the_subscription_s_grants_alone(
    life: Life,
) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    id = await life.begin()
    await life.credits.grant(7)
    await life.advance("2024-01-20")
    await life.cancel(id, subscriptionCancellationTime="IMMEDIATE")
    (voided,) = await life.grants("VOIDED")
    assert (voided["amount"], voided["voidedAt"]) == (100, "2024-01-20T00:00:00.000Z")
    assert await life.amounts() == [7]
    await life.advance("2024-06-01")
    assert await life.credits.balance() == 7


async def test_a_cancellation_at_the_period_s_end_grants_nothing_after_it(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    id = await life.begin()
    await life.cancel(id, subscriptionCancellationTime="END_OF_BILLING_PERIOD")
    life.skip_to("2024-02-14T23:59")
    assert await life.credits.balance() == 100
    life.skip_to("2024-02-15")
    assert await life.credits.balance() == 0
    await life.advance("2024-03-20")
    assert await life.amounts("ACTIVE", "EXPIRED", "VOIDED", "SCHEDULED") == [100]


async def test_a_cancellation_on_a_date_voids_then_though_nobody_came_by(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    id = await life.begin()
    await life.cancel(
        id, subscriptionCancellationTime="SPECIFIC_DATE", endDate="2024-02-20T00:00:00Z"
    )
    life.skip_to("2024-02-21")
    assert await life.credits.balance() == 0
    (voided,) = await life.grants("VOIDED")
    assert voided["voidedAt"] == "2024-02-20T00:00:00.000Z"
    assert voided["expireAt"] == "2024-03-15T00:00:00.000Z"


async def test_a_cancellation_that_is_called_off_goes_on_granting(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    id = await life.begin()
    await life.cancel(id, subscriptionCancellationTime="END_OF_BILLING_PERIOD")
    await life.update(id, cancellationDate=None)
    life.skip_to("2024-02-15")
    assert await life.credits.balance() == 100


async def test_a_trial_grants_and_its_conversion_grants_anew(life: Life) -> None:
    trial = TrialConfig(
        duration=14,
        units=TrialPeriodUnits.DAY,
        trial_end_behavior=TrialEndBehavior.CONVERT_TO_PAID,
    )
    pro = a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),), default_trial_config=trial)
    await shop(life, pro)
    await life.begin(billingPeriod="MONTHLY")
    assert await life.amounts() == [100]
    await life.credits.consume(60)
    await life.advance("2024-02-10")
    (grant,) = await life.grants()
    assert (grant["amount"], grant["effectiveAt"], grant["expireAt"]) == (
        100,
        "2024-01-29T00:00:00.000Z",
        "2024-02-29T00:00:00.000Z",
    )
    (voided,) = await life.grants("VOIDED")
    assert voided["voidedAt"] == "2024-01-29T00:00:00.000Z"
    assert await life.credits.balance() == 100


async def test_a_trial_that_just_ends_takes_its_credits_along(life: Life) -> None:
    trial = TrialConfig(duration=14, units=TrialPeriodUnits.DAY)
    pro = a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),), default_trial_config=trial)
    await shop(life, pro)
    await life.begin(billingPeriod="MONTHLY")
    life.skip_to("2024-01-29")
    assert await life.credits.balance() == 0


async def test_a_start_ahead_grants_when_it_comes(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    await life.begin(startDate="2024-02-01T00:00:00Z")
    assert await life.grants("ACTIVE", "SCHEDULED") == []
    await life.advance("2024-02-10")
    (grant,) = await life.grants()
    assert grant["effectiveAt"] == "2024-02-01T00:00:00.000Z"


async def test_a_backdated_start_grants_the_running_period_alone(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    await life.begin(startDate="2023-11-01T00:00:00Z")
    (grant,) = await life.grants("ACTIVE", "EXPIRED")
    assert (grant["effectiveAt"], grant["expireAt"]) == (
        "2024-01-01T00:00:00.000Z",
        "2024-02-01T00:00:00.000Z",
    )


async def test_a_new_anchor_begins_a_new_period_of_credits(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    id = await life.begin()
    await life.credits.consume(60)
    await life.advance("2024-01-25")
    await life.update(id, billingCycleAnchor="NOW")
    assert await life.credits.balance() == 100
    (grant,) = await life.grants()
    assert grant["expireAt"] == "2024-02-25T00:00:00.000Z"


async def test_a_resource_s_subscription_fills_the_resource_s_wallet(life: Life) -> None:
    await shop(
        life,
        a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)),
        product=a_product(multiple_subscriptions=True),
    )
    id = await life.begin(resourceId="site-1")
    await life.begin(resourceId="site-2")
    assert await life.credits.balances() == []
    assert await life.credits.balance(resourceId="site-1") == 100
    await life.credits.consume(30, resourceId="site-1")
    life.skip_to("2024-02-15")
    assert await life.credits.balance(resourceId="site-1") == 100
    await life.execute(
        """mutation ($input: TransferSubscriptionToResourceInput!) {
          transferSubscriptionToResource(input: $input) { id } }""",
        {"input": {"subscriptionId": id, "destinationResourceId": "site-3"}},
    )
    assert await life.credits.balance(resourceId="site-1") == 0
    assert await life.credits.balance(resourceId="site-3") == 100
    assert await life.credits.balance(resourceId="site-2") == 100


async def test_an_archived_customer_s_grants_are_voided(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    await life.begin()
    run = """mutation ($input: ArchiveCustomerInput!) { archiveCustomer(input: $input) { id } }"""
    assert (await life.execute(run, {"input": {"customerId": CUSTOMER}})).ok
    undo = """mutation ($input: UnarchiveCustomerInput!) {
      unarchiveCustomer(input: $input) { id } }"""
    assert (await life.execute(undo, {"input": {"customerId": CUSTOMER}})).ok
    assert await life.credits.balance() == 0


async def delegate(life: Life, id: str) -> Credits:
    answer = await life.execute(
        """mutation ($input: DelegateSubscriptionToCustomerInput!) {
          delegateSubscriptionToCustomer(input: $input) { id } }""",
        {"input": {"subscriptionId": id, "destinationCustomerId": "customer-other"}},
    )
    assert answer.ok
    return replace(life.credits, customer_id="customer-other")


async def test_delegation_moves_the_grants_to_who_manages(life: Life) -> None:
    customers = (a_customer(), a_customer("customer-other"))
    pro = a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),))
    await shop(life, pro, customers=customers)
    id = await life.begin()
    other = await delegate(life, id)
    assert await life.credits.balance() == 0
    assert await other.balance() == 100
    life.skip_to("2024-02-15")
    assert await life.credits.balance() == 0
    assert await other.balance() == 100


async def test_delegation_takes_along_what_has_just_begun(life: Life) -> None:
    customers = (a_customer(), a_customer("customer-other"))
    pro = a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),))
    await shop(life, pro, customers=customers)
    id = await life.begin(startDate="2024-02-01T00:00:00Z")
    life.skip_to("2024-02-01T00:00:05")
    other = await delegate(life, id)
    assert await life.credits.balance() == 0
    assert await other.balance() == 100
    life.skip_to("2024-03-01")
    assert await life.credits.balance() == 0
    assert await other.balance() == 100


async def test_grants_are_told_of_at_their_instants(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    await life.begin()
    await life.advance("2024-02-20")
    answer = await life.execute(
        """{ eventLogs(paging: {first: 50}) { edges { node { eventLogType createdAt } } } }"""
    )
    told = [
        (edge["node"]["eventLogType"], edge["node"]["createdAt"][:10])
        for edge in answer.ok["eventLogs"]["edges"]
        if edge["node"]["eventLogType"].startswith("CREDIT_GRANT")
    ]
    assert sorted(told) == [
        ("CREDIT_GRANT_CREATED", "2024-01-15"),
        ("CREDIT_GRANT_CREATED", "2024-02-15"),
        ("CREDIT_GRANT_EXPIRED", "2024-02-15"),
    ]

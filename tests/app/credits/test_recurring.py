"""Recurring grants over GraphQL: a subscription's life, and what its wallets hold meanwhile."""

from __future__ import annotations

from typing import Any

import httpx

from domain.catalog.enums import (
    BillingModel,
    BillingPeriod,
    CreditCadence,
    CreditGrantCadence,
    EntitlementBehavior,
)
from tests.app.credits.conftest import LEDGER
from tests.app.credits.life import CUSTOMER, SEATS, Life, life, seat_price, shop
from tests.app.packages.authoring import Author
from tests.app.subscriptions.shop import PROVISION
from tests.builders import (
    a_credit,
    a_plan,
    a_price,
    an_addon,
    currency_id,
    feature_id,
)
from tests.conftest import Recorder

__all__ = ["life"]


async def test_a_plan_s_credits_are_granted_with_the_subscription(life: Life) -> None:
    await shop(life, a_plan("plan-pro", entitlements=(a_credit(100),)))
    await life.begin()
    assert await life.grants() == [
        {
            "displayName": "plan-pro",
            "status": "ACTIVE",
            "amount": 100,
            "consumedAmount": 0,
            "effectiveAt": "2024-01-15T00:00:00.000Z",
            "expireAt": "2024-02-15T00:00:00.000Z",
            "voidedAt": None,
            "grantType": "RECURRING",
            "sourceType": "PLAN_ENTITLEMENT",
            "priority": 0,
            "resourceId": None,
            "cost": {"amount": 0, "currency": "USD"},
        }
    ]
    assert await life.credits.balance() == 100


async def test_the_next_period_is_granted_though_nobody_came_by(life: Life) -> None:
    await shop(life, a_plan("plan-pro", entitlements=(a_credit(100),)))
    await life.begin()
    await life.credits.consume(30)
    life.skip_to("2024-02-14T23:59:59.999")
    assert await life.credits.balance() == 70
    life.skip_to("2024-02-15")
    assert await life.credits.balance() == 100
    life.skip_to("2024-05-20")
    consumed = await life.credits.consume(10, "later")
    assert consumed["credit"]["usagePeriodEnd"] == "2024-06-15T00:00:00.000Z"
    assert [(e["eventType"], e["amount"]) for e in reversed(await life.credits.ledger())] == [
        ("CREDITS_GRANTED", 100),
        ("CREDITS_CONSUMED", -30),
        ("CREDITS_EXPIRED", -70),
        ("CREDITS_GRANTED", 100),
        *[("CREDITS_EXPIRED", -100), ("CREDITS_GRANTED", 100)] * 3,
        ("CREDITS_CONSUMED", -10),
    ]
    times = [e["timestamp"] for e in reversed(await life.credits.ledger())]
    assert times[3::2][:4] == [f"2024-0{month}-15T00:00:00.000Z" for month in (2, 3, 4, 5)]


async def test_a_year_is_twelve_grants_each_for_its_month_from_the_31st(life: Life) -> None:
    life.skip_to("2024-01-31")
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    await life.begin()
    await life.credits.consume(130)
    await life.advance("2025-01-30T23:59")
    found = [e["expireAt"][:10] for e in reversed(await life.grants("ACTIVE", "EXPIRED"))]
    assert found == [
        *["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30", "2024-07-31"],
        *["2024-08-31", "2024-09-30", "2024-10-31", "2024-11-30", "2024-12-31", "2025-01-31"],
    ]
    await life.advance("2025-01-31")
    types = [type_ for type_, _ in await life.credits.entries()]
    assert types.count("CREDITS_GRANTED") == 13
    assert types.count("CREDITS_EXPIRED") == 12
    amounts = [amount for _, amount in await life.credits.entries()]
    assert sum(amounts) == await life.credits.balance() == 100


async def test_what_is_due_twice_is_done_once(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    await life.begin()
    await life.advance("2024-04-20")
    entries = await life.credits.entries()
    await life.advance("2024-04-20")
    assert await life.credits.entries() == entries
    assert await life.amounts() == [100]


async def test_example_22_seats_up_and_down(life: Life) -> None:
    each = a_credit(1000, dependency_feature_id=feature_id(SEATS))
    await shop(life, a_plan("plan-pro", seat_price(), entitlements=(each,)))
    id = await life.begin(charges=[{"id": SEATS, "quantity": 5, "type": "FEATURE"}])
    assert await life.amounts() == [5000]
    await life.advance("2024-01-25")
    await life.update(id, billableFeatures=[{"featureId": SEATS, "quantity": 6}])
    extra, first = await life.grants()
    assert (extra["amount"], first["amount"]) == (1000, 5000)
    assert extra["expireAt"] == first["expireAt"] == "2024-02-15T00:00:00.000Z"
    assert extra["effectiveAt"] == "2024-01-25T00:00:00.000Z"
    await life.update(id, billableFeatures=[{"featureId": SEATS, "quantity": 5}])
    assert await life.amounts() == [1000, 5000]
    await life.update(id, billableFeatures=[{"featureId": SEATS, "quantity": 6}])
    assert await life.amounts() == [1000, 5000], "going back and forth grants nothing"
    await life.update(id, billableFeatures=[{"featureId": SEATS, "quantity": 5}])
    life.skip_to("2024-02-15")
    assert await life.amounts() == [5000]
    assert await life.credits.balance() == 5000


async def test_another_seat_bought_by_provisioning_anew_is_granted_alone(life: Life) -> None:
    each = a_credit(1000, dependency_feature_id=feature_id(SEATS))
    await shop(life, a_plan("plan-pro", seat_price(), entitlements=(each,)))
    await life.begin(charges=[{"id": SEATS, "quantity": 5, "type": "FEATURE"}])
    await life.credits.consume(4900)
    await life.advance("2024-01-25")
    id = await life.begin(charges=[{"id": SEATS, "quantity": 6, "type": "FEATURE"}])
    assert await life.amounts("ACTIVE", "VOIDED") == [1000, 5000]
    assert await life.credits.balance() == 1100
    await life.cancel(id, subscriptionCancellationTime="IMMEDIATE")
    assert await life.amounts("VOIDED") == [1000, 5000]
    assert await life.credits.balance() == 0


async def test_fewer_seats_from_the_period_s_end_are_granted_from_there(life: Life) -> None:
    each = a_credit(1000, dependency_feature_id=feature_id(SEATS))
    await shop(life, a_plan("plan-pro", seat_price(), entitlements=(each,)))
    id = await life.begin(charges=[{"id": SEATS, "quantity": 5, "type": "FEATURE"}])
    await life.update(
        id,
        billableFeatures=[{"featureId": SEATS, "quantity": 3}],
        scheduleStrategy="END_OF_BILLING_PERIOD",
    )
    life.skip_to("2024-02-15T00:00:05")
    awaiting = await life.credits.consume(40)
    assert awaiting["credit"]["usageLimit"] == 0, "what is burned meanwhile is lent"
    await life.advance("2024-02-15T00:00:10")
    assert await life.amounts() == [3000]
    assert (await life.grants())[0]["effectiveAt"] == "2024-02-15T00:00:00.000Z"
    assert await life.credits.balance() == 2960


async def test_nothing_is_recharged_that_a_due_change_is_about_to_grant(life: Life) -> None:
    pack = a_price(1, model=BillingModel.PER_UNIT, top_up_currency_id=currency_id())
    await shop(life, a_plan("plan-pro", pack))
    id = await life.begin(charges=[{"id": "tokens", "quantity": 40, "type": "CREDIT"}])
    fewer = [{"id": "tokens", "quantity": 30, "type": "CREDIT"}]
    await life.update(id, charges=fewer, scheduleStrategy="END_OF_BILLING_PERIOD")
    settings = {"isEnabled": True, "thresholdValue": 20, "targetBalance": 50}
    named = {"customerId": CUSTOMER, "currencyId": "tokens"}
    save = """mutation ($input: SaveAutoRechargeSettingsInput!) {
      saveAutoRechargeSettings(input: $input) { isEnabled } }"""
    assert (await life.execute(save, {"input": settings | named})).ok
    life.skip_to("2024-02-15T00:00:05")
    await life.credits.consume(1)
    await life.advance("2024-02-15T00:00:10")
    assert [grant["grantType"] for grant in await life.grants()] == ["RECURRING"]
    await life.credits.consume(15, "below the threshold")
    assert await life.credits.balance() == 50


async def test_who_looks_when_a_change_is_due_sees_what_it_grants(life: Life) -> None:
    await shop(
        life,
        a_plan("plan-basic", a_price(5), entitlements=(a_credit(10),)),
        a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)),
    )
    await life.begin("plan-pro")
    await life.provision("plan-basic", scheduleStrategy="END_OF_BILLING_PERIOD")
    life.skip_to("2024-02-15")
    assert await life.credits.balance() == 10
    await life.begin("plan-pro", startDate="2024-03-15T00:00:00Z")
    life.skip_to("2024-03-15")
    assert await life.credits.balance() == 100


async def test_add_ons_add_grants_and_an_override_is_the_only_one(life: Life) -> None:
    more = an_addon("addon-more", a_price(1), entitlements=(a_credit(50),))
    override = a_credit(500, behavior=EntitlementBehavior.Override)
    instead = an_addon("addon-instead", a_price(1), entitlements=(override,))
    pro = a_plan(
        "plan-pro",
        a_price(20),
        entitlements=(a_credit(100),),
        compatible_addon_ref_ids=("addon-more", "addon-instead"),
    )
    await shop(life, pro, more, instead)
    id = await life.begin(addons=[{"addonId": "addon-more", "quantity": 2}])
    found = [(g["amount"], g["sourceType"], g["displayName"]) for g in await life.grants()]
    assert sorted(found) == [
        (100, "ADDON_ENTITLEMENT", "addon-more"),
        (100, "PLAN_ENTITLEMENT", "plan-pro"),
    ]
    await life.update(id, addons=[])
    assert await life.amounts() == [100, 100], "what was granted stays until the period's end"
    addons = [{"addonId": "addon-more", "quantity": 1}, {"addonId": "addon-instead", "quantity": 1}]
    await life.update(id, addons=addons)
    assert await life.amounts() == [100, 100, 300]
    life.skip_to("2024-02-15")
    assert [(g["amount"], g["sourceType"]) for g in await life.grants()] == [
        (500, "ADDON_ENTITLEMENT")
    ]


async def test_a_yearly_cadence_outlives_billing_months(life: Life) -> None:
    yearly = a_credit(1200, cadence=CreditCadence.YEAR)
    monthly = a_credit(7, "coins")
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(yearly, monthly)))
    await life.begin()
    await life.advance("2024-12-31")
    (tokens,) = await life.grants(currencyId="tokens")
    assert (tokens["effectiveAt"], tokens["expireAt"]) == (
        "2024-01-15T00:00:00.000Z",
        "2025-01-15T00:00:00.000Z",
    )
    (coins,) = await life.grants(currencyId="coins")
    assert coins["expireAt"] == "2025-01-15T00:00:00.000Z"
    assert len(await life.grants("EXPIRED", currencyId="coins")) == 11


async def test_a_charge_for_credits_grants_what_was_bought(life: Life) -> None:
    pack = a_price(
        1,
        model=BillingModel.PER_UNIT,
        period=BillingPeriod.ANNUALLY,
        top_up_currency_id=currency_id(),
        credit_grant_cadence=CreditGrantCadence.MONTHLY,
    )
    await shop(life, a_plan("plan-pro", pack))
    id = await life.begin(charges=[{"id": "tokens", "quantity": 40, "type": "CREDIT"}])
    (grant,) = await life.grants()
    assert (grant["amount"], grant["sourceType"], grant["expireAt"]) == (
        40,
        "PRICE",
        "2024-02-15T00:00:00.000Z",
    )
    assert await life.next_grant(id) == "2024-02-15T00:00:00.000Z"
    await life.update(id, charges=[{"id": "tokens", "quantity": 70, "type": "CREDIT"}])
    assert await life.amounts() == [30, 40]
    life.skip_to("2024-02-15")
    assert await life.amounts() == [70]
    await life.cancel(id, subscriptionCancellationTime="SPECIFIC_DATE", endDate="2024-03-15")
    assert await life.next_grant(id) is None


async def test_without_credits_there_is_nothing_more_to_ask(
    life: Life, count_statements: Recorder
) -> None:
    addon = an_addon("addon-plain", a_price(1))
    plain = a_plan("plan-plain", seat_price(), compatible_addon_ref_ids=("addon-plain",))
    await shop(life, plain, addon, a_plan("plan-pro", a_price(5)))
    with count_statements() as executed:
        id = await life.begin(
            "plan-plain", charges=[{"id": SEATS, "quantity": 5, "type": "FEATURE"}]
        )
        await life.update(id, billableFeatures=[{"featureId": SEATS, "quantity": 6}])
        await life.update(id, addons=[{"addonId": "addon-plain", "quantity": 6}])
        await life.begin("plan-pro")
    assert not [one for one in executed if "credit_wallets" in one or "credit_grants" in one]


# --- other ways to change -------------------------------------------------------------------

CREDITS_OF = """query ($input: GetPackageByRefIdInput!) { getPlanByRefId(input: $input) {
  packageEntitlements { ... on PackageCreditEntitlement { id amount } } } }"""
CHANGE = """mutation ($input: UpdatePackageEntitlementInput!) {
  updatePackageEntitlement(input: $input) { __typename } }"""


async def test_a_richer_version_adds_the_difference_and_a_poorer_one_takes_nothing(
    life: Life,
) -> None:
    author = Author(life.execute, life.runtime)
    await shop(life)
    first = await author.plan("plan-new")
    await author.price(first, pricingType="FREE")
    credit = {"customCurrencyId": "tokens", "amount": 100, "cadence": "MONTH"}
    await author.entitle(first, {"credit": credit})
    await author.publish(first)
    await life.begin("plan-new")
    for amount in (130, 40):
        draft = await author.draft((await author.get_plan("plan-new"))["id"])
        version = {"refId": "plan-new", "versionNumber": draft["versionNumber"]}
        plan = await author.ok(CREDITS_OF, environmentId=author.environment_id, **version)
        (entitlement,) = plan["packageEntitlements"]
        await author.ok(CHANGE, id=entitlement["id"], credit={"amount": amount})
        await author.publish(draft["id"], "ALL_CUSTOMERS")
        assert await life.amounts() == [30, 100]
    life.skip_to("2024-02-15")
    assert await life.amounts() == [40]


async def test_a_base_plan_s_credits_are_granted_and_kept_by_an_update(life: Life) -> None:
    base = a_plan("plan-base", a_price(1), entitlements=(a_credit(100),))
    await shop(life, base, a_plan("plan-top", a_price(2), seat_price(), parent_plan_id=base.id))
    id = await life.begin("plan-top", charges=[{"id": SEATS, "quantity": 5, "type": "FEATURE"}])
    assert await life.amounts() == [100]
    await life.update(id, billableFeatures=[{"featureId": SEATS, "quantity": 6}])
    life.skip_to("2024-02-15")
    assert await life.amounts() == [100]


async def test_an_imported_subscription_grants_its_running_period(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    item = {
        "subscriptionId": "sub-1",
        "customerId": CUSTOMER,
        "planId": "plan-pro",
        "startDate": "2023-12-20T00:00:00Z",
    }
    document = """mutation ($input: ImportSubscriptionsBulkInput!) {
      importSubscriptionsBulk(input: $input) }"""
    assert (await life.execute(document, {"input": {"subscriptions": [item]}})).ok
    (grant,) = await life.grants()
    assert (grant["effectiveAt"], grant["expireAt"]) == (
        "2023-12-20T00:00:00.000Z",
        "2024-01-20T00:00:00.000Z",
    )


async def test_a_customer_provisioned_with_a_subscription_has_its_credits(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    document = """mutation ($input: ProvisionCustomerInput!) { provisionCustomer(input: $input) {
      subscription { id } } }"""
    params = {"planId": "plan-pro"}
    input = {"customerId": "customer-new", "subscriptionParams": params}
    assert (await life.execute(document, {"input": input})).ok
    life.be("customer-new")
    assert await life.amounts() == [100]


async def test_a_check_at_the_boundary_sees_the_new_period(life: Life) -> None:
    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    await life.begin()
    await life.credits.consume(100)
    document = """query ($query: GetEntitlementV2Input!) { entitlementV2(query: $query) {
      ... on CreditEntitlement { isGranted accessDeniedReason usageLimit currentUsage
        usagePeriodEnd } } }"""
    query = {"query": {"customerId": CUSTOMER, "currencyId": "tokens"}}
    denied = (await life.execute(document, query)).ok["entitlementV2"]
    assert denied["accessDeniedReason"] == "InsufficientCredits"
    assert denied["usagePeriodEnd"] == "2024-02-15T00:00:00.000Z"
    life.skip_to("2024-02-15")
    assert (await life.execute(document, query)).ok["entitlementV2"] == {
        "isGranted": True,
        "accessDeniedReason": None,
        "usageLimit": 100,
        "currentUsage": 0,
        "usagePeriodEnd": "2024-03-15T00:00:00.000Z",
    }


async def test_advancing_the_test_clock_a_year_grants_every_month(
    life: Life, client: httpx.AsyncClient
) -> None:
    async def ask(document: str, **variables: Any) -> Any:
        answer = await client.post("/graphql", json={"query": document, "variables": variables})
        assert "errors" not in answer.json(), answer.json()
        return answer.json()["data"]

    await shop(life, a_plan("plan-pro", a_price(20), entitlements=(a_credit(100),)))
    clock = "mutation($at: DateTime!) { %sTestClock(input: {frozenTime: $at}) { frozenTime } }"
    await ask(clock % "set", at="2024-01-15T00:00:00Z")
    await ask(PROVISION, input={"customerId": CUSTOMER, "planId": "plan-pro"})
    await ask(clock % "advance", at="2025-01-15T00:00:00Z")
    ledger = (await ask(LEDGER, input={"customerId": CUSTOMER, "paging": {"first": 50}}))[
        "creditsLedger"
    ]
    entries = [edge["node"] for edge in ledger["edges"]]
    for type_, count in (("CREDITS_GRANTED", 13), ("CREDITS_EXPIRED", 12)):
        of_type = [entry for entry in entries if entry["eventType"] == type_]
        assert len(of_type) == count
        assert len({entry["timestamp"] for entry in of_type}) == count
    assert sum(entry["amount"] for entry in entries) == 100

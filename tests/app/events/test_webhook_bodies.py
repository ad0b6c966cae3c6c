"""Every row of the table of platform §7: the change over GraphQL, the message as delivered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from app.clock import system_now
from app.usecases.due import run_due
from domain.webhooks.enums import EventLogType
from domain.webhooks.model import TYPE_NAMES
from tests.app.events.test_webhooks import Receiver, hook, send_all
from tests.app.packages.authoring import Author, flat_fee
from tests.builders import utc
from tests.conftest import Execute
from tests.support import MovableClock, TestEnvironment

ENVELOPE = {"type", "messageId", "traceId", "timestamp", "accountId", "environmentId"}


def names(text: str) -> set[str]:
    return set(text.split())


CUSTOMER = names("entityId id name email billingId crmId metadata billingCurrency")
SUBSCRIPTION = names(
    """entityId id billingId status startDate endDate cancellationDate trialEndDate
    currentBillingPeriodStart currentBillingPeriodEnd billingPeriod billingCurrency
    isTrialSubscription paymentCollection customer payingCustomer resource plan addons metadata"""
)
FEATURE = names("id name description featureType meterType unit units status")
PACKAGE = names(
    """id name description productId status isLatest version packageEntitlements prices metadata"""
)
PROMOTION = names(
    """id status feature customer hasUnlimitedUsage usageLimit resetPeriod
    resetPeriodConfiguration isVisible period endDate"""
)
GRANT = names("customer creditCurrency grant eventId")
SHARES = names("remainingBalancePercentage consumedPercentage thresholdPercentage")
BALANCE = names("customer creditCurrency totalGranted remainingBalance") | SHARES
NAMED = names("entityId id name description status")
CURRENCY = names("id name description unitLabel")
COUPON = names("entityId name description couponType status discountValue createdAt updatedAt")
EXCEEDED = names(
    """thresholdPercentage usageUsedPercentage currentUsage usageLimit hasUnlimitedUsage
    hasSoftLimit usagePeriodAnchor usagePeriodStart usagePeriodEnd resetPeriod
    resetPeriodConfiguration feature customer resource activeSubscriptions"""
)
MEASUREMENT = names(
    """currentChange currentUsage usageUsedPercentage usageLimit hasUnlimitedUsage nextResetDate
    feature customer"""
)
TABLE: dict[str, set[str]] = {
    **{f"customer.{verb}": CUSTOMER for verb in ("created", "updated", "deleted")},
    **{
        f"subscription.{verb}": SUBSCRIPTION
        for verb in ("created", "updated", "canceled", "expired", "trial_expired")
    },
    "subscription.create_failed": {"input", "error"},
    "subscription.trial_started": SUBSCRIPTION | {"isUpgrade", "isDowngrade"},
    "subscription.trial_converted": SUBSCRIPTION | {"reason"},
    "subscription.trial.ends_soon": SUBSCRIPTION,
    "subscription.billing_month.ends_soon": SUBSCRIPTION
    | {"currentBillingMonthStart", "currentBillingMonthEnd", "entitlements"},
    "subscription.spend_limit.exceeded": SUBSCRIPTION
    | names("spendLimit currentSpend currentSpendPercentage thresholdPercentage isSoftLimit"),
    "entitlements.updated": names("customer resource entitlements eventId actor"),
    "entitlement.usage_exceeded": EXCEEDED,
    "measurement.reported": MEASUREMENT,
    **{
        f"promotionalEntitlement.{verb}": PROMOTION
        for verb in ("granted", "updated", "revoked", "expired", "ends_soon")
    },
    **{f"plan.{verb}": PACKAGE for verb in ("created", "updated", "deleted")},
    **{f"addon.{verb}": PACKAGE for verb in ("created", "updated", "deleted")},
    **{f"feature.{verb}": FEATURE for verb in ("created", "updated", "deleted", "archived")},
    **{f"product.{verb}": NAMED for verb in ("created", "updated", "deleted", "unarchived")},
    **{f"feature_group.{verb}": NAMED for verb in ("created", "updated", "archived", "unarchived")},
    **{f"coupon.{verb}": COUPON for verb in ("created", "updated", "archived")},
    **{
        f"credit_grant.{verb}": GRANT
        for verb in ("created", "updated", "depleted", "expired", "voided")
    },
    "credit_grant.balance.low": GRANT | SHARES,
    "credit_balance.low": BALANCE,
    "credit_balance.depleted": BALANCE,
    **{
        f"credit_type.{verb}": CURRENCY for verb in ("created", "updated", "archived", "unarchived")
    },
    "customer.payment_failed": {"customer", "subscription", "error"},
    "sync.failed": {"error", "id", "entityType", "vendorIdentifier"},
}
# Beside the documented fields: what the contract's entity has as well.
MORE = {
    "feature": {"entityId"},
    "product": {"multipleSubscriptions", "metadata"},
    "feature_group": {"version"},
    "coupon": {"id"},
    "credit_type": {"entityId", "symbol", "status"},
}


def require_documented(message: dict[str, Any]) -> None:
    """The message has the documented fields, and no others than are named above."""
    wanted = TABLE[message["type"]] | ENVELOPE
    entity = message["type"].partition(".")[0]
    assert wanted <= message.keys(), (message["type"], wanted - message.keys())
    more = message.keys() - wanted - MORE.get(entity, set())
    assert not more, (message["type"], more)
    for name, fields in (
        ("customer", CUSTOMER),
        ("feature", FEATURE),
        ("payingCustomer", CUSTOMER),
    ):
        if message.get(name) is not None:
            assert message[name].keys() == fields, (message["type"], name)


class Watched:
    """An environment whose every event goes to one receiver."""

    def __init__(self, execute: Execute, environment: TestEnvironment, clock: MovableClock) -> None:
        self.execute = execute
        self.environment = environment
        self.clock = clock
        self.author = Author(execute, environment.runtime)
        self.receiver = Receiver(f"https://receiver.test/{environment.environment.id}")

    async def do(self, field: str, type_: str, selection: str = "__typename", **input: Any) -> Any:
        document = f"mutation ($input: {type_}!) {{ {field}(input: $input) {{ {selection} }} }}"
        return (await self.execute(document, {"input": input})).ok[field]

    async def told(self) -> dict[str, dict[str, Any]]:
        """What was sent since the last time, by type; each as documented."""
        self.receiver.received.clear()
        real = MovableClock(system_now() + timedelta(days=1))
        await send_all(self.environment, self.receiver, real)
        for message in self.receiver.messages:
            require_documented(message)
        return {message["type"]: message for message in self.receiver.messages}

    async def until(self, text: str) -> dict[str, dict[str, Any]]:
        self.clock.set(utc(text))
        await run_due(self.environment.runtime, self.clock())
        return await self.told()


@pytest.fixture
async def watched(execute: Execute, environment: TestEnvironment, clock: MovableClock) -> Watched:
    watched = Watched(execute, environment, clock)
    await hook(execute, watched.receiver, *(type_.value for type_ in TYPE_NAMES))
    return watched


async def test_the_catalogue(watched: Watched) -> None:
    author, do = watched.author, watched.do
    env = author.environment_id
    product = await author.product()
    await author.feature(
        "feature-f", "NUMBER", "Incremental", featureUnits="call", featureUnitsPlural="calls"
    )
    told = await watched.told()
    assert told.keys() == {"product.created", "feature.created"}
    assert told["product.created"]["id"] == "product-app"
    feature = {name: told["feature.created"][name] for name in FEATURE}
    assert feature == {
        "id": "feature-f",
        "name": "feature-f",
        "description": None,
        "featureType": "NUMBER",
        "meterType": "Incremental",
        "unit": "call",
        "units": "calls",
        "status": "ACTIVE",
    }
    await do(
        "updateFeature", "UpdateFeatureInput", refId="feature-f", environmentId=env, displayName="F"
    )
    await do("updateOneProduct", "UpdateOneProductInput", id=product, update={"displayName": "P"})
    told = await watched.told()
    assert {type_: message["name"] for type_, message in told.items()} == {
        "feature.updated": "F",
        "product.updated": "P",
    }

    plan = await author.plan("plan-a", product)
    await author.entitle(plan, {"featureId": "feature-f", "usageLimit": 12})
    await author.price(plan, flat_fee(20))
    addon = await author.addon("addon-a", product)
    await author.price(addon, flat_fee(5))
    assert await watched.told() == {}  # drafts are nobody's business
    await author.publish(addon, kind="Addon")
    await author.publish(plan)
    told = await watched.told()
    assert {"plan.created", "addon.created"} <= told.keys()
    created = told["plan.created"]
    assert (created["id"], created["status"], created["isLatest"], created["version"]) == (
        "plan-a",
        "PUBLISHED",
        True,
        1,
    )
    assert [row["usageLimit"] for row in created["packageEntitlements"]] == [12]
    assert [row["amount"] for row in created["prices"]] == [20]
    draft = await author.draft(plan)
    await author.publish(draft["id"])
    told = await watched.told()
    assert told["plan.updated"]["version"] == 2
    await do("archiveAddon", "AddonArchiveInput", refId="addon-a", environmentId=env)
    assert (await watched.told())["addon.deleted"]["status"] == "ARCHIVED"

    group = {"featureGroupId": "group-a", "displayName": "Group", "environmentId": env}
    await do("createFeatureGroup", "CreateFeatureGroupInput", **group, features=["feature-f"])
    await do(
        "archiveFeatureGroup",
        "ArchiveFeatureGroupInput",
        featureGroupId="group-a",
        environmentId=env,
    )
    await do(
        "unarchiveFeatureGroup",
        "UnArchiveFeatureGroupInput",
        featureGroupId="group-a",
        environmentId=env,
    )
    told = await watched.told()
    assert told.keys() == {
        "feature_group.created",
        "feature_group.archived",
        "feature_group.unarchived",
    }


async def test_coupons_and_currencies(watched: Watched) -> None:
    do, env = watched.do, watched.author.environment_id
    await do(
        "createOneCoupon",
        "CreateCouponInput",
        refId="ten",
        name="Ten",
        percentOff=10,
        environmentId=env,
    )
    coupon = (await watched.told())["coupon.created"]
    assert (coupon["name"], coupon["couponType"], coupon["discountValue"]) == (
        "Ten",
        "PERCENTAGE",
        10,
    )
    assert coupon["createdAt"] == "2025-01-01T00:00:00.000Z"
    await do("updateOneCoupon", "UpdateCouponInput", refId="ten", name="X", environmentId=env)
    await do("archiveOneCoupon", "ArchiveCouponInput", refId="ten", environmentId=env)
    await do(
        "createCustomCurrency",
        "CustomCurrencyInput",
        currencyId="cred",
        displayName="C",
        environmentId=env,
    )
    await do(
        "archiveCustomCurrency", "ArchiveCustomCurrencyInput", currencyId="cred", environmentId=env
    )
    await do(
        "unarchiveCustomCurrency",
        "UnarchiveCustomCurrencyInput",
        currencyId="cred",
        environmentId=env,
    )
    assert (await watched.told()).keys() == {
        "coupon.updated",
        "coupon.archived",
        "credit_type.created",
        "credit_type.archived",
        "credit_type.unarchived",
    }


PROVISION = "id subscription { subscriptionId }"


async def stocked(watched: Watched) -> None:
    """A paid plan with 12 of feature-f a month, a free one, an add-on; a customer."""
    author = watched.author
    product = await author.product()
    await author.feature("feature-f", "NUMBER", "Incremental")
    limited = {
        "featureId": "feature-f",
        "usageLimit": 12,
        "resetPeriod": "MONTH",
        "monthlyResetPeriodConfiguration": {"accordingTo": "SubscriptionStart"},
    }
    plan = await author.plan("plan-a", product)
    await author.entitle(plan, limited)
    await author.price(plan, flat_fee(20))
    await author.publish(plan)
    await watched.do(
        "createOneCustomer",
        "CustomerInput",
        customerId="c1",
        name="Acme",
        email="a@b.co",
        additionalMetaData={"tier": "gold"},
    )


async def provision(watched: Watched, **given: Any) -> str:
    made = await watched.do(
        "provisionSubscriptionV2",
        "ProvisionSubscriptionInput",
        PROVISION,
        customerId="c1",
        planId="plan-a",
        billingPeriod="MONTHLY",
        **given,
    )
    return str(made["subscription"]["subscriptionId"])


async def test_a_subscriptions_life(watched: Watched) -> None:
    await stocked(watched)
    await watched.told()
    id = await provision(watched, skipTrial=True, resourceId="r1")
    told = await watched.told()
    assert told.keys() == {"subscription.created", "entitlements.updated"}
    created = told["subscription.created"]
    assert created["customer"]["metadata"] == {"tier": "gold"}
    assert created["resource"] == {"id": "r1"}
    assert created["payingCustomer"] is None
    assert created["plan"] == {
        "id": "plan-a",
        "name": "plan-a",
        "description": None,
        "pricingType": "PAID",
    }
    assert (created["startDate"], created["endDate"], created["addons"]) == (
        "2025-01-01T00:00:00.000Z",
        None,
        [],
    )
    entitlements = told["entitlements.updated"]
    assert entitlements["resource"] == {"id": "r1"}
    assert entitlements["customer"]["name"] == "Acme"
    assert [row["usageLimit"] for row in entitlements["entitlements"]] == [12]

    soon = (await watched.until("2025-01-31T23:00"))["subscription.billing_month.ends_soon"]
    assert soon["currentBillingMonthEnd"] == "2025-02-01T00:00:00.000Z"
    assert soon["resource"] == {"id": "r1"}
    assert [row["feature"]["id"] for row in soon["entitlements"]] == ["feature-f"]
    assert "entitlements.updated" not in await watched.until("2025-01-31T23:30")

    await watched.do(
        "cancelSubscription",
        "SubscriptionCancellationInput",
        subscriptionRefId=id,
        subscriptionCancellationTime="IMMEDIATE",
    )
    told = await watched.told()
    assert told["subscription.canceled"]["status"] == "CANCELED"
    assert told["subscription.canceled"]["plan"]["name"] == "plan-a"
    assert told["entitlements.updated"]["resource"] == {"id": "r1"}
    assert told["entitlements.updated"]["entitlements"] == []


async def test_a_trial(watched: Watched) -> None:
    await stocked(watched)
    await watched.told()
    trial = {"isTrial": True, "trialEndDate": "2025-01-20T00:00:00Z"}
    await provision(
        watched, trialOverrideConfiguration=trial | {"trialEndBehavior": "CANCEL_SUBSCRIPTION"}
    )
    told = await watched.told()
    started = told["subscription.trial_started"]
    assert (started["isTrialSubscription"], started["trialEndDate"]) == (
        True,
        "2025-01-20T00:00:00.000Z",
    )
    assert "subscription.trial.ends_soon" not in await watched.until("2025-01-12T23:59")
    told = await watched.until("2025-01-13T00:00")
    assert told.keys() == {"subscription.trial.ends_soon"}
    assert told["subscription.trial.ends_soon"]["timestamp"] == "2025-01-13T00:00:00.000Z"
    told = await watched.until("2025-01-20T00:00")
    assert told["subscription.trial_expired"]["status"] == "EXPIRED"


async def test_a_trial_that_converts(watched: Watched) -> None:
    await stocked(watched)
    trial = {"isTrial": True, "trialEndDate": "2025-01-20T00:00:00Z"}
    await provision(
        watched, trialOverrideConfiguration=trial | {"trialEndBehavior": "CONVERT_TO_PAID"}
    )
    await watched.told()
    told = await watched.until("2025-01-20T00:00")
    assert told["subscription.trial_converted"]["reason"] == "TRIAL_ENDED"


async def test_a_refused_creation(watched: Watched) -> None:
    await stocked(watched)
    await watched.told()
    refused = """mutation { provisionSubscriptionV2(input: {customerId: "c1", planId: "none"}) {
      id } }"""
    assert (await watched.execute(refused)).codes == ["PlanNotFound"]
    failed = (await watched.told())["subscription.create_failed"]
    assert failed["input"]["planId"] == "none"
    assert failed["error"]["code"] == "PlanNotFound"


async def test_usage(watched: Watched) -> None:
    await stocked(watched)
    await provision(watched, skipTrial=True)
    await watched.told()
    for value in (5, 5):
        await watched.do(
            "reportUsage", "ReportUsageInput", customerId="c1", featureId="feature-f", value=value
        )
    told = await watched.told()
    reported, exceeded = told["measurement.reported"], told["entitlement.usage_exceeded"]
    assert reported["usageLimit"] == 12
    assert reported["nextResetDate"] == "2025-02-01T00:00:00.000Z"
    assert reported["hasUnlimitedUsage"] is False
    numbers = ("thresholdPercentage", "usageUsedPercentage", "currentUsage", "usageLimit")
    assert tuple(exceeded[name] for name in numbers) == (80, 83, 10, 12)
    assert exceeded["usagePeriodAnchor"] == "2025-01-01T00:00:00.000Z"
    assert exceeded["usagePeriodEnd"] == "2025-02-01T00:00:00.000Z"
    assert exceeded["resetPeriodConfiguration"] == {"accordingTo": "SubscriptionStart"}
    (subscription,) = exceeded["activeSubscriptions"]
    assert subscription["plan"] == {"id": "plan-a", "name": "plan-a"}


async def test_promotions(watched: Watched) -> None:
    await stocked(watched)
    await watched.told()
    promotion = {"featureId": "feature-f", "usageLimit": 50, "period": "ONE_MONTH"}
    for limit in (50, 60):
        await watched.do(
            "grantPromotionalEntitlements",
            "GrantPromotionalEntitlementsInput",
            customerId="c1",
            promotionalEntitlements=[promotion | {"usageLimit": limit}],
        )
    told = await watched.told()
    granted = told["promotionalEntitlement.granted"]
    assert (granted["usageLimit"], granted["status"], granted["period"]) == (
        50,
        "Active",
        "ONE_MONTH",
    )
    assert granted["endDate"] == "2025-02-01T00:00:00.000Z"
    assert granted["resetPeriod"] is None
    assert told["promotionalEntitlement.updated"]["usageLimit"] == 60
    told = await watched.until("2025-01-25T00:00")
    assert told["promotionalEntitlement.ends_soon"]["timestamp"] == "2025-01-25T00:00:00.000Z"
    told = await watched.until("2025-02-01T00:00")
    assert told["promotionalEntitlement.expired"]["status"] == "Expired"
    await watched.do(
        "grantPromotionalEntitlements",
        "GrantPromotionalEntitlementsInput",
        customerId="c1",
        promotionalEntitlements=[promotion],
    )
    await watched.do(
        "revokePromotionalEntitlement",
        "RevokePromotionalEntitlementInput",
        customerId="c1",
        featureId="feature-f",
    )
    assert "promotionalEntitlement.revoked" in await watched.told()


async def test_customers(watched: Watched) -> None:
    await watched.do("createOneCustomer", "CustomerInput", customerId="c1", name="Acme")
    await watched.do("updateOneCustomer", "UpdateCustomerInput", customerId="c1", crmId="x")
    told = await watched.told()
    assert told["customer.created"]["metadata"] is None
    assert told["customer.updated"]["crmId"] == "x"
    await watched.do("archiveCustomer", "ArchiveCustomerInput", customerId="c1")
    gone = (await watched.told())["customer.deleted"]
    assert (gone["id"], gone["name"], gone["email"]) == ("c1", None, None)


SAMPLE = """query ($type: EventLogType!) { testHookData(eventLogType: $type) {
  testHookEventType testHookPayload } }"""


async def test_sample_data_is_as_the_real_one_for_every_type(execute: Execute) -> None:
    for type_ in EventLogType:
        answer = await execute(SAMPLE, {"type": type_.value})
        if type_ not in TYPE_NAMES:
            assert answer.codes == ["InvalidArgumentError"], type_
            continue
        data = answer.ok["testHookData"]
        message = orjson.loads(data["testHookPayload"])
        assert message["type"] == data["testHookEventType"] == TYPE_NAMES[type_]
        if message["type"] in TABLE:
            require_documented(message)

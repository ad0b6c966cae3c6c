"""The lists of customers, resources and subscriptions: filters, order, constant statements."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.ports import Runtime
from domain.catalog.enums import BillingModel
from domain.customers.enums import PromotionalEntitlementPeriod
from domain.customers.model import Customer, CustomerResource, PromotionalEntitlement
from domain.ids import CustomerId, ResourceId, SubscriptionId
from domain.subscriptions.enums import SubscriptionStatus
from domain.subscriptions.model import (
    Subscription,
    SubscriptionAddon,
    SubscriptionEntitlement,
    SubscriptionPrice,
)
from tests.builders import (
    NOW,
    a_customer,
    a_plan,
    a_price,
    a_subscription,
    an_addon,
    feature_id,
    utc,
)
from tests.conftest import Execute, Recorder

PLAN = a_plan("plan-pro", a_price(20))
FREE = a_plan("plan-free")
ADDON = an_addon("addon-support", a_price(5))


class World:
    """Customers and subscriptions of one environment, saved as they are made."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def customer(self, ref_id: str, **given: Any) -> Customer:
        customer = a_customer(ref_id, id=CustomerId(self.runtime.ids.new_uuid()), **given)
        async with self.runtime.new_unit_of_work() as work:
            await work.customers.add(customer)
            await work.commit()
        return customer

    async def resource(self, customer: Customer, name: str) -> CustomerResource:
        resource = CustomerResource(
            id=ResourceId(self.runtime.ids.new_uuid()),
            customer_id=customer.id,
            resource_id=name,
            created_at=NOW,
        )
        async with self.runtime.new_unit_of_work() as work:
            await work.customers.ensure_resource(resource)
            await work.commit()
        return resource

    async def subscription(
        self, customer: Customer, ref_id: str, plan: Any = PLAN, **given: Any
    ) -> Subscription:
        new_id = SubscriptionId(self.runtime.ids.new_uuid())
        subscription = a_subscription(customer, plan, ref_id, id=new_id, **given)
        async with self.runtime.new_unit_of_work() as work:
            await work.subscriptions.save(subscription)
            await work.commit()
        return subscription


@pytest.fixture
def world(runtime: Runtime) -> World:
    return World(runtime)


def content(runtime: Runtime) -> dict[str, Any]:
    """Prices, an add-on and an own entitlement."""
    new = runtime.ids.new_uuid
    stamps: dict[str, Any] = {"created_at": NOW, "updated_at": NOW}
    seats = a_price(1, model=BillingModel.PER_UNIT, feature="feature-seats")
    return {
        "prices": (
            SubscriptionPrice(id=new(), price=seats, quantity=Decimal(3), **stamps),
            SubscriptionPrice(id=new(), price=a_price(20), **stamps),
            SubscriptionPrice(id=new(), price=a_price(5), addon_ref_id="addon-support", **stamps),
        ),
        "addons": (
            SubscriptionAddon(
                id=new(), addon_id=ADDON.id, addon_ref_id="addon-support", quantity=2, **stamps
            ),
        ),
        "entitlements": (
            SubscriptionEntitlement(
                id=new(),
                feature_id=feature_id("feature-seats"),
                usage_limit=Decimal(7),
                **stamps,
            ),
        ),
    }


LIST = """
query List($filter: CustomerFilter, $sorting: [CustomerSort!], $paging: CursorPaging) {
  customers(filter: $filter, sorting: $sorting, paging: $paging) {
    totalCount
    edges { node {
      customerId
      hasActiveSubscription
      totalActiveSubscription
      statistics { activeSubscriptionsByPricingType { pricingType totalCount } }
      subscriptions { subscriptionId customer { customerId } addons { quantity } }
    } }
  }
}
"""


def refs(answer: Any) -> list[str]:
    return [edge["node"]["customerId"] for edge in answer.ok["customers"]["edges"]]


async def test_archived_customers_are_in_no_list(execute: Execute, world: World) -> None:
    await world.customer("here")
    await world.customer("gone", deleted_at=NOW)
    assert refs(await execute(LIST)) == ["here"]


async def test_customers_are_searched_by_any_of_their_names(execute: Execute, world: World) -> None:
    await world.customer("c-acme", created_at=utc("2024-01-01"))
    await world.customer("c-2", name="Acme Ltd", created_at=utc("2024-01-02"))
    await world.customer("c-3", email="joe@acme.io", created_at=utc("2024-01-03"))
    await world.customer("c-4", billing_id="cus_ACME", created_at=utc("2024-01-04"))
    await world.customer("c-5", name="Other")
    found = await execute(LIST, {"filter": {"searchQuery": {"iLike": "%acme%"}}})
    assert refs(found) == ["c-4", "c-3", "c-2", "c-acme"]


async def test_customers_are_found_by_what_they_subscribe_to(
    execute: Execute, world: World
) -> None:
    jane, joe = await world.customer("jane"), await world.customer("joe")
    await world.subscription(jane, "s1")
    await world.subscription(joe, "s2", status=SubscriptionStatus.CANCELED)
    query = {"filter": {"subscriptions": {"status": {"eq": "ACTIVE"}}}}
    assert refs(await execute(LIST, query)) == ["jane"]


async def test_customers_are_found_by_their_promotions(execute: Execute, world: World) -> None:
    jane = await world.customer("jane")
    await world.customer("joe")
    grant = PromotionalEntitlement(
        id=world.runtime.ids.new_uuid(),
        customer_id=jane.id,
        feature_id=feature_id("feature-seats"),
        period=PromotionalEntitlementPeriod.CUSTOM,
        start_date=NOW,
        end_date=utc("2025-01-02"),
        created_at=NOW,
        updated_at=NOW,
    )
    async with world.runtime.new_unit_of_work() as work:
        await work.promotional.save([grant])
        await work.commit()
    active = {"filter": {"promotionalEntitlements": {"status": {"eq": "Active"}}}}
    expired = {"filter": {"promotionalEntitlements": {"status": {"eq": "Expired"}}}}
    assert refs(await execute(LIST, active)) == ["jane"]
    assert refs(await execute(LIST, expired)) == []


async def test_twenty_customers_take_as_many_statements_as_one(
    execute: Execute, world: World, count_statements: Recorder
) -> None:
    async def populate(numbers: range) -> None:
        for number in numbers:
            customer = await world.customer(f"c{number}")
            await world.subscription(customer, f"s{number}", **content(world.runtime))

    await populate(range(1))
    with count_statements() as for_one:
        one = await execute(LIST, {"paging": {"first": 20}})
    await populate(range(1, 20))
    with count_statements() as for_twenty:
        twenty = await execute(LIST, {"paging": {"first": 20}})
    assert len(refs(one)) == 1
    assert len(refs(twenty)) == 20
    assert len(for_twenty) == len(for_one)
    node = twenty.ok["customers"]["edges"][0]["node"]
    assert node["totalActiveSubscription"] == 1
    assert node["statistics"] == {
        "activeSubscriptionsByPricingType": [{"pricingType": "PAID", "totalCount": 1}]
    }


SUBSCRIPTIONS = """
query List($filter: CustomerSubscriptionFilter, $paging: CursorPaging) {
  customerSubscriptions(filter: $filter, paging: $paging) {
    totalCount
    edges { node {
      id subscriptionId customerId status
      customer { customerId }
      payingCustomer { customerId }
      resource { resourceId }
      prices { billingModel usageLimit featureId }
      addons { quantity }
      subscriptionEntitlements { usageLimit subscription { subscriptionId } }
      totalPrice { subTotal { amount currency } addonsTotal { amount } total { amount } }
      scheduledUpdates { scheduleStatus }
      futureUpdates { scheduleStatus }
      coupon { name }
      latestInvoice { status }
    } }
  }
}
"""


def subscription_refs(answer: Any) -> list[str]:
    edges = answer.ok["customerSubscriptions"]["edges"]
    return sorted(edge["node"]["subscriptionId"] for edge in edges)


async def test_twenty_subscriptions_take_as_many_statements_as_one(
    execute: Execute, world: World, count_statements: Recorder
) -> None:
    async def populate(numbers: range) -> None:
        for number in numbers:
            jane, joe = await world.customer(f"c{number}"), await world.customer(f"p{number}")
            resource = await world.resource(jane, "r")
            await world.subscription(
                jane,
                f"s{number}",
                paying_customer_id=joe.id,
                resource_id=resource.id,
                **content(world.runtime),
            )

    await populate(range(1))
    with count_statements() as for_one:
        one = await execute(SUBSCRIPTIONS, {"paging": {"first": 20}})
    await populate(range(1, 20))
    with count_statements() as for_twenty:
        twenty = await execute(SUBSCRIPTIONS, {"paging": {"first": 20}})
    assert len(subscription_refs(one)) == 1
    assert twenty.ok["customerSubscriptions"]["totalCount"] == 20
    assert len(for_twenty) == len(for_one)
    node = one.ok["customerSubscriptions"]["edges"][0]["node"]
    assert node["prices"] == [
        {"billingModel": "FLAT_FEE", "usageLimit": None, "featureId": None},
        {
            "billingModel": "PER_UNIT",
            "usageLimit": 3,
            "featureId": str(feature_id("feature-seats")),
        },
    ]
    assert node["totalPrice"] == {
        "subTotal": {"amount": 33, "currency": "USD"},
        "addonsTotal": {"amount": 10},
        "total": {"amount": 33},
    }
    assert node["resource"] == {"resourceId": "r"}
    assert node["payingCustomer"] == {"customerId": "p0"}


async def test_subscriptions_are_filtered_by_what_hangs_on_them(
    execute: Execute, world: World
) -> None:
    jane = await world.customer("jane")
    await world.subscription(jane, "full", **content(world.runtime))
    await world.subscription(jane, "bare")

    async def found(**filter: Any) -> list[str]:
        return subscription_refs(await execute(SUBSCRIPTIONS, {"filter": filter}))

    assert await found(addons={"quantity": {"gte": 2}}) == ["full"]
    assert await found(addons={"quantity": {"gt": 2}}) == []
    assert await found(prices={"billingModel": {"eq": "PER_UNIT"}}) == ["full"]
    seats = str(feature_id("feature-seats"))
    assert await found(prices={"featureId": {"eq": seats}}) == ["full"]
    assert await found(subscriptionEntitlements={"createdAt": {"is": None}}) == []
    assert await found(customer={"customerId": {"eq": "jane"}}) == ["bare", "full"]
    assert await found(customer={"customerId": {"eq": "joe"}}) == []


async def test_nested_lists_are_filtered_and_sorted(execute: Execute, world: World) -> None:
    jane = await world.customer("jane")
    await world.subscription(jane, "s1", **content(world.runtime))
    document = """
    { getSubscription(input: { subscriptionId: "s1" }) {
        perUnit: prices(filter: { billingModel: { eq: PER_UNIT } }) { billingModel }
        all: prices(filter: null) { billingModel }
        sorted: prices(sorting: [{ field: billingModel, direction: DESC }]) { billingModel }
        none: addons(filter: { quantity: { gt: 2 } }) { quantity }
        flat: prices(filter: { price: { billingPeriod: { eq: MONTHLY },
          billingModel: { eq: FLAT_FEE } } }) { billingModel }
        withPrice: addons(filter: { price: { billingModel: { eq: FLAT_FEE } } }) { quantity }
        withSeats: addons(filter: { price: { billingModel: { eq: PER_UNIT } } }) { quantity }
    } }
    """
    found = (await execute(document)).ok["getSubscription"]
    assert [price["billingModel"] for price in found["perUnit"]] == ["PER_UNIT"]
    assert [price["billingModel"] for price in found["all"]] == ["FLAT_FEE", "PER_UNIT"]
    assert [price["billingModel"] for price in found["sorted"]] == ["PER_UNIT", "FLAT_FEE"]
    assert found["none"] == found["withSeats"] == []
    assert found["withPrice"] == [{"quantity": 2}]
    assert [price["billingModel"] for price in found["flat"]] == ["FLAT_FEE"]


async def test_a_customers_subscriptions_are_the_live_ones_unless_asked(
    execute: Execute, world: World
) -> None:
    jane = await world.customer("jane")
    await world.subscription(jane, "live")
    await world.subscription(jane, "ended", status=SubscriptionStatus.EXPIRED)
    document = """
    { getCustomerByRefId(input: { customerId: "jane" }) {
        live: subscriptions { subscriptionId }
        default: subscriptions(filter: null) { subscriptionId }
        all: subscriptions(filter: {}, sorting: [{ field: refId, direction: ASC }]) {
          subscriptionId
        }
    } }
    """
    found = (await execute(document)).ok["getCustomerByRefId"]
    assert [s["subscriptionId"] for s in found["live"]] == ["live"]
    assert [s["subscriptionId"] for s in found["default"]] == ["live"]
    assert [s["subscriptionId"] for s in found["all"]] == ["ended", "live"]


async def test_subscriptions_are_found_by_slug_or_uuid_of_their_customer(
    execute: Execute, world: World
) -> None:
    jane = await world.customer("jane")
    resource = await world.resource(jane, "r1")
    await world.subscription(jane, "s1", resource_id=resource.id)
    await world.subscription(await world.customer("joe"), "s2")
    document = """
    query List($filter: SubscriptionQueryFilter) {
      subscriptions(filter: $filter, sorting: [{ field: customerId, direction: ASC }]) {
        totalCount edges { node { refId customerId resourceId prices { id } addons { id } } }
      }
    }
    """

    async def found(**filter: Any) -> list[str]:
        edges = (await execute(document, {"filter": filter})).ok["subscriptions"]["edges"]
        return [edge["node"]["refId"] for edge in edges]

    assert await found(customerId={"eq": "jane"}) == ["s1"]
    assert await found(customerId={"eq": str(jane.id)}) == ["s1"]
    assert await found(customerId={"neq": "jane"}) == ["s2"]
    assert await found(resourceId={"in": ["r1", "r2"]}) == ["s1"]
    assert await found() == ["s1", "s2"]


async def test_resources_are_listed_with_their_customer(execute: Execute, world: World) -> None:
    jane = await world.customer("jane")
    resource = await world.resource(jane, "r1")
    await world.subscription(jane, "s1", resource_id=resource.id)
    await world.subscription(jane, "s2")
    document = """
    { customerResources(filter: { customer: { customerId: { eq: "jane" } } }) {
        totalCount edges { node {
          resourceId customer { customerId } subscriptions { subscriptionId } } } } }
    """
    assert (await execute(document)).ok["customerResources"] == {
        "totalCount": 1,
        "edges": [
            {
                "node": {
                    "resourceId": "r1",
                    "customer": {"customerId": "jane"},
                    "subscriptions": [{"subscriptionId": "s1"}],
                }
            }
        ],
    }


async def test_own_entitlements_are_listed(execute: Execute, world: World) -> None:
    jane = await world.customer("jane")
    subscription = await world.subscription(jane, "s1", **content(world.runtime))
    document = """
    query List($id: String) {
      subscriptionEntitlements(filter: { subscriptionId: { eq: $id } }) {
        edges { node { usageLimit featureId subscription { subscriptionId } } } } }
    """
    edges = (await execute(document, {"id": str(subscription.id)})).ok["subscriptionEntitlements"][
        "edges"
    ]
    assert [edge["node"] for edge in edges] == [
        {
            "usageLimit": 7,
            "featureId": str(feature_id("feature-seats")),
            "subscription": {"subscriptionId": "s1"},
        }
    ]


ACTIVE = """
query Active($input: GetActiveSubscriptionsInput!) {
  getActiveSubscriptions(input: $input) { subscriptionId }
}
"""


async def test_active_subscriptions_are_those_of_the_named_resources(
    execute: Execute, world: World
) -> None:
    jane = await world.customer("jane")
    r1, r2 = await world.resource(jane, "r1"), await world.resource(jane, "r2")
    await world.subscription(jane, "plain", FREE)
    await world.subscription(jane, "first", resource_id=r1.id)
    await world.subscription(jane, "second", resource_id=r2.id, created_at=utc("2024-02-01"))
    await world.subscription(jane, "ended", status=SubscriptionStatus.CANCELED, resource_id=r1.id)

    async def found(**input: Any) -> list[str]:
        answer = await execute(ACTIVE, {"input": {"customerId": "jane", **input}})
        return [s["subscriptionId"] for s in answer.ok["getActiveSubscriptions"]]

    assert await found() == ["plain"]
    assert await found(resourceId="r1") == ["first"]
    assert await found(resourceIds=["r2", "r1", "unknown"]) == ["first", "second"]
    assert await found(resourceId="unknown") == []
    unknown = await execute(ACTIVE, {"input": {"customerId": "nobody"}})
    assert unknown.codes == ["CustomerNotFound"]


async def test_an_unknown_subscription_is_an_error(execute: Execute) -> None:
    document = '{ getSubscription(input: { subscriptionId: "nothing" }) { id } }'
    assert (await execute(document)).codes == ["SubscriptionNotFound"]


async def test_an_archived_customer_is_null(execute: Execute, world: World) -> None:
    jane = await world.customer("jane")
    async with world.runtime.new_unit_of_work() as work:
        await work.customers.save(replace(jane, deleted_at=NOW))
        await work.commit()
    document = '{ getCustomerByRefId(input: { customerId: "jane" }) { id } }'
    assert (await execute(document)).ok == {"getCustomerByRefId": None}

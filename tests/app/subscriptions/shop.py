"""A small shop for stories: products, plans and customers put straight into the database."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from app.ports import Runtime
from app.usecases.transitions import run_due_transitions
from domain.catalog.enums import PackageStatus
from domain.catalog.model import CustomCurrency, Feature, Package, Product
from domain.customers.model import Customer
from domain.ids import PriceId
from tests.builders import a_customer, a_product, utc
from tests.support import MovableClock


def own_ids(value: Any, space: UUID) -> Any:
    """The value with every UUID made the environment's own: builders' ids are the same always."""
    if isinstance(value, UUID):
        return uuid5(space, str(value))
    if isinstance(value, tuple):
        return tuple(own_ids(one, space) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: own_ids(getattr(value, f.name), space) for f in fields(value)}
        return replace(value, **changes)
    return value


async def open_shop(
    runtime: Runtime,
    *packages: Package,
    product: Product | None = None,
    features: tuple[Feature, ...] = (),
    customers: tuple[Customer, ...] = (),
    currencies: tuple[CustomCurrency, ...] = (),
) -> None:
    """Put these into the environment; packages are sold as they are."""
    space = runtime.environment.environment_id
    async with runtime.new_unit_of_work() as work:
        await work.products.add(own_ids(product or a_product(), space))
        for feature in features:
            await work.features.add(own_ids(feature, space))
        for currency in currencies:
            await work.currencies.add(own_ids(currency, space))
        for package in packages:
            assert package.status is PackageStatus.PUBLISHED
            # Each package its own rows: builders give equal prices and entitlements equal ids.
            prices = tuple(own_ids(price, package.id) for price in package.prices)
            entitlements = tuple(
                replace(one, id=uuid5(package.id, str(one.id))) for one in package.entitlements
            )
            owned = own_ids(replace(package, prices=(), entitlements=entitlements), space)
            sold = tuple(
                replace(
                    price,
                    id=PriceId(uuid5(space, str(price.id))),
                    package_id=owned.id,
                    feature_id=own_ids(old.feature_id, space),
                    top_up_currency_id=own_ids(old.top_up_currency_id, space),
                )
                for price, old in zip(prices, package.prices, strict=True)
            )
            await work.packages.add(replace(owned, prices=sold))
        for customer in customers or (a_customer(),):
            await work.customers.add(own_ids(customer, space))
        await work.commit()


FIELDS = """
  id subscriptionId status startDate endDate cancellationDate effectiveEndDate trialEndDate
  cancelReason wasInTrial billingPeriod currentBillingPeriodStart currentBillingPeriodEnd
  billingCycleAnchor pricingType paymentCollection
  prices { usageLimit }
  addons { quantity }
  payingCustomer { customerId } customer { customerId } resource { resourceId }
  futureUpdates { subscriptionScheduleType scheduleStatus scheduledExecutionTime }
"""

PROVISION = (
    "mutation($input: ProvisionSubscriptionInput!) { provisionSubscriptionV2(input: $input) {"
    " id status isScheduled subscription {" + FIELDS + "} } }"
)
UPDATE = (
    "mutation($input: UpdateSubscriptionInput!) { updateOneSubscription(input: $input) {"
    + FIELDS
    + "} }"
)
CANCEL = (
    "mutation($input: SubscriptionCancellationInput!) { cancelSubscription(input: $input) {"
    + FIELDS
    + "} }"
)
GET = "query($id: String!) { getSubscription(input: {subscriptionId: $id}) {" + FIELDS + "} }"
ACTIVE = (
    "query($id: String!) { getActiveSubscriptions(input: {customerId: $id}) { subscriptionId } }"
)


def wire(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Story:
    """A customer's life over GraphQL: each step is a documented operation."""

    def __init__(
        self,
        runtime: Runtime,
        clock: MovableClock,
        execute: Any,
        customer: str = "customer-demo-01",
    ) -> None:
        self.runtime = runtime
        self.clock = clock
        self.execute = execute
        self.customer = customer

    async def advance(self, text: str) -> None:
        """Move the clock to `2024-04-16T00:00`, letting everything due on the way happen."""
        self.clock.set(utc(text))
        await run_due_transitions(self.runtime, self.clock.now)

    async def active(self) -> list[str]:
        """The live subscriptions' slugs, oldest first."""
        answer = await self.execute(ACTIVE, {"id": self.customer})
        return [one["subscriptionId"] for one in answer.ok["getActiveSubscriptions"]]

    async def provision(self, plan: str, **given: Any) -> dict[str, Any]:
        answer = await self.execute(
            PROVISION, {"input": {"customerId": self.customer, "planId": plan} | given}
        )
        return dict(answer.ok["provisionSubscriptionV2"])

    async def refused(self, document: str, **given: Any) -> list[str]:
        answer = await self.execute(document, {"input": given})
        return list(answer.codes)

    async def update(self, subscription_id: str, **given: Any) -> dict[str, Any]:
        answer = await self.execute(UPDATE, {"input": {"subscriptionId": subscription_id} | given})
        return dict(answer.ok["updateOneSubscription"])

    async def cancel(self, subscription_id: str, **given: Any) -> dict[str, Any]:
        answer = await self.execute(
            CANCEL, {"input": {"subscriptionRefId": subscription_id} | given}
        )
        return dict(answer.ok["cancelSubscription"])

    async def get(self, subscription_id: str) -> dict[str, Any]:
        return dict((await self.execute(GET, {"id": subscription_id})).ok["getSubscription"])

"""Customers where there is a provider: told, linked, shown, and nothing private kept."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.ports import Runtime
from domain.catalog.model import Product
from persistence.metadata import metadata
from tests.app.customers.test_lifecycle import BASIC, NOBODY, PRO, PROVISION, seed_001
from tests.app.subscriptions.shop import open_shop
from tests.builders import a_product
from tests.conftest import Execute

SHOWN = """
query Shown($id: String!) { getCustomerByRefId(input: { customerId: $id }) {
  billingId billingCurrency hasPaymentMethod defaultPaymentMethodId defaultPaymentMethodType
  defaultPaymentMethodLast4Digits
  syncStates { status vendorIdentifier syncedEntityId
    data { ... on SyncRevisionBillingData { billingId } }
    integration { id vendorType environment { id } } }
  subscriptions { syncStates { status } }
} }
"""
IMPORT = """
mutation Import($input: ImportCustomerInput!) {
  importOneCustomer(input: $input) { billingId hasPaymentMethod defaultPaymentMethodId }
}
"""


def product() -> Product:
    return a_product(is_default_product=True)


async def test_passed_billing_information_makes_the_customer_known_and_is_forgotten(
    execute: Execute, runtime: Runtime, engine: AsyncEngine
) -> None:
    await open_shop(runtime, BASIC, PRO, product=product(), customers=NOBODY)
    input = seed_001()
    input["billingInformation"] |= {"currency": "USD", "paymentMethodId": "pm_ok"}
    assert (await execute(PROVISION, {"input": input})).ok
    shown = (await execute(SHOWN, {"id": "customer-demo-123"})).ok["getCustomerByRefId"]
    assert shown["billingCurrency"] == "USD"
    assert shown["hasPaymentMethod"] is True
    assert shown["defaultPaymentMethodId"] == "pm_ok"
    environment_id = str(runtime.environment.environment_id)
    assert shown["syncStates"] == [
        {
            "status": "SUCCESS",
            "vendorIdentifier": "STRIPE",
            "syncedEntityId": shown["billingId"],
            "data": {"billingId": shown["billingId"]},
            "integration": {
                "id": environment_id,
                "vendorType": "BILLING",
                "environment": {"id": environment_id},
            },
        }
    ]
    # A FREE subscription is not synced.
    assert shown["subscriptions"] == [{"syncStates": [{"status": "NO_SYNC_REQUIRED"}]}]
    async with engine.connect() as connection:
        for table in metadata.tables:
            for (row,) in await connection.execute(text(f'SELECT t::text FROM "{table}" t')):
                assert "123 Main Street" not in row
                assert "15550123456" not in row


async def test_a_customer_of_nothing_paid_stays_unknown_to_the_provider(
    execute: Execute, runtime: Runtime
) -> None:
    await open_shop(runtime, BASIC, PRO, product=product(), customers=NOBODY)
    params = {"planId": "plan-revvenu-basic"}
    await execute(PROVISION, {"input": {"customerId": "jane", "subscriptionParams": params}})
    shown = (await execute(SHOWN, {"id": "jane"})).ok["getCustomerByRefId"]
    assert shown["billingId"] is None
    assert [state["status"] for state in shown["syncStates"]] == ["NO_SYNC_REQUIRED"]


async def test_should_sync_free_makes_it_known(execute: Execute, runtime: Runtime) -> None:
    await open_shop(runtime, BASIC, product=product(), customers=NOBODY)
    input = {"customerId": "jane", "subscriptionParams": None, "shouldSyncFree": True}
    await execute(PROVISION, {"input": input})
    shown = (await execute(SHOWN, {"id": "jane"})).ok["getCustomerByRefId"]
    assert shown["billingId"] is not None


async def test_a_needed_method_that_is_missing_leaves_no_customer(
    execute: Execute, runtime: Runtime
) -> None:
    await open_shop(runtime, BASIC, PRO, product=product(), customers=NOBODY)
    input = {"customerId": "jane", "subscriptionParams": {"planId": "plan-pro"}}
    refused = await execute(PROVISION, {"input": input})
    assert refused.codes == ["PaymentMethodNotFoundError"]
    assert (await execute(SHOWN, {"id": "jane"})).ok == {"getCustomerByRefId": None}


async def test_a_paid_first_subscription_is_charged_to_the_passed_method(
    execute: Execute, runtime: Runtime
) -> None:
    await open_shop(runtime, BASIC, PRO, product=product(), customers=NOBODY)
    input = {
        "customerId": "jane",
        "billingInformation": {"paymentMethodId": "pm_ok"},
        "subscriptionParams": {"planId": "plan-pro"},
    }
    made = (await execute(PROVISION, {"input": input})).ok["provisionCustomer"]
    assert made["subscription"]["status"] == "ACTIVE"
    shown = (await execute(SHOWN, {"id": "jane"})).ok["getCustomerByRefId"]
    assert shown["subscriptions"] == [{"syncStates": [{"status": "SUCCESS"}]}]


async def test_an_import_links_the_providers_customer_and_its_method(execute: Execute) -> None:
    given = {"customerId": "c1", "billingId": "cus_1", "paymentMethodId": "pm_ok"}
    imported = (await execute(IMPORT, {"input": given})).ok["importOneCustomer"]
    assert imported == {
        "billingId": "cus_1",
        "hasPaymentMethod": True,
        "defaultPaymentMethodId": "pm_ok",
    }
    relinked = (await execute(IMPORT, {"input": {"customerId": "c1", "billingId": "cus_2"}})).ok
    assert relinked["importOneCustomer"]["billingId"] == "cus_2"

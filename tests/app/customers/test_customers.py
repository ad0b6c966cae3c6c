"""Customers through GraphQL: created, updated, imported, looked up."""

from __future__ import annotations

from tests.conftest import Execute
from tests.support import MovableClock

CREATE = """
mutation Create($input: CustomerInput!) {
  createOneCustomer(input: $input) { id customerId refId name email additionalMetaData createdAt }
}
"""
UPDATE = """
mutation Update($input: UpdateCustomerInput!) {
  updateOneCustomer(input: $input) { name email additionalMetaData crmId updatedAt }
}
"""
GET = """
query Get($id: String!) {
  getCustomerByRefId(input: { customerId: $id }) {
    customerId name email hasPaymentMethod hasActiveSubscription hasActiveResource
    totalActiveSubscription statistics { activeSubscriptionsByPricingType { totalCount } }
    deletedAt billingCurrency crmHubspotCompanyId syncStates { status }
  }
}
"""
IMPORT = """
mutation Import($input: ImportCustomerInput!) {
  importOneCustomer(input: $input) { customerId name updatedAt billingId hasPaymentMethod }
}
"""


async def test_a_created_customer_is_found(execute: Execute) -> None:
    created = (
        await execute(
            CREATE,
            {
                "input": {
                    "customerId": "jane@example.com",
                    "name": "Jane",
                    "additionalMetaData": {"tier": [1, {"a": None}]},
                }
            },
        )
    ).ok["createOneCustomer"]
    assert created["refId"] == created["customerId"] == "jane@example.com"
    assert created["additionalMetaData"] == {"tier": [1, {"a": None}]}
    assert created["createdAt"] == "2025-01-01T00:00:00.000Z"
    found = (await execute(GET, {"id": "jane@example.com"})).ok["getCustomerByRefId"]
    assert found["name"] == "Jane"
    assert found["hasPaymentMethod"] is found["hasActiveSubscription"] is False
    assert found["totalActiveSubscription"] == 0
    assert found["statistics"] == {"activeSubscriptionsByPricingType": []}


async def test_a_missing_customer_id_is_generated(execute: Execute) -> None:
    created = (await execute(CREATE, {"input": {"name": "Jane"}})).ok["createOneCustomer"]
    prefix, _, digits = created["customerId"].partition("-")
    assert prefix == "customer"
    assert len(digits) == 6
    assert int(digits, 16) >= 0


async def test_an_empty_customer_id_is_refused_not_generated(execute: Execute) -> None:
    refused = await execute(CREATE, {"input": {"customerId": "", "name": "Jane"}})
    assert refused.codes == ["BadUserInput"]


async def test_a_customer_id_is_given_once(execute: Execute) -> None:
    await execute(CREATE, {"input": {"customerId": "c1"}})
    refused = await execute(CREATE, {"input": {"refId": "c1"}})
    assert refused.codes == ["DuplicatedEntityNotAllowed"]
    assert refused.errors[0]["extensions"]["identifier"] == "c1"


async def test_two_spellings_of_the_id_must_agree(execute: Execute) -> None:
    refused = await execute(CREATE, {"input": {"customerId": "c1", "refId": "c2"}})
    assert refused.codes == ["EntityIdDifferentFromRefIdError"]


async def test_an_update_without_an_id_is_refused(execute: Execute) -> None:
    assert (await execute(UPDATE, {"input": {"name": "x"}})).codes == ["MissingEntityIdError"]


async def test_an_unknown_customer_is_null_and_cannot_be_updated(execute: Execute) -> None:
    assert (await execute(GET, {"id": "nobody"})).ok == {"getCustomerByRefId": None}
    refused = await execute(UPDATE, {"input": {"customerId": "nobody", "name": "x"}})
    assert refused.codes == ["CustomerNotFound"]
    assert refused.errors[0]["extensions"]["refId"] == "nobody"


async def test_an_update_changes_what_is_given_and_null_clears(
    execute: Execute, clock: MovableClock
) -> None:
    fields = {"name": "Jane", "email": "j@x.io", "additionalMetaData": {"a": 1, "b": 2}}
    await execute(CREATE, {"input": {"customerId": "c1", **fields}})
    clock.move(days=1)
    change = {"customerId": "c1", "email": None, "additionalMetaData": {"c": 3}, "crmId": "crm"}
    updated = (await execute(UPDATE, {"input": change})).ok["updateOneCustomer"]
    assert updated == {
        "name": "Jane",
        "email": None,
        "additionalMetaData": {"c": 3},
        "crmId": "crm",
        "updatedAt": "2025-01-02T00:00:00.000Z",
    }


async def test_metadata_is_an_object(execute: Execute) -> None:
    refused = await execute(CREATE, {"input": {"customerId": "c1", "additionalMetaData": [1]}})
    assert refused.codes == ["InvalidMetadataError"]


async def test_an_older_import_changes_nothing(execute: Execute) -> None:
    first = {"customerId": "c1", "name": "New", "updatedAt": "2024-06-01T00:00:00Z"}
    assert (await execute(IMPORT, {"input": first})).ok["importOneCustomer"]["name"] == "New"
    older = {"customerId": "c1", "name": "Old", "updatedAt": "2024-05-01T00:00:00Z"}
    assert (await execute(IMPORT, {"input": older})).ok["importOneCustomer"]["name"] == "New"
    undated = {"customerId": "c1", "name": "Undated", "billingId": "cus_1"}
    imported = (await execute(IMPORT, {"input": undated})).ok["importOneCustomer"]
    assert imported["name"] == "Undated"
    assert imported["billingId"] == "cus_1"


async def test_without_a_provider_the_imported_method_is_dropped(execute: Execute) -> None:
    given = {"customerId": "c1", "billingId": "cus_1", "paymentMethodId": "pm_ok"}
    imported = (await execute(IMPORT, {"input": given})).ok["importOneCustomer"]
    assert imported["billingId"] == "cus_1"
    assert imported["hasPaymentMethod"] is False


async def test_another_environments_id_is_refused(execute: Execute) -> None:
    stranger = "6f0b3c6e-5a44-4f0b-8f0a-000000000000"
    refused = await execute(CREATE, {"input": {"customerId": "c1", "environmentId": stranger}})
    assert refused.codes == ["AccessDeniedError"]

"""Custom currencies through GraphQL (spec, entitlements §9.15)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.ports import Runtime
from domain.catalog.enums import CreditCadence
from domain.catalog.model import CreditEntitlement
from domain.ids import PackageId
from tests.builders import a_plan
from tests.conftest import Execute
from tests.support import START, MovableClock

CREATE = """mutation ($input: CustomCurrencyInput!) { createCustomCurrency(input: $input) {
  currencyId displayName description symbol units { singular plural } archivedAt
  additionalMetaData } }"""
UPDATE = """mutation ($input: UpdateCustomCurrencyInput!) { updateCustomCurrency(input: $input) {
  displayName symbol units { singular } } }"""
LIST = """query ($input: FetchCustomCurrenciesInput!) { customCurrencies(input: $input) {
  currencyId } }"""
ARCHIVE = """mutation ($id: String!) { archiveCustomCurrency(input: {currencyId: $id}) {
  archivedAt } }"""
UNARCHIVE = """mutation ($id: String!) { unarchiveCustomCurrency(input: {currencyId: $id}) {
  archivedAt } }"""


async def create(execute: Execute, currency_id: str, **given: Any) -> Any:
    values = {"currencyId": currency_id, "displayName": currency_id} | given
    return (await execute(CREATE, {"input": values})).ok["createCustomCurrency"]


async def listed(execute: Execute, **given: Any) -> list[str]:
    answer = await execute(LIST, {"input": given})
    return [currency["currencyId"] for currency in answer.ok["customCurrencies"]]


async def test_a_currency_comes_back_with_all_it_was_given(execute: Execute) -> None:
    assert await create(
        execute,
        "cred-type-ai",
        description="for models",
        symbol="T",
        units={"singular": "token", "plural": "tokens"},
        additionalMetaData={"a": "b"},
    ) == {
        "currencyId": "cred-type-ai",
        "displayName": "cred-type-ai",
        "description": "for models",
        "symbol": "T",
        "units": {"singular": "token", "plural": "tokens"},
        "archivedAt": None,
        "additionalMetaData": {"a": "b"},
    }


async def test_a_taken_id_is_refused(execute: Execute) -> None:
    await create(execute, "cred-a")
    answer = await execute(CREATE, {"input": {"currencyId": "cred-a", "displayName": "A"}})
    assert answer.codes == ["DuplicatedEntityNotAllowed"]
    assert answer.errors[0]["extensions"]["identifier"] == "cred-a"


async def test_an_update_keeps_what_is_absent_and_clears_what_is_null(execute: Execute) -> None:
    await create(execute, "cred-a", symbol="T", units={"singular": "t", "plural": "ts"})
    answer = await execute(UPDATE, {"input": {"currencyId": "cred-a", "units": None}})
    assert answer.ok["updateCustomCurrency"] == {
        "displayName": "cred-a",
        "symbol": "T",
        "units": None,
    }
    unknown = await execute(UPDATE, {"input": {"currencyId": "cred-none"}})
    assert unknown.codes == ["CustomCurrencyNotFound"]


async def test_only_active_ones_are_listed_unless_asked_for(
    execute: Execute, clock: MovableClock
) -> None:
    for name in ("cred-a", "cred-b", "cred-c"):
        await create(execute, name)
        clock.move(seconds=1)
    archived = await execute(ARCHIVE, {"id": "cred-b"})
    assert archived.ok["archiveCustomCurrency"] == {"archivedAt": "2025-01-01T00:00:03.000Z"}
    assert await listed(execute) == ["cred-c", "cred-a"]
    assert await listed(execute, status=["ARCHIVED"]) == ["cred-b"]
    assert await listed(execute, status=["ACTIVE", "ARCHIVED"]) == ["cred-c", "cred-b", "cred-a"]
    live = await execute(UNARCHIVE, {"id": "cred-b"})
    assert live.ok["unarchiveCustomCurrency"] == {"archivedAt": None}


async def test_an_unused_currency_has_no_associated_entities(execute: Execute) -> None:
    await create(execute, "cred-a")
    document = """query ($id: String!) {
      customCurrencyAssociatedEntities(input: {currencyId: $id}) { refId } }"""
    answer = await execute(document, {"id": "cred-a"})
    assert answer.ok == {"customCurrencyAssociatedEntities": []}
    assert (await execute(document, {"id": "cred-none"})).codes == ["CustomCurrencyNotFound"]


async def test_a_currency_of_a_published_package_cannot_be_archived(
    execute: Execute, runtime: Runtime
) -> None:
    await create(execute, "cred-a")
    currency = await runtime.readers.currencies.by_any_id("cred-a")
    assert currency is not None
    grant = CreditEntitlement(
        id=runtime.ids.new_uuid(),
        currency_id=currency.id,
        amount=Decimal(5),
        cadence=CreditCadence.MONTH,
        created_at=START,
        updated_at=START,
    )
    plan = a_plan("plan-a", id=PackageId(runtime.ids.new_uuid()), entitlements=(grant,))
    async with runtime.new_unit_of_work() as work:
        await work.packages.save(plan)
        await work.commit()
    assert (await execute(ARCHIVE, {"id": "cred-a"})).codes == ["IntegrityViolation"]
    users = await execute(
        """{ customCurrencyAssociatedEntities(input: {currencyId: "cred-a"}) {
          id refId displayName type } }"""
    )
    assert users.ok["customCurrencyAssociatedEntities"] == [
        {"id": str(plan.id), "refId": "plan-a", "displayName": "plan-a", "type": "Plan"}
    ]

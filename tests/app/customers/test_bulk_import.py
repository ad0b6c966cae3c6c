"""Bulk import of customers: items stand for themselves."""

from __future__ import annotations

from uuid import UUID

from app.ports import Runtime
from domain.customers.imports import ImportTask
from domain.subscriptions.enums import TaskStatus
from tests.app.customers.test_lists import World
from tests.builders import NOW
from tests.conftest import Execute, Recorder

IMPORT = """
mutation Import($customers: [ImportCustomerInput!]!) {
  importCustomersBulk(input: { customers: $customers })
}
"""


async def task_of(runtime: Runtime, id: str) -> ImportTask:
    async with runtime.new_unit_of_work() as work:
        task = await work.import_tasks.get(UUID(id))
    assert task is not None
    return task


async def test_good_items_come_in_and_bad_ones_stay_on_the_task(
    execute: Execute, runtime: Runtime
) -> None:
    world = World(runtime)
    await world.customer("known", name="Old")
    await world.customer("gone", deleted_at=NOW)
    items = [
        {"customerId": "known", "name": "New"},
        {"customerId": "fresh", "email": "f@x.io", "billingId": "cus_1"},
        {"customerId": "gone", "name": "Back?"},
        {"name": "nameless"},
        {"customerId": "wrong", "additionalMetaData": 7},
    ]
    id = (await execute(IMPORT, {"customers": items})).ok["importCustomersBulk"]
    task = await task_of(runtime, id)
    assert task.status is TaskStatus.PARTIALLY_FAILED
    assert (task.total, task.imported) == (5, 2)
    assert {error.entity_id: error.code for error in task.errors} == {
        "": "MissingEntityIdError",
        "gone": "EntityIsArchivedError",
        "wrong": "InvalidMetadataError",
    }
    found = await runtime.readers.customers.by_ref_ids(["known", "fresh", "gone", "wrong"])
    assert found["known"].name == "New"
    assert found["fresh"].billing_id == "cus_1"
    assert found["gone"].name is None
    assert "wrong" not in found


async def test_a_thousand_customers_take_few_statements(
    execute: Execute, runtime: Runtime, count_statements: Recorder
) -> None:
    items = [{"customerId": f"c{n}", "name": f"Name {n}"} for n in range(1000)]
    with count_statements() as executed:
        id = (await execute(IMPORT, {"customers": items})).ok["importCustomersBulk"]
    assert len(executed) <= 6
    assert (await task_of(runtime, id)).status is TaskStatus.COMPLETED


async def test_more_than_a_thousand_are_refused(execute: Execute) -> None:
    items = [{"customerId": f"c{n}"} for n in range(1001)]
    assert (await execute(IMPORT, {"customers": items})).codes == ["BadUserInput"]


async def test_an_id_given_twice_is_imported_once_in_order(
    execute: Execute, runtime: Runtime
) -> None:
    items = [{"customerId": "c1", "name": "First"}, {"customerId": "c1", "email": "e@x.io"}]
    await execute(IMPORT, {"customers": items})
    found = (await runtime.readers.customers.by_ref_ids(["c1"]))["c1"]
    assert (found.name, found.email) == ("First", "e@x.io")

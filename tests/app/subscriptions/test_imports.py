"""Bulk imports of subscriptions (spec, subscriptions §14)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.ports import Runtime
from domain.catalog.enums import BillingPeriod
from domain.customers.imports import ImportTask
from domain.subscriptions.enums import TaskStatus
from tests.app.subscriptions.shop import Story, open_shop
from tests.builders import a_plan, a_price, a_product, utc
from tests.conftest import Execute
from tests.support import MovableClock

IMPORT = (
    "mutation($input: ImportSubscriptionsBulkInput!) { importSubscriptionsBulk(input: $input) }"
)
BASIC = a_plan("plan-basic", a_price(10), a_price(100, period=BillingPeriod.ANNUALLY))
PRO = a_plan("plan-pro", a_price(50))


@pytest.fixture
def story(runtime: Runtime, clock: MovableClock, execute: Execute) -> Story:
    return Story(runtime, clock, execute)


async def task_of(runtime: Runtime, id: UUID) -> ImportTask:
    async with runtime.new_unit_of_work() as work:
        task = await work.import_tasks.get(id)
    assert task is not None
    return task


async def imported(story: Story, *items: dict[str, Any]) -> ImportTask:
    known = [{"customerId": story.customer, "planId": "plan-basic"} | item for item in items]
    answer = await story.execute(IMPORT, {"input": {"subscriptions": known}})
    return await task_of(story.runtime, UUID(answer.ok["importSubscriptionsBulk"]))


async def opened(story: Story, **given: Any) -> None:
    await open_shop(story.runtime, BASIC, PRO, **given)
    story.clock.set(utc("2024-04-01"))


FIRST = {
    "subscriptionId": "sub-1",
    "billingPeriod": "MONTHLY",
    "startDate": "2024-01-15",
    "updatedAt": "2024-03-01",
}


@pytest.mark.parametrize(("day", "period"), [("2024-02-28", "MONTHLY"), ("2024-03-02", "ANNUALLY")])
async def test_an_import_is_as_old_as_its_source(story: Story, day: str, period: str) -> None:
    await opened(story)
    await imported(story, FIRST)
    await imported(story, {"billingPeriod": "ANNUALLY", "updatedAt": day})
    assert (await story.get("sub-1"))["billingPeriod"] == period


async def test_what_is_over_is_history_and_ends_nothing(story: Story) -> None:
    await opened(story)
    await imported(story, FIRST)
    past = {"planId": "plan-pro", "subscriptionId": "sub-0"}
    await imported(story, past | {"startDate": "2023-11-01", "endDate": "2024-01-15"})
    over = await story.get("sub-0")
    assert (over["status"], over["effectiveEndDate"]) == ("EXPIRED", "2024-01-15T00:00:00.000Z")
    assert await story.active() == ["sub-1"]


async def test_an_end_that_is_imported_later_ends_what_is_there(story: Story) -> None:
    await opened(story)
    await imported(story, FIRST)
    await imported(story, {"endDate": "2024-06-01", "billingId": "sub_9", "salesforceId": "sf-1"})
    assert (await story.get("sub-1"))["effectiveEndDate"] == "2024-06-01T00:00:00.000Z"
    await imported(story, {"endDate": "2024-03-31"})
    over = await story.get("sub-1")
    assert (over["status"], over["cancelReason"]) == ("EXPIRED", "Expired")
    assert over["effectiveEndDate"] == "2024-03-31T00:00:00.000Z"


async def test_each_resource_has_its_own_of_the_plan(story: Story) -> None:
    await opened(story, product=a_product(multiple_subscriptions=True))
    sites = ("site-1", "site-2")
    items = [{"resourceId": r, "subscriptionId": r, "billingPeriod": "MONTHLY"} for r in sites]
    assert (await imported(story, *items)).imported == 2
    for site in sites:
        assert (await story.get(site))["resource"] == {"resourceId": site}


async def test_bad_items_stay_on_the_task(story: Story) -> None:
    await opened(story)
    await imported(story, FIRST)
    task = await imported(
        story,
        {"customerId": "nobody"},
        {"planId": "plan-none", "subscriptionId": "sub-2"},
        {"subscriptionId": "-no-slug"},
        {"planId": "plan-pro", "subscriptionId": "sub-1"},
        {"planId": "plan-pro", "subscriptionId": "sub-3"},
    )
    assert (task.status, task.imported) == (TaskStatus.PARTIALLY_FAILED, 1)
    assert {error.entity_id: error.code for error in task.errors} == {
        "nobody": "CustomerNotFound",
        "sub-2": "PlanNotFound",
        "-no-slug": "BadUserInput",
        "sub-1": "DuplicatedEntityNotAllowed",
    }


TASKS = """query ($filter: ImportIntegrationTaskFilter!) {
  importIntegrationTasks(filter: $filter) { edges { node {
    status taskType progress totalSubtasksCount customersCount productsCount endDate
    importErrors { id error } } } } }"""


async def test_tasks_tell_what_became_of_an_import(story: Story) -> None:
    await opened(story)
    task = await imported(story, FIRST, {"customerId": "nobody"})
    customers = await story.execute(
        """mutation { importCustomersBulk(input: {customers: [
          {customerId: "customer-a"}, {customerId: "customer-b"}]}) }"""
    )
    assert customers.ok["importCustomersBulk"]

    async def listed(**filter: Any) -> list[Any]:
        answer = await story.execute(TASKS, {"filter": filter})
        return [edge["node"] for edge in answer.ok["importIntegrationTasks"]["edges"]]

    message = "CustomerNotFound: Customer nobody not found"
    of_subscriptions = {
        "status": "PARTIALLY_FAILED",
        "taskType": "IMPORT_SUBSCRIPTIONS_BULK",
        "progress": 100,
        "totalSubtasksCount": 2,
        "customersCount": 0,
        "productsCount": 0,
        "endDate": "2024-04-01T00:00:00.000Z",
        "importErrors": [{"id": "nobody", "error": message}],
    }
    of_customers = of_subscriptions | {
        "status": "COMPLETED",
        "taskType": "IMPORT_INTEGRATION_CUSTOMERS",
        "customersCount": 2,
        "importErrors": [],
    }
    assert await listed(id={"eq": str(task.id)}) == [of_subscriptions]
    assert await listed(taskType={"eq": "IMPORT_INTEGRATION_CUSTOMERS"}) == [of_customers]
    assert await listed(status={"in": ["COMPLETED"]}) == [of_customers]
    environment_id = str(story.runtime.environment.environment_id)
    assert len(await listed(environmentId={"eq": environment_id})) == 2

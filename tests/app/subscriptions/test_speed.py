"""How many statements provisioning takes (issue 4: at most 15 with 3 add-ons and 5 charges)."""

from __future__ import annotations

from app.ports import Runtime
from domain.catalog.enums import BillingModel
from tests.app.subscriptions.shop import Story, open_shop
from tests.builders import a_feature, a_plan, a_price, an_addon
from tests.conftest import Execute, Recorder
from tests.support import MovableClock


async def test_provisioning_takes_at_most_15_statements(
    runtime: Runtime, clock: MovableClock, execute: Execute, count_statements: Recorder
) -> None:
    names = [f"feature-{n}" for n in range(4)]
    units = [a_price(n + 1, model=BillingModel.PER_UNIT, feature=f) for n, f in enumerate(names)]
    addons = ("addon-a", "addon-b", "addon-c")
    await open_shop(
        runtime,
        a_plan("plan-old", a_price(10)),
        a_plan("plan-big", a_price(50), *units, compatible_addon_ref_ids=addons),
        *(an_addon(name, a_price(5)) for name in addons),
        features=tuple(a_feature(name) for name in names),
    )
    story = Story(runtime, clock, execute)
    await story.provision("plan-old")
    with count_statements() as executed:
        answer = await execute(
            "mutation($input: ProvisionSubscriptionInput!) {"
            " provisionSubscriptionV2(input: $input) { status } }",
            {
                "input": {
                    "customerId": story.customer,
                    "planId": "plan-big",
                    "resourceId": "resource-01",
                    "charges": [{"id": name, "quantity": 2, "type": "FEATURE"} for name in names],
                    "addons": [{"addonId": name, "quantity": 2} for name in addons],
                }
            },
        )
    assert answer.ok
    assert len(executed) <= 15, "\n".join(executed)

"""Time is the same however it passes: credits of a mixed year, leapt over or looked at daily."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.catalog.enums import (
    BillingPeriod,
    CreditCadence,
    EntitlementBehavior,
    TrialEndBehavior,
    TrialPeriodUnits,
)
from domain.catalog.model import TrialConfig
from tests.app.credits.life import SEATS, Life, seat_price, shop
from tests.builders import (
    a_credit,
    a_customer,
    a_plan,
    a_price,
    an_addon,
    feature_id,
    utc,
)
from tests.support import execute_document, new_environment

BEGAN, ENDED = utc("2024-01-31T10:00"), utc("2025-02-10")
FIVE = [{"id": SEATS, "quantity": 5, "type": "FEATURE"}]
GRANTS = """query ($input: GetCreditGrantsInput!) { creditGrants(input: $input) { edges { node {
  currencyId amount effectiveAt expireAt voidedAt status sourceType displayName createdAt } } } }"""


async def unchanged(life: Life) -> None:
    await life.begin("plan-team", charges=FIVE, billingPeriod="MONTHLY")


async def canceled_within_a_period(life: Life) -> None:
    id = await life.begin("plan-pro")
    when = {"subscriptionCancellationTime": "SPECIFIC_DATE", "endDate": "2024-07-13T00:00:00Z"}
    await life.cancel(id, **when)


async def canceled_at_a_period_s_end(life: Life) -> None:
    id = await life.begin("plan-pro")
    await life.cancel(id, subscriptionCancellationTime="END_OF_BILLING_PERIOD")


async def fewer_seats_later(life: Life) -> None:
    id = await life.begin("plan-team", charges=FIVE, billingPeriod="MONTHLY")
    fewer = [{"featureId": SEATS, "quantity": 2}]
    await life.update(id, billableFeatures=fewer, scheduleStrategy="END_OF_BILLING_PERIOD")


async def fewer_seats_within_a_year(life: Life) -> None:
    id = await life.begin("plan-team", charges=FIVE, billingPeriod="ANNUALLY")
    fewer = [{"featureId": SEATS, "quantity": 2}]
    await life.update(id, billableFeatures=fewer, scheduleStrategy="END_OF_BILLING_MONTH")


async def downgraded_later(life: Life) -> None:
    await life.begin("plan-team", charges=FIVE, billingPeriod="ANNUALLY")
    await life.provision("plan-pro", scheduleStrategy="END_OF_BILLING_MONTH")


async def replaced_at_a_date(life: Life) -> None:
    await life.begin("plan-pro")
    await life.begin("plan-team", charges=FIVE, billingPeriod="MONTHLY", startDate="2024-04-04")


async def converted(life: Life) -> None:
    await life.begin("plan-trial")


async def tried_only(life: Life) -> None:
    await life.begin("plan-pro")
    trial = {"isTrial": True, "trialEndDate": "2024-03-17T00:00:00Z"}
    trial["trialEndBehavior"] = "CANCEL_SUBSCRIPTION"
    charges = FIVE
    await life.begin(
        "plan-team", charges=charges, billingPeriod="MONTHLY", trialOverrideConfiguration=trial
    )


async def with_add_ons(life: Life) -> None:
    addons = [{"addonId": "addon-more", "quantity": 2}]
    id = await life.begin("plan-pro", addons=addons)
    await life.update(
        id,
        addons=[{"addonId": "addon-instead", "quantity": 1}],
        scheduleStrategy="END_OF_BILLING_PERIOD",
    )


LIVES: dict[str, Callable[[Life], Awaitable[None]]] = {
    story.__name__: story
    for story in (
        unchanged,
        canceled_within_a_period,
        canceled_at_a_period_s_end,
        fewer_seats_later,
        fewer_seats_within_a_year,
        downgraded_later,
        replaced_at_a_date,
        converted,
        tried_only,
        with_add_ons,
    )
}


async def open_all(engine: AsyncEngine) -> dict[str, Life]:
    """An environment with one customer a story, each as its story begins."""
    environment = await new_environment(engine, now=BEGAN)
    trial = TrialConfig(
        duration=14,
        units=TrialPeriodUnits.DAY,
        trial_end_behavior=TrialEndBehavior.CONVERT_TO_PAID,
    )
    lives = {}
    for name in LIVES:
        runtime = environment.runtime
        lives[name] = Life(runtime, environment.clock, partial(execute_document, runtime))
        lives[name].be(name.replace("_", "-"))
    each = a_credit(10, dependency_feature_id=feature_id(SEATS))
    yearly = a_credit(600, "coins", cadence=CreditCadence.YEAR)
    override = a_credit(500, behavior=EntitlementBehavior.Override)
    addons = ("addon-more", "addon-instead")
    any_life = next(iter(lives.values()))
    await shop(
        any_life,
        a_plan(
            "plan-team",
            seat_price(),
            seat_price(BillingPeriod.ANNUALLY),
            entitlements=(each, yearly),
        ),
        a_plan(
            "plan-pro",
            a_price(5),
            entitlements=(a_credit(7),),
            compatible_addon_ref_ids=addons,
        ),
        a_plan("plan-trial", a_price(5), entitlements=(a_credit(3),), default_trial_config=trial),
        an_addon("addon-more", a_price(1), entitlements=(a_credit(50),)),
        an_addon("addon-instead", a_price(1), entitlements=(override,)),
        customers=tuple(a_customer(life.customer) for life in lives.values()),
    )
    for name, life in lives.items():
        await LIVES[name](life)
        for currency in ("tokens", "coins"):
            await life.credits.consume(4, currency, currencyId=currency)
    return lives


async def leap(lives: dict[str, Life]) -> None:
    """Nobody comes by for a year."""
    await next(iter(lives.values())).advance(ENDED.isoformat()[:19])


async def step(lives: dict[str, Life]) -> None:
    """The worker comes by every eleven days."""
    life = next(iter(lives.values()))
    while life.clock.now < ENDED:
        at = min(life.clock.now + timedelta(days=11), ENDED)
        await life.advance(at.isoformat()[:19])


async def look(lives: dict[str, Life], *, is_worked: bool = True) -> None:
    """Every 17 days balances are read, and then the worker comes by, or only at last."""
    any_life = next(iter(lives.values()))
    while any_life.clock.now < ENDED:
        any_life.clock.set(min(any_life.clock.now + timedelta(days=17), ENDED))
        for life in lives.values():
            await life.credits.balances()
        if is_worked or any_life.clock.now == ENDED:
            await leap_to_now(any_life)


async def leap_to_now(life: Life) -> None:
    await life.advance(life.clock.now.isoformat()[:19])


async def state(life: Life) -> list[tuple[str, ...]]:
    """All that was granted, without random ids: by them equal grants burn one before another."""
    input = {"customerId": life.customer, "paging": {"first": 100}}
    answer = (await life.execute(GRANTS, {"input": input})).ok["creditGrants"]
    return sorted(tuple(map(str, edge["node"].values())) for edge in answer["edges"])


# What is voided by a change that is due within a period stays until somebody makes the change.
AWAITED = {"converted", "downgraded_later"}


async def test_credits_of_a_year_are_the_same_however_it_passes(engine: AsyncEngine) -> None:
    late_look = partial(look, is_worked=False)
    ways: list[Callable[[dict[str, Life]], Awaitable[None]]] = [leap, step, look, late_look]
    states = []
    for pass_time in ways:
        lives = await open_all(engine)
        await pass_time(lives)
        states.append({name: await state(life) for name, life in lives.items()})
        for life in lives.values():
            for balance in await life.credits.balances():
                entries = await life.credits.ledger(currencyId=balance["currencyId"])
                assert sum(entry["amount"] for entry in entries) == balance["currentBalance"]
    leapt, stepped, looked, late = states
    assert stepped == leapt
    assert looked == leapt
    assert {**late, **{name: leapt[name] for name in AWAITED}} == leapt
    assert all(len(grants) > 1 for grants in leapt.values())

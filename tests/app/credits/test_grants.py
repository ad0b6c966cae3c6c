"""Grants through the API: creating, changing, voiding, listing (entitlements §9.3, §9.6, §9.11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.periods import wire_time
from tests.app.credits.conftest import Credits, make_currency
from tests.conftest import Execute, Recorder
from tests.support import MovableClock
from tests.world import World

DAY = timedelta(days=1)


async def test_a_grant_with_nothing_but_what_is_required(
    credits: Credits, clock: MovableClock
) -> None:
    grant = await credits.grant(100, grantType="PAID")
    now = wire_time(clock())
    assert grant | {"id": grant["grantId"]} == {
        "id": grant["grantId"],
        "grantId": grant["grantId"],
        "amount": 100,
        "consumedAmount": 0,
        "status": "ACTIVE",
        "grantType": "PAID",
        "priority": 0,
        "currencyId": "tokens",
        "customerId": "customer-1",
        "resourceId": None,
        "displayName": "Grant",
        "comment": None,
        "additionalMetaData": None,
        "cost": {"amount": 0, "currency": "USD"},
        "effectiveAt": now,
        "expireAt": None,
        "voidedAt": None,
        "sourceType": None,
        "paymentCollection": "NOT_REQUIRED",
        "createdAt": now,
        "updatedAt": now,
    }
    assert await credits.entries() == [("CREDITS_GRANTED", 100)]


async def test_all_that_can_be_said_of_a_grant(credits: Credits, clock: MovableClock) -> None:
    ends = wire_time(clock() + 30 * DAY)
    begins = wire_time(clock() + DAY)
    grant = await credits.grant(
        12.5,
        grantType="PAID",
        priority=3,
        cost={"amount": 25, "currency": "EUR"},
        comment="for the pilot",
        additionalMetaData={"deal": {"id": 7}},
        effectiveAt=begins,
        expireAt=ends,
    )
    assert grant["status"] == "SCHEDULED"
    assert grant["cost"] == {"amount": 25, "currency": "EUR"}
    assert (grant["effectiveAt"], grant["expireAt"]) == (begins, ends)
    assert grant["additionalMetaData"] == {"deal": {"id": 7}}
    (waiting,) = await credits.balances()
    assert waiting["currentBalance"] == 0
    assert waiting["validUntil"] == (clock() + DAY).timestamp() * 1000

    clock.now += DAY
    (active,) = await credits.balances()
    assert active["currentBalance"] == 12.5
    assert active["validUntil"] == (clock() + 29 * DAY).timestamp() * 1000
    assert active["currency"] == {
        "currencyId": "tokens",
        "displayName": "Tokens",
        "symbol": None,
        "units": {"singular": "token", "plural": "tokens"},
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"amount": 0}, "InvalidArgumentError"),
        ({"amount": -1}, "InvalidArgumentError"),
        ({"amount": 1e-11}, "InvalidArgumentError"),
        ({"amount": 2**54}, "InvalidArgumentError"),
        ({"customerId": "nobody"}, "CustomerNotFound"),
        ({"currencyId": "nothing"}, "CustomCurrencyNotFound"),
        ({"resourceId": "nowhere"}, "CustomerResourceNotFound"),
        ({"comment": "x" * 201}, "BadUserInput"),
        ({"displayName": ""}, "BadUserInput"),
        ({"priority": -1}, "InvalidArgumentError"),
        ({"cost": {"amount": 1}}, "InvalidArgumentError"),
        ({"cost": {"amount": -1}, "grantType": "PAID"}, "InvalidArgumentError"),
        ({"additionalMetaData": [1]}, "InvalidMetadataError"),
        (
            {"effectiveAt": "2025-01-02", "expireAt": "2025-01-02"},
            "ExpireAtMustBeLaterThanEffectiveAtError",
        ),
    ],
)
async def test_what_cannot_be_granted(credits: Credits, given: dict[str, Any], code: str) -> None:
    answer = await credits.try_grant(**given)
    assert answer.codes == [code]
    assert await credits.balances() == []


async def test_an_archived_currency_takes_no_new_grants_but_is_spent(
    credits: Credits, execute: Execute
) -> None:
    await credits.grant(100)
    answer = await execute(
        'mutation { archiveCustomCurrency(input: {currencyId: "tokens"}) { currencyId } }'
    )
    assert not answer.errors
    assert (await credits.try_grant()).codes == ["EntityIsArchivedError"]
    assert (await credits.consume(10))["credit"]["currentUsage"] == 10


async def test_example_19_ends_at_its_instant_before_any_sweeper(
    credits: Credits, clock: MovableClock
) -> None:
    ends = clock() + DAY
    await credits.grant(100, expireAt=wire_time(ends))
    await credits.consume(30)
    clock.now += DAY
    assert await credits.balance() == 0
    assert await credits.entries() == [
        ("CREDITS_GRANTED", 100),
        ("CREDITS_CONSUMED", -30),
        ("CREDITS_EXPIRED", -70),
    ]
    (grant,) = await credits.grants()
    assert grant["status"] == "EXPIRED"
    assert (await credits.ledger())[0]["timestamp"] == wire_time(ends)
    answer = await credits.try_void(grant["id"])
    assert answer.codes == ["CreditGrantCannotBeVoided"]
    assert answer.errors[0]["extensions"]["grantId"] == grant["id"]


async def test_example_19_void(credits: Credits, clock: MovableClock) -> None:
    grant = await credits.grant(100)
    await credits.consume(30)
    voided = (await credits.try_void(grant["grantId"])).ok["voidCreditGrant"]
    assert voided == {
        "id": grant["id"],
        "status": "VOIDED",
        "voidedAt": wire_time(clock()),
        "consumedAmount": 30,
    }
    assert await credits.balance() == 0
    assert (await credits.entries())[-1] == ("CREDITS_VOIDED", -70)
    again = await credits.try_void(grant["id"])
    assert again.codes == ["CreditGrantAlreadyVoided"]
    assert again.errors[0]["extensions"]["grantId"] == grant["grantId"]
    assert (await credits.try_void("nothing")).codes == ["CreditGrantNotFound"]


async def test_a_grant_is_changed_but_its_amount(credits: Credits, clock: MovableClock) -> None:
    grant = await credits.grant(100, comment="old")
    ends = wire_time(clock() + 2 * DAY)
    changed = (
        await credits.try_update(
            grant["id"], displayName="New", comment=None, priority=5, expireAt=ends
        )
    ).ok["updateCreditGrant"]
    assert changed["displayName"] == "New"
    assert changed["comment"] is None
    assert changed["priority"] == 5
    assert changed["expireAt"] == ends
    assert (await credits.entries())[-1] == ("CREDITS_UPDATED", 0)
    clock.now += 2 * DAY
    assert await credits.balance() == 0
    late = await credits.try_update(grant["id"], expireAt=wire_time(clock() + DAY))
    assert late.codes == ["CannotUpdateExpireAtForExpiredCreditGrantError"]
    renamed = await credits.try_update(grant["id"], displayName="Ended")
    assert renamed.ok["updateCreditGrant"]["displayName"] == "Ended"


async def test_what_has_begun_does_not_begin_later(credits: Credits, clock: MovableClock) -> None:
    grant = await credits.grant(100)
    answer = await credits.try_update(grant["id"], effectiveAt=wire_time(clock() + DAY))
    assert answer.codes == ["InvalidArgumentError"]
    answer = await credits.try_update(grant["id"], expireAt=wire_time(clock() - DAY))
    assert answer.codes == ["ExpireAtMustBeLaterThanEffectiveAtError"]


async def test_wallets_of_resources_are_their_own(
    credits: Credits, world: World, execute: Execute
) -> None:
    await world.resource("site-1")
    await make_currency(execute, "coins")
    await credits.grant(100)
    await credits.grant(5, currencyId="coins")
    await credits.grant(7, resourceId="site-1")
    assert [(b["currencyId"], b["currentBalance"]) for b in await credits.balances()] == [
        ("coins", 5),
        ("tokens", 100),
    ]
    assert await credits.balance(currencyId="coins") == 5
    assert await credits.balance(resourceId="site-1") == 7
    after = await credits.consume(10, resourceId="site-1")
    assert after["credit"] | {"timestamp": None} == {
        "currencyId": "tokens",
        "currentUsage": 10,
        "usageLimit": 7,
        "timestamp": None,
        "usagePeriodEnd": None,
    }
    assert await credits.balance(currencyId="tokens") == 100
    assert await credits.balance(resourceId="site-1") == -3
    assert [grant["resourceId"] for grant in await credits.grants()] == [None, None]
    scoped = await credits.grants(resourceId="site-1")
    assert {grant["grantType"] for grant in scoped} == {"PROMOTIONAL", "OVERDRAFT"}
    assert {entry["resourceId"] for entry in await credits.ledger(resourceId="site-1")} == {
        "site-1"
    }


async def test_lists_are_paged_and_cost_a_fixed_number_of_statements(
    credits: Credits, count_statements: Recorder, clock: MovableClock
) -> None:
    for index in range(12):
        clock.now += DAY
        await credits.grant(index + 1, displayName=f"Grant {index}")
    with count_statements() as few:
        (newest,) = await credits.grants(paging={"first": 1})
    with count_statements() as many:
        all_ = await credits.grants(paging={"first": 100})
    assert newest["displayName"] == "Grant 11"
    assert len(all_) == 12
    assert len(few) == len(many)
    with count_statements() as few:
        await credits.ledger(paging={"first": 1})
    with count_statements() as many:
        entries = await credits.ledger(paging={"first": 100}, eventType=["CREDITS_GRANTED"])
    assert [entry["grant"]["displayName"] for entry in entries] == [
        f"Grant {index}" for index in reversed(range(12))
    ]
    assert len(few) == len(many)
    assert await credits.ledger(eventType=["CREDITS_VOIDED"]) == []

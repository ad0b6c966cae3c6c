"""What is logged never holds a secret, and tells what was altered (platform §8)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from app.vault import new_token
from domain.accounts.enums import ApiKeyType
from domain.catalog.model import Budget
from domain.changes import REMOVED, change_of
from domain.redaction import is_secret_name, redacted
from tests.builders import a_customer, a_feature, a_plan, a_subscription


def test_only_what_was_altered_is_told_by_the_contracts_names() -> None:
    before = a_feature("seats")
    change = change_of(before, replace(before, display_name="Seats!"))
    assert change is not None
    assert change.before == {"displayName": before.display_name}
    assert change.after == {"displayName": "Seats!"}


def test_a_new_entity_has_no_change() -> None:
    assert change_of(None, a_feature("seats")) is None


def test_numbers_and_parts_are_told_as_the_wire_writes_them() -> None:
    before = a_subscription(a_customer("c"), a_plan("plan-a"))
    budget = Budget(limit=Decimal("12.5"), has_soft_limit=True)
    change = change_of(before, replace(before, budget=budget))
    assert change is not None
    assert change.before == {"budget": None}
    assert change.after == {"budget": {"limit": 12.5, "hasSoftLimit": True}}


def test_another_version_with_the_same_content_altered_only_its_number() -> None:
    before = a_plan("plan-a")
    change = change_of(before, replace(before, version_number=2, is_latest=False))
    assert change is not None
    assert change.after == {"versionNumber": 2}


@pytest.mark.parametrize(
    "name",
    ["secretKey", "token", "signingToken", "X-CUSTOMER-TOKEN", "apiKey", "billingInformation"],
)
def test_secret_names(name: str) -> None:
    assert is_secret_name(name)
    assert redacted({"input": [{name: "s3cr3t"}]}) == {"input": [{name: REMOVED}]}


@pytest.mark.parametrize("name", ["customerId", "idempotencyKey", "currencyId", "featureId"])
def test_other_names_are_kept(name: str) -> None:
    assert redacted({name: "x"}) == {name: "x"}


def test_an_absent_secret_stays_absent() -> None:
    assert redacted({"billingInformation": None}) == {"billingInformation": None}


def test_a_key_is_taken_out_of_any_text() -> None:
    token = new_token(ApiKeyType.SCOPED)
    assert redacted({"note": f"use {token}!"}) == {"note": f"use {REMOVED}!"}

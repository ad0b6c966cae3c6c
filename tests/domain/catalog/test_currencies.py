"""Custom currencies (spec, catalog §5 and entitlements §9.15)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.catalog.currencies import (
    CurrencyChanges,
    CurrencyUnits,
    NewCurrency,
    archive_currency,
    change_currency,
    create_currency,
    require_live_currency,
    unarchive_currency,
)
from domain.catalog.model import CustomCurrency
from domain.errors import DomainError, ErrorCode
from domain.ids import CurrencyId
from tests.builders import NOW, uid

LATER = NOW + timedelta(days=1)
UNITS = CurrencyUnits(singular="token", plural="tokens")


def new(**given: Any) -> CustomCurrency:
    defaults: dict[str, Any] = {"currency_id": "cred-type-ai", "display_name": "AI tokens"}
    return create_currency(NewCurrency(**(defaults | given)), id=CurrencyId(uid("c")), now=NOW)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"currency_id": "@x"}, ErrorCode.BadUserInput),
        ({"display_name": ""}, ErrorCode.BadUserInput),
        ({"description": "x" * 256}, ErrorCode.BadUserInput),
        ({"units": CurrencyUnits(singular="", plural="x")}, ErrorCode.BadUserInput),
        ({"symbol": ""}, ErrorCode.BadUserInput),
        ({"additional_meta_data": []}, ErrorCode.InvalidMetadataError),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], code: ErrorCode) -> None:
    with pytest.raises(DomainError) as error:
        new(**given)
    assert error.value.code is code


def test_absent_stays_and_null_clears() -> None:
    currency = new(units=UNITS, symbol="T", additional_meta_data={"a": "b"})
    kept = change_currency(currency, CurrencyChanges(display_name="B"), now=LATER)
    assert (kept.display_name, kept.symbol, kept.unit_plural) == ("B", "T", "tokens")
    cleared = change_currency(
        currency, CurrencyChanges(units=None, symbol=None, additional_meta_data=None), now=LATER
    )
    assert (cleared.symbol, cleared.unit_singular, cleared.additional_meta_data) == (
        None,
        None,
        None,
    )


def test_a_used_currency_cannot_be_archived() -> None:
    with pytest.raises(DomainError) as error:
        archive_currency(new(), used_by=["plan-pro"], now=LATER)
    assert error.value.code is ErrorCode.IntegrityViolation


def test_archiving_has_a_time_and_can_be_undone() -> None:
    archived = archive_currency(new(), used_by=[], now=LATER)
    assert archived.archived_at == LATER
    assert archive_currency(archived, used_by=["p"], now=LATER) is archived
    with pytest.raises(DomainError) as error:
        require_live_currency(archived)
    assert error.value.code is ErrorCode.EntityIsArchivedError
    live = unarchive_currency(archived, now=LATER)
    assert live.archived_at is None
    assert require_live_currency(live) is unarchive_currency(live, now=LATER)

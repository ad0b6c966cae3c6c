"""What may become of keys, scopes and clocks (platform §1; subscriptions §0)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.accounts.customer_tokens import sign, verified_customer
from domain.accounts.enums import ApiKeyType, EnvironmentType
from domain.accounts.keys import require_name, require_scopes, revoked, rotated, updated
from domain.accounts.model import ApiKey, Environment, masked, prefix_of
from domain.accounts.scopes import (
    ApiKeyScope,
    ApiKeyScopeAction,
    ApiKeyScopeResource,
    covers,
)
from domain.accounts.test_clock import (
    require_advance,
    require_settable,
    require_test_clock_allowed,
)
from domain.errors import Conflict, Forbidden, InvalidInput
from domain.ids import AccountId, EnvironmentId

NOW = datetime(2025, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
READ_COUPONS = ApiKeyScope(action=ApiKeyScopeAction.READ, resource=ApiKeyScopeResource.COUPON)

SERVER = ApiKey(
    id=UUID(int=1),
    environment_id=EnvironmentId(UUID(int=2)),
    key_type=ApiKeyType.SERVER,
    display_name="Server key",
    token="server-0123456789",
    created_at=NOW,
)
SCOPED = replace(SERVER, key_type=ApiKeyType.SCOPED, scopes=(READ_COUPONS,))


def test_rotation_makes_a_successor_without_an_end() -> None:
    old, new = rotated(SERVER, until=NOW + DAY, now=NOW, new_id=UUID(int=9), new_token="server-n")
    assert old == replace(SERVER, expire_at=NOW + DAY)
    assert new == replace(SERVER, id=UUID(int=9), token="server-n", created_at=NOW)
    assert not old.expired(NOW + DAY - timedelta(milliseconds=1))
    assert old.expired(NOW + DAY)


@pytest.mark.parametrize("until", [NOW - DAY, NOW + 366 * DAY])
def test_a_rotation_ends_within_a_year(until: datetime) -> None:
    with pytest.raises(InvalidInput):
        rotated(SERVER, until=until, now=NOW, new_id=UUID(int=9), new_token="server-n")


def test_an_ended_key_is_not_changed() -> None:
    with pytest.raises(Conflict):
        updated(replace(SERVER, expire_at=NOW), display_name="x", now=NOW)


def test_an_update_changes_what_was_given() -> None:
    changed = updated(SCOPED, display_name=" CI ", description=None, scopes=None, now=NOW)
    assert changed.display_name == "CI"
    assert changed.scopes == (READ_COUPONS,)
    moved = updated(replace(SCOPED, expire_at=NOW + DAY), expire_at=NOW + 2 * DAY, now=NOW)
    assert moved.expire_at == NOW + 2 * DAY
    assert updated(SCOPED, scopes=(READ_COUPONS, READ_COUPONS), now=NOW) == SCOPED


def test_scopes_and_ends_are_given_where_they_belong() -> None:
    with pytest.raises(InvalidInput):
        updated(SERVER, scopes=(READ_COUPONS,), now=NOW)
    with pytest.raises(InvalidInput):
        updated(SERVER, expire_at=NOW + DAY, now=NOW)


def test_a_scoped_key_is_revoked_at_any_time_a_system_key_once_rotated() -> None:
    assert revoked(SCOPED, now=NOW).expire_at == NOW
    assert revoked(replace(SERVER, expire_at=NOW + DAY), now=NOW).expire_at == NOW
    with pytest.raises(InvalidInput):
        revoked(SERVER, now=NOW)


@pytest.mark.parametrize("name", [None, "", "  ", "x" * 256])
def test_a_name_has_characters(name: str | None) -> None:
    with pytest.raises(InvalidInput):
        require_name(name)


def test_scopes_are_needed() -> None:
    with pytest.raises(InvalidInput):
        require_scopes([])


def test_tokens_show_their_ends_only() -> None:
    assert masked(SERVER.token) == "server-****6789"
    assert prefix_of(ApiKeyType.CLIENT) == "client-"
    assert prefix_of(ApiKeyType.SCOPED) == "server-"


def test_secrets_are_not_in_representations() -> None:
    environment = Environment(
        id=EnvironmentId(UUID(int=1)),
        account_id=AccountId(UUID(int=2)),
        display_name="Sandbox",
        slug="sandbox",
        type=EnvironmentType.SANDBOX,
        signing_token="very-secret",
        created_at=NOW,
    )
    assert environment.is_sandbox
    assert "very-secret" not in repr(environment)
    assert SERVER.token not in repr(SERVER)


def test_production_has_no_test_clock() -> None:
    require_test_clock_allowed(EnvironmentType.SANDBOX)
    with pytest.raises(Forbidden):
        require_test_clock_allowed(EnvironmentType.PRODUCTION)


def test_time_does_not_run_back_over_data() -> None:
    require_settable(NOW - DAY, now=NOW, has_data=False)
    require_settable(NOW, now=NOW, has_data=True)
    with pytest.raises(InvalidInput):
        require_settable(NOW - DAY, now=NOW, has_data=True)


def test_a_clock_advances_from_where_it_stands() -> None:
    require_advance(NOW, frozen_time=NOW)
    for frozen in (None, NOW + DAY):
        with pytest.raises(InvalidInput):
            require_advance(NOW, frozen_time=frozen)


def test_event_queues_are_never_written() -> None:
    write = replace(
        READ_COUPONS,
        action=ApiKeyScopeAction.WRITE,
        resource=ApiKeyScopeResource.EVENT_QUEUE,
    )
    with pytest.raises(InvalidInput):
        require_scopes([write])


def test_an_expiring_key_is_not_rotated() -> None:
    expiring = replace(SERVER, expire_at=NOW + DAY)
    with pytest.raises(Conflict):
        rotated(expiring, until=None, now=NOW, new_id=UUID(int=9), new_token="server-n")


def test_write_implies_read_and_environment_covers_all_but_keys_and_queues() -> None:
    read, write = ApiKeyScopeAction.READ, ApiKeyScopeAction.WRITE
    coupon, environment = ApiKeyScopeResource.COUPON, ApiKeyScopeResource.ENVIRONMENT
    keys = ApiKeyScopeResource.API_KEY

    def scope(action: ApiKeyScopeAction, resource: ApiKeyScopeResource) -> ApiKeyScope:
        return ApiKeyScope(action=action, resource=resource)

    assert covers([scope(write, coupon)], scope(read, coupon))
    assert not covers([scope(read, coupon)], scope(write, coupon))
    assert covers([scope(write, environment)], scope(write, coupon))
    assert not covers([scope(write, environment)], scope(read, keys))


SECRET = "signing-secret-1"
TOKEN = (
    "HMAC-SHA256 customer-demo-123:927863331c2982b3278aa975fc59f5bf81b718c177ec655e9f24f30c46e36971"
)


def test_the_published_customer_token() -> None:
    assert sign("customer-demo-123", SECRET) == TOKEN
    assert verified_customer(TOKEN, SECRET) == "customer-demo-123"
    assert verified_customer(TOKEN[:-1] + "0", SECRET) is None
    assert verified_customer("Bearer x", SECRET) is None

"""When an environment's test clock may be set, and when it may be moved.

Source: spec, subscriptions §0 (instants).
"""

from __future__ import annotations

from datetime import datetime

from domain.accounts.enums import EnvironmentType
from domain.errors import ErrorCode, Forbidden, invalid_argument


def require_test_clock_allowed(type_: EnvironmentType) -> None:
    """A production environment runs on real time. Raises AccessDeniedError."""
    if type_ is EnvironmentType.PRODUCTION:
        raise Forbidden(ErrorCode.AccessDeniedError, "A PRODUCTION environment has no test clock")


def require_settable(wanted: datetime, *, now: datetime, has_data: bool) -> None:
    """Time does not run backwards over data; the catalogue is not data.

    `now` is the environment's present time, frozen or real. Raises InvalidArgumentError.
    """
    if wanted < now and has_data:
        raise invalid_argument("frozenTime lies before the time of existing data")


def require_advance(wanted: datetime, *, frozen_time: datetime | None) -> None:
    """Only a clock that is set can be advanced, and only forwards. Raises InvalidArgumentError."""
    if frozen_time is None:
        raise invalid_argument("The test clock is not set")
    if wanted < frozen_time:
        raise invalid_argument("frozenTime lies before the test clock's time")

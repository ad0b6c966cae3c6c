"""The only caller of the system clock."""

from __future__ import annotations

from datetime import UTC, datetime


def system_now() -> datetime:
    """The present instant: aware UTC, truncated to milliseconds as everything stored is."""
    now = datetime.now(UTC)  # noqa: TID251 - this is the one place
    return now.replace(microsecond=now.microsecond // 1000 * 1000)

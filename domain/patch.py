"""What a change leaves alone, apart from what it sets to null.

`displayName` left out of an update keeps the old one; `description: null` removes the old one.
GraphQL's UNSET ends at the edge: commands and decisions know `ABSENT`.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, TypeAlias, TypeVar


class Absent(Enum):
    """The type of `ABSENT`."""

    ABSENT = "ABSENT"


ABSENT: Final = Absent.ABSENT
T = TypeVar("T")
Maybe: TypeAlias = T | Absent


def kept(new: T | Absent, old: T) -> T:
    """`new`, or `old` where the change says nothing."""
    return old if isinstance(new, Absent) else new


def kept_unless_given(new: T | Absent | None, old: T) -> T:
    """`new`, or `old` where the change says nothing or null: for what may not be null."""
    return old if new is None or isinstance(new, Absent) else new

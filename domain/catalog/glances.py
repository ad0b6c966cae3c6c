"""What lists show of drafts and groups at a glance, without the whole entity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftMark:
    """An open draft of a published lineage: its number and the time of its last edit."""

    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupName:
    """A package group by its names."""

    package_group_id: str
    display_name: str

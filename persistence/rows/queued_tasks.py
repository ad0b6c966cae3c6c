"""The table of work that outlasts its request."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from domain.queued_tasks import QueuedWork
from domain.subscriptions.request import ImportItem
from persistence.rows.base import Base, EnvironmentKey, Key, value


class QueuedTaskRow(Base):
    """A task until it is done; its task stays."""

    __tablename__ = "queued_tasks"
    __table_args__ = (
        Index(None, "claimed_until"),
        Index(
            "ix_queued_tasks_one_import",
            "environment_id",
            unique=True,
            postgresql_where=text("kind = 'IMPORT_SUBSCRIPTIONS'"),
        ),
    )

    id: Mapped[Key]
    environment_id: Mapped[EnvironmentKey]
    kind: Mapped[QueuedWork]
    items: Mapped[tuple[ImportItem, ...]] = value(tuple[ImportItem, ...])
    done: Mapped[int]
    claimed_until: Mapped[datetime]
    created_at: Mapped[datetime]

"""The environment's widget settings, inside and outside a unit of work."""

from __future__ import annotations

from sqlalchemy import select

from domain.widgets.model import WidgetConfiguration
from persistence.mapping.copy import from_row, to_columns
from persistence.readers.identified import Connected
from persistence.repositories.base import Reader, Repository
from persistence.rows.widgets import WidgetConfigurationRow


class WidgetQueries(Connected):
    """Fits `app.ports.WidgetSource`."""

    async def get(self) -> WidgetConfiguration:
        """What is stored, or nothing set."""
        columns = WidgetConfigurationRow.__table__.c
        rows = await self.fetch(
            select(*columns).where(columns.environment_id == self.environment_id)
        )
        return from_row(WidgetConfiguration, rows[0]) if rows else WidgetConfiguration()


class SqlWidgetReader(Reader, WidgetQueries):
    """Outside transactions."""


class SqlWidgetRepository(Repository, WidgetQueries):
    """Fits `app.ports.WidgetRepository`."""

    async def save(self, configuration: WidgetConfiguration) -> None:
        """Insert or overwrite the environment's only row."""
        await self.upsert(
            WidgetConfigurationRow,
            [to_columns(configuration, WidgetConfigurationRow)],
            key=["environment_id"],
        )

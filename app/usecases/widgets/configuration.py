"""How an environment's widgets look. Source: spec, catalog §1.1 (widgets)."""

from __future__ import annotations

from app.ports import Runtime
from domain.widgets.model import WidgetChanges, WidgetConfiguration, change_widgets


async def set_configuration(changes: WidgetChanges, *, runtime: Runtime) -> WidgetConfiguration:
    """Merge the changes into what is stored."""
    async with runtime.new_unit_of_work() as work:
        configuration = change_widgets(await work.widgets.get(), changes)
        await work.widgets.save(configuration)
        await work.commit()
    return configuration

"""Query fields of widget configuration."""

import strawberry

from app.graphql.context import Info
from app.graphql.given import runtime_for
from app.graphql.widgets.configuration.inputs import GetWidgetConfigurationInput
from app.graphql.widgets.configuration.mapping import configuration_to_graphql
from app.graphql.widgets.configuration.types import WidgetConfiguration


@strawberry.type
class ConfigurationQuery:
    @strawberry.field
    async def widget_configuration(
        self, info: Info, input: GetWidgetConfigurationInput
    ) -> WidgetConfiguration:
        readers = runtime_for(info, input.environment_id).readers
        return configuration_to_graphql(await readers.widgets.get())

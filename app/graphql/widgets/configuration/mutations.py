"""Mutation fields of widget configuration."""

import strawberry

from app.graphql.context import Info
from app.graphql.given import changing
from app.graphql.widgets.configuration.inputs import WidgetConfigurationUpdateInput
from app.graphql.widgets.configuration.mapping import changes_from_graphql
from app.usecases.widgets import configuration


@strawberry.type
class ConfigurationMutation:
    @strawberry.mutation
    async def set_widget_configuration(
        self, info: Info, input: WidgetConfigurationUpdateInput
    ) -> str | None:
        runtime = changing(info, input.environment_id)
        await configuration.set_configuration(changes_from_graphql(input), runtime=runtime)
        return "ok"

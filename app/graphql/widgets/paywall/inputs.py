"""Command inputs of the paywall."""

import strawberry

from app.graphql.catalog.packages.enums import WidgetType
from app.graphql.widgets.appearance.enums import Alignment
from app.graphql.widgets.appearance.inputs import TypographyConfigurationInput


@strawberry.input
class GetPaywallInput:
    billing_country_code: str | None = strawberry.UNSET
    context: WidgetType | None = strawberry.UNSET
    customer_id: str | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    fetch_all_countries_prices: bool | None = False
    include_hidden_plans: bool | None = False
    offer_id: str | None = strawberry.UNSET
    product_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET


@strawberry.input
class PaywallColorsPaletteInput:
    background_color: str | None = strawberry.UNSET
    border_color: str | None = strawberry.UNSET
    current_plan_background: str | None = strawberry.UNSET
    primary: str | None = strawberry.UNSET
    text_color: str | None = strawberry.UNSET


@strawberry.input
class PaywallLayoutConfigurationInput:
    alignment: Alignment | None = strawberry.UNSET
    plan_margin: float | None = strawberry.UNSET
    plan_padding: float | None = strawberry.UNSET
    plan_width: float | None = strawberry.UNSET


@strawberry.input
class PaywallConfigurationInput:
    custom_css: str | None = strawberry.UNSET
    layout: PaywallLayoutConfigurationInput | None = strawberry.UNSET
    palette: PaywallColorsPaletteInput | None = strawberry.UNSET
    typography: TypographyConfigurationInput | None = strawberry.UNSET

"""Command inputs of the customer portal."""

import strawberry

from app.graphql.widgets.appearance.inputs import TypographyConfigurationInput


@strawberry.input
class CustomerPortalColorsPaletteInput:
    background_color: str | None = strawberry.UNSET
    border_color: str | None = strawberry.UNSET
    current_plan_background: str | None = strawberry.UNSET
    icons_color: str | None = strawberry.UNSET
    paywall_background_color: str | None = strawberry.UNSET
    primary: str | None = strawberry.UNSET
    text_color: str | None = strawberry.UNSET


@strawberry.input
class CustomerPortalConfigurationInput:
    custom_css: str | None = strawberry.UNSET
    palette: CustomerPortalColorsPaletteInput | None = strawberry.UNSET
    typography: TypographyConfigurationInput | None = strawberry.UNSET


@strawberry.input
class CustomerPortalInput:
    customer_id: str
    product_id: str | None = strawberry.UNSET
    resource_id: str | None = strawberry.UNSET

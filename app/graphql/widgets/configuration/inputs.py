"""Command inputs of widget configuration."""

import strawberry

from app.graphql.widgets.appearance.inputs import TypographyConfigurationInput
from app.graphql.widgets.paywall.inputs import PaywallConfigurationInput
from app.graphql.widgets.portal.inputs import CustomerPortalConfigurationInput


@strawberry.input
class CheckoutContentInput:
    collect_phone_number: bool | None = strawberry.UNSET


@strawberry.input
class CheckoutPaletteInput:
    background_color: str | None = strawberry.UNSET
    border_color: str | None = strawberry.UNSET
    primary: str | None = strawberry.UNSET
    summary_background_color: str | None = strawberry.UNSET
    text_color: str | None = strawberry.UNSET


@strawberry.input
class CheckoutConfigurationInput:
    content: CheckoutContentInput | None = strawberry.UNSET
    custom_css: str | None = strawberry.UNSET
    palette: CheckoutPaletteInput | None = strawberry.UNSET
    typography: TypographyConfigurationInput | None = strawberry.UNSET


@strawberry.input
class GetWidgetConfigurationInput:
    environment_id: str | None = strawberry.UNSET


@strawberry.input
class WidgetConfigurationUpdateInput:
    checkout_configuration: CheckoutConfigurationInput | None = strawberry.UNSET
    customer_portal_configuration: CustomerPortalConfigurationInput | None = strawberry.UNSET
    environment_id: str | None = strawberry.UNSET
    paywall_configuration: PaywallConfigurationInput | None = strawberry.UNSET

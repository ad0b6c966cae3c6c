"""Output types of widget configuration."""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from app.graphql.widgets.appearance.types import TypographyConfiguration
    from app.graphql.widgets.paywall.types import PaywallConfiguration
    from app.graphql.widgets.portal.types import CustomerPortalConfiguration

CustomerPortalConfigurationRef = Annotated[
    "CustomerPortalConfiguration", strawberry.lazy("app.graphql.widgets.portal.types")
]
PaywallConfigurationRef = Annotated[
    "PaywallConfiguration", strawberry.lazy("app.graphql.widgets.paywall.types")
]
TypographyConfigurationRef = Annotated[
    "TypographyConfiguration", strawberry.lazy("app.graphql.widgets.appearance.types")
]


@strawberry.type
class CheckoutColorPalette:
    background_color: str | None
    border_color: str | None
    primary: str | None
    summary_background_color: str | None
    text_color: str | None


@strawberry.type
class CheckoutContent:
    collect_phone_number: bool | None


@strawberry.type
class CheckoutConfiguration:
    content: CheckoutContent | None
    custom_css: str | None
    palette: CheckoutColorPalette | None
    typography: TypographyConfigurationRef | None


@strawberry.type
class WidgetConfiguration:
    checkout: CheckoutConfiguration | None
    customer_portal: CustomerPortalConfigurationRef | None
    paywall: PaywallConfigurationRef | None

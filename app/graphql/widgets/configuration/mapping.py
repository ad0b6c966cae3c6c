"""Widget settings between the wire and the domain: trees of named settings.

Inputs and outputs spell settings alike, so one walk serves every part of them.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

import strawberry

from app.graphql.context import Info
from app.graphql.widgets.appearance.types import FontVariant, TypographyConfiguration
from app.graphql.widgets.configuration.inputs import WidgetConfigurationUpdateInput
from app.graphql.widgets.configuration.types import (
    CheckoutColorPalette,
    CheckoutConfiguration,
    CheckoutContent,
    WidgetConfiguration,
)
from app.graphql.widgets.paywall.types import (
    PaywallColorsPalette,
    PaywallConfiguration,
    PaywallLayoutConfiguration,
)
from app.graphql.widgets.portal.types import (
    CustomerPortalColorsPalette,
    CustomerPortalConfiguration,
)
from domain.patch import ABSENT, Maybe
from domain.widgets.enums import Alignment, FontWeight
from domain.widgets.model import Settings, WidgetChanges
from domain.widgets.model import WidgetConfiguration as Stored

T = TypeVar("T")

_VARIANTS = dict.fromkeys(("body", "h1", "h2", "h3"), FontVariant)
_BELOW: dict[type, dict[str, Any]] = {
    PaywallConfiguration: {
        "layout": PaywallLayoutConfiguration,
        "palette": PaywallColorsPalette,
        "typography": TypographyConfiguration,
    },
    CustomerPortalConfiguration: {
        "palette": CustomerPortalColorsPalette,
        "typography": TypographyConfiguration,
    },
    CheckoutConfiguration: {
        "content": CheckoutContent,
        "palette": CheckoutColorPalette,
        "typography": TypographyConfiguration,
    },
    TypographyConfiguration: _VARIANTS,
    PaywallLayoutConfiguration: {"alignment": Alignment},
    FontVariant: {"font_weight": FontWeight},
}


def configuration_to_graphql(stored: Stored) -> WidgetConfiguration:
    return WidgetConfiguration(
        checkout=_shown(CheckoutConfiguration, stored.checkout),
        customer_portal=_shown(CustomerPortalConfiguration, stored.customer_portal),
        paywall=_shown(PaywallConfiguration, stored.paywall),
    )


async def paywall_configuration_of(info: Info) -> PaywallConfiguration | None:
    """The stored look of the paywall."""
    stored = await info.context.runtime.readers.widgets.get()
    return _shown(PaywallConfiguration, stored.paywall)


async def checkout_configuration_of(info: Info) -> CheckoutConfiguration | None:
    """The stored look of the checkout."""
    stored = await info.context.runtime.readers.widgets.get()
    return _shown(CheckoutConfiguration, stored.checkout)


async def portal_configuration_of(info: Info) -> CustomerPortalConfiguration | None:
    """The stored look of the customer portal."""
    stored = await info.context.runtime.readers.widgets.get()
    return _shown(CustomerPortalConfiguration, stored.customer_portal)


def changes_from_graphql(input: WidgetConfigurationUpdateInput) -> WidgetChanges:
    return WidgetChanges(
        paywall=_given(input.paywall_configuration),
        customer_portal=_given(input.customer_portal_configuration),
        checkout=_given(input.checkout_configuration),
    )


def _given(part: Any) -> Maybe[Settings | None]:
    if part is strawberry.UNSET:
        return ABSENT
    return None if part is None else _settings(part)


def _settings(part: Any) -> dict[str, object]:
    """The settings that the caller wrote; what was left out is not among them."""
    values = ((field.name, getattr(part, field.name)) for field in fields(part))
    return {name: _plain(value) for name, value in values if value is not strawberry.UNSET}


def _plain(value: Any) -> object:
    if is_dataclass(value):
        return _settings(value)
    return value.value if isinstance(value, Enum) else value


def _shown(type_: type[T], settings: Settings | None) -> T | None:
    """The output type filled from stored settings; what is not stored is null."""
    if settings is None:
        return None
    names = (field.name for field in fields(type_))  # type: ignore[arg-type] # Strawberry types are dataclasses
    below = _BELOW.get(type_, {})
    return type_(**{name: _value(below.get(name), settings.get(name)) for name in names})


def _value(type_: Any, value: Any) -> Any:
    if type_ is None or value is None:
        return value
    return _shown(type_, value) if isinstance(value, Mapping) else type_(value)

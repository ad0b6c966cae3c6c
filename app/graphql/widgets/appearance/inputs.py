"""Command inputs of the look that widgets share."""

import strawberry

from app.graphql.widgets.appearance.enums import FontWeight


@strawberry.input
class FontVariantInput:
    font_size: float | None = strawberry.UNSET
    font_weight: FontWeight | None = strawberry.UNSET


@strawberry.input
class TypographyConfigurationInput:
    body: FontVariantInput | None = strawberry.UNSET
    font_family: str | None = strawberry.UNSET
    h1: FontVariantInput | None = strawberry.UNSET
    h2: FontVariantInput | None = strawberry.UNSET
    h3: FontVariantInput | None = strawberry.UNSET

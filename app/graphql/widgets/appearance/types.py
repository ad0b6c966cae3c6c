"""Output types of the look that widgets share."""

import strawberry

from app.graphql.widgets.appearance.enums import FontWeight


@strawberry.type
class FontVariant:
    font_size: float | None
    font_weight: FontWeight | None


@strawberry.type
class TypographyConfiguration:
    body: FontVariant | None
    font_family: str | None
    h1: FontVariant | None
    h2: FontVariant | None
    h3: FontVariant | None

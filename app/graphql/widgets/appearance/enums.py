"""GraphQL enums of the look that widgets share: the domain's own, made known to Strawberry."""

import strawberry

from domain.widgets.enums import Alignment, FontWeight

__all__ = [
    "Alignment",
    "FontWeight",
]

for _enum in (
    Alignment,
    FontWeight,
):
    strawberry.enum(_enum)

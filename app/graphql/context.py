"""The type of resolvers' `info`."""

import strawberry

from app.context import Context

Info = strawberry.Info[Context, None]

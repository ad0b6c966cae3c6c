"""Lists of reported usage."""

from __future__ import annotations

from typing import Any

from domain.listing import ListQuery, Page
from domain.metering.model import LoggedMeasurement
from persistence.listing import Listing, Relation, columns, read_page
from persistence.readers.catalog import FeatureQueries
from persistence.readers.pages import mapped
from persistence.readers.subscription_listings import CUSTOMERS_EVER
from persistence.repositories.base import Reader
from persistence.repositories.usage import bucket_from_row, measurement_from_row
from persistence.rows.usage import UsageMeasurementRow

MEASUREMENTS: Listing = Listing(
    row=UsageMeasurementRow,
    fields=columns(UsageMeasurementRow, "createdAt", "id"),
    relations={
        "customer": Relation(
            lambda: CUSTOMERS_EVER, lambda outer, inner: inner.c.id == outer.c.customer_id
        ),
        "feature": Relation(
            lambda: FeatureQueries.listing, lambda outer, inner: inner.c.id == outer.c.feature_id
        ),
    },
)


class SqlUsageReader(Reader):
    """Fits `app.ports.UsageSource`."""

    async def measurement_page(self, query: ListQuery) -> Page[LoggedMeasurement]:
        """The reports that a list asks for."""
        return mapped(await read_page(self, MEASUREMENTS, query), _logged)


def _logged(row: Any) -> LoggedMeasurement:
    return LoggedMeasurement(
        bucket=bucket_from_row(row),
        measurement=measurement_from_row(row),
        reported_at=row.reported_at,
    )

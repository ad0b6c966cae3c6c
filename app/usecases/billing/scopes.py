"""Measured usage of a subscription's own scope: its customer, and its resource if it has one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from app.usecases.counting import fold_missing
from app.usecases.subscriptions.book import Book
from domain.catalog.model import Feature
from domain.entitlements.model import Scope
from domain.metering.model import Bucket
from domain.periods import Period
from domain.subscriptions.model import Subscription


async def measured_in(
    book: Book, one: Subscription, feature: Feature, periods: Iterable[Period]
) -> Mapping[Period, Decimal]:
    """Raw usage of `feature` in each of the periods."""
    resource_id = None
    if one.resource_id is not None:
        if one.resource_id not in book.resources:
            book.resources |= await book.work.customers.resources_by_ids([one.resource_id])
        resource_id = book.resources[one.resource_id].resource_id
    bucket = Bucket(
        customer_id=book.customer.id, resource_id=resource_id or "", feature_id=feature.id
    )
    scope = Scope(customer_ref_id=book.customer.ref_id, resource_id=resource_id)
    windows = [(bucket, period) for period in periods]
    features = {feature.id: feature}
    found = await fold_missing(book.work, windows, features, scope, is_kept=False)
    return {window[1]: found[window].raw for window in windows}

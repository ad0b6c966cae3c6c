"""Subscription fields of usage."""

from collections.abc import AsyncGenerator, Mapping
from functools import partial

import strawberry

from app.context import Context
from app.graphql.context import Info
from app.graphql.customers.types import EntitlementReference
from app.graphql.entitlements.mapping import entitlement_to_graphql, epoch_ms
from app.graphql.live import at_event, heard, once
from app.graphql.usage.types import (
    UsageMeasurementUpdated,
    UsageUpdated,
    UsageUpdatedV2,
    UsageV2,
)
from app.usecases.credits.events import BALANCE_UPDATED
from app.usecases.live import UsageNews, usage_news
from domain.entitlements.enums import EntitlementType
from domain.events import CommittedEvent
from domain.periods import instant_or_none


@strawberry.type
class UsageSubscription:
    @strawberry.subscription
    async def usage_updated(self, info: Info) -> AsyncGenerator[UsageUpdated, None]:
        ids = _ids(info.context)
        async for _, news in _news(info.context):
            assert news is not None, "only credits are told without"
            entitlement = entitlement_to_graphql(news.answer, news.scope)
            yield UsageUpdated(
                entitlement=entitlement,
                usage=UsageMeasurementUpdated(
                    current_usage=entitlement.current_usage or 0.0,
                    customer_id=news.scope.customer_ref_id,
                    feature_id=news.feature_ref_id,
                    next_reset_date=epoch_ms(entitlement.usage_period_end),
                    resource_id=news.scope.resource_id,
                    usage_period_end=epoch_ms(entitlement.usage_period_end),
                    usage_period_start=epoch_ms(entitlement.usage_period_start),
                    **ids,
                ),
            )

    @strawberry.subscription
    async def usage_updated_v2(self, info: Info) -> AsyncGenerator[UsageUpdatedV2, None]:
        ids = _ids(info.context)
        async for event, news in _news(info.context, BALANCE_UPDATED):
            if news is None:
                yield _credits_used(event, ids)
                continue
            entitlement = entitlement_to_graphql(news.answer, news.scope)
            yield UsageUpdatedV2(
                customer_id=news.scope.customer_ref_id,
                resource_id=news.scope.resource_id,
                entitlement_reference=EntitlementReference(
                    id=news.feature_ref_id, type=EntitlementType.FEATURE
                ),
                usage=UsageV2(
                    current_usage=entitlement.current_usage or 0.0,
                    usage_period_end=entitlement.usage_period_end,
                    usage_period_start=entitlement.usage_period_start,
                    usage_updated_at=entitlement.usage_updated_at or event.created_at,
                ),
                **ids,
            )


async def _news(
    context: Context, *also: str
) -> AsyncGenerator[tuple[CommittedEvent, UsageNews | None], None]:
    """Usage of features with its news; events of the types `also` without."""
    async for event in heard(context, "MEASUREMENT_REPORTED", *also):
        if event.type in also:
            yield event, None
            continue
        runtime = at_event(context.runtime, event)
        news = await once(event, "usage", partial(usage_news, event, runtime))
        if news is not None:
            yield event, news


def _credits_used(event: CommittedEvent, ids: Mapping[str, str]) -> UsageUpdatedV2:
    """A wallet's consumption: all that its counted grants gave up (entitlements §10)."""
    told = event.data
    return UsageUpdatedV2(
        customer_id=told["customer"]["id"],
        resource_id=event.resource_id,
        entitlement_reference=EntitlementReference(
            id=told["currency"]["id"], type=EntitlementType.CREDIT
        ),
        usage=UsageV2(
            current_usage=told["totalConsumed"],
            usage_period_end=instant_or_none(told["usagePeriodEnd"]),
            usage_period_start=None,
            usage_updated_at=instant_or_none(told["updatedAt"]) or event.created_at,
        ),
        **ids,
    )


def _ids(context: Context) -> dict[str, str]:
    scope = context.principal.scope
    return {"account_id": str(scope.account_id), "environment_id": str(scope.environment_id)}

"""Scheduled and pending updates → their output types."""

from collections.abc import Mapping
from typing import Any

from app.graphql.catalog.prices.types import BillableFeature, PriceOverrideChangeVariables
from app.graphql.numbers import float_or_none
from app.graphql.subscriptions.previews.types import RecurringCredits
from app.graphql.subscriptions.schedules.types import (
    AddonChangeVariables,
    AddonPriceOverrideChangeVariables,
    BillingPeriodChangeVariables,
    CouponChangeVariables,
    DowngradeChangeVariables,
    PlanChangeAddon,
    PlanChangeVariables,
    PlanPriceOverrideChangeVariables,
    RecurringCreditsChangeVariables,
    ScheduleVariables,
    SubscriptionFutureUpdate,
    SubscriptionScheduledUpdate,
    UnitAmountChangeVariables,
)
from domain.catalog.enums import BillingPeriod, PlanChangeType
from domain.subscriptions.enums import SubscriptionScheduleType
from domain.subscriptions.model import ScheduledUpdate


def scheduled_update_to_graphql(update: ScheduledUpdate) -> SubscriptionScheduledUpdate:
    return SubscriptionScheduledUpdate(**_common(update))


def future_update_to_graphql(update: ScheduledUpdate) -> SubscriptionFutureUpdate:
    return SubscriptionFutureUpdate(**_common(update))


def _common(update: ScheduledUpdate) -> dict[str, Any]:
    return {
        "source": update,
        "billing_id": update.billing_id,
        "created_at": update.created_at,
        "schedule_status": update.status,
        "schedule_variables": variables_to_graphql(update.type, update.variables),
        "scheduled_execution_time": update.scheduled_execution_time,
        "subscription_schedule_type": update.type,
    }


def variables_to_graphql(
    type_: SubscriptionScheduleType, variables: Mapping[str, Any]
) -> ScheduleVariables | None:
    """The member of the union that the update's type has; a type without one shows null."""
    match type_:
        case SubscriptionScheduleType.Addon:
            return AddonChangeVariables(
                addon_ref_id=variables["addonRefId"],
                new_quantity=float(variables["newQuantity"]),
            )
        case SubscriptionScheduleType.BillingPeriod:
            return BillingPeriodChangeVariables(billing_period=_period(variables))
        case SubscriptionScheduleType.Coupon:
            return CouponChangeVariables(coupon_id=variables["couponId"])
        case SubscriptionScheduleType.Downgrade:
            return DowngradeChangeVariables(
                **_plan_change(variables),
                addon_ref_ids=None,
                downgrade_plan_ref_id=variables["downgradePlanRefId"],
            )
        case SubscriptionScheduleType.Plan | SubscriptionScheduleType.MigrateToLatest:
            return PlanChangeVariables(
                **_plan_change(variables),
                change_type=PlanChangeType(variables["changeType"]),
                plan_ref_id=variables["planRefId"],
            )
        case SubscriptionScheduleType.PriceOverride if variables.get("addonRefId"):
            return AddonPriceOverrideChangeVariables(
                addon_ref_id=variables["addonRefId"], feature_id=variables.get("featureId")
            )
        case SubscriptionScheduleType.PriceOverride:
            return PlanPriceOverrideChangeVariables(
                feature_id=variables.get("featureId"), plan_ref_id=variables["planRefId"]
            )
        case SubscriptionScheduleType.RecurringCredits:
            return RecurringCreditsChangeVariables(
                custom_currency_id=variables.get("customCurrencyId"),
                new_quantity=float_or_none(variables.get("newQuantity")),
            )
        case SubscriptionScheduleType.UnitAmount:
            return UnitAmountChangeVariables(
                feature_id=variables.get("featureId"),
                new_unit_amount=float_or_none(variables.get("newUnitAmount")),
            )
        case _:
            return None


def _plan_change(variables: Mapping[str, Any]) -> dict[str, Any]:
    """What a change of plan brings along, in both of its shapes."""
    return {
        "addons": [
            PlanChangeAddon(addon_ref_id=item["addonRefId"], quantity=float(item["quantity"]))
            for item in variables.get("addons") or ()
        ],
        "billable_features": [
            BillableFeature(feature_id=item["featureId"], quantity=float(item["quantity"]))
            for item in variables.get("billableFeatures") or ()
        ],
        "billing_period": _period(variables),
        "price_overrides": [
            PriceOverrideChangeVariables(
                addon_ref_id=item.get("addonRefId"),
                feature_id=item.get("featureId"),
                plan_ref_id=item.get("planRefId"),
            )
            for item in variables.get("priceOverrides") or ()
        ],
        "recurring_credits": [
            RecurringCredits(
                custom_currency_id=item["customCurrencyId"], quantity=float(item["quantity"])
            )
            for item in variables.get("recurringCredits") or ()
        ],
    }


def _period(variables: Mapping[str, Any]) -> BillingPeriod | None:
    period = variables.get("billingPeriod")
    return None if period is None else BillingPeriod(period)

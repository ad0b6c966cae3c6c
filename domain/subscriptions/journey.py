"""What a new customer starts with: the product's customer journey.

Source: spec, subscriptions §2 (subscriptionParams) and catalog §3 (subscriptionStartSetup).
"""

from __future__ import annotations

from domain.catalog.enums import PricingType, SubscriptionStartSetup
from domain.catalog.model import Package, Product
from domain.subscriptions.enums import SubscriptionDecisionStrategy
from domain.subscriptions.request import ContentRequest, ProvisionRequest, TrialRequest

SKIPPED = SubscriptionDecisionStrategy.SKIPPED_SUBSCRIPTION_CREATION


def decide_journey(
    asked: ProvisionRequest | None,
    *,
    product: Product,
    start_plan: Package | None,
    customer_ref_id: str,
) -> tuple[SubscriptionDecisionStrategy, ProvisionRequest | None]:
    """The request that a new customer's first subscription is made by, and by which rule.

    A predefined plan keeps only resource, metadata, country, period and slug of what was asked;
    per-unit quantities take their minimum. Without a start plan to sell: the requested plan.
    """
    setup = product.settings.subscription_start_setup
    if start_plan is None or not _can_start(start_plan, setup):
        if asked is None:
            return SKIPPED, None
        return SubscriptionDecisionStrategy.REQUESTED_PLAN, asked
    is_trial = setup is SubscriptionStartSetup.TRIAL_PERIOD
    kept = ContentRequest(minimum_quantities=True)
    if asked is not None:
        kept = ContentRequest(
            billing_period=asked.content.billing_period,
            billing_country_code=asked.content.billing_country_code,
            minimum_quantities=True,
        )
    predefined = ProvisionRequest(
        customer_ref_id=customer_ref_id,
        plan_ref_id=start_plan.ref_id,
        ref_id=asked.ref_id if asked is not None else None,
        resource_id=asked.resource_id if asked is not None else None,
        content=kept,
        trial=TrialRequest(is_trial=True) if is_trial else TrialRequest(skip=True),
        additional_meta_data=asked.additional_meta_data if asked is not None else None,
    )
    strategy = (
        SubscriptionDecisionStrategy.PREDEFINED_TRIAL_PLAN
        if is_trial
        else SubscriptionDecisionStrategy.PREDEFINED_FREE_PLAN
    )
    return strategy, predefined


def _can_start(plan: Package, setup: SubscriptionStartSetup) -> bool:
    """Whether the plan's latest version is still what the setup asks of a start plan."""
    match setup:
        case SubscriptionStartSetup.FREE_PLAN:
            return plan.pricing_type is PricingType.FREE
        case SubscriptionStartSetup.TRIAL_PERIOD:
            return plan.default_trial_config is not None
        case _:
            return False

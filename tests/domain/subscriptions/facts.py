"""Facts for decisions on subscriptions: a test spells out only what matters to it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.billing.model import BillingResult
from domain.catalog.model import Package
from domain.subscriptions.content import Content, select_new, sell
from domain.subscriptions.facts import ContentFacts, ProvisionFacts, UpdateFacts
from domain.subscriptions.model import Subscription
from domain.subscriptions.overrides import Seller
from domain.subscriptions.provisioning import decide, settle
from domain.subscriptions.replacement import Decision
from domain.subscriptions.request import ContentRequest, ProvisionRequest
from tests.builders import NOW, a_customer, a_product, feature_id, uid


def counted_ids() -> Callable[[], UUID]:
    """Ids one after another, never the same twice."""
    return lambda: uid(f"made:{next(_NUMBERS)}")


_NUMBERS = itertools.count()


def content_facts(plan: Package, *addons: Package, **given: Any) -> ContentFacts:
    features = {name: feature_id(name) for name in ("feature-seats", "feature-calls")}
    defaults: dict[str, Any] = {
        "plan": plan,
        "addons": {addon.ref_id: addon for addon in addons},
        "features": features,
    }
    return ContentFacts(**defaults | given)


def sold(request: ContentRequest, facts: ContentFacts, *, is_trial: bool = False) -> Content:
    """What a request gets of a plan."""
    chosen = select_new(request, facts, is_trial=is_trial)
    seller = Seller(new_id=counted_ids(), now=NOW)
    return sell(chosen, facts, request, seller=seller, held=None)


def provision_facts(
    plan: Package, *subscriptions: Subscription, now: datetime = NOW, **given: Any
) -> ProvisionFacts:
    product = given.get("product") or a_product()
    defaults: dict[str, Any] = {
        "now": now,
        "customer": a_customer(),
        "product": product,
        "content": content_facts(plan),
        "subscriptions": subscriptions,
        "packages": {plan.id: plan},
        "new_id": counted_ids(),
        "ref_id": f"subscription-{plan.ref_id}-{len(subscriptions)}",
    }
    return ProvisionFacts(**defaults | given)


def provisioned(
    plan: Package,
    *subscriptions: Subscription,
    result: BillingResult | None = None,
    facts: dict[str, Any] | None = None,
    now: datetime = NOW,
    **given: Any,
) -> Decision:
    """Provision `plan` and settle it."""
    request = ProvisionRequest(customer_ref_id="customer-demo-01", plan_ref_id=plan.ref_id, **given)
    known = provision_facts(plan, *subscriptions, now=now, **(facts or {}))
    return settle(decide(request, known), known, result=result)


def update_facts(
    subscription: Subscription, plan: Package, *, now: datetime, **given: Any
) -> UpdateFacts:
    defaults: dict[str, Any] = {
        "now": now,
        "subscription": subscription,
        "product": a_product(),
        "content": content_facts(plan),
        "new_id": counted_ids(),
    }
    return UpdateFacts(**defaults | given)

"""Making a subscription: when it starts, what it replaces, what is due.

A new record every time; the old one of its kind in the scope ends. The decision is in two
steps, because payment lies between them: `decide` says what should be and what is due;
`settle` takes the payment's outcome and says what is. Source: spec, subscriptions §3-§7, §9.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.billing.model import BillingResult
from domain.catalog.enums import PlanChangeType, PricingType
from domain.catalog.model import Budget
from domain.catalog.price_rules import require_amount
from domain.errors import Conflict, ErrorCode, InvalidInput, LimitExceeded, invalid_argument
from domain.ids import SubscriptionId
from domain.patch import ABSENT
from domain.subscriptions.changes import retimed
from domain.subscriptions.charges import NOTHING, Charged, Terms
from domain.subscriptions.content import Content, select_new, sell
from domain.subscriptions.coupons import applied_coupon
from domain.subscriptions.deferral import Split, change_type, split
from domain.subscriptions.enums import (
    SubscriptionBillingCycleAnchor,
    SubscriptionCancelReason,
    SubscriptionStatus,
)
from domain.subscriptions.facts import ProvisionFacts
from domain.subscriptions.lifecycle import (
    CANCELED,
    CREATED,
    UPDATED,
    Told,
    canceled,
    open_in_scope,
    trial_begun,
    with_effective_end,
)
from domain.subscriptions.model import LIVE, DueCancellation, Subscription
from domain.subscriptions.overrides import Seller
from domain.subscriptions.replacement import (
    Decision,
    is_unpaid,
    payment_told,
    replaced,
    with_result,
)
from domain.subscriptions.request import ProvisionRequest
from domain.subscriptions.starting import (
    Start,
    decide_start,
    due_at_start,
    replaced_at_start,
    with_first_cycle,
)
from domain.subscriptions.succession import giving_way
from domain.subscriptions.trials import TrialTerms, decide_trial, is_eligible

LIVE_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioning:
    """A subscription as it will be once paid, and the money due for it now.

    `replaces`: the live or pending non-trial (or trial, for a trial) it ends when it starts;
    `displaces`: what ends at once whatever the payment does; `waits_on`: the current one with
    the change scheduled on it, and then `new` is only what it would be.
    """

    new: Subscription
    start: Start
    charged: Charged
    replaces: tuple[Subscription, ...]
    displaces: tuple[Subscription, ...]
    waits_on: Subscription | None = None
    is_upgrade: bool | None = None


def decide(request: ProvisionRequest, facts: ProvisionFacts) -> Provisioning:
    """The new subscription and what it replaces; nothing is due yet to anyone.

    Raises the errors of spec, subscriptions §3-§6.
    """
    resource = facts.resource.id if facts.resource is not None else None
    if facts.product.multiple_subscriptions and resource is None:
        raise invalid_argument("A product with several subscriptions needs resourceId")
    if sum(one.status in LIVE for one in facts.subscriptions) >= LIVE_MAX:
        raise LimitExceeded(
            ErrorCode.TooManySubscriptionsPerCustomer,
            f"A customer has at most {LIVE_MAX} live subscriptions",
        )
    scope = open_in_scope(facts.subscriptions, facts.product, resource)
    converts = running_trial_of(request, facts, scope)
    start = decide_start(request, converts=converts, now=facts.now)
    trial = decide_trial(
        request.trial,
        plan=facts.content.plan,
        eligible=is_eligible(facts.subscriptions, facts.product.id),
        is_conversion=converts is not None,
        start=start.at,
        budget=request.budget,
    )
    if trial is not None:
        start = replace(start, converts=None)
    wanted = select_new(request.content, facts.content, is_trial=trial is not None)
    origin = replaced_at_start(scope, trial=trial is not None)
    can_wait = origin if trial is None and start.converts is None else None
    parted = Split(chosen=wanted)
    if request.start_date is None:
        parted = split(request, facts, current=can_wait, wanted=wanted)
    _require_same_payer(request, facts, origin, trial=trial)
    seller = Seller(new_id=facts.new_id, now=facts.now)
    content = sell(parted.chosen, facts.content, request.content, seller=seller, held=None)
    new = _record(request, facts, start=start, trial=trial, content=content, origin=origin)
    new = retimed(new, parted.later, request.schedule_strategy, now=facts.now)
    return Provisioning(
        new=new,
        start=start,
        waits_on=parted.waits_on,
        charged=NOTHING
        if parted.waits_on is not None
        else due_at_start(new, terms_of(request, facts), start=start, origin=origin),
        is_upgrade=_is_upgrade(change_type(origin, facts)),
        replaces=tuple(one for one in (origin, start.converts) if one is not None),
        displaces=_displaced(scope, new, start),
    )


def running_trial_of(
    request: ProvisionRequest, facts: ProvisionFacts, scope: Iterable[Subscription]
) -> Subscription | None:
    """The scope's running trial of the requested plan, which a purchase converts."""
    if request.trial.is_trial:
        return None
    for one in scope:
        same_plan = one.plan_ref_id == facts.content.plan.ref_id
        if one.status is SubscriptionStatus.IN_TRIAL and same_plan:
            return one
    return None


def _is_upgrade(change: PlanChangeType) -> bool | None:
    return None if change is PlanChangeType.NONE else change is PlanChangeType.UPGRADE


def _require_same_payer(
    request: ProvisionRequest,
    facts: ProvisionFacts,
    origin: Subscription | None,
    *,
    trial: TrialTerms | None,
) -> None:
    plan = facts.content.plan
    if origin is None or trial is not None or plan.pricing_type is not PricingType.PAID:
        return
    if origin.pricing_type is not PricingType.PAID or origin.billing_id is None:
        return
    current = origin.paying_customer_id or origin.customer_id
    asked = facts.payer.id if facts.payer is not None else facts.customer.id
    if asked != current:
        raise Conflict(
            ErrorCode.ChangingPayingCustomerIsNotSupportedError,
            "The paying customer of a paid subscription cannot change",
            currentPayingCustomerId=facts.payers.get(current, facts.customer).ref_id,
            newPayingCustomerId=request.paying_customer_ref_id or facts.customer.ref_id,
        )


def _record(
    request: ProvisionRequest,
    facts: ProvisionFacts,
    *,
    start: Start,
    trial: TrialTerms | None,
    content: Content,
    origin: Subscription | None,
) -> Subscription:
    plan = facts.content.plan
    assert plan.pricing_type is not None
    if request.cancellation_date is not None and request.cancellation_date <= start.at:
        raise InvalidInput(
            ErrorCode.InvalidCancellationDate,
            "cancellationDate must be after the start",
            refId=facts.ref_id,
        )
    end_date = None if trial is not None else request.end_date
    if end_date is not None and end_date <= start.at:
        raise invalid_argument("endDate must be after the start")
    payer = facts.payer
    new = Subscription(
        id=SubscriptionId(facts.new_id()),
        ref_id=facts.ref_id,
        customer_id=facts.customer.id,
        paying_customer_id=payer.id if payer and payer.id != facts.customer.id else None,
        resource_id=facts.resource.id if facts.resource is not None else None,
        product_id=facts.product.id,
        plan_id=plan.id,
        plan_ref_id=plan.ref_id,
        status=_status(start, trial),
        pricing_type=plan.pricing_type,
        billing_period=content.billing_period,
        billing_country_code=content.billing_country_code,
        currency=content.currency,
        start_date=start.at,
        end_date=end_date,
        cancellation_date=request.cancellation_date,
        due_cancellation=DueCancellation() if request.cancellation_date else None,
        trial_end_date=trial.end if trial is not None else None,
        trial_end_behavior=trial.behavior if trial is not None else None,
        billing_cycle_anchor=start.at,
        reanchors=request.billing_cycle_anchor is SubscriptionBillingCycleAnchor.NOW,
        current_billing_period_start=start.at,
        current_billing_period_end=start.at,
        usage_anchor=start.at,
        usage_cutoff=None,
        payment_collection_method=request.payment_collection_method,
        prices=content.prices,
        addons=content.addons,
        entitlements=content.entitlements,
        free_items=content.free_items,
        minimum_spend=content.minimum_spend,
        budget=_budget(request, trial),
        budget_after_trial=request.budget if trial is not None else None,
        billing_id=request.billing_id,
        crm_id=request.crm_id,
        salesforce_id=request.salesforce_id,
        additional_meta_data=request.additional_meta_data,
        created_at=facts.now,
        updated_at=facts.now,
    )
    coupon = request.content.coupon
    if coupon is not None and coupon is not ABSENT:
        applied = applied_coupon(
            coupon,
            facts.content,
            start=start.at,
            currency=content.currency,
            new_id=facts.new_id,
        )
        new = replace(new, coupons=(applied,))
    cycled = with_first_cycle(new, facts, start=start, origin=origin)
    return with_effective_end(cycled)


def _status(start: Start, trial: TrialTerms | None) -> SubscriptionStatus:
    if start.is_future:
        return SubscriptionStatus.NOT_STARTED
    return SubscriptionStatus.ACTIVE if trial is None else SubscriptionStatus.IN_TRIAL


def _budget(request: ProvisionRequest, trial: TrialTerms | None) -> Budget | None:
    if request.budget is not None:
        require_amount(request.budget.limit)
    return trial.budget if trial is not None else request.budget


def terms_of(request: ProvisionRequest, facts: ProvisionFacts) -> Terms:
    """The request's tax and proration behaviour, the account's where it has none."""
    return Terms(
        customer_coupon=facts.customer_coupon,
        tax_percentage=request.billing.tax_percentage,
        proration=request.billing.proration_behavior or facts.settings.proration,
    )


def _displaced(
    scope: Iterable[Subscription], new: Subscription, start: Start
) -> tuple[Subscription, ...]:
    """What ends now in any case: unpaid ones, and a scheduled one that has lost its purpose.

    Another of its kind is scheduled, or the trial that it was to follow converts now.
    """
    return tuple(
        one
        for one in scope
        if one.status is SubscriptionStatus.PAYMENT_PENDING
        or (
            one.status is SubscriptionStatus.NOT_STARTED
            and one.is_trial is new.is_trial
            and (start.is_future or _followed(start.converts, one))
        )
    )


def _followed(trial: Subscription | None, scheduled: Subscription) -> bool:
    """Whether this purchase of the trial's plan was to start when the trial ends."""
    return (
        trial is not None
        and trial.plan_ref_id == scheduled.plan_ref_id
        and trial.trial_end_date == scheduled.start_date
    )


def settle(
    provisioning: Provisioning,
    facts: ProvisionFacts,
    *,
    result: BillingResult | None,
) -> Decision:
    """What is after the payment's outcome; `result` None = nothing was collected.

    Unpaid -> PAYMENT_PENDING, and what it replaces stays until it is activated.
    """
    if provisioning.waits_on is not None:
        return _waiting(provisioning, provisioning.waits_on, now=facts.now)
    new = with_result(provisioning.new, provisioning.charged, result)
    told = [Told(type=CREATED, subscription=new)]
    if new.status is SubscriptionStatus.IN_TRIAL:
        new, told = trial_begun(new, is_upgrade=provisioning.is_upgrade)
    changed = _ended(provisioning.displaces, now=facts.now)
    told.extend(Told(type=CANCELED, subscription=ended) for ended in changed)
    pending = result is not None and is_unpaid(result)
    if pending:
        new = replace(new, status=SubscriptionStatus.PAYMENT_PENDING, pending_since=facts.now)
        told[0] = Told(type=CREATED, subscription=new)
        told.extend(payment_told(new, result))
    elif provisioning.start.is_future:
        changed.extend(_announced(provisioning, new, facts))
    else:
        ended_now, ended_told, new = replaced(new, provisioning.replaces, now=facts.now)
        changed.extend(ended_now)
        told.extend(ended_told)
        told[0] = Told(type=CREATED, subscription=new)
    if not provisioning.start.is_future:
        gone = {one.id for one in provisioning.displaces}
        rest = (one for one in facts.subscriptions if one.id not in gone)
        new = giving_way(new, rest, product=facts.product)
    return Decision(
        subscription=new,
        changed=(*changed, new),
        told=tuple(told),
        is_scheduled=provisioning.start.is_future,
    )


def _ended(displaced: Iterable[Subscription], *, now: datetime) -> list[Subscription]:
    reason = SubscriptionCancelReason.UpgradeOrDowngrade
    return [canceled(one, reason, at=now, now=now) for one in displaced]


def _waiting(provisioning: Provisioning, current: Subscription, *, now: datetime) -> Decision:
    """The current subscription, with the change scheduled on it."""
    ended = _ended(provisioning.displaces, now=now)
    current = replace(current, updated_at=now)
    return Decision(
        subscription=current,
        changed=(*ended, current),
        told=(
            Told(type=UPDATED, subscription=current),
            *(Told(type=CANCELED, subscription=one) for one in ended),
        ),
        is_scheduled=True,
    )


def _announced(
    provisioning: Provisioning,
    new: Subscription,
    facts: ProvisionFacts,
) -> list[Subscription]:
    """What a future start will end, told so already: `cancellationDate` = S, or a trial's end."""
    gone = {one.id for one in provisioning.displaces}
    known = (*(one for one in facts.subscriptions if one.id not in gone), new)
    found = ((one, giving_way(one, known, product=facts.product)) for one in provisioning.replaces)
    return [replace(after, updated_at=facts.now) for one, after in found if after is not one]


def needs_payment(provisioning: Provisioning) -> bool:
    """Whether money is due now: only then does a payment decide (§12)."""
    charge = provisioning.charged.charge
    return charge is not None and charge.total > 0

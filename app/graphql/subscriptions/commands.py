"""Input types → requests of subscriptions, one function an operation.

What is bought is `content_commands`; `field_of` reads a field that not every input has.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import strawberry

from app.graphql.billing.inputs import CheckoutOptions
from app.graphql.given import field_of, given, says
from app.graphql.numbers import exact, exact_or_none
from app.graphql.subscriptions.content_commands import content_of
from app.graphql.subscriptions.inputs import (
    ApplySubscriptionInput,
    ProvisionCustomerSubscriptionInput,
    ProvisionSubscription,
    PurchaseFields,
    SubscriptionBillingInfo,
    SubscriptionCancellationInput,
    SubscriptionInput,
    UpdateSubscriptionInput,
)
from app.graphql.subscriptions.migrations.inputs import ImportSubscriptionInput
from app.graphql.subscriptions.previews.inputs import (
    EstimateSubscriptionInput,
    EstimateSubscriptionUpdateInput,
    PreviewSubscriptionInput,
)
from app.graphql.subscriptions.wording import wording_of
from domain.catalog.model import Budget, MetaData
from domain.customers.imports import ItemError
from domain.errors import DomainError, ErrorCode, InvalidInput
from domain.ids import require_ref_id
from domain.patch import ABSENT
from domain.subscriptions.cancellation import CancelRequest
from domain.subscriptions.enums import (
    PaymentCollectionMethod,
    SubscriptionBillingCycleAnchor,
    SubscriptionCancellationAction,
)
from domain.subscriptions.request import (
    BillingRequest,
    CheckoutRequest,
    ImportItem,
    ProvisionRequest,
    TrialRequest,
    UpdateRequest,
)


def provision_from_graphql(input: ProvisionSubscription) -> ProvisionRequest:
    """Of provisionSubscription and provisionSubscriptionV2."""
    override = given(input.trial_override_configuration)
    return ProvisionRequest(
        **_common(input),
        cancellation_date=given(input.cancellation_date),
        paying_customer_ref_id=given(input.paying_customer_id),
        schedule_strategy=given(input.schedule_strategy),
        checkout=checkout_of(given(input.checkout_options)),
        trial=_trial(override, skip=bool(given(input.skip_trial))),
        customer_ref_id=input.customer_id,
    )


def provision_for_customer_from_graphql(
    input: ProvisionCustomerSubscriptionInput, customer_ref_id: str
) -> ProvisionRequest:
    """Of provisionCustomer's `subscriptionParams`."""
    override = given(input.trial_override_configuration)
    return ProvisionRequest(
        **_common(input), trial=_trial(override, skip=False), customer_ref_id=customer_ref_id
    )


def apply_from_graphql(input: ApplySubscriptionInput) -> tuple[ProvisionRequest, UpdateRequest]:
    """Of applySubscription: what it provisions, or changes if the plan is already there."""
    override = given(input.trial_override_configuration)
    provision = ProvisionRequest(
        **_common(input),
        cancellation_date=given(input.cancellation_date),
        paying_customer_ref_id=given(input.paying_customer_id),
        schedule_strategy=given(input.schedule_strategy),
        trial=_trial(override, skip=bool(given(input.skip_trial))),
        customer_ref_id=input.customer_id,
    )
    return provision, _update(input, "")


def create_from_graphql(input: SubscriptionInput) -> ProvisionRequest:
    """Of createSubscription: `endDate` is the trial's end, or a non-recurring one's."""
    is_trial = given(input.is_trial)
    overriding = bool(given(input.is_overriding_trial_config))
    end = given(input.end_date)
    trial = TrialRequest(
        is_trial=True if is_trial else (False if is_trial is False or overriding else None),
        end_date=end if is_trial else None,
        end_behavior=given(input.trial_end_behavior),
        administrative=True,
    )
    return ProvisionRequest(
        **_common(input),
        cancellation_date=given(input.cancellation_date),
        end_date=None if is_trial else end,
        paying_customer_ref_id=given(input.paying_customer_id),
        schedule_strategy=given(input.schedule_strategy),
        crm_id=given(input.crm_id),
        trial=trial,
        customer_ref_id=input.customer_id,
    )


def estimate_from_graphql(
    input: EstimateSubscriptionInput | PreviewSubscriptionInput,
) -> ProvisionRequest:
    """Of estimateSubscription and previewSubscription: the same decision, nothing written."""
    override = given(input.trial_override_configuration)
    return ProvisionRequest(
        **_common(input),
        paying_customer_ref_id=given(input.paying_customer_id),
        schedule_strategy=field_of(input, "schedule_strategy"),
        trial=_trial(override, skip=bool(field_of(input, "skip_trial"))),
        customer_ref_id=input.customer_id,
    )


def update_from_graphql(
    input: UpdateSubscriptionInput | EstimateSubscriptionUpdateInput,
) -> UpdateRequest:
    """Of updateOneSubscription and its estimate."""
    return _update(input, subscription_ref_id(input))


def import_from_graphql(
    inputs: Iterable[ImportSubscriptionInput],
) -> tuple[list[ImportItem], list[ItemError]]:
    """Items that can be read, and those that cannot."""
    items, refused = [], []
    for one in inputs:
        try:
            request = ProvisionRequest(
                **_common(one), end_date=given(one.end_date), customer_ref_id=one.customer_id
            )
        except DomainError as error:
            name = given(one.subscription_id) or one.customer_id
            refused.append(ItemError(entity_id=name, code=error.code.value, message=error.message))
        else:
            items.append(ImportItem(request=request, updated_at=given(one.updated_at)))
    return items, refused


def cancel_from_graphql(input: SubscriptionCancellationInput) -> CancelRequest:
    action = given(input.subscription_cancellation_action)
    return CancelRequest(
        subscription_ref_id=input.subscription_ref_id,
        time=given(input.subscription_cancellation_time),
        end_date=given(input.end_date),
        action=action or SubscriptionCancellationAction.DEFAULT,
        prorate=given(input.prorate),
    )


def resource_id_of(resource_id: str | None, *, field: str = "resourceId") -> str | None:
    """A resource's id; null and empty mean none. Raises BadUserInput."""
    return require_ref_id(resource_id, field=field) if resource_id else None


def subscription_ref_id(input: object) -> str:
    """One of `subscriptionId` and `refId`; they are the same slug."""
    first, second = field_of(input, "subscription_id"), field_of(input, "ref_id")
    if first is None and second is None:
        raise InvalidInput(ErrorCode.MissingEntityIdError, "subscriptionId is missing")
    if first is not None and second is not None and first != second:
        raise InvalidInput(
            ErrorCode.EntityIdDifferentFromRefIdError,
            f"subscriptionId {first} and refId {second} differ",
        )
    return str(first if first is not None else second)


def _common(input: PurchaseFields | ImportSubscriptionInput) -> dict[str, Any]:
    """What all provisioning inputs have."""
    billing = field_of(input, "billing_information")
    ref_id = None
    if field_of(input, "subscription_id") is not None or field_of(input, "ref_id") is not None:
        ref_id = require_ref_id(subscription_ref_id(input), field="subscriptionId")
    anchor = field_of(input, "billing_cycle_anchor")
    method = field_of(input, "payment_collection_method")
    return {
        "plan_ref_id": input.plan_id,
        "ref_id": ref_id,
        "resource_id": resource_id_of(field_of(input, "resource_id")),
        "content": content_of(input),
        "start_date": field_of(input, "start_date"),
        "budget": budget_of(field_of(input, "budget")),
        "billing_cycle_anchor": anchor or SubscriptionBillingCycleAnchor.UNCHANGED,
        "payment_collection_method": method or PaymentCollectionMethod.CHARGE,
        "await_payment_confirmation": field_of(input, "await_payment_confirmation") is not False,
        "billing": billing_of(billing, field_of(input, "subscription_proration_behavior")),
        "billing_id": field_of(input, "billing_id"),
        "salesforce_id": field_of(input, "salesforce_id"),
        "additional_meta_data": metadata_of(field_of(input, "additional_meta_data")),
        "wording": wording_of(input),
    }


def _update(
    input: ApplySubscriptionInput | EstimateSubscriptionUpdateInput | UpdateSubscriptionInput,
    ref_id: str,
) -> UpdateRequest:
    billing = field_of(input, "billing_information")
    anchor = field_of(input, "billing_cycle_anchor")
    metadata = metadata_of(field_of(input, "additional_meta_data"))
    salesforce_id = field_of(input, "salesforce_id")
    cancellation = field_of(input, "cancellation_date")
    return UpdateRequest(
        subscription_ref_id=ref_id,
        content=content_of(input),
        trial_end_date=field_of(input, "trial_end_date"),
        cancellation_date=cancellation if says(input, "cancellation_date") else ABSENT,
        budget=budget_of(field_of(input, "budget")) if says(input, "budget") else ABSENT,
        billing_cycle_anchor=anchor or SubscriptionBillingCycleAnchor.UNCHANGED,
        schedule_strategy=field_of(input, "schedule_strategy"),
        await_payment_confirmation=field_of(input, "await_payment_confirmation") is not False,
        billing=billing_of(billing, field_of(input, "subscription_proration_behavior")),
        salesforce_id=salesforce_id if says(input, "salesforce_id") else ABSENT,
        additional_meta_data=metadata if says(input, "additional_meta_data") else ABSENT,
    )


def _trial(override: Any, *, skip: bool) -> TrialRequest:
    if override is None:
        return TrialRequest(skip=skip)
    return TrialRequest(
        is_trial=override.is_trial,
        end_date=field_of(override, "trial_end_date"),
        end_behavior=field_of(override, "trial_end_behavior"),
        skip=skip,
    )


def budget_of(input: Any) -> Budget | None:
    if input is None:
        return None
    return Budget(limit=exact(input.limit), has_soft_limit=input.has_soft_limit)


def billing_of(input: SubscriptionBillingInfo | None, proration: Any) -> BillingRequest:
    """What decides something here; all of it is passed on to the provider and never stored."""
    if input is None:
        return BillingRequest(proration_behavior=proration)
    days = given(input.invoice_days_until_due)
    metadata = given(input.metadata)
    return BillingRequest(
        proration_behavior=given(input.proration_behavior) or proration,
        tax_percentage=exact_or_none(input.tax_percentage),
        invoice_days_until_due=None if days is None else int(days),
        is_invoice_paid=bool(given(input.is_invoice_paid)),
        is_backdated=bool(given(input.is_backdated)),
        metadata=metadata if isinstance(metadata, Mapping) else None,
        information=_information(input),
    )


def _information(input: SubscriptionBillingInfo) -> Mapping[str, object] | None:
    address, tax_ids = given(input.billing_address), given(input.tax_ids)
    found: dict[str, object] = {}
    if address is not None:
        found["billingAddress"] = strawberry.asdict(address)
    if tax_ids:
        found["taxIds"] = [strawberry.asdict(one) for one in tax_ids]
    return found or None


def checkout_of(input: CheckoutOptions | None) -> CheckoutRequest | None:
    if input is None:
        return None
    return CheckoutRequest(
        success_url=input.success_url,
        cancel_url=input.cancel_url,
        reference_id=given(input.reference_id),
        allow_promo_codes=bool(given(input.allow_promo_codes)),
        allow_tax_id_collection=bool(given(input.allow_tax_id_collection)),
        collect_billing_address=bool(given(input.collect_billing_address)),
        collect_phone_number=bool(given(input.collect_phone_number)),
    )


def metadata_of(value: object) -> MetaData | None:
    """Any JSON object."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidInput(
            ErrorCode.InvalidMetadataError, "additionalMetaData must be a JSON object"
        )
    return value

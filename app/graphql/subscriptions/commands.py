"""Input types → commands of subscriptions.

The provisioning inputs share their fields by name but no type; `_of` reads whichever of them a
given input has.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import strawberry

from app.graphql.billing.inputs import CheckoutOptions
from app.graphql.catalog.currencies.inputs import MoneyInputDTO
from app.graphql.catalog.prices.inputs import PriceOverrideInput
from app.graphql.subscriptions.inputs import (
    ApplySubscriptionInput,
    ProvisionCustomerSubscriptionInput,
    ProvisionSubscription,
    PurchaseFields,
    SubscriptionBillingInfo,
    SubscriptionCancellationInput,
    SubscriptionCouponInput,
    SubscriptionEntitlementInputV2,
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
from app.usecases.subscriptions.imports import ImportItem
from domain.catalog.enums import Currency, EntitlementResetPeriod
from domain.catalog.model import AccordingTo, Budget, MetaData, PriceTier, ResetRule
from domain.customers.imports import ItemError
from domain.errors import DomainError, ErrorCode, InvalidInput, invalid_argument
from domain.ids import require_ref_id
from domain.money import Money
from domain.patch import ABSENT
from domain.subscriptions.cancellation import CancelRequest
from domain.subscriptions.enums import (
    ChargeType,
    PaymentCollectionMethod,
    SubscriptionBillingCycleAnchor,
    SubscriptionCancellationAction,
)
from domain.subscriptions.request import (
    AddonRequest,
    BillingRequest,
    CheckoutRequest,
    ContentRequest,
    CouponRequest,
    DiscountRequest,
    EntitlementRequest,
    PriceOverrideRequest,
    ProvisionRequest,
    QuantityRequest,
    TrialRequest,
    UpdateRequest,
)

Content = (
    PurchaseFields
    | EstimateSubscriptionUpdateInput
    | ImportSubscriptionInput
    | UpdateSubscriptionInput
)


def _of(input: object, name: str) -> Any:
    """The field's value; None where it is null, left out, or no field of this input."""
    value = getattr(input, name, strawberry.UNSET)
    return None if value is strawberry.UNSET else value


def _says(input: object, name: str) -> bool:
    """Whether the caller said anything of the field, null included."""
    return getattr(input, name, strawberry.UNSET) is not strawberry.UNSET


def decimal_of(value: float) -> Decimal:
    """The decimal that the caller wrote: 0.1 is 0.1."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def money_of(input: MoneyInputDTO) -> Money:
    """Money; without a currency USD."""
    return Money(decimal_of(input.amount), _of(input, "currency") or Currency.USD)


def provision_from_graphql(input: ProvisionSubscription) -> ProvisionRequest:
    """Of provisionSubscription and provisionSubscriptionV2."""
    override = _of(input, "trial_override_configuration")
    return ProvisionRequest(
        **_common(input),
        cancellation_date=_of(input, "cancellation_date"),
        paying_customer_ref_id=_of(input, "paying_customer_id"),
        schedule_strategy=_of(input, "schedule_strategy"),
        checkout=checkout_of(_of(input, "checkout_options")),
        trial=_trial(override, skip=bool(_of(input, "skip_trial"))),
        customer_ref_id=input.customer_id,
    )


def provision_for_customer_from_graphql(
    input: ProvisionCustomerSubscriptionInput, customer_ref_id: str
) -> ProvisionRequest:
    """Of provisionCustomer's `subscriptionParams`."""
    override = _of(input, "trial_override_configuration")
    return ProvisionRequest(
        **_common(input), trial=_trial(override, skip=False), customer_ref_id=customer_ref_id
    )


def apply_from_graphql(input: ApplySubscriptionInput) -> tuple[ProvisionRequest, UpdateRequest]:
    """Of applySubscription: what it provisions, or changes if the plan is already there."""
    override = _of(input, "trial_override_configuration")
    provision = ProvisionRequest(
        **_common(input),
        cancellation_date=_of(input, "cancellation_date"),
        paying_customer_ref_id=_of(input, "paying_customer_id"),
        schedule_strategy=_of(input, "schedule_strategy"),
        trial=_trial(override, skip=bool(_of(input, "skip_trial"))),
        customer_ref_id=input.customer_id,
    )
    return provision, _update(input, "")


def create_from_graphql(input: SubscriptionInput) -> ProvisionRequest:
    """Of createSubscription: `endDate` is the trial's end, or a non-recurring one's."""
    is_trial = _of(input, "is_trial")
    overriding = bool(_of(input, "is_overriding_trial_config"))
    end = _of(input, "end_date")
    trial = TrialRequest(
        is_trial=True if is_trial else (False if is_trial is False or overriding else None),
        end_date=end if is_trial else None,
        end_behavior=_of(input, "trial_end_behavior"),
        administrative=True,
    )
    return ProvisionRequest(
        **_common(input),
        cancellation_date=_of(input, "cancellation_date"),
        end_date=None if is_trial else end,
        paying_customer_ref_id=_of(input, "paying_customer_id"),
        schedule_strategy=_of(input, "schedule_strategy"),
        crm_id=_of(input, "crm_id"),
        trial=trial,
        customer_ref_id=input.customer_id,
    )


def estimate_from_graphql(
    input: EstimateSubscriptionInput | PreviewSubscriptionInput,
) -> ProvisionRequest:
    """Of estimateSubscription and previewSubscription: the same decision, nothing written."""
    override = _of(input, "trial_override_configuration")
    return ProvisionRequest(
        **_common(input),
        paying_customer_ref_id=_of(input, "paying_customer_id"),
        schedule_strategy=_of(input, "schedule_strategy"),
        trial=_trial(override, skip=bool(_of(input, "skip_trial"))),
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
                **_common(one), end_date=_of(one, "end_date"), customer_ref_id=one.customer_id
            )
        except DomainError as error:
            name = _of(one, "subscription_id") or one.customer_id
            refused.append(ItemError(entity_id=name, code=error.code.value, message=error.message))
        else:
            items.append(ImportItem(request=request, updated_at=_of(one, "updated_at")))
    return items, refused


def cancel_from_graphql(input: SubscriptionCancellationInput) -> CancelRequest:
    action = _of(input, "subscription_cancellation_action")
    return CancelRequest(
        subscription_ref_id=input.subscription_ref_id,
        time=_of(input, "subscription_cancellation_time"),
        end_date=_of(input, "end_date"),
        action=action or SubscriptionCancellationAction.DEFAULT,
        prorate=_of(input, "prorate"),
    )


def subscription_ref_id(input: object) -> str:
    """One of `subscriptionId` and `refId`; they are the same slug."""
    first, second = _of(input, "subscription_id"), _of(input, "ref_id")
    if first is None and second is None:
        raise InvalidInput(ErrorCode.MissingEntityIdError, "subscriptionId is missing")
    if first is not None and second is not None and first != second:
        raise InvalidInput(
            ErrorCode.EntityIdDifferentFromRefIdError,
            f"subscriptionId {first} and refId {second} differ",
        )
    return str(first if first is not None else second)


# --- parts -----------------------------------------------------------------------------------


def _common(input: PurchaseFields | ImportSubscriptionInput) -> dict[str, Any]:
    """What all provisioning inputs have."""
    billing = _of(input, "billing_information")
    ref_id = None
    if _of(input, "subscription_id") is not None or _of(input, "ref_id") is not None:
        ref_id = require_ref_id(subscription_ref_id(input), field="subscriptionId")
    anchor = _of(input, "billing_cycle_anchor")
    method = _of(input, "payment_collection_method")
    resource_id = _of(input, "resource_id")
    return {
        "plan_ref_id": input.plan_id,
        "ref_id": ref_id,
        "resource_id": require_ref_id(resource_id, field="resourceId") if resource_id else None,
        "content": content_of(input),
        "start_date": _of(input, "start_date"),
        "budget": budget_of(_of(input, "budget")),
        "billing_cycle_anchor": anchor or SubscriptionBillingCycleAnchor.UNCHANGED,
        "payment_collection_method": method or PaymentCollectionMethod.CHARGE,
        "await_payment_confirmation": _of(input, "await_payment_confirmation") is not False,
        "billing": billing_of(billing, _of(input, "subscription_proration_behavior")),
        "billing_id": _of(input, "billing_id"),
        "salesforce_id": _of(input, "salesforce_id"),
        "additional_meta_data": metadata_of(_of(input, "additional_meta_data")),
        "wording": wording_of(input),
    }


def _update(
    input: ApplySubscriptionInput | EstimateSubscriptionUpdateInput | UpdateSubscriptionInput,
    ref_id: str,
) -> UpdateRequest:
    billing = _of(input, "billing_information")
    anchor = _of(input, "billing_cycle_anchor")
    metadata = metadata_of(_of(input, "additional_meta_data"))
    salesforce_id = _of(input, "salesforce_id")
    cancellation = _of(input, "cancellation_date")
    return UpdateRequest(
        subscription_ref_id=ref_id,
        content=content_of(input),
        trial_end_date=_of(input, "trial_end_date"),
        cancellation_date=cancellation if _says(input, "cancellation_date") else ABSENT,
        budget=budget_of(_of(input, "budget")) if _says(input, "budget") else ABSENT,
        billing_cycle_anchor=anchor or SubscriptionBillingCycleAnchor.UNCHANGED,
        schedule_strategy=_of(input, "schedule_strategy"),
        await_payment_confirmation=_of(input, "await_payment_confirmation") is not False,
        billing=billing_of(billing, _of(input, "subscription_proration_behavior")),
        salesforce_id=salesforce_id if _says(input, "salesforce_id") else ABSENT,
        additional_meta_data=metadata if _says(input, "additional_meta_data") else ABSENT,
    )


def content_of(input: Content) -> ContentRequest:
    """What is bought: quantities, add-ons, overrides, coupon."""
    unit_quantity = _of(input, "unit_quantity")
    unit_amount = _of(input, "price_unit_amount")
    addons, overrides = _of(input, "addons"), _of(input, "price_overrides")
    spend = _of(input, "minimum_spend")
    minimum = None if spend is None else _of(spend, "minimum")
    return ContentRequest(
        billing_period=_of(input, "billing_period"),
        billing_country_code=country_of(_of(input, "billing_country_code")),
        quantities=_quantities(input),
        unit_quantity=(
            None if unit_quantity is None or unit_quantity == -1 else decimal_of(unit_quantity)
        ),
        addons=(
            ABSENT
            if addons is None
            else tuple(
                AddonRequest(
                    ref_id=one.addon_id,
                    quantity=1 if _of(one, "quantity") is None else one.quantity,
                )
                for one in addons
            )
        ),
        price_overrides=(
            ABSENT if overrides is None else tuple(_override(one) for one in overrides)
        ),
        price_unit_amount=None if unit_amount is None else decimal_of(unit_amount),
        entitlements=_entitlements(input),
        coupon=_coupon(input),
        minimum_spend=(
            (None if minimum is None else money_of(minimum))
            if _says(input, "minimum_spend")
            else ABSENT
        ),
    )


def country_of(code: str | None) -> str | None:
    """An ISO 3166-1 alpha-2 code, in capitals."""
    if code is None or not code:
        return None
    if len(code) != 2 or not code.isalpha() or not code.isascii():
        raise invalid_argument("billingCountryCode is an ISO 3166-1 alpha-2 code")
    return code.upper()


def _quantities(input: Content) -> tuple[QuantityRequest, ...]:
    charges = tuple(
        QuantityRequest(id=one.id, quantity=decimal_of(one.quantity), type=ChargeType(one.type))
        for one in _of(input, "charges") or ()
    )
    features = tuple(
        QuantityRequest(id=one.feature_id, quantity=decimal_of(one.quantity))
        for one in _of(input, "billable_features") or ()
    )
    return (*charges, *features)


def _override(input: PriceOverrideInput) -> PriceOverrideRequest:
    price, block = _of(input, "price"), _of(input, "block_size")
    named = _of(input, "feature_id"), _of(input, "currency_id"), _of(input, "base_charge")
    if sum(bool(one) for one in named) != 1:
        raise invalid_argument("A price override is of baseCharge, featureId or currencyId")
    currency = None if price is None else _of(price, "currency")
    return PriceOverrideRequest(
        addon_ref_id=_of(input, "addon_id"),
        base_charge=bool(_of(input, "base_charge")),
        feature_ref_id=_of(input, "feature_id"),
        currency_ref_id=_of(input, "currency_id"),
        amount=None if price is None else decimal_of(price.amount),
        currency=None if currency is None else currency.value,
        block_size=None if block is None else int(block),
        tiers=tuple(
            PriceTier(
                up_to=None if _of(tier, "up_to") is None else int(tier.up_to or 0),
                unit_price=_amount(_of(tier, "unit_price")),
                flat_price=_amount(_of(tier, "flat_price")),
            )
            for tier in _of(input, "tiers") or ()
        ),
    )


def _amount(input: MoneyInputDTO | None) -> Decimal | None:
    return None if input is None else decimal_of(input.amount)


def _entitlements(input: Content) -> Any:
    if not _says(input, "entitlements") and not _says(input, "subscription_entitlements"):
        return ABSENT
    newer: Iterable[SubscriptionEntitlementInputV2] = _of(input, "entitlements") or ()
    legacy: Iterable[Any] = _of(input, "subscription_entitlements") or ()
    asked = [*(_entitlement(one) for one in newer), *(_feature(one) for one in legacy)]
    return tuple(asked) if asked else ABSENT


def _entitlement(input: SubscriptionEntitlementInputV2) -> EntitlementRequest:
    credit, feature = _of(input, "credit"), _of(input, "feature")
    if (credit is None) == (feature is None):
        raise invalid_argument("An entitlement is of a feature or of a credit, exactly one")
    if feature is not None:
        return _feature(feature)
    return EntitlementRequest(
        currency_ref_id=credit.custom_currency_id,
        amount=decimal_of(credit.amount),
        cadence=credit.cadence,
        has_soft_limit=_of(credit, "has_soft_limit"),
    )


def _feature(input: Any) -> EntitlementRequest:
    limit = _of(input, "usage_limit")
    return EntitlementRequest(
        feature_ref_id=_of(input, "feature_id"),
        usage_limit=None if limit is None else decimal_of(limit),
        has_unlimited_usage=_of(input, "has_unlimited_usage"),
        has_soft_limit=_of(input, "has_soft_limit"),
        enum_values=tuple(_of(input, "enum_values") or ()),
        reset_rule=_reset_rule(input),
        entitlement_id=_of(input, "id"),
    )


def _reset_rule(input: object) -> ResetRule | None:
    period = _of(input, "reset_period")
    if period is None:
        return None
    configuration = {
        EntitlementResetPeriod.YEAR: "yearly_reset_period_configuration",
        EntitlementResetPeriod.MONTH: "monthly_reset_period_configuration",
        EntitlementResetPeriod.WEEK: "weekly_reset_period_configuration",
    }.get(period)
    if configuration is None:
        return ResetRule(period)
    given = _of(input, configuration)
    if given is None:
        return ResetRule(period, AccordingTo.SubscriptionStart)
    return ResetRule(period, AccordingTo(given.according_to.value))


def _coupon(input: Content) -> Any:
    """`appliedCoupon`, else the legacy promotion code, else billingInformation.couponId."""
    applied: SubscriptionCouponInput | None = _of(input, "applied_coupon")
    code = _of(input, "promotion_code")
    billing: SubscriptionBillingInfo | None = _of(input, "billing_information")
    legacy_id = None if billing is None else _of(billing, "coupon_id")
    if applied is not None:
        return _applied(applied)
    if _says(input, "applied_coupon"):
        return None
    if code:
        return CouponRequest(promotion_code=code)
    if legacy_id:
        return CouponRequest(coupon_ref_id=legacy_id)
    return ABSENT


def _applied(input: SubscriptionCouponInput) -> CouponRequest:
    discount = _of(input, "discount")
    configuration = _of(input, "configuration")
    wanted = None
    if discount is not None:
        percent, months = _of(discount, "percent_off"), _of(discount, "duration_in_months")
        if months is not None and not float(months).is_integer():
            raise invalid_argument("durationInMonths is a whole number of months")
        wanted = DiscountRequest(
            name=_of(discount, "name"),
            description=_of(discount, "description"),
            percent_off=None if percent is None else decimal_of(percent),
            amounts_off=tuple(money_of(one) for one in _of(discount, "amounts_off") or ()),
            duration_in_months=None if months is None else int(months),
        )
    return CouponRequest(
        coupon_ref_id=_of(input, "coupon_id"),
        billing_coupon_id=_of(input, "billing_coupon_id"),
        promotion_code=_of(input, "promotion_code"),
        discount=wanted,
        start_date=None if configuration is None else _of(configuration, "start_date"),
    )


def _trial(override: Any, *, skip: bool) -> TrialRequest:
    if override is None:
        return TrialRequest(skip=skip)
    return TrialRequest(
        is_trial=override.is_trial,
        end_date=_of(override, "trial_end_date"),
        end_behavior=_of(override, "trial_end_behavior"),
        skip=skip,
    )


def budget_of(input: Any) -> Budget | None:
    if input is None:
        return None
    return Budget(limit=decimal_of(input.limit), has_soft_limit=input.has_soft_limit)


def billing_of(input: SubscriptionBillingInfo | None, proration: Any) -> BillingRequest:
    """What decides something here; all of it is passed on to the provider and never stored."""
    if input is None:
        return BillingRequest(proration_behavior=proration)
    tax, days = _of(input, "tax_percentage"), _of(input, "invoice_days_until_due")
    metadata = _of(input, "metadata")
    return BillingRequest(
        proration_behavior=_of(input, "proration_behavior") or proration,
        tax_percentage=None if tax is None else decimal_of(tax),
        invoice_days_until_due=None if days is None else int(days),
        is_invoice_paid=bool(_of(input, "is_invoice_paid")),
        is_backdated=bool(_of(input, "is_backdated")),
        metadata=metadata if isinstance(metadata, Mapping) else None,
        information=_information(input),
    )


def _information(input: SubscriptionBillingInfo) -> Mapping[str, object] | None:
    address, tax_ids = _of(input, "billing_address"), _of(input, "tax_ids")
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
        reference_id=_of(input, "reference_id"),
        allow_promo_codes=bool(_of(input, "allow_promo_codes")),
        allow_tax_id_collection=bool(_of(input, "allow_tax_id_collection")),
        collect_billing_address=bool(_of(input, "collect_billing_address")),
        collect_phone_number=bool(_of(input, "collect_phone_number")),
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

"""Customers made, changed, imported, archived: pure decisions. Source: spec, subscriptions §2."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.catalog.coupons import require_applicable
from domain.catalog.enums import Currency, PricingType
from domain.catalog.model import Coupon, MetaData
from domain.customers.model import Customer, PaymentMethod
from domain.errors import (
    Conflict,
    ErrorCode,
    InvalidInput,
    NotFound,
    bad_input,
    not_found,
)
from domain.ids import CouponId, CustomerId, require_customer_ref_id
from domain.metadata import require_object
from domain.patch import ABSENT, Maybe, kept
from domain.subscriptions.enums import PaymentCollectionMethod
from domain.subscriptions.model import LIVE, Subscription

TEXT_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFields:
    """What a caller says of a customer; absent = unchanged, null clears."""

    name: Maybe[str | None] = ABSENT
    email: Maybe[str | None] = ABSENT
    billing_id: Maybe[str | None] = ABSENT
    crm_id: Maybe[str | None] = ABSENT
    salesforce_id: Maybe[str | None] = ABSENT
    aws_marketplace_customer_id: Maybe[str | None] = ABSENT
    additional_meta_data: Maybe[object] = ABSENT


def one_ref_id(ref_id: str | None, customer_id: str | None) -> str | None:
    """The caller's id from its two spellings; None when neither is given.

    Raises EntityIdDifferentFromRefIdError, BadUserInput.
    """
    if ref_id is not None and customer_id is not None and ref_id != customer_id:
        raise InvalidInput(
            ErrorCode.EntityIdDifferentFromRefIdError,
            f"customerId {customer_id} differs from refId {ref_id}",
        )
    given = customer_id if customer_id is not None else ref_id
    return None if given is None else require_customer_ref_id(given, field="customerId")


def require_one_ref_id(ref_id: str | None, customer_id: str | None) -> str:
    """As `one_ref_id`; none at all raises MissingEntityIdError."""
    given = one_ref_id(ref_id, customer_id)
    if given is None:
        raise InvalidInput(ErrorCode.MissingEntityIdError, "customerId is required")
    return given


def unknown_customer(ref_id: str) -> NotFound:
    return not_found(ErrorCode.CustomerNotFound, "Customer", ref_id, refId=ref_id)


def require_customer(customer: Customer | None, ref_id: str) -> Customer:
    """The customer, known and not archived: CustomerNotFound, EntityIsArchivedError."""
    if customer is None:
        raise unknown_customer(ref_id)
    if customer.deleted_at is not None:
        raise Conflict(
            ErrorCode.EntityIsArchivedError, f"Customer {ref_id} is archived", refId=ref_id
        )
    return customer


def new_customer(
    fields: CustomerFields,
    *,
    id: CustomerId,
    ref_id: str,
    exclude_from_experiment: bool = False,
    created_at: datetime | None = None,
    now: datetime,
) -> Customer:
    """The customer that `fields` describe. Raises BadUserInput, InvalidMetadataError."""
    blank = Customer(
        id=id,
        ref_id=ref_id,
        exclude_from_experiment=exclude_from_experiment,
        created_at=created_at or now,
        updated_at=now,
    )
    return changed(blank, fields, now=now)


def changed(customer: Customer, fields: CustomerFields, *, now: datetime) -> Customer:
    """The customer after `fields`; metadata is replaced whole."""
    metadata: MetaData | None = customer.additional_meta_data
    if fields.additional_meta_data is not ABSENT:
        metadata = require_object(fields.additional_meta_data)
    return replace(
        customer,
        name=_text(kept(fields.name, customer.name), "name"),
        email=_text(kept(fields.email, customer.email), "email"),
        billing_id=_text(kept(fields.billing_id, customer.billing_id), "billingId"),
        crm_id=_text(kept(fields.crm_id, customer.crm_id), "crmId"),
        salesforce_id=_text(kept(fields.salesforce_id, customer.salesforce_id), "salesforceId"),
        aws_marketplace_customer_id=_text(
            kept(fields.aws_marketplace_customer_id, customer.aws_marketplace_customer_id),
            "awsMarketplaceCustomerId",
        ),
        additional_meta_data=metadata,
        updated_at=now,
    )


def _text(text: str | None, field: str) -> str | None:
    if text is not None and (len(text) > TEXT_LENGTH_MAX or "\0" in text):
        message = f"{field} must be at most {TEXT_LENGTH_MAX} characters long"
        raise bad_input(message, validationErrors=[{"field": field, "message": message}])
    return text


def is_outdated_import(customer: Customer, updated_at: datetime | None) -> bool:
    """Whether what is stored is newer than what is imported; without a date never."""
    return updated_at is not None and customer.updated_at > updated_at


def imported(
    customer: Customer, fields: CustomerFields, *, updated_at: datetime | None, now: datetime
) -> Customer:
    """The customer after an import: it is as old as the source says."""
    return replace(changed(customer, fields, now=now), updated_at=updated_at or now)


def archived(customer: Customer, *, now: datetime) -> Customer:
    """Gone from all queries: name and email forgotten, the ref_id still taken."""
    return replace(customer, name=None, email=None, deleted_at=now, updated_at=now)


def unarchived(customer: Customer, *, now: datetime) -> Customer:
    """Back, without what archiving forgot."""
    if customer.deleted_at is None:
        return customer
    return replace(customer, deleted_at=None, updated_at=now)


def with_coupon(customer: Customer, coupon: Coupon, *, now: datetime) -> Customer:
    """The customer with `coupon`, its only one.

    Raises CustomerAlreadyUsesCoupon (the same), CustomerAlreadyHaveCustomerCoupon (another),
    ArchivedCouponCantBeApplied.
    """
    if customer.coupon_id == coupon.id:
        raise Conflict(
            ErrorCode.CustomerAlreadyUsesCoupon,
            f"Customer {customer.ref_id} already uses coupon {coupon.ref_id}",
        )
    if customer.coupon_id is not None:
        raise Conflict(
            ErrorCode.CustomerAlreadyHaveCustomerCoupon,
            f"Customer {customer.ref_id} already has a coupon",
        )
    return replacing_coupon(customer, coupon, now=now)


def replacing_coupon(customer: Customer, coupon: Coupon | None, *, now: datetime) -> Customer:
    """The customer with `coupon` in place of the old one; None removes; the same stays.

    Raises ArchivedCouponCantBeApplied.
    """
    coupon_id: CouponId | None = None if coupon is None else coupon.id
    if coupon_id == customer.coupon_id:
        return customer
    if coupon is not None:
        require_applicable(coupon)
    applied_at = None if coupon is None else now
    return replace(customer, coupon_id=coupon_id, coupon_applied_at=applied_at, updated_at=now)


def without_coupon(customer: Customer, coupon_id: CouponId, *, now: datetime) -> Customer:
    """The customer without the coupon that it has. Raises CouponNotFound for any other."""
    if customer.coupon_id != coupon_id:
        raise not_found(ErrorCode.CouponNotFound, "Coupon", str(coupon_id))
    return replacing_coupon(customer, None, now=now)


def with_payment_method(
    customer: Customer,
    method: PaymentMethod,
    *,
    billing_id: str,
    billing_currency: Currency | None,
    now: datetime,
) -> Customer:
    """The customer with `method` as the default."""
    return replace(
        customer,
        payment_method=method,
        billing_id=billing_id,
        billing_currency=billing_currency or customer.billing_currency,
        updated_at=now,
    )


def without_payment_method(
    customer: Customer, paid: Iterable[Subscription], *, now: datetime
) -> Customer:
    """The customer without its default method; `paid` are the subscriptions it pays.

    Raises PaymentMethodNotFoundError, CannotRemovePaymentMethodFromCustomerError (a live PAID
    one is charged to it).
    """
    if customer.payment_method is None:
        raise NotFound(
            ErrorCode.PaymentMethodNotFoundError,
            f"Customer {customer.ref_id} has no payment method",
        )
    if any(_is_charged(subscription) for subscription in paid):
        raise Conflict(
            ErrorCode.CannotRemovePaymentMethodFromCustomerError,
            f"Customer {customer.ref_id} pays a live subscription with its payment method",
        )
    return replace(customer, payment_method=None, updated_at=now)


def _is_charged(subscription: Subscription) -> bool:
    return (
        subscription.status in LIVE
        and subscription.pricing_type is PricingType.PAID
        and subscription.payment_collection_method is PaymentCollectionMethod.CHARGE
    )

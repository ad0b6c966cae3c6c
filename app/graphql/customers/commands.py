"""Customer inputs → commands."""

from collections.abc import Mapping, Sequence

import strawberry

from app.graphql.customers.inputs import (
    CustomerBillingInfo,
    CustomerDetailFields,
    CustomerInput,
    ImportCustomerInput,
    ProvisionCustomerInput,
    UpdateCustomerInput,
)
from app.graphql.given import given, maybe, plain
from app.graphql.subscriptions.commands import provision_for_customer_from_graphql
from app.usecases.customer_imports import ImportCustomers
from app.usecases.customer_lifecycle import ProvisionCustomer
from app.usecases.customers import CreateCustomer, ImportCustomer, UpdateCustomer
from domain.customers.changes import CustomerFields, one_ref_id, require_one_ref_id
from domain.customers.imports import ItemError
from domain.errors import DomainError
from domain.patch import ABSENT, Absent
from domain.subscriptions.request import ProvisionRequest


def create_command(input: CustomerInput) -> CreateCustomer:
    """Raises EntityIdDifferentFromRefIdError, BadUserInput."""
    excluded = isinstance(input, ProvisionCustomerInput) and input.exclude_from_experiment
    return CreateCustomer(
        ref_id=one_ref_id(given(input.ref_id), given(input.customer_id)),
        fields=_fields(input),
        coupon_ref_id=given(input.coupon_ref_id),
        billing_information=billing_information(input.billing_information),
        should_sync_free=bool(input.should_sync_free),
        exclude_from_experiment=bool(excluded),
        created_at=given(input.created_at),
    )


def provision_command(input: ProvisionCustomerInput) -> ProvisionCustomer:
    """Null `subscriptionParams` want no subscription; absent ones leave it to the product."""
    asked = input.subscription_params
    subscription: ProvisionRequest | Absent | None = None
    if asked is strawberry.UNSET:
        subscription = ABSENT
    elif asked is not None:
        subscription = provision_for_customer_from_graphql(asked, "")
    return ProvisionCustomer(customer=create_command(input), subscription=subscription)


def update_command(input: UpdateCustomerInput) -> UpdateCustomer:
    """Raises MissingEntityIdError, EntityIdDifferentFromRefIdError."""
    return UpdateCustomer(
        ref_id=require_one_ref_id(given(input.ref_id), given(input.customer_id)),
        fields=_fields(input),
        coupon_ref_id=maybe(input.coupon_ref_id),
        billing_information=billing_information(input.billing_information),
    )


def import_command(input: ImportCustomerInput) -> ImportCustomer:
    """Raises MissingEntityIdError, EntityIdDifferentFromRefIdError."""
    return ImportCustomer(
        ref_id=require_one_ref_id(given(input.ref_id), given(input.customer_id)),
        fields=CustomerFields(
            name=maybe(input.name),
            email=maybe(input.email),
            billing_id=maybe(input.billing_id),
            salesforce_id=maybe(input.salesforce_id),
            additional_meta_data=maybe(input.additional_meta_data),
        ),
        payment_method_id=given(input.payment_method_id),
        updated_at=given(input.updated_at),
    )


def bulk_command(inputs: Sequence[ImportCustomerInput]) -> ImportCustomers:
    """An item without a readable id is refused alone."""
    items, refused = [], []
    for input in inputs:
        try:
            items.append(import_command(input))
        except DomainError as error:
            named = given(input.customer_id) or given(input.ref_id) or ""
            refused.append(ItemError(entity_id=named, code=error.code.value, message=error.message))
    return ImportCustomers(items=tuple(items), refused=tuple(refused))


def _fields(input: CustomerDetailFields) -> CustomerFields:
    return CustomerFields(
        name=maybe(input.name),
        email=maybe(input.email),
        billing_id=maybe(input.billing_id),
        crm_id=maybe(input.crm_id),
        salesforce_id=maybe(input.salesforce_id),
        aws_marketplace_customer_id=maybe(input.aws_marketplace_customer_id),
        additional_meta_data=maybe(input.additional_meta_data),
    )


def billing_information(input: CustomerBillingInfo | None) -> Mapping[str, object] | None:
    """What the provider is told, in the contract's spelling, only what was given."""
    told = given(input)
    return None if told is None else plain(told)

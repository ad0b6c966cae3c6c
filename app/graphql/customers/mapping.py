"""Customers and their resources → their output types."""

from app.graphql.customers.types import Customer, CustomerResource, ProvisionedCustomer
from app.graphql.scalars import JSON
from app.usecases import customer_lifecycle
from domain.customers import model


def customer_to_graphql(customer: model.Customer) -> Customer:
    metadata, method = customer.additional_meta_data, customer.payment_method
    return Customer(
        source=customer,
        additional_meta_data=None if metadata is None else JSON(metadata),
        aws_marketplace_customer_id=customer.aws_marketplace_customer_id,
        billing_currency=customer.billing_currency,
        billing_id=customer.billing_id,
        billing_link_url=customer.billing_link_url,
        created_at=customer.created_at,
        crm_hubspot_company_id=None,
        crm_hubspot_company_url=None,
        crm_id=customer.crm_id,
        customer_id=customer.ref_id,
        default_payment_expiration_month=None if method is None else method.expiration_month,
        default_payment_expiration_year=None if method is None else method.expiration_year,
        default_payment_method_id=None if method is None else method.id,
        default_payment_method_last4_digits=None if method is None else method.last4_digits,
        default_payment_method_type=None if method is None else method.type,
        deleted_at=customer.deleted_at,
        email=customer.email,
        exclude_from_experiment=customer.exclude_from_experiment,
        has_payment_method=method is not None,
        id=customer.id,
        name=customer.name,
        ref_id=customer.ref_id,
        salesforce_id=customer.salesforce_id,
        updated_at=customer.updated_at,
    )


def resource_to_graphql(resource: model.CustomerResource) -> CustomerResource:
    return CustomerResource(
        source=resource, created_at=resource.created_at, resource_id=resource.resource_id
    )


def provisioned_customer_to_graphql(
    provisioned: customer_lifecycle.ProvisionedCustomer,
) -> ProvisionedCustomer:
    """The strategy stands in both of its spellings."""
    strategy = provisioned.provision.strategy
    return ProvisionedCustomer(
        subscription_source=provisioned.provision.subscription,
        customer=customer_to_graphql(provisioned.customer),
        subscription_decision_strategy=strategy,
        subscription_strategy_decision=strategy,
    )

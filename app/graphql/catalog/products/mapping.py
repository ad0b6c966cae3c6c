"""Products and their settings between the wire and the domain."""

from app.graphql.catalog.products.inputs import (
    ProductCreateInput,
    ProductSettingsInput,
    ProductUpdateInput,
)
from app.graphql.catalog.products.types import (
    Product,
    ProductDeleteResponse,
    ProductSettings,
    SubscriptionUpdateUsageResetCutoffRule,
)
from app.graphql.given import given, maybe
from app.graphql.scalars import JSON
from domain.catalog import model
from domain.catalog.products import NewProduct, ProductChanges, RuleChange, SettingsChange


def product_to_graphql(product: model.Product) -> Product:
    return Product(
        source=product,
        additional_meta_data=_meta_data(product),
        aws_marketplace_product_code=None,
        aws_marketplace_product_id=None,
        created_at=product.created_at,
        description=product.description,
        display_name=product.display_name,
        id=product.id,
        is_default_product=product.is_default_product,
        multiple_subscriptions=product.multiple_subscriptions,
        product_settings=settings_to_graphql(product),
        ref_id=product.ref_id,
        status=product.status,
        subscription_update_usage_reset_cutoff_rule=SubscriptionUpdateUsageResetCutoffRule(
            behavior=product.usage_reset_cutoff
        ),
        updated_at=product.updated_at,
    )


def deleted_product_to_graphql(product: model.Product) -> ProductDeleteResponse:
    """What the product was; it had neither plans nor add-ons."""
    return ProductDeleteResponse(
        additional_meta_data=_meta_data(product),
        addons=[],
        aws_marketplace_product_code=None,
        aws_marketplace_product_id=None,
        created_at=product.created_at,
        description=product.description,
        display_name=product.display_name,
        id=product.id,
        is_default_product=product.is_default_product,
        multiple_subscriptions=product.multiple_subscriptions,
        plans=[],
        product_settings=settings_to_graphql(product),
        ref_id=product.ref_id,
        updated_at=product.updated_at,
    )


def settings_to_graphql(product: model.Product) -> ProductSettings:
    settings = product.settings
    return ProductSettings(
        source=settings,
        prorate_at_end_of_billing_period=settings.prorate_at_end_of_billing_period,
        subscription_cancellation_time=settings.subscription_cancellation_time,
        subscription_end_setup=settings.subscription_end_setup,
        subscription_start_setup=settings.subscription_start_setup,
    )


def new_product_from_graphql(input: ProductCreateInput) -> NewProduct:
    return NewProduct(
        ref_id=input.ref_id,
        display_name=given(input.display_name),
        description=given(input.description),
        multiple_subscriptions=given(input.multiple_subscriptions) or False,
        additional_meta_data=given(input.additional_meta_data),
    )


def product_changes_from_graphql(input: ProductUpdateInput) -> ProductChanges:
    settings, cutoff = given(input.product_settings), given(input.usage_reset_cutoff_rule)
    rules = given(input.auto_cancellation_rules)
    return ProductChanges(
        display_name=maybe(input.display_name),
        description=maybe(input.description),
        multiple_subscriptions=maybe(input.multiple_subscriptions),
        settings=None if settings is None else _settings(settings),
        usage_reset_cutoff=None if cutoff is None else cutoff.behavior,
        auto_cancellation_rules=None
        if rules is None
        else tuple(
            RuleChange(source_plan_id=rule.source_plan_id, target_plan_id=rule.target_plan_id)
            for rule in rules
        ),
        additional_meta_data=maybe(input.additional_meta_data),
    )


def _settings(input: ProductSettingsInput) -> SettingsChange:
    return SettingsChange(
        subscription_start_setup=input.subscription_start_setup,
        subscription_start_plan_id=maybe(input.subscription_start_plan_id),
        subscription_cancellation_time=input.subscription_cancellation_time,
        subscription_end_setup=input.subscription_end_setup,
        downgrade_plan_id=maybe(input.downgrade_plan_id),
        prorate_at_end_of_billing_period=maybe(input.prorate_at_end_of_billing_period),
    )


def _meta_data(product: model.Product) -> JSON | None:
    return None if product.additional_meta_data is None else JSON(product.additional_meta_data)

"""What is told of plans and add-ons. Source: spec, catalog §4 (effects) and platform §7."""

from __future__ import annotations

from app.ports import Runtime, UnitOfWork
from domain.catalog.enums import PublishMigrationType
from domain.catalog.model import CreditEntitlement, Package, PackageEntitlement, Price
from domain.changes import change_of
from domain.events import Event


def tell_published(
    work: UnitOfWork,
    package: Package,
    migration: PublishMigrationType,
    before: Package | None,
    *,
    runtime: Runtime,
) -> None:
    """`packagePublished` for live subscribers, and the created (v1) or updated webhook."""
    work.publish(
        Event(
            type="PACKAGE_PUBLISHED",
            entity_type=package.type.value,
            entity_id=package.id,
            data={
                "accountId": str(runtime.environment.account_id),
                "environmentId": str(runtime.environment.environment_id),
                "packageType": package.type.value,
                "packageRefId": package.ref_id,
                "packageVersion": package.version_number,
                "migrationType": migration.value,
            },
        )
    )
    tell(work, package, "CREATED" if package.version_number == 1 else "UPDATED", before)


def tell(work: UnitOfWork, package: Package, what: str, before: Package | None) -> None:
    """PLAN_… or ADDON_… CREATED, UPDATED or DELETED with the version as the webhook's body.

    `before` is the version, or the state, that it takes the place of.
    """
    work.publish(
        Event(
            type=f"{package.type.value.upper()}_{what}",
            entity_type=package.type.value,
            entity_id=package.id,
            data=package_body(package),
            change=change_of(before, package),
        )
    )


def package_body(package: Package) -> dict[str, object]:
    """A package as webhooks show it."""
    return {
        "id": package.ref_id,
        "name": package.display_name,
        "description": package.description,
        "productId": str(package.product_id),
        "status": package.status.value,
        "isLatest": package.is_latest,
        "version": package.version_number,
        "packageEntitlements": [_entitlement_body(e) for e in package.entitlements],
        "prices": [_price_body(p) for p in package.prices],
        "metadata": dict(package.additional_meta_data or {}),
    }


def _entitlement_body(entitlement: PackageEntitlement) -> dict[str, object]:
    common: dict[str, object] = {
        "behavior": entitlement.behavior.value,
        "hasSoftLimit": entitlement.has_soft_limit,
        "isCustom": entitlement.is_custom,
        "isGranted": entitlement.is_granted,
    }
    if isinstance(entitlement, CreditEntitlement):
        return common | {
            "type": "CREDIT",
            "customCurrencyId": str(entitlement.currency_id),
            "amount": None if entitlement.amount is None else float(entitlement.amount),
            "cadence": entitlement.cadence.value,
        }
    limit, rule = entitlement.usage_limit, entitlement.reset_rule
    return common | {
        "type": "FEATURE",
        "featureId": str(entitlement.feature_id),
        "usageLimit": None if limit is None else float(limit),
        "hasUnlimitedUsage": entitlement.has_unlimited_usage,
        "resetPeriod": rule.period.value if rule else None,
        "enumValues": list(entitlement.enum_values),
    }


def _price_body(price: Price) -> dict[str, object]:
    return {
        "billingModel": price.billing_model.value,
        "billingPeriod": price.billing_period.value,
        "billingCadence": price.billing_cadence.value,
        "billingCountryCode": price.billing_country_code,
        "currency": price.currency.value,
        "amount": None if price.amount is None else float(price.amount),
        "featureId": str(price.feature_id) if price.feature_id else None,
        "isOverage": price.is_overage,
    }

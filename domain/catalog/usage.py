"""Who uses what in the catalogue: the facts that archiving and deleting depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.catalog.enums import PackageStatus
from domain.catalog.model import Feature, FeatureGroup, Package, PackageType
from domain.ids import FeatureGroupId, PackageId, ProductId


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageName:
    """A package version that uses something, named."""

    id: PackageId
    type: PackageType
    ref_id: str
    display_name: str
    status: PackageStatus
    product_id: ProductId


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureUsers:
    """Latest packages and groups that use a feature; `linked` = group versions of entitlements."""

    feature: Feature
    packages: tuple[Package, ...]
    groups: tuple[FeatureGroup, ...]
    linked: Mapping[FeatureGroupId, FeatureGroup]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductUse:
    """What belongs to a product; `has_subscriptions` counts ended ones too."""

    has_packages: bool
    has_package_groups: bool
    has_subscriptions: bool
    has_live_subscriptions: bool

    @property
    def is_referenced(self) -> bool:
        return self.has_packages or self.has_package_groups or self.has_subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureUse:
    """Entitlements of latest packages on a feature: whether any, and the enum values they hold."""

    has_entitlements: bool = False
    enum_values: tuple[str, ...] = ()


def published_ref_ids(packages: tuple[PackageName, ...]) -> tuple[str, ...]:
    """The refIds of the published ones among `packages`."""
    return tuple(p.ref_id for p in packages if p.status is PackageStatus.PUBLISHED)

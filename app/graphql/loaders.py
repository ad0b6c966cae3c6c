"""The request's DataLoaders: one per relation, made on first use, gone with the request.

Each is backed by one batch method of a reader, so any number of rows costs one statement. Areas
add theirs as a `cached_property`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any, Literal, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from app.ports import Runtime
from app.usecases.entitlements import list_entitlements
from domain.accounts.model import Account, Environment
from domain.catalog.glances import DraftMark
from domain.catalog.inheritance import ancestors_of
from domain.catalog.model import (
    Coupon,
    CustomCurrency,
    Feature,
    FeatureGroup,
    Package,
    PackageGroup,
    PackageType,
    Price,
    Product,
)
from domain.catalog.usage import FeatureUse, ProductUse
from domain.credits.model import CreditGrant, CreditGrantId
from domain.customers.model import Customer, CustomerResource, PromotionalEntitlement
from domain.entitlements.model import Scope, ScopeAnswers
from domain.ids import (
    AccountId,
    CouponId,
    CurrencyId,
    CustomerId,
    EnvironmentId,
    FeatureGroupId,
    FeatureId,
    PackageId,
    PriceId,
    ProductId,
    ResourceId,
    SubscriptionId,
)
from domain.listing import (
    NEWEST_FIRST,
    PAGE_SIZE_MAX,
    ListQuery,
    Order,
    PageRequest,
    Predicate,
)
from domain.subscriptions.model import Subscription

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def by_key(fetch: Callable[[Iterable[K]], Awaitable[Mapping[K, V]]]) -> DataLoader[K, V | None]:
    """A loader over a reader's `x_by_ids(ids) -> dict`; a key without a row loads None."""

    async def load(keys: list[K]) -> list[V | None]:
        found = await fetch(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load_fn=load)


class Loaders:
    """All loaders of one request; a mutation has them made anew (`Context.forget_loaded`)."""

    def __init__(self, runtime: Runtime) -> None:
        self._readers = runtime.readers
        self._runtime = runtime
        self._lists: dict[Hashable, DataLoader[UUID, Any]] = {}

    @cached_property
    def customers(self) -> DataLoader[CustomerId, Customer | None]:
        return by_key(self._readers.customers.by_ids)

    @cached_property
    def customers_by_ref_id(self) -> DataLoader[str, Customer | None]:
        return by_key(self._readers.customers.by_ref_ids)

    @cached_property
    def resources(self) -> DataLoader[ResourceId, CustomerResource | None]:
        return by_key(self._readers.customers.resources_by_ids)

    @cached_property
    def subscriptions(self) -> DataLoader[SubscriptionId, Subscription | None]:
        return by_key(self._readers.subscriptions.by_ids)

    @cached_property
    def subscriptions_of_customer(
        self,
    ) -> DataLoader[CustomerId, tuple[Subscription, ...] | None]:
        """Every subscription that a customer ever had, oldest first."""

        async def fetch(ids: Iterable[CustomerId]) -> Mapping[CustomerId, tuple[Subscription, ...]]:
            return await self._readers.subscriptions.of_customers(ids, statuses=None)

        return by_key(fetch)

    @cached_property
    def environment(self) -> DataLoader[EnvironmentId, Environment | None]:
        """The one environment of the request."""

        async def fetch(ids: Iterable[EnvironmentId]) -> Mapping[EnvironmentId, Environment]:
            found = await self._readers.accounts.environment()
            return {} if found is None else dict.fromkeys(ids, found)

        return by_key(fetch)

    @cached_property
    def account(self) -> DataLoader[AccountId, Account | None]:
        """The one account of the request."""

        async def fetch(ids: Iterable[AccountId]) -> Mapping[AccountId, Account]:
            found = await self._readers.accounts.account()
            return {} if found is None else dict.fromkeys(ids, found)

        return by_key(fetch)

    @cached_property
    def features(self) -> DataLoader[FeatureId, Feature | None]:
        return by_key(self._readers.features.by_ids)

    @cached_property
    def products(self) -> DataLoader[ProductId, Product | None]:
        return by_key(self._readers.products.by_ids)

    @cached_property
    def currencies(self) -> DataLoader[CurrencyId, CustomCurrency | None]:
        return by_key(self._readers.currencies.by_ids)

    @cached_property
    def credit_grants(self) -> DataLoader[CreditGrantId, CreditGrant | None]:
        return by_key(self._readers.credits.grants_by_ids)

    @cached_property
    def coupons(self) -> DataLoader[CouponId, Coupon | None]:
        return by_key(self._readers.coupons.by_ids)

    @cached_property
    def feature_groups(self) -> DataLoader[FeatureGroupId, FeatureGroup | None]:
        """Versions of feature groups."""
        return by_key(self._readers.feature_groups.by_ids)

    @cached_property
    def package_groups(self) -> DataLoader[str, PackageGroup | None]:
        """The latest version of a package group, by the caller's id."""
        return by_key(self._readers.package_groups.latest)

    @cached_property
    def feature_use(self) -> DataLoader[FeatureId, FeatureUse | None]:
        """Entitlements of latest packages on a feature."""
        return by_key(self._readers.catalog_usage.features)

    @cached_property
    def product_use(self) -> DataLoader[ProductId, ProductUse | None]:
        """What belongs to a product."""
        return by_key(self._readers.catalog_usage.products)

    @cached_property
    def entitlements(self) -> DataLoader[Scope, ScopeAnswers]:
        """What a customer, with a resource, may do: asked once though two fields show it."""

        async def load(scopes: list[Scope]) -> list[ScopeAnswers]:
            return [await list_entitlements(scope, runtime=self._runtime) for scope in scopes]

        return DataLoader(load_fn=load)

    @cached_property
    def every_product(self) -> DataLoader[EnvironmentId, tuple[Product, ...]]:
        """All products of the environment, by its id."""

        async def load(keys: list[EnvironmentId]) -> list[tuple[Product, ...]]:
            found: list[Product] = []
            request = PageRequest(size=PAGE_SIZE_MAX)
            while True:
                page = await self._readers.products.page(
                    ListQuery(orders=NEWEST_FIRST, page=request)
                )
                found.extend(page.items)
                if not page.has_next:
                    return [tuple(found)] * len(keys)
                request = PageRequest(size=PAGE_SIZE_MAX, cursor=page.cursors[-1])

        return DataLoader(load_fn=load)

    @cached_property
    def published_plans(self) -> DataLoader[str, Package | None]:
        """The version of a plan to sell, by the lineage's refId."""

        async def fetch(ref_ids: Iterable[str]) -> Mapping[str, Package]:
            return await self._readers.packages.latest_published(PackageType.Plan, ref_ids)

        return by_key(fetch)

    @cached_property
    def product_packages(
        self,
    ) -> DataLoader[tuple[PackageType, ProductId], tuple[Package, ...]]:
        """A product's latest, unarchived plans or add-ons; one statement's worth a kind."""

        async def load(keys: list[tuple[PackageType, ProductId]]) -> list[tuple[Package, ...]]:
            found: dict[tuple[PackageType, ProductId], list[Package]] = {}
            for type_ in {type_ for type_, _ in keys}:
                ids = {id for t, id in keys if t is type_}
                for package in await self._readers.packages.latest_of_products(type_, ids):
                    found.setdefault((type_, package.product_id), []).append(package)
            return [tuple(found.get(key, ())) for key in keys]

        return DataLoader(load_fn=load)

    def subscriptions_listed(
        self, of: Literal["customer", "resource"], predicate: Predicate, orders: tuple[Order, ...]
    ) -> DataLoader[UUID, tuple[Subscription, ...] | None]:
        """The subscriptions of customers or resources that a nested list asks for."""
        reader = self._readers.subscriptions
        listed: Any = reader.listed_of_customers if of == "customer" else reader.listed_of_resources
        return self._listed(of, predicate, orders, listed)

    def customers_of_coupon(
        self, predicate: Predicate, orders: tuple[Order, ...]
    ) -> DataLoader[UUID, tuple[Customer, ...] | None]:
        """The customers of coupons that a nested list asks for."""
        read: Any = partial(self._readers.coupons.customers_of, now=self._runtime.clock())
        return self._listed("coupon", predicate, orders, read)

    def part_ids(
        self,
        part: Literal["addons", "prices", "entitlements"],
        predicate: Predicate,
        orders: tuple[Order, ...],
    ) -> DataLoader[UUID, tuple[UUID, ...] | None]:
        """The parts of subscriptions that a nested list asks for, in its order."""
        read: Any = partial(self._readers.subscriptions.part_ids, part)
        return self._listed(part, predicate, orders, read)

    def _listed(
        self,
        name: str,
        predicate: Predicate,
        orders: tuple[Order, ...],
        read: Callable[..., Awaitable[Mapping[UUID, V]]],
    ) -> DataLoader[UUID, V | None]:
        """One loader for each list and question: rows that ask the same are asked at once."""
        key = (name, predicate, orders)
        if key not in self._lists:

            async def fetch(ids: Iterable[UUID]) -> Mapping[UUID, V]:
                return await read(ids, predicate, orders)

            self._lists[key] = by_key(fetch)
        return self._lists[key]

    @cached_property
    def packages(self) -> DataLoader[PackageId, Package | None]:
        """Version rows of plans and add-ons, with prices and own entitlements."""
        return by_key(self._readers.packages.by_ids)

    @cached_property
    def plan_ancestors(self) -> DataLoader[PackageId, tuple[Package, ...] | None]:
        """A plan's base plans, nearest first."""

        async def fetch(ids: Iterable[PackageId]) -> Mapping[PackageId, tuple[Package, ...]]:
            wanted = list(ids)
            plans = await self._readers.packages.with_ancestors(wanted)
            return {id: ancestors_of(plans[id], plans) for id in wanted if id in plans}

        return by_key(fetch)

    @cached_property
    def latest_plans(self) -> DataLoader[str, Package | None]:
        """The latest row of a plan's lineage, by refId."""

        async def fetch(ref_ids: Iterable[str]) -> Mapping[str, Package]:
            return await self._readers.packages.latest(PackageType.Plan, ref_ids)

        return by_key(fetch)

    @cached_property
    def published_addons(self) -> DataLoader[str, Package | None]:
        """The version of an add-on to sell, by refId."""
        return by_key(partial(self._readers.packages.latest_published, PackageType.Addon))

    @cached_property
    def latest_addons(self) -> DataLoader[str, Package | None]:
        """The latest row of an add-on's lineage, by refId."""

        async def fetch(ref_ids: Iterable[str]) -> Mapping[str, Package]:
            return await self._readers.packages.latest(PackageType.Addon, ref_ids)

        return by_key(fetch)

    def offered_addons(
        self, predicate: Predicate, orders: tuple[Order, ...]
    ) -> DataLoader[tuple[str, ...], tuple[Package, ...]]:
        """The add-ons among refIds that a nested list asks for, as plans offer them."""
        read: Any = self._readers.packages.offered_addons
        return self._chosen("addons", predicate, orders, read, lambda addon: addon.ref_id)

    def packages_among(
        self, predicate: Predicate, orders: tuple[Order, ...]
    ) -> DataLoader[tuple[PackageId, ...], tuple[Package, ...]]:
        """The version rows among ids that a nested list asks for."""
        read: Any = self._readers.packages.packages_among
        return self._chosen("packages", predicate, orders, read, lambda package: package.id)

    def prices_of(
        self, predicate: Predicate, orders: tuple[Order, ...]
    ) -> DataLoader[tuple[PackageId, ...], tuple[Price, ...]]:
        """The charges of packages that a nested list asks for."""
        read: Any = self._readers.packages.prices_of
        return self._chosen("package prices", predicate, orders, read, lambda p: p.package_id)

    def _chosen(
        self,
        name: str,
        predicate: Predicate,
        orders: tuple[Order, ...],
        read: Callable[..., Awaitable[Iterable[V]]],
        key_of: Callable[[V], Hashable],
    ) -> DataLoader[Any, Any]:
        """As `_listed`, where a parent names several keys: each gets its own, in list order."""
        key = (name, predicate, orders)
        if key not in self._lists:

            async def load(asked: list[Any]) -> list[tuple[V, ...]]:
                found = await read({k for keys in asked for k in keys}, predicate, orders)
                return [tuple(one for one in found if key_of(one) in keys) for keys in asked]

            self._lists[key] = DataLoader(load_fn=load)
        return self._lists[key]

    @cached_property
    def draft_marks(self) -> DataLoader[tuple[PackageType, str], DraftMark | None]:
        """The open draft after a published version, by lineage."""
        return by_key(self._readers.packages.draft_marks)

    @cached_property
    def drafts_with_latest(
        self,
    ) -> DataLoader[tuple[PackageType, str], tuple[Package, Package] | None]:
        """The open draft after a published version, and that version."""
        return by_key(self._readers.packages.drafts_with_latest)

    @cached_property
    def child_plans(self) -> DataLoader[str, tuple[Package, ...] | None]:
        """Latest rows and drafts of plans that extend a plan, by its refId."""
        return by_key(self._readers.packages.children_of)

    @cached_property
    def subscribed_customers(self) -> DataLoader[tuple[PackageType, str], int | None]:
        """How many customers have a live subscription on a lineage."""
        return by_key(self._readers.packages.customers_by_lineage)

    @cached_property
    def extended_plans(self) -> DataLoader[str, bool | None]:
        """Whether a latest plan extends the plan, by refId."""
        return by_key(self._readers.packages.extended)

    @cached_property
    def subscribed_addons(self) -> DataLoader[str, bool | None]:
        """Whether the add-on is in a live subscription, by refId."""
        return by_key(self._readers.packages.subscribed_addons)

    @cached_property
    def price_in_use(self) -> DataLoader[PriceId, bool | None]:
        """Whether a live subscription was sold the price."""
        return by_key(self._readers.packages.prices_in_use)

    def promotional_listed(
        self, predicate: Predicate, orders: tuple[Order, ...]
    ) -> DataLoader[UUID, tuple[PromotionalEntitlement, ...] | None]:
        """Customers' promotional grants that a nested list asks for."""
        read: Any = partial(
            self._readers.entitlements.promotional_of_many, now=self._runtime.clock()
        )
        return self._listed("promotional", predicate, orders, read)

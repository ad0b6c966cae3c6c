"""Looking up what decisions need: the catalogue around a plan, names, coupons, resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.ports import UnitOfWork
from app.usecases.subscriptions.book import Book, archived, require_customer, require_product_open
from domain.billing.model import ProviderCoupon
from domain.catalog.enums import BillingModel, PackageStatus
from domain.catalog.model import Coupon, Package, PackageGroup, PackageType
from domain.customers.model import Customer, CustomerResource
from domain.errors import Conflict, ErrorCode, duplicate, not_found
from domain.ids import CurrencyId, FeatureId, PackageId, ResourceId
from domain.patch import ABSENT
from domain.subscriptions.enums import ChargeType
from domain.subscriptions.facts import ContentFacts, ProvisionFacts
from domain.subscriptions.model import LIVE, Subscription
from domain.subscriptions.request import ContentRequest, CouponRequest, ProvisionRequest


@dataclass(slots=True, kw_only=True)
class Names:
    """The callers' names of features and currencies, and their ids."""

    features: dict[str, FeatureId] = field(default_factory=dict)
    currencies: dict[str, CurrencyId] = field(default_factory=dict)


async def names_in(work: UnitOfWork, content: ContentRequest, packages: Iterable[Package]) -> Names:
    """Ids of everything that a request names, by that name and by the slug (the last of both).

    Unknown names are left out. `unitQuantity` names nothing: it means what `packages` price.
    """
    features = {q.id for q in content.quantities if q.type is ChargeType.FEATURE}
    currencies = {q.id for q in content.quantities if q.type is ChargeType.CREDIT}
    if content.price_overrides is not ABSENT:
        features |= {o.feature_ref_id for o in content.price_overrides if o.feature_ref_id}
        currencies |= {o.currency_ref_id for o in content.price_overrides if o.currency_ref_id}
    if content.entitlements is not ABSENT:
        features |= {e.feature_ref_id for e in content.entitlements if e.feature_ref_id}
        currencies |= {e.currency_ref_id for e in content.entitlements if e.currency_ref_id}
    names = Names()
    if features:
        found = await work.features.by_any_ids(features)
        names.features = {name: feature.id for name, feature in found.items()}
        names.features |= {feature.ref_id: feature.id for feature in found.values()}
    if currencies:
        known = await work.currencies.by_any_ids(currencies)
        names.currencies = {name: currency.id for name, currency in known.items()}
        names.currencies |= {currency.currency_id: currency.id for currency in known.values()}
    if content.unit_quantity is not None and not features:
        per_unit = {
            price.feature_id
            for package in packages
            for price in package.prices
            if price.billing_model is BillingModel.PER_UNIT and price.feature_id is not None
        }
        priced = await work.features.by_ids(per_unit) if per_unit else {}
        names.features |= {feature.ref_id: feature.id for feature in priced.values()}
    return names


async def coupon_in(
    book: Book, request: CouponRequest | None
) -> tuple[Coupon | None, ProviderCoupon | None]:
    """The catalogue's or the provider's coupon that a request names.

    Raises CouponNotFound for one that the provider does not know, and the PromotionCode... errors.
    """
    if request is None:
        return None, None
    if request.coupon_ref_id is not None:
        found = await book.work.coupons.by_ref_ids([request.coupon_ref_id])
        return found.get(request.coupon_ref_id), None
    billing = book.work.billing
    if billing is None:
        return None, None
    if request.billing_coupon_id is not None:
        coupon = await billing.find_coupon(request.billing_coupon_id)
        if coupon is None:
            raise not_found(ErrorCode.CouponNotFound, "Coupon", request.billing_coupon_id)
        return None, coupon
    if request.promotion_code is not None:
        # What is bought is decided later, with the coupon: its minimum is checked then.
        known = await billing.validate_promotion_code(
            book.customer.billing_id, request.promotion_code, None
        )
        return None, known
    return None, None


def plan_to_sell(
    packages: Iterable[Package], ref_id: str, *, even_archived: bool = False
) -> Package:
    """The plan's version to sell; PlanNotFound, UnPublishedPackage, EntityIsArchivedError."""
    for package in packages:
        if package.type is not PackageType.Plan or package.ref_id != ref_id:
            continue
        if not package.is_latest:
            continue
        if package.status is PackageStatus.ARCHIVED and not even_archived:
            raise archived("Plan", ref_id)
        if package.status is PackageStatus.DRAFT:
            raise Conflict(
                ErrorCode.UnPublishedPackage,
                f"Plan {ref_id} is not published",
                nonPublishedPackageIds=[ref_id],
                packageType=PackageType.Plan.value,
            )
        return package
    raise not_found(ErrorCode.PlanNotFound, "Plan", ref_id, refId=ref_id)


def addons_to_sell(packages: Iterable[Package]) -> dict[str, Package]:
    """The add-ons' latest published versions by ref_id."""
    return {
        package.ref_id: package
        for package in packages
        if package.type is PackageType.Addon
        and package.is_latest
        and package.status is PackageStatus.PUBLISHED
    }


async def groups_of(work: UnitOfWork, plan: Package) -> Mapping[str, PackageGroup]:
    """The package groups that the plan offers, latest versions."""
    names = [group.package_group_id for group in plan.compatible_package_groups]
    return await work.package_groups.latest(names) if names else {}


async def with_bases(book: Book, plans: Iterable[Package]) -> None:
    """Base plans of these, for telling upgrades from downgrades."""
    wanted = [plan.id for plan in plans if plan.parent_plan_id is not None]
    if wanted:
        book.packages |= await book.work.packages.with_ancestors(wanted)


def asked_addons(content: ContentRequest) -> tuple[str, ...]:
    if content.addons is ABSENT:
        return ()
    return tuple(addon.ref_id for addon in content.addons)


async def payer_in(book: Book, ref_id: str | None) -> Customer | None:
    """Who is to pay, if somebody else is named."""
    if ref_id is None or ref_id == book.customer.ref_id:
        return None
    payer = require_customer(await book.work.customers.by_ref_ids([ref_id]), ref_id)
    book.payers[payer.id] = payer
    return payer


async def resource_in(book: Book, resource_id: str | None) -> CustomerResource | None:
    """The customer's resource of that name, made on first mention."""
    if resource_id is None or not resource_id:
        return None
    resource = await book.work.customers.ensure_resource(
        CustomerResource(
            id=ResourceId(book.runtime.ids.new_uuid()),
            customer_id=book.customer.id,
            resource_id=resource_id,
            created_at=book.now,
        )
    )
    book.resources[resource.id] = resource
    return resource


async def free_ref_id(book: Book, asked: str | None, plan_ref_id: str) -> str:
    """The slug asked for, or a generated one that nobody has: `subscription-<plan>-<6 hex>`."""
    if asked is not None:
        return asked
    while True:
        made = f"subscription-{plan_ref_id}-{book.runtime.ids.new_hex(6)}"
        if not await book.work.subscriptions.by_ref_ids([made]):
            return made


async def require_free(book: Book, ref_id: str | None) -> None:
    """Raise DuplicatedEntityNotAllowed for a slug that was ever used."""
    if ref_id is not None and await book.work.subscriptions.by_ref_ids([ref_id]):
        raise duplicate("Subscription", ref_id)


async def provision_facts(
    book: Book, request: ProvisionRequest, *, executed_at: datetime | None = None
) -> ProvisionFacts:
    """Everything around one provisioning; raises for what does not exist, in §3's order.

    `executed_at`: a deferred request falls due then; its plan may be archived by now.
    """
    at = executed_at or book.now
    live = [one for one in book.all if one.status in LIVE]
    current = {one.plan_id for one in live}
    # Of the same plan, an add-on that is no longer asked for may stay until the period ends.
    same_plan = [one for one in live if one.plan_ref_id == request.plan_ref_id]
    held = {addon.addon_id for one in same_plan for addon in one.addons}
    asked = asked_addons(request.content)
    lineages = [
        (PackageType.Plan, request.plan_ref_id),
        *((PackageType.Addon, ref_id) for ref_id in asked),
    ]
    packages = await book.work.packages.latest_and_held(
        lineages, [one for one in current | held if one not in book.packages]
    )
    await book.remember(packages)
    is_deferred = executed_at is not None
    plan = plan_to_sell(packages, request.plan_ref_id, even_archived=is_deferred)
    await with_bases(book, [plan, *(book.packages[one] for one in current)])
    product = await book.product(plan.product_id)
    if not is_deferred:
        require_product_open(product)
    resource = await resource_in(book, request.resource_id)
    kept = (book.packages[one] for one in held)
    addons = {one.ref_id: one for one in kept if one.ref_id not in asked} | addons_to_sell(packages)
    names = await names_in(book.work, request.content, (plan, *addons.values()))
    asked_coupon = request.content.coupon
    coupon, provider_coupon = await coupon_in(
        book, None if asked_coupon is ABSENT else asked_coupon
    )
    await book.load_customer_coupon()
    payers = [await book.payer_of(one) for one in book.all if one.status in LIVE]
    return ProvisionFacts(
        now=at,
        customer=book.customer,
        payer=await payer_in(book, request.paying_customer_ref_id),
        payers={payer.id: payer for payer in payers},
        product=product,
        resource=resource,
        content=ContentFacts(
            plan=plan,
            addons=addons,
            groups=await groups_of(book.work, plan),
            features=names.features,
            currencies=names.currencies,
            coupon=coupon,
            provider_coupon=provider_coupon,
        ),
        subscriptions=book.all,
        packages=book.packages,
        customer_coupon=book.customer_coupon,
        settings=book.settings,
        new_id=book.runtime.ids.new_uuid,
        ref_id=await free_ref_id(book, request.ref_id, plan.ref_id),
    )


async def held_content(
    book: Book, subscription: Subscription, content: ContentRequest, *, latest: bool = False
) -> ContentFacts:
    """The catalogue around a subscription: its own versions, and new add-ons to sell.

    `latest`: the latest published versions of plan and add-ons instead, archived or not.
    """
    held_ids: list[PackageId] = [
        subscription.plan_id,
        *(addon.addon_id for addon in subscription.addons),
    ]
    asked = asked_addons(content)
    lineages: list[tuple[PackageType, str]] = [(PackageType.Addon, ref) for ref in asked]
    if latest:
        lineages.append((PackageType.Plan, subscription.plan_ref_id))
        lineages.extend((PackageType.Addon, a.addon_ref_id) for a in subscription.addons)
    packages = await book.work.packages.latest_and_held(lineages, held_ids)
    await book.remember(packages)
    by_id = {package.id: package for package in packages}
    plan = by_id[subscription.plan_id]
    addons = addons_to_sell(packages)
    if latest:
        plan = next(
            (
                one
                for one in packages
                if one.type is PackageType.Plan
                and one.ref_id == subscription.plan_ref_id
                and one.is_latest
                and one.status is not PackageStatus.DRAFT
            ),
            plan,
        )
        held_now = {
            one.ref_id: one
            for one in packages
            if one.type is PackageType.Addon
            and one.is_latest
            and one.status is not PackageStatus.DRAFT
        }
        addons = held_now | addons
    for addon in subscription.addons:
        if addon.addon_id in by_id and not (latest and addon.addon_ref_id in addons):
            addons[addon.addon_ref_id] = by_id[addon.addon_id]
    names = await names_in(book.work, content, (plan, *addons.values()))
    asked_coupon = None if content.coupon is ABSENT else content.coupon
    coupon, provider_coupon = await coupon_in(book, asked_coupon)
    return ContentFacts(
        plan=plan,
        addons=addons,
        groups=await groups_of(book.work, plan),
        features=names.features,
        currencies=names.currencies,
        coupon=coupon,
        provider_coupon=provider_coupon,
    )

"""One customer's subscriptions during one operation: locked, brought up to date, written back.

Every operation on a customer goes through a `Book`: what the clock made due meanwhile happens
first, at its own instants, so that decisions always see the state of `now`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.ports import Runtime, UnitOfWork
from app.usecases.credits.recurring import Moment, bring_credits, credit_steps
from app.usecases.subscriptions.events import event_of
from domain.accounts.model import Account
from domain.billing.syncs import BillingCall, SyncedEntity, queued, subscription_sync_failed
from domain.catalog.enums import ProductStatus
from domain.catalog.model import Coupon, Package, Product
from domain.customers.model import Customer, CustomerResource
from domain.errors import BillingUnavailable, Conflict, ErrorCode, NotFound
from domain.ids import CouponId, CustomerId, PackageId, ProductId, ResourceId, SubscriptionId
from domain.subscriptions.due import earliest
from domain.subscriptions.enums import SubscriptionProrationBehavior
from domain.subscriptions.facts import BillingSettings
from domain.subscriptions.lifecycle import Told, is_told_only
from domain.subscriptions.model import Invoice, Subscription
from domain.subscriptions.replacement import Decision


@dataclass(slots=True, kw_only=True)
class Book:
    """What an operation knows of a customer, and what it will write."""

    work: UnitOfWork
    runtime: Runtime
    now: datetime
    customer: Customer
    subscriptions: dict[SubscriptionId, Subscription]
    settings: BillingSettings = field(default_factory=BillingSettings)
    packages: dict[PackageId, Package] = field(default_factory=dict)
    products: dict[ProductId, Product] = field(default_factory=dict)
    resources: dict[ResourceId, CustomerResource] = field(default_factory=dict)
    payers: dict[CustomerId, Customer] = field(default_factory=dict)
    changed: dict[SubscriptionId, Subscription] = field(default_factory=dict)
    noted: dict[SubscriptionId, Subscription] = field(default_factory=dict)
    scopes: set[ResourceId | None] = field(default_factory=set)
    """Whose entitlements the changes are about."""
    told: list[tuple[Told, datetime, Subscription | None]] = field(default_factory=list)
    """What will be told: at which instant, and the record as it was until then."""
    moments: list[Moment] = field(default_factory=list)
    """What each decision changed, from which the wallets are told."""
    waiting: dict[SubscriptionId, list[BillingCall]] = field(default_factory=dict)
    """What the billing provider did not hear in this operation."""
    sync_errors: dict[SubscriptionId, BillingUnavailable] = field(default_factory=dict)
    customer_coupon: Coupon | None = None

    @property
    def all(self) -> tuple[Subscription, ...]:
        """Every subscription as it stands now, oldest first."""
        return tuple(sorted(self.subscriptions.values(), key=lambda one: one.created_at))

    def take(self, decision: Decision, *, at: datetime) -> None:
        """Make a decision the state of the book; it is written by `close`."""
        before = dict(self.subscriptions)
        changes = tuple((before.get(one.id), one) for one in decision.changed)
        self.moments.append(Moment(at=at, changes=changes))
        for one in decision.changed:
            old = before.get(one.id)
            if old is not None and is_told_only(old, one):
                self.note(one)
                continue
            self.scopes |= {one.resource_id, one.resource_id if old is None else old.resource_id}
            self._keep(one)
        self.told.extend((told, at, before.get(told.subscription.id)) for told in decision.told)

    def note(self, one: Subscription) -> None:
        """Keep what is known of a record, where that alters nobody's entitlements."""
        self.subscriptions[one.id] = one
        (self.changed if one.id in self.changed else self.noted)[one.id] = one

    def _keep(self, one: Subscription) -> None:
        error = self.sync_errors.get(one.id)
        if error is not None:
            one = replace(one, billing_sync_error=error.message)
        self.subscriptions[one.id] = self.changed[one.id] = one
        self.noted.pop(one.id, None)

    def wait(self, one: Subscription, call: BillingCall, error: BillingUnavailable) -> None:
        """Keep a call that the provider did not hear; `one` is behind there from now on."""
        self.waiting.setdefault(one.id, []).append(call)
        if one.billing_sync_error is None:
            self.sync_errors[one.id] = error
        if one.id in self.subscriptions:
            self._keep(self.subscriptions[one.id])

    def is_behind(self, id: SubscriptionId) -> bool:
        """Whether the provider does not know the subscription as it is."""
        return self.subscriptions[id].billing_sync_error is not None

    async def withdraw(self, id: SubscriptionId) -> None:
        """Forget first payments that the provider was never told of: they are given up."""
        if not self.is_behind(id):
            return
        self.waiting[id] = [call for call in self.waiting.pop(id, []) if not call.is_awaited]
        known = (await self.work.backlogs.of([id])).get(id)
        kept = tuple(call for call in known.calls if not call.is_awaited) if known else ()
        if known is not None and kept:
            await self.work.backlogs.save(replace(known, calls=kept))
        elif known is not None:
            await self.work.backlogs.delete(id)
        if not kept and not self.waiting[id]:
            self.caught_up(id)

    def caught_up(self, id: SubscriptionId) -> None:
        """The provider knows all there is of the subscription."""
        self.waiting.pop(id, None)
        self.sync_errors.pop(id, None)
        self._keep(replace(self.subscriptions[id], billing_sync_error=None))

    def know_invoice(self, id: SubscriptionId, invoice: Invoice | None) -> None:
        """Note the invoice that a decision already taken came to; None changes nothing."""
        if invoice is not None:
            self._keep(replace(self.subscriptions[id], latest_invoice=invoice))

    async def product(self, product_id: ProductId) -> Product:
        """The product, read once."""
        if product_id not in self.products:
            self.products |= await self.work.products.by_ids([product_id])
        return self.products[product_id]

    async def remember(self, packages: Iterable[Package]) -> None:
        self.packages |= {package.id: package for package in packages}

    async def load_packages(self, ids: Iterable[PackageId]) -> None:
        """Version rows not known yet."""
        missing = [one for one in ids if one not in self.packages]
        if missing:
            self.packages |= await self.work.packages.by_ids(missing)

    async def load_customer_coupon(self) -> None:
        """The customer's own coupon, if it has one."""
        coupon_id = self.customer.coupon_id
        if coupon_id is not None and self.customer_coupon is None:
            found: Mapping[CouponId, Coupon] = await self.work.coupons.by_ids([coupon_id])
            self.customer_coupon = found.get(coupon_id)

    async def payer_of(self, subscription: Subscription) -> Customer:
        """Who pays: the paying customer if set, else the customer."""
        payer_id = subscription.paying_customer_id
        if payer_id is None or payer_id == self.customer.id:
            return self.customer
        if payer_id not in self.payers:
            self.payers |= await self.work.customers.by_ids([payer_id])
        return self.payers[payer_id]

    async def close(self) -> None:
        """Write what changed, tell what happened, forget cached entitlements; no commit."""
        await close_books(self)

    async def write(self) -> None:
        """All that `close` does but for the wallets."""
        if self.changed or self.noted:
            await self.work.subscriptions.save(*self.changed.values(), *self.noted.values())
        await self._load_told()
        await self._invalidate()
        for told, at, before in self.told:
            self.work.publish(event_of(told, at=at, book=self, before=before))
        if self.waiting:
            await self._keep_waiting()

    async def _invalidate(self) -> None:
        """Forget what was resolved of the scopes that changed: one without a resource is in all."""
        if None in self.scopes:
            await self.work.snapshots.invalidate(self.customer.id)
            return
        ids = {id for id in self.scopes if id is not None}
        await self.load_resources(ids)
        for name in sorted(self.resources[id].resource_id for id in ids):
            await self.work.snapshots.invalidate(self.customer.id, name)

    async def load_resources(self, ids: set[ResourceId]) -> None:
        """Resources not known yet."""
        if missing := ids - self.resources.keys():
            self.resources |= await self.work.customers.resources_by_ids(missing)

    async def _load_told(self) -> None:
        """What the events name beside the subscriptions: packages, resources, payers."""
        ones = [told.subscription for told, _, _ in self.told]
        if not ones:
            return
        await self.load_packages(
            {id for one in ones for id in (one.plan_id, *(addon.addon_id for addon in one.addons))}
        )
        await self.load_resources({one.resource_id for one in ones if one.resource_id is not None})
        for one in ones:
            await self.payer_of(one)

    async def _keep_waiting(self) -> None:
        """Queue what the provider did not hear, and tell once of each that fell behind."""
        known = await self.work.backlogs.of(self.waiting)
        await self.work.backlogs.save(
            *(
                queued(
                    known.get(id),
                    tuple(calls),
                    entity_type=SyncedEntity.SUBSCRIPTION,
                    entity_id=id,
                    now=self.now,
                )
                for id, calls in self.waiting.items()
                if calls
            )
        )
        vendor = self.runtime.billing_vendor or ""
        for id, error in self.sync_errors.items():
            one = self.subscriptions[id]
            self.work.publish(subscription_sync_failed(one, error, vendor=vendor))


async def close_books(*books: Book) -> None:
    """Close books of one transaction, from which a subscription moves before the one it moves to.

    Last of all come the wallets of all: their locks are taken at once, after the customers'.
    """
    steps = await credit_steps(*books)
    for book in books:
        await book.write()
    await bring_credits(steps)


async def open_book_of(work: UnitOfWork, runtime: Runtime, ref_id: str) -> Book:
    """Lock the customer named `ref_id`, and bring its subscriptions up to the present.

    Raises CustomerNotFound, EntityIsArchivedError.
    """
    customer = await work.customers.locked(ref_id)
    known = {} if customer is None else {ref_id: customer}
    return await open_book(
        work, runtime, require_customer(known, ref_id), now=runtime.clock(), is_locked=True
    )


async def open_book(
    work: UnitOfWork,
    runtime: Runtime,
    customer: Customer,
    *,
    now: datetime,
    settle: bool = True,
    is_locked: bool = False,
) -> Book:
    """Lock the customer, read its subscriptions, and let happen what is due by `now`."""
    if not is_locked:
        locked = await work.customers.lock(customer.id)
        assert locked is not None, "customers are never deleted"
        customer = locked  # as it is now: somebody may have changed it before we had the lock
    found = await work.subscriptions.of_customers([customer.id], statuses=None)
    book = Book(
        work=work,
        runtime=runtime,
        now=now,
        customer=customer,
        subscriptions={one.id: one for one in found.get(customer.id, ())},
        settings=billing_settings(await work.accounts.account()),
    )
    if settle and earliest(book.all, until=now) is not None:
        from app.usecases.transitions import settle_due

        await settle_due(book, until=now)
    return book


def billing_settings(account: Account | None) -> BillingSettings:
    """The account's billing rules; what it leaves open is the default."""
    defaults = BillingSettings()
    if account is None:
        return defaults
    anchor, proration = account.subscription_billing_anchor, account.subscription_proration_behavior
    return BillingSettings(
        anchor=defaults.anchor if anchor is None else anchor,
        proration=(
            defaults.proration
            if proration is None
            else SubscriptionProrationBehavior(proration.value)
        ),
    )


def require_customer(found: Mapping[str, Customer], ref_id: str) -> Customer:
    """The customer in `found`, not archived."""
    customer = found.get(ref_id)
    if customer is None:
        raise NotFound(ErrorCode.CustomerNotFound, f"Customer {ref_id} not found", refId=ref_id)
    if customer.deleted_at is not None:
        raise archived("Customer", ref_id)
    return customer


def archived(entity: str, ref_id: str) -> Conflict:
    return Conflict(
        ErrorCode.EntityIsArchivedError,
        f"{entity} {ref_id} is archived",
        entityName=entity,
        identifier=ref_id,
    )


def require_product_open(product: Product) -> None:
    """Raise ProductNotPublishedError for an archived product."""
    if product.status is ProductStatus.ARCHIVED:
        raise Conflict(
            ErrorCode.ProductNotPublishedError,
            f"Product {product.ref_id} is archived",
            refId=product.ref_id,
        )


async def find_subscription(work: UnitOfWork, ref_id: str) -> Subscription:
    """The subscription named `ref_id`; raises SubscriptionNotFound."""
    found = await work.subscriptions.by_ref_ids([ref_id])
    if ref_id not in found:
        raise NotFound(
            ErrorCode.SubscriptionNotFound, f"Subscription {ref_id} not found", refId=ref_id
        )
    return found[ref_id]


async def book_of_subscription(
    work: UnitOfWork, runtime: Runtime, ref_id: str, *, now: datetime
) -> tuple[Book, Subscription]:
    """The locked book that holds the subscription, and it as it stands at `now`."""
    found = await find_subscription(work, ref_id)
    customers = await work.customers.by_ids([found.customer_id])
    customer = customers[found.customer_id]
    book = await open_book(work, runtime, customer, now=now)
    if book.customer.deleted_at is not None:
        raise archived("Customer", customer.ref_id)
    if found.id not in book.subscriptions:
        # Delegated to another customer between the two reads.
        return await book_of_subscription(work, runtime, ref_id, now=now)
    return book, book.subscriptions[found.id]

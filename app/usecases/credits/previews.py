"""What a paid grant would cost: decided as the real thing, never committed.

Source: spec, entitlements §9.3; subscriptions §10.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.ports import Runtime
from app.usecases.credits.scope import wallet_of
from app.usecases.subscriptions.book import Book, open_book_of
from app.usecases.subscriptions.gather import coupon_in
from domain.catalog.currencies import require_live_currency
from domain.catalog.model import Coupon
from domain.credits.enums import CreditGrantTypeInput
from domain.credits.grants import NewGrant, create_grant
from domain.credits.model import CreditGrantId
from domain.credits.payments import preview_purchase, purchase_of
from domain.entitlements.model import Scope
from domain.errors import invalid_argument
from domain.money import Money
from domain.subscriptions.amounts import discount_of
from domain.subscriptions.coupons import applied_coupon
from domain.subscriptions.facts import CouponFacts
from domain.subscriptions.model import SubscriptionCoupon
from domain.subscriptions.previews import InvoiceShown
from domain.subscriptions.request import CouponRequest

DISPLAY_NAME = "Credits"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewGrant:
    """A paid grant that may be made; `coupon` None = the customer's own, if any."""

    scope: Scope
    currency_id: str
    amount: Decimal
    cost: Money
    coupon: CouponRequest | None = None
    tax_percentage: Decimal | None = None


async def preview(command: PreviewGrant, *, runtime: Runtime) -> InvoiceShown:
    """The invoice of a paid grant; writes nothing.

    Raises what creating the grant raises, CouponNotFound, ArchivedCouponCantBeApplied and the
    other refusals of coupons, InvalidArgumentError for a tax that cannot be.
    """
    now = runtime.clock()
    tax = command.tax_percentage
    if tax is not None and not 0 <= tax <= 100:
        raise invalid_argument("taxPercentage must be from 0 to 100")
    async with runtime.new_unit_of_work() as work:
        key, currency = await wallet_of(work, command.scope, command.currency_id)
        require_live_currency(currency)
        new = NewGrant(
            display_name=DISPLAY_NAME,
            amount=command.amount,
            grant_type=CreditGrantTypeInput.PAID,
            cost=command.cost,
        )
        grant = create_grant(new, key, id=CreditGrantId(runtime.ids.new_uuid()), now=now)
        book = await open_book_of(work, runtime, command.scope.customer_ref_id)
        coupon = await _coupon(book, command, runtime=runtime, now=now)
        charge = purchase_of(grant, discount_of(coupon), tax_percentage=tax)
        balance = await _balance(book, command.cost)
    return preview_purchase(charge, coupon, balance=balance, now=now)


async def _coupon(
    book: Book, command: PreviewGrant, *, runtime: Runtime, now: datetime
) -> SubscriptionCoupon | Coupon | None:
    """The coupon that is asked for, else the customer's."""
    asked = command.coupon
    if asked is None:
        await book.load_customer_coupon()
        return book.customer_coupon
    coupon, provided = await coupon_in(book, asked)
    provider = book.work.billing
    if asked.promotion_code is not None and provider is not None:
        await provider.validate_promotion_code(
            book.customer.billing_id, asked.promotion_code, command.cost.rounded()
        )
    return applied_coupon(
        asked,
        CouponFacts(coupon=coupon, provider_coupon=provided),
        start=now,
        currency=command.cost.currency,
        new_id=runtime.ids.new_uuid,
    )


async def _balance(book: Book, cost: Money) -> Decimal | None:
    """The customer's credit at the provider; None without one."""
    provider, billing_id = book.work.billing, book.customer.billing_id
    if provider is None:
        return None
    return await provider.balance(billing_id, cost.currency) if billing_id else Decimal(0)

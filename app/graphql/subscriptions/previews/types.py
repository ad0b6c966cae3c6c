"""Output types of subscription estimates and previews."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.graphql.catalog.coupons.enums import DiscountDurationType, DiscountType

if TYPE_CHECKING:
    from app.graphql.billing.types import FreeSubscriptionItem
    from app.graphql.catalog.currencies.types import Money
    from app.graphql.entitlements.types import DateRange

DateRangeRef = Annotated["DateRange", strawberry.lazy("app.graphql.entitlements.types")]
FreeSubscriptionItemRef = Annotated[
    "FreeSubscriptionItem", strawberry.lazy("app.graphql.billing.types")
]
MoneyRef = Annotated["Money", strawberry.lazy("app.graphql.catalog.currencies.types")]


@strawberry.type
class SubscriptionPreviewCredits:
    initial: MoneyRef
    remaining: MoneyRef
    used: MoneyRef


@strawberry.type
class SubscriptionPreviewDiscount:
    duration_in_months: float | None
    duration_type: DiscountDurationType
    end: datetime | None
    name: str | None
    start: datetime
    type: DiscountType
    value: float


@strawberry.type
class SubscriptionPreviewProrations:
    credit: MoneyRef
    debit: MoneyRef
    has_prorations: bool | None
    net_amount: MoneyRef
    proration_date: datetime


@strawberry.type
class SubscriptionPreviewTaxDetails:
    display_name: str
    inclusive: bool
    percentage: float


@strawberry.type
class ImmediateSubscriptionPreviewInvoice:
    credits: SubscriptionPreviewCredits | None
    discount: MoneyRef | None
    discount_details: SubscriptionPreviewDiscount | None
    minimum_spend_adjustment: MoneyRef
    proration: SubscriptionPreviewProrations | None
    sub_total: MoneyRef
    tax: MoneyRef | None
    tax_details: SubscriptionPreviewTaxDetails | None
    total: MoneyRef
    total_excluding_tax: MoneyRef


@strawberry.type
class RecurringCredits:
    custom_currency_id: str
    quantity: float


@strawberry.type
class SubscriptionPricePreviewDTO:
    discount: SubscriptionPreviewDiscount | None
    discount_amount: MoneyRef | None
    sub_total: MoneyRef
    tax: MoneyRef
    tax_details: SubscriptionPreviewTaxDetails | None
    total: MoneyRef
    total_excluding_tax: MoneyRef


@strawberry.type
class SubscriptionPreview:
    billing_period_range: DateRangeRef
    credits: SubscriptionPreviewCredits | None
    discount: SubscriptionPreviewDiscount | None
    discount_amount: MoneyRef | None
    has_scheduled_updates: bool | None
    is_plan_downgrade: bool | None
    minimum_spend_adjustment: MoneyRef
    proration: SubscriptionPreviewProrations | None
    sub_total: MoneyRef
    subscription: SubscriptionPricePreviewDTO | None
    tax: MoneyRef | None
    tax_details: SubscriptionPreviewTaxDetails | None
    total: MoneyRef
    total_excluding_tax: MoneyRef


@strawberry.type
class SubscriptionPreviewInvoice:
    discount: MoneyRef | None
    discount_details: SubscriptionPreviewDiscount | None
    minimum_spend_adjustment: MoneyRef
    sub_total: MoneyRef
    tax: MoneyRef | None
    tax_details: SubscriptionPreviewTaxDetails | None
    total: MoneyRef
    total_excluding_tax: MoneyRef


@strawberry.type
class SubscriptionPreviewV2:
    billing_period_range: DateRangeRef
    free_items: list[FreeSubscriptionItemRef] | None
    has_scheduled_updates: bool | None
    immediate_invoice: ImmediateSubscriptionPreviewInvoice
    is_plan_downgrade: bool | None
    recurring_invoice: SubscriptionPreviewInvoice | None

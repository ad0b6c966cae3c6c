"""Previews of credit grants between the wire and the use case."""

from app.graphql.catalog.currencies.mapping import money_from_graphql, money_of
from app.graphql.credits.inputs import CreditGrantCouponInput, PreviewCreditGrantInput
from app.graphql.credits.types import CreditGrantPreview
from app.graphql.entitlements.mapping import scope_from_graphql
from app.graphql.given import given
from app.graphql.numbers import exact, exact_or_none
from app.graphql.subscriptions.previews.mapping import (
    credits_to_graphql,
    discount_amount,
    discount_to_graphql,
    tax_details_to_graphql,
    tax_to_graphql,
)
from app.usecases.credits.previews import PreviewGrant
from domain.subscriptions.previews import InvoiceShown
from domain.subscriptions.request import CouponRequest


def grant_preview_from_graphql(input: PreviewCreditGrantInput) -> PreviewGrant:
    billing = given(input.billing_information)
    return PreviewGrant(
        scope=scope_from_graphql(input),
        currency_id=input.currency_id,
        amount=exact(input.amount),
        cost=money_from_graphql(input.cost),
        coupon=_coupon(given(input.applied_coupon)),
        tax_percentage=None if billing is None else exact_or_none(billing.tax_percentage),
    )


def _coupon(input: CreditGrantCouponInput | None) -> CouponRequest | None:
    if input is None:
        return None
    return CouponRequest(
        coupon_ref_id=given(input.coupon_id),
        billing_coupon_id=given(input.billing_coupon_id),
        promotion_code=given(input.promotion_code),
    )


def grant_preview_to_graphql(invoice: InvoiceShown) -> CreditGrantPreview:
    currency = invoice.currency
    return CreditGrantPreview(
        credits=credits_to_graphql(invoice),
        discount=discount_amount(invoice),
        discount_details=discount_to_graphql(invoice.discount_shown),
        sub_total=money_of(invoice.sub_total, currency),
        tax=tax_to_graphql(invoice),
        tax_details=tax_details_to_graphql(invoice),
        total=money_of(invoice.total, currency),
        total_excluding_tax=money_of(invoice.total_excluding_tax, currency),
    )

"""Credits between the wire and the use cases.

Amounts are numbers of credits; ids are the caller's. `validUntil` is in epoch milliseconds (spec,
entitlements §0).
"""

from app.graphql.billing.mapping import invoice_to_graphql as subscription_invoice_to_graphql
from app.graphql.catalog.currencies.mapping import (
    money_from_graphql,
    money_to_graphql,
    slim_currency_to_graphql,
)
from app.graphql.catalog.currencies.types import SlimCustomCurrency, Units
from app.graphql.context import Info
from app.graphql.credits import types
from app.graphql.credits.inputs import (
    ConsumeCreditInput,
    CreditGrantInput,
    CreditUsageInput,
    EstimateEventCostInput,
    EstimateUsageCostInput,
    UpdateCreditGrantInput,
)
from app.graphql.entitlements.mapping import epoch_ms, scope_from_graphql
from app.graphql.given import given, maybe, plain
from app.graphql.numbers import exact, exact_or_none
from app.graphql.paging import CursorPaging, page_request, paged
from app.graphql.scalars import JSON
from app.ports import EnvironmentScope
from app.usecases.credits.consumption import ConsumeCredits, WalletAfter
from app.usecases.credits.estimates import EstimateEvent, EstimateUsage
from app.usecases.credits.grants import CreateGrant
from app.usecases.credits.payments import Collecting
from app.usecases.credits.reading import Balances
from app.usecases.credits.usage import CreditUsage, ReadCreditUsage
from domain.catalog.model import CustomCurrency
from domain.credits.enums import CreditGrantInvoiceBillingReason, CreditGrantInvoiceStatus
from domain.credits.estimates import Estimation
from domain.credits.grants import GrantChanges, NewGrant
from domain.credits.history import Series
from domain.credits.model import CreditGrant, ListedEntry, Wallet, status_of
from domain.entitlements.model import Scope
from domain.events import CommittedEvent
from domain.listing import PAGE_SIZE_MAX, PageRequest
from domain.metering.enums import UsageUpdateBehavior
from domain.patch import Absent
from domain.periods import instant_or_none
from domain.subscriptions.model import Invoice


def new_grant_from_graphql(input: CreditGrantInput) -> CreateGrant:
    cost = given(input.cost)
    return CreateGrant(
        scope=scope_from_graphql(input),
        currency_id=input.currency_id,
        new=NewGrant(
            display_name=input.display_name,
            amount=exact(input.amount),
            grant_type=input.grant_type,
            cost=None if cost is None else money_from_graphql(cost),
            priority=exact_or_none(input.priority),
            effective_at=given(input.effective_at),
            expire_at=given(input.expire_at),
            comment=given(input.comment),
            additional_meta_data=given(input.additional_meta_data),
        ),
        collecting=_collecting(input),
    )


def _collecting(input: CreditGrantInput) -> Collecting | None:
    """How the cost is to be collected, if the caller says so."""
    method = given(input.payment_collection_method)
    if method is None:
        return None
    billing = given(input.billing_information)
    address = None if billing is None else given(billing.billing_address)
    days = None if billing is None else given(billing.invoice_days_until_due)
    return Collecting(
        method=method,
        information=None if address is None else {"billingAddress": plain(address)},
        days_until_due=None if days is None else int(days),
        is_invoice_paid=billing is not None and bool(given(billing.is_invoice_paid)),
        waits=given(input.await_payment_confirmation) is not False,
    )


def grant_changes_from_graphql(input: UpdateCreditGrantInput) -> GrantChanges:
    priority = maybe(input.priority)
    return GrantChanges(
        display_name=maybe(input.display_name),
        priority=priority if isinstance(priority, Absent) else exact_or_none(priority),
        effective_at=maybe(input.effective_at),
        expire_at=maybe(input.expire_at),
        comment=maybe(input.comment),
        additional_meta_data=maybe(input.additional_meta_data),
    )


def grant_to_graphql(grant: CreditGrant, info: Info) -> types.CreditGrant:
    """A grant with its status as of the request."""
    return types.CreditGrant(
        source=grant,
        additional_meta_data=None
        if grant.additional_meta_data is None
        else JSON(dict(grant.additional_meta_data)),
        amount=float(grant.amount),
        automatic_recharge_configuration_id=grant.recharge_id,
        comment=grant.comment,
        consumed_amount=float(grant.consumed_amount),
        cost=money_to_graphql(grant.cost),
        created_at=grant.created_at,
        display_name=grant.display_name,
        effective_at=grant.effective_at,
        expire_at=grant.expire_at,
        grant_id=grant.grant_id,
        grant_type=grant.grant_type,
        id=grant.id,
        invoice_id=grant.invoice_id,
        latest_invoice=invoice_to_graphql(grant.latest_invoice),
        payment_collection=grant.payment_collection,
        priority=float(grant.priority),
        resource_id=grant.resource_id or None,
        source_type=grant.source_type,
        status=status_of(grant, info.context.runtime.clock()),
        updated_at=grant.updated_at,
        voided_at=grant.voided_at,
    )


def invoice_to_graphql(invoice: Invoice | None) -> types.CreditGrantInvoice | None:
    if invoice is None:
        return None
    shown = subscription_invoice_to_graphql(invoice)
    reasons = CreditGrantInvoiceBillingReason.__members__
    return types.CreditGrantInvoice(
        **vars(shown)
        | {
            "billing_reason": reasons.get(shown.billing_reason or ""),
            "status": CreditGrantInvoiceStatus[shown.status],
        }
    )


def entry_to_graphql(listed: ListedEntry) -> types.CreditLedgerEvent:
    entry = listed.entry
    return types.CreditLedgerEvent(
        source=listed,
        amount=float(entry.amount),
        event_id=entry.usage.event_id,
        event_type=entry.type,
        resource_id=listed.key.resource_id or None,
        timestamp=entry.timestamp,
    )


def balances_to_graphql(balances: Balances, scope: Scope) -> types.CreditBalanceSummary:
    return types.CreditBalanceSummary(
        balances=[
            _balance_to_graphql(wallet, balances.currencies[wallet.key.currency_id], scope)
            for wallet in balances.wallets
        ],
        customer_id=scope.customer_ref_id,
        resource_id=scope.resource_id,
    )


def _balance_to_graphql(
    wallet: Wallet, currency: CustomCurrency, scope: Scope
) -> types.CreditBalance:
    return types.CreditBalance(
        currency=slim_currency_to_graphql(currency),
        currency_id=currency.currency_id,
        current_balance=float(wallet.balance),
        customer_id=scope.customer_ref_id,
        resource_id=scope.resource_id,
        total_consumed=float(wallet.consumed),
        total_granted=float(wallet.granted),
        valid_until=epoch_ms(wallet.next_change),
    )


def balance_update_to_graphql(
    event: CommittedEvent, environment: EnvironmentScope
) -> types.CreditBalanceUpdated:
    """A wallet as the event left it."""
    told = event.data
    currency = told["currency"]
    units = Units(singular=currency["unitSingular"], plural=currency["unitPlural"])
    return types.CreditBalanceUpdated(
        account_id=str(environment.account_id),
        currency=SlimCustomCurrency(
            currency_id=currency["id"],
            display_name=currency["displayName"],
            symbol=currency["symbol"],
            units=units if units.singular or units.plural else None,
        ),
        currency_id=currency["id"],
        current_balance=told["currentBalance"],
        customer_id=told["customer"]["id"],
        environment_id=str(environment.environment_id),
        resource_id=event.resource_id,
        total_consumed=told["totalConsumed"],
        total_granted=told["totalGranted"],
        valid_until=epoch_ms(instant_or_none(told["validUntil"])),
    )


# --- consumption ----------------------------------------------------------------------------


def consumption_from_graphql(input: ConsumeCreditInput) -> ConsumeCredits:
    dimensions = given(input.dimensions)
    return ConsumeCredits(
        scope=scope_from_graphql(input),
        currency_id=input.currency_id,
        amount=exact(input.amount),
        idempotency_key=input.idempotency_key,
        created_at=given(input.created_at),
        dimensions={} if dimensions is None else dimensions,
    )


def consumption_to_graphql(
    after: WalletAfter, command: ConsumeCredits
) -> types.CreditConsumptionResponse:
    """What was burned (of a repeat by the first call), and the wallet as it stands."""
    return types.CreditConsumptionResponse(
        amount=float(after.consumed.amount),
        credit=types.OptimisticCreditBalance(
            currency_id=command.currency_id,
            current_usage=float(after.wallet.consumed),
            timestamp=after.wallet.updated_at,
            usage_limit=float(after.wallet.granted),
            usage_period_end=after.usage_period_end,
        ),
        currency_id=command.currency_id,
        customer_id=command.scope.customer_ref_id,
        resource_id=command.scope.resource_id,
        timestamp=after.consumed.timestamp,
    )


# --- what credits were burned for -----------------------------------------------------------


def credit_usage_from_graphql(input: CreditUsageInput) -> ReadCreditUsage:
    return ReadCreditUsage(
        scope=scope_from_graphql(input),
        currency_id=given(input.currency_id),
        time_range=given(input.time_range),
        start=given(input.start_date),
        end=given(input.end_date),
        group_by=tuple(given(input.group_by, ())),
    )


def credit_usage_to_graphql(usage: CreditUsage, paging: CursorPaging | None) -> types.CreditUsage:
    """The page of series that was asked for; without paging a hundred at most."""
    request = PageRequest(size=PAGE_SIZE_MAX) if given(paging) is None else page_request(paging)
    series, page_info = paged(list(usage.series), request)
    currency = usage.currency
    return types.CreditUsage(
        currency=None if currency is None else slim_currency_to_graphql(currency),
        page_info=page_info,
        series=[_series_to_graphql(each, usage) for each in series],
    )


def _series_to_graphql(series: Series, usage: CreditUsage) -> types.CreditUsageSeries:
    feature = None if series.feature_id is None else usage.features.get(series.feature_id)
    return types.CreditUsageSeries(
        feature_id=None if feature is None else feature.ref_id,
        feature_name=None if feature is None else feature.display_name,
        points=[
            types.CreditUsagePoint(timestamp=at, value=float(amount))
            for at, amount in series.points(usage.buckets)
        ],
        tags=[types.CreditUsageSeriesTag(key=key, value=value) for key, value in series.tags],
        total_credits=float(series.total),
    )


# --- estimates ------------------------------------------------------------------------------


def usage_estimate_from_graphql(input: EstimateUsageCostInput) -> EstimateUsage:
    return EstimateUsage(
        scope=scope_from_graphql(input),
        feature_ref_id=input.feature_id,
        value=exact(input.value),
        behavior=given(input.update_behavior, UsageUpdateBehavior.DELTA),
        dimensions=given(input.dimensions, {}),
    )


def event_estimate_from_graphql(input: EstimateEventCostInput) -> EstimateEvent:
    return EstimateEvent(
        scope=scope_from_graphql(input),
        event_name=input.event_name,
        dimensions=given(input.dimensions, {}),
    )


def estimation_to_graphql(estimation: Estimation) -> types.CreditCostEstimation:
    return types.CreditCostEstimation(
        estimates=[
            types.CurrencyEstimate(
                balance_after_estimate=float(estimate.balance_after),
                breakdown=[
                    types.EstimationBreakdownItem(
                        cost=float(item.cost),
                        feature_id=item.feature_ref_id,
                        warning_code=item.warning,
                    )
                    for item in estimate.breakdown
                ],
                currency_id=estimate.currency_id,
                current_balance=float(estimate.balance),
                estimated_cost=float(estimate.cost),
                would_overdraft=estimate.would_overdraft,
            )
            for estimate in estimation.estimates
        ],
        warnings=list(estimation.warnings),
    )

"""What a customer is entitled to, frozen: candidates, the rows they resolve to, and usage.

A *candidate* is what one counted subscription or one promotional grant gives of one feature; the
most generous wins. A *row* is the winner's configuration as it is kept in a scope's snapshot:
everything a check needs but usage. Source: spec, entitlements §2, §13.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from uuid import UUID

from domain.catalog.enums import FeatureType, MeterType, WidgetType
from domain.catalog.model import CreditRate, CustomCurrency, Feature, ResetRule
from domain.credits.model import Wallet
from domain.entitlements.enums import AccessDeniedReason, EntitlementsStateAccessDeniedReason
from domain.ids import CurrencyId, CustomerId, ResourceId
from domain.metering.reset_periods import UsageRule, is_forever
from domain.periods import Period


class SourceKind(IntEnum):
    """Who grants, in the order that settles ties."""

    SUBSCRIPTION = 0
    TRIAL = 1
    PROMOTIONAL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a candidate comes from; `since` = the subscription's start, or the grant's."""

    kind: SourceKind
    id: UUID
    since: datetime
    anchor: datetime
    cutoff: datetime | None = None
    earlier_cutoffs: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A value of one feature: what one package, charge, override or promotion gives."""

    is_granted: bool = True
    usage_limit: Decimal | None = None
    has_unlimited_usage: bool = False
    has_soft_limit: bool = False
    enum_values: tuple[str, ...] = ()
    reset_rule: ResetRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What one source gives of one feature, its own parts merged.

    `is_budgeted`: a USAGE_BASED or overage charge bills this feature, and the subscription has a
    budget; `is_budget_exceeded`: it is a hard one, and spent.
    """

    grant: Grant
    source: Source
    credit_rate: CreditRate | None = None
    is_budgeted: bool = False
    is_budget_exceeded: bool = False
    display_name_override: str | None = None
    hidden_from_widgets: tuple[WidgetType, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitlementRow:
    """One feature in one scope, resolved; `updated_at` = its last configuration change.

    `is_budgeted`: its usage draws on some counted subscription's budget, the winner's or not.
    """

    feature: Feature
    grant: Grant
    anchor: datetime
    cutoff: datetime | None = None
    earlier_cutoffs: tuple[datetime, ...] = ()
    window: Period | None = None
    credit_rate: CreditRate | None = None
    credit_currency_id: str | None = None
    is_budgeted: bool = False
    is_budget_exceeded: bool = False
    display_name_override: str | None = None
    hidden_from_widgets: tuple[WidgetType, ...] = ()
    valid_until: datetime | None = None
    updated_at: datetime | None = None

    @property
    def usage_rule(self) -> UsageRule:
        """How this row's usage is cut into windows."""
        latest = () if self.cutoff is None else (self.cutoff,)
        return UsageRule(
            reset_rule=self.grant.reset_rule,
            anchor=self.anchor,
            cutoffs=(*self.earlier_cutoffs, *latest),
        )

    @property
    def has_reset_window(self) -> bool:
        return self.window is not None and not is_forever(self.window)

    @property
    def configuration(self) -> EntitlementRow:
        """The row without what time alone moves: two equal ones are the same configuration."""
        return replace(self, window=None, valid_until=None, updated_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """(customer, resource or none) by the caller's ids."""

    customer_ref_id: str
    resource_id: str | None = None

    @property
    def resource_key(self) -> str:
        """The resource in keys: "" for none."""
        return self.resource_id or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTerms:
    """What a scope's subscriptions say of its wallets: those of soft currencies may run below 0.

    `valid_until`: when time alone may change that; `updated_at`: when it was last changed.
    """

    soft_currencies: frozenset[CurrencyId] = frozenset()
    hidden_from: Mapping[CurrencyId, frozenset[WidgetType]] = field(default_factory=dict)
    valid_until: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCredits:
    """A wallet, its currency, and the end of the recurring grant in it."""

    wallet: Wallet
    currency: CustomCurrency
    recurring_end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The resolved rows of a scope, by feature ref_id; `valid_until` None = until told.

    `version` is the scope's configuration version that was current before the sources were read.
    """

    customer_id: CustomerId
    resource_id: str
    reason: EntitlementsStateAccessDeniedReason | None
    rows: Mapping[str, EntitlementRow]
    credit_terms: CreditTerms = field(default_factory=CreditTerms)
    valid_until: datetime | None
    version: int
    computed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A window's usage in raw (reported) units and when it last changed."""

    raw: Decimal
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRead:
    """What one statement finds of a scope: who it is, its snapshot if any, counters and wallets.

    `version` is the scope's present one. With a feature asked for, `snapshot.rows` holds its row
    alone, `credits` the wallet that its credit rate names, and `feature` the feature itself where
    there is no row. With a currency there are no rows; `credits` holds its wallet alone.
    """

    customer_id: CustomerId | None
    is_archived: bool
    resource_uuid: ResourceId | None
    version: int
    snapshot: Snapshot | None
    usages: Mapping[str, Usage]
    credits: tuple[HeldCredits, ...]
    feature: Feature | None
    currency: CustomCurrency | None

    def is_current(self, now: datetime) -> bool:
        """Whether the snapshot still tells the truth at `now`."""
        snapshot = self.snapshot
        return (
            snapshot is not None
            and snapshot.version == self.version
            and snapshot.computed_at <= now
            and (snapshot.valid_until is None or now < snapshot.valid_until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeView:
    """A scope as it stands at `now`: the state, the rows, and their usage by feature ref_id.

    `credits` are the wallets that were asked for, settled. `customer_id` None = unknown customer;
    then, and for an archived one, there are neither rows nor wallets.
    """

    scope: Scope
    customer_id: CustomerId | None
    is_resource_known: bool
    reason: EntitlementsStateAccessDeniedReason | None
    rows: Mapping[str, EntitlementRow]
    usages: Mapping[str, Usage]
    credits: tuple[HeldCredits, ...] = ()
    credit_terms: CreditTerms = field(default_factory=CreditTerms)
    feature: Feature | None = None
    currency: CustomCurrency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditStanding:
    """What a wallet answers a check: its balance and whether it may run below zero.

    `valid_until`: when a grant in it begins or ends next.
    """

    balance: Decimal
    has_soft_limit: bool
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a check asks for: a quantity in reported units, or values of an enum."""

    usage: Decimal | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A check's answer; `reason` None = granted. `row` and `usage` where there is one.

    `current_usage` is in presented units, of metered features only; `valid_until` as the row's,
    of a credit-backed one also its wallet's. A denial is an answer, not an error (spec,
    entitlements §3).
    """

    reason: AccessDeniedReason | None
    feature: Feature | None
    row: EntitlementRow | None = None
    usage: Usage | None = None
    current_usage: Decimal | None = None
    valid_until: datetime | None = None
    request: Request = field(default_factory=Request)

    @property
    def is_granted(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditAnswer:
    """The check of a credit currency; `held` None = no wallet of it in scope, or no access.

    `currency` None = unknown, `currency_id` as it was asked for.
    """

    reason: AccessDeniedReason | None
    currency_id: str
    currency: CustomCurrency | None
    held: HeldCredits | None = None
    has_soft_limit: bool = False
    valid_until: datetime | None = None
    updated_at: datetime | None = None

    @property
    def is_granted(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeAnswers:
    """A scope's rows checked without options: features by ref_id, then credits by currency."""

    view: ScopeView
    features: tuple[Answer, ...]
    credits: tuple[CreditAnswer, ...]

    def shown_in(self, widget: WidgetType) -> ScopeAnswers:
        """Without what packages hide from a widget."""
        hidden = self.view.credit_terms.hidden_from
        return replace(
            self,
            features=tuple(
                answer
                for answer in self.features
                if answer.row is None or widget not in answer.row.hidden_from_widgets
            ),
            credits=tuple(
                answer
                for answer in self.credits
                if answer.held is None
                or widget not in hidden.get(answer.held.wallet.key.currency_id, ())
            ),
        )


def is_metered(feature: Feature) -> bool:
    """NUMBER with a meter type; a NUMBER without one is configuration."""
    return (
        feature.feature_type is FeatureType.NUMBER and feature.meter_type is not MeterType.NoMeter
    )


def is_configuration(feature: Feature) -> bool:
    """Whether the feature is a number that nobody counts: a limit to read, not to use up."""
    return feature.feature_type is FeatureType.NUMBER and feature.meter_type is MeterType.NoMeter


def divisor(feature: Feature) -> Decimal:
    """Raw units in one presented unit; 1 without a transformation."""
    transformation = feature.unit_transformation
    return transformation.divide if transformation and is_metered(feature) else Decimal(1)

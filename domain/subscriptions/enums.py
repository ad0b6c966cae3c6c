"""The words of subscriptions, spelled as the contract spells them (member = value)."""

from __future__ import annotations

from enum import StrEnum


class BillingAnchor(StrEnum):
    START_OF_THE_MONTH = "START_OF_THE_MONTH"
    SUBSCRIPTIONS_CONSOLIDATE_BILLING = "SUBSCRIPTIONS_CONSOLIDATE_BILLING"
    SUBSCRIPTION_START = "SUBSCRIPTION_START"


class ChargeType(StrEnum):
    CREDIT = "CREDIT"
    FEATURE = "FEATURE"


class InvoiceLineItemType(StrEnum):
    AddonCharge = "AddonCharge"
    BaseCharge = "BaseCharge"
    InAdvanceCommitmentCharge = "InAdvanceCommitmentCharge"
    MinimumSpendAdjustmentCharge = "MinimumSpendAdjustmentCharge"
    MinimumSpendCharge = "MinimumSpendCharge"
    Other = "Other"
    OverageCharge = "OverageCharge"
    PayAsYouGoCharge = "PayAsYouGoCharge"
    TierCharge = "TierCharge"
    ZeroAmountBaseCharge = "ZeroAmountBaseCharge"


class PaymentCollection(StrEnum):
    ACTION_REQUIRED = "ACTION_REQUIRED"
    FAILED = "FAILED"
    NOT_REQUIRED = "NOT_REQUIRED"
    PROCESSING = "PROCESSING"


class PaymentCollectionMethod(StrEnum):
    CHARGE = "CHARGE"
    INVOICE = "INVOICE"
    NONE = "NONE"


class ProrationBehavior(StrEnum):
    CREATE_PRORATIONS = "CREATE_PRORATIONS"
    INVOICE_IMMEDIATELY = "INVOICE_IMMEDIATELY"


class ProvisionSubscriptionStatus(StrEnum):
    # The contract has two; the six of SubscriptionStatus are for callers of `subscription:`
    # (spec, subscriptions §3).
    ACTIVE = "ACTIVE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    IN_TRIAL = "IN_TRIAL"
    NOT_STARTED = "NOT_STARTED"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    PAYMENT_REQUIRED = "PAYMENT_REQUIRED"
    SUCCESS = "SUCCESS"


class ScheduleStrategy(StrEnum):
    END_OF_BILLING_MONTH = "END_OF_BILLING_MONTH"
    END_OF_BILLING_PERIOD = "END_OF_BILLING_PERIOD"
    IMMEDIATE = "IMMEDIATE"


class SubscriptionBillingCycleAnchor(StrEnum):
    NOW = "NOW"
    UNCHANGED = "UNCHANGED"


class SubscriptionCancelReason(StrEnum):
    AutoCancellationRule = "AutoCancellationRule"
    CancelledByBilling = "CancelledByBilling"
    CustomerArchived = "CustomerArchived"
    DetachBilling = "DetachBilling"
    Expired = "Expired"
    Immediate = "Immediate"
    PendingPaymentExpired = "PendingPaymentExpired"
    ScheduledCancellation = "ScheduledCancellation"
    TrialConverted = "TrialConverted"
    TrialEnded = "TrialEnded"
    UpgradeOrDowngrade = "UpgradeOrDowngrade"


class SubscriptionCancellationAction(StrEnum):
    DEFAULT = "DEFAULT"
    REVOKE_ENTITLEMENTS = "REVOKE_ENTITLEMENTS"


class SubscriptionCouponStatus(StrEnum):
    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    REMOVED = "REMOVED"


class SubscriptionDecisionStrategy(StrEnum):
    PREDEFINED_FREE_PLAN = "PREDEFINED_FREE_PLAN"
    PREDEFINED_TRIAL_PLAN = "PREDEFINED_TRIAL_PLAN"
    REQUESTED_PLAN = "REQUESTED_PLAN"
    SKIPPED_SUBSCRIPTION_CREATION = "SKIPPED_SUBSCRIPTION_CREATION"


class SubscriptionInvoiceBillingReason(StrEnum):
    BILLING_CYCLE = "BILLING_CYCLE"
    MANUAL = "MANUAL"
    MINIMUM_INVOICE_AMOUNT_EXCEEDED = "MINIMUM_INVOICE_AMOUNT_EXCEEDED"
    OTHER = "OTHER"
    SUBSCRIPTION_CREATION = "SUBSCRIPTION_CREATION"
    SUBSCRIPTION_UPDATE = "SUBSCRIPTION_UPDATE"


class SubscriptionInvoiceStatus(StrEnum):
    CANCELED = "CANCELED"
    OPEN = "OPEN"
    PAID = "PAID"


class SubscriptionMigrationTime(StrEnum):
    END_OF_BILLING_PERIOD = "END_OF_BILLING_PERIOD"
    IMMEDIATE = "IMMEDIATE"


class SubscriptionProrationBehavior(StrEnum):
    CREATE_PRORATIONS = "CREATE_PRORATIONS"
    INVOICE_IMMEDIATELY = "INVOICE_IMMEDIATELY"
    NONE = "NONE"


class SubscriptionScheduleStatus(StrEnum):
    Canceled = "Canceled"
    Done = "Done"
    Failed = "Failed"
    PendingPayment = "PendingPayment"
    Scheduled = "Scheduled"


class SubscriptionScheduleType(StrEnum):
    AdditionalMetaData = "AdditionalMetaData"
    Addon = "Addon"
    BillingInfoMetadata = "BillingInfoMetadata"
    BillingPeriod = "BillingPeriod"
    Coupon = "Coupon"
    Downgrade = "Downgrade"
    MigrateToLatest = "MigrateToLatest"
    Plan = "Plan"
    PriceOverride = "PriceOverride"
    RecurringCredits = "RecurringCredits"
    UnitAmount = "UnitAmount"


class SubscriptionStatus(StrEnum):
    ACTIVE = "ACTIVE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    IN_TRIAL = "IN_TRIAL"
    NOT_STARTED = "NOT_STARTED"
    PAYMENT_PENDING = "PAYMENT_PENDING"


class TaskStatus(StrEnum):
    CANCELED = "CANCELED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    IN_PROGRESS = "IN_PROGRESS"
    PARTIALLY_FAILED = "PARTIALLY_FAILED"
    PENDING = "PENDING"


class TaskType(StrEnum):
    ENVIRONMENT_EXPORT = "ENVIRONMENT_EXPORT"
    ENVIRONMENT_MERGE_APPLY = "ENVIRONMENT_MERGE_APPLY"
    IMPORT_INTEGRATION_CATALOG = "IMPORT_INTEGRATION_CATALOG"
    IMPORT_INTEGRATION_CUSTOMERS = "IMPORT_INTEGRATION_CUSTOMERS"
    IMPORT_SUBSCRIPTIONS_BULK = "IMPORT_SUBSCRIPTIONS_BULK"
    RECALCULATE_BATCH_ENTITLEMENTS = "RECALCULATE_BATCH_ENTITLEMENTS"
    RECALCULATE_ENTITLEMENTS = "RECALCULATE_ENTITLEMENTS"
    RESYNC_INTEGRATION = "RESYNC_INTEGRATION"
    SUBSCRIPTION_MIGRATION = "SUBSCRIPTION_MIGRATION"
    SUBSCRIPTION_MIGRATION_V2 = "SUBSCRIPTION_MIGRATION_V2"

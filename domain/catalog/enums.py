"""The words of the catalogue, spelled as the contract spells them (member = value)."""

from __future__ import annotations

from enum import StrEnum


class AggregationFunction(StrEnum):
    AVG = "AVG"
    COUNT = "COUNT"
    MAX = "MAX"
    MIN = "MIN"
    SUM = "SUM"
    UNIQUE = "UNIQUE"


class BillingCadence(StrEnum):
    ONE_OFF = "ONE_OFF"
    RECURRING = "RECURRING"


class BillingModel(StrEnum):
    CREDIT_BASED = "CREDIT_BASED"
    FLAT_FEE = "FLAT_FEE"
    MINIMUM_SPEND = "MINIMUM_SPEND"
    PER_UNIT = "PER_UNIT"
    USAGE_BASED = "USAGE_BASED"


class BillingPeriod(StrEnum):
    ANNUALLY = "ANNUALLY"
    MONTHLY = "MONTHLY"


class ChangeType(StrEnum):
    ADDED = "ADDED"
    DELETED = "DELETED"
    MODIFIED = "MODIFIED"
    REORDERED = "REORDERED"


class ConditionOperation(StrEnum):
    CONTAINS = "CONTAINS"
    ENDS_WITH = "ENDS_WITH"
    EQUALS = "EQUALS"
    GREATER_THAN = "GREATER_THAN"
    GREATER_THAN_OR_EQUAL = "GREATER_THAN_OR_EQUAL"
    IN = "IN"
    IS_NOT_NULL = "IS_NOT_NULL"
    IS_NULL = "IS_NULL"
    LESS_THAN = "LESS_THAN"
    LESS_THAN_OR_EQUAL = "LESS_THAN_OR_EQUAL"
    NOT_EQUALS = "NOT_EQUALS"
    STARTS_WITH = "STARTS_WITH"


class CouponSource(StrEnum):
    STIGG = "STIGG"
    STIGG_ADHOC = "STIGG_ADHOC"
    STRIPE = "STRIPE"


class CouponStatus(StrEnum):
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class CouponType(StrEnum):
    FIXED = "FIXED"
    PERCENTAGE = "PERCENTAGE"


class CreditCadence(StrEnum):
    MONTH = "MONTH"
    YEAR = "YEAR"


class CreditGrantCadence(StrEnum):
    BEGINNING_OF_BILLING_PERIOD = "BEGINNING_OF_BILLING_PERIOD"
    MONTHLY = "MONTHLY"


class Currency(StrEnum):
    AED = "AED"
    ALL = "ALL"
    AMD = "AMD"
    ANG = "ANG"
    AUD = "AUD"
    AWG = "AWG"
    AZN = "AZN"
    BAM = "BAM"
    BBD = "BBD"
    BDT = "BDT"
    BGN = "BGN"
    BIF = "BIF"
    BMD = "BMD"
    BND = "BND"
    BRL = "BRL"
    BSD = "BSD"
    BWP = "BWP"
    BYN = "BYN"
    BZD = "BZD"
    CAD = "CAD"
    CDF = "CDF"
    CHF = "CHF"
    CLP = "CLP"
    CNY = "CNY"
    CZK = "CZK"
    DJF = "DJF"
    DKK = "DKK"
    DOP = "DOP"
    DZD = "DZD"
    EGP = "EGP"
    ETB = "ETB"
    EUR = "EUR"
    FJD = "FJD"
    GBP = "GBP"
    GEL = "GEL"
    GIP = "GIP"
    GMD = "GMD"
    GNF = "GNF"
    GYD = "GYD"
    HKD = "HKD"
    HRK = "HRK"
    HTG = "HTG"
    IDR = "IDR"
    ILS = "ILS"
    INR = "INR"
    ISK = "ISK"
    JMD = "JMD"
    JPY = "JPY"
    KES = "KES"
    KGS = "KGS"
    KHR = "KHR"
    KMF = "KMF"
    KRW = "KRW"
    KYD = "KYD"
    KZT = "KZT"
    LBP = "LBP"
    LKR = "LKR"
    LRD = "LRD"
    LSL = "LSL"
    MAD = "MAD"
    MDL = "MDL"
    MGA = "MGA"
    MKD = "MKD"
    MMK = "MMK"
    MNT = "MNT"
    MOP = "MOP"
    MRO = "MRO"
    MVR = "MVR"
    MWK = "MWK"
    MXN = "MXN"
    MYR = "MYR"
    MZN = "MZN"
    NAD = "NAD"
    NGN = "NGN"
    NOK = "NOK"
    NPR = "NPR"
    NZD = "NZD"
    PGK = "PGK"
    PHP = "PHP"
    PKR = "PKR"
    PLN = "PLN"
    PYG = "PYG"
    QAR = "QAR"
    RON = "RON"
    RSD = "RSD"
    RUB = "RUB"
    RWF = "RWF"
    SAR = "SAR"
    SBD = "SBD"
    SCR = "SCR"
    SEK = "SEK"
    SGD = "SGD"
    SLE = "SLE"
    SLL = "SLL"
    SOS = "SOS"
    SZL = "SZL"
    THB = "THB"
    TJS = "TJS"
    TOP = "TOP"
    TRY = "TRY"
    TTD = "TTD"
    TZS = "TZS"
    UAH = "UAH"
    UGX = "UGX"
    USD = "USD"
    UZS = "UZS"
    VND = "VND"
    VUV = "VUV"
    WST = "WST"
    XAF = "XAF"
    XCD = "XCD"
    XOF = "XOF"
    XPF = "XPF"
    YER = "YER"
    ZAR = "ZAR"
    ZMW = "ZMW"


class CustomCurrencyStatus(StrEnum):
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class DiscountDurationType(StrEnum):
    FOREVER = "FOREVER"
    ONCE = "ONCE"
    REPEATING = "REPEATING"


class DiscountType(StrEnum):
    FIXED = "FIXED"
    PERCENTAGE = "PERCENTAGE"


class EntitlementBehavior(StrEnum):
    Increment = "Increment"
    Override = "Override"


class EntitlementResetPeriod(StrEnum):
    DAY = "DAY"
    HOUR = "HOUR"
    MONTH = "MONTH"
    WEEK = "WEEK"
    YEAR = "YEAR"


class FeatureGroupStatus(StrEnum):
    ARCHIVED = "ARCHIVED"
    PUBLISHED = "PUBLISHED"


class FeatureStatus(StrEnum):
    ACTIVE = "ACTIVE"
    NEW = "NEW"
    SUSPENDED = "SUSPENDED"


class FeatureType(StrEnum):
    BOOLEAN = "BOOLEAN"
    ENUM = "ENUM"
    NUMBER = "NUMBER"


class MeterType(StrEnum):
    Fluctuating = "Fluctuating"
    Incremental = "Incremental"
    NoMeter = "None"  # `None` is no Python name; the GraphQL layer spells it `None`


class MonthlyAccordingTo(StrEnum):
    StartOfTheMonth = "StartOfTheMonth"
    SubscriptionStart = "SubscriptionStart"


class OverageBillingPeriod(StrEnum):
    MONTHLY = "MONTHLY"
    ON_SUBSCRIPTION_RENEWAL = "ON_SUBSCRIPTION_RENEWAL"


class PackageGroupStatus(StrEnum):
    ARCHIVED = "ARCHIVED"
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"


class PackageStatus(StrEnum):
    ARCHIVED = "ARCHIVED"
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"


class PlanChangeType(StrEnum):
    DOWNGRADE = "DOWNGRADE"
    NONE = "NONE"
    UPGRADE = "UPGRADE"


class PricingType(StrEnum):
    CUSTOM = "CUSTOM"
    FREE = "FREE"
    PAID = "PAID"


class ProductStatus(StrEnum):
    ARCHIVED = "ARCHIVED"
    PUBLISHED = "PUBLISHED"


class PublishMigrationType(StrEnum):
    ALL_CUSTOMERS = "ALL_CUSTOMERS"
    NEW_CUSTOMERS = "NEW_CUSTOMERS"


class SubscriptionCancellationTime(StrEnum):
    END_OF_BILLING_PERIOD = "END_OF_BILLING_PERIOD"
    IMMEDIATE = "IMMEDIATE"
    SPECIFIC_DATE = "SPECIFIC_DATE"


class SubscriptionEndSetup(StrEnum):
    CANCEL_SUBSCRIPTION = "CANCEL_SUBSCRIPTION"
    DOWNGRADE_TO_FREE = "DOWNGRADE_TO_FREE"


class SubscriptionStartSetup(StrEnum):
    FREE_PLAN = "FREE_PLAN"
    PLAN_SELECTION = "PLAN_SELECTION"
    TRIAL_PERIOD = "TRIAL_PERIOD"


class SubscriptionUpdateUsageCutoffBehavior(StrEnum):
    ALWAYS_RESET = "ALWAYS_RESET"
    BILLING_PERIOD_CHANGE = "BILLING_PERIOD_CHANGE"
    NEVER_RESET = "NEVER_RESET"


class TiersMode(StrEnum):
    GRADUATED = "GRADUATED"
    VOLUME = "VOLUME"


class TrialEndBehavior(StrEnum):
    CANCEL_SUBSCRIPTION = "CANCEL_SUBSCRIPTION"
    CONVERT_TO_PAID = "CONVERT_TO_PAID"


class TrialPeriodUnits(StrEnum):
    DAY = "DAY"
    MONTH = "MONTH"


class UnitTransformationRound(StrEnum):
    DOWN = "DOWN"
    UP = "UP"


class WeeklyAccordingTo(StrEnum):
    EveryFriday = "EveryFriday"
    EveryMonday = "EveryMonday"
    EverySaturday = "EverySaturday"
    EverySunday = "EverySunday"
    EveryThursday = "EveryThursday"
    EveryTuesday = "EveryTuesday"
    EveryWednesday = "EveryWednesday"
    SubscriptionStart = "SubscriptionStart"


class WidgetType(StrEnum):
    CHECKOUT = "CHECKOUT"
    CUSTOMER_PORTAL = "CUSTOMER_PORTAL"
    PAYWALL = "PAYWALL"


class YearlyAccordingTo(StrEnum):
    SubscriptionStart = "SubscriptionStart"


class ExperimentStatus(StrEnum):
    COMPLETED = "COMPLETED"
    DRAFT = "DRAFT"
    IN_PROGRESS = "IN_PROGRESS"


class OfferStatus(StrEnum):
    ARCHIVED = "ARCHIVED"
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"


class ExperimentGroupType(StrEnum):
    CONTROL = "CONTROL"
    VARIANT = "VARIANT"

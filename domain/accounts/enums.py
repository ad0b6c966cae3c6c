"""The words of accounts and keys, spelled as the contract spells them (member = value)."""

from __future__ import annotations

from enum import StrEnum


class ApiKeyType(StrEnum):
    CLIENT = "CLIENT"
    SALESFORCE = "SALESFORCE"
    SCOPED = "SCOPED"
    SERVER = "SERVER"
    WORKFLOW = "WORKFLOW"


class EnvironmentType(StrEnum):
    DEVELOPMENT = "DEVELOPMENT"
    PRODUCTION = "PRODUCTION"
    SANDBOX = "SANDBOX"


class AccountAccessMethod(StrEnum):
    AUTHORIZED_DOMAIN = "AUTHORIZED_DOMAIN"
    INVITE_ONLY = "INVITE_ONLY"
    SSO = "SSO"


class AccountStatus(StrEnum):
    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"


class BillingVendorIdentifier(StrEnum):
    RECEIVED = "RECEIVED"
    STRIPE = "STRIPE"
    ZUORA = "ZUORA"


class EnvironmentProvisionStatus(StrEnum):
    DONE = "DONE"
    FAILED = "FAILED"
    IN_PROGRESS = "IN_PROGRESS"
    NOT_PROVISIONED = "NOT_PROVISIONED"


class SyncStatus(StrEnum):
    ERROR = "ERROR"
    NO_SYNC_REQUIRED = "NO_SYNC_REQUIRED"
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"


class VendorIdentifier(StrEnum):
    AIRWALLEX = "AIRWALLEX"
    APP_STORE = "APP_STORE"
    AUTH0 = "AUTH0"
    AWS_MARKETPLACE = "AWS_MARKETPLACE"
    BIG_QUERY = "BIG_QUERY"
    HUBSPOT = "HUBSPOT"
    OPEN_FGA = "OPEN_FGA"
    PREQUEL = "PREQUEL"
    RECEIVED = "RECEIVED"
    SALESFORCE = "SALESFORCE"
    SNOWFLAKE = "SNOWFLAKE"
    STRIPE = "STRIPE"
    STRIPE_INVOICING = "STRIPE_INVOICING"
    ZUORA = "ZUORA"


class VendorType(StrEnum):
    AUTH = "AUTH"
    BILLING = "BILLING"
    CRM = "CRM"
    DATA_EXPORT = "DATA_EXPORT"
    INVOICING = "INVOICING"
    MARKETPLACE = "MARKETPLACE"

"""Rights are declared for every root field, and for no others (platform §1.2-§1.4)."""

from collections import Counter

import pytest

from app.graphql import roots
from app.graphql.schema import schema
from domain.accounts.scopes import ApiKeyScopeResource

GRAPHQL_SCHEMA = schema._schema  # the executable schema behind Strawberry's
ALL_ROOTS = {
    field
    for type_ in (
        GRAPHQL_SCHEMA.query_type,
        GRAPHQL_SCHEMA.mutation_type,
        GRAPHQL_SCHEMA.subscription_type,
    )
    if type_ is not None
    for field in type_.fields
}

# Word by word from §1.3; `usageHistory(V2)` and the six subscriptions written out.
CLIENT_KEYS_MAY = """
paywall mockPaywall sdkConfiguration widgetConfiguration
getCustomerByRefId customerPortal checkoutState cachedEntitlements entitlements entitlement
entitlementV2 entitlementsState getActiveSubscriptions getSubscription usageHistory usageHistoryV2
creditBalanceSummary creditGrants creditsLedger creditUsage getAutoRechargeSettings
applySubscription previewSubscription estimateSubscription estimateSubscriptionUpdate
createPaymentSession reportEntitlementCheckRequested
creditBalanceUpdated entitlementsUpdated entitlementsUpdatedV2 packagePublished usageUpdated
usageUpdatedV2
"""


def test_every_root_field_has_one_resource() -> None:
    declared = Counter(root for group in roots.ROOTS_OF.values() for root in group)
    assert set(declared) == ALL_ROOTS
    assert set(declared.values()) == {1}


def test_a_client_key_may_name_what_the_spec_lists() -> None:
    listed = set(CLIENT_KEYS_MAY.split())
    assert listed | {"__typename"} == roots.CLIENT_ROOTS
    assert listed <= ALL_ROOTS


def test_mutations_that_write_nothing_are_mutations() -> None:
    assert GRAPHQL_SCHEMA.mutation_type is not None
    assert set(GRAPHQL_SCHEMA.mutation_type.fields) >= roots.READING_MUTATIONS


@pytest.mark.parametrize(
    ("root", "resource"),
    [
        ("reportUsage", ApiKeyScopeResource.CUSTOMER),
        ("promotionalEntitlements", ApiKeyScopeResource.CUSTOMER),
        ("createPaymentSession", ApiKeyScopeResource.CUSTOMER),
        ("previewSubscription", ApiKeyScopeResource.SUBSCRIPTION),
        ("archiveOneCoupon", ApiKeyScopeResource.COUPON),
        ("rotateApiKey", ApiKeyScopeResource.API_KEY),
        ("publishPlan", ApiKeyScopeResource.ENVIRONMENT),
        ("hooks", ApiKeyScopeResource.ENVIRONMENT),
    ],
)
def test_the_resource_is_the_specs(root: str, resource: ApiKeyScopeResource) -> None:
    assert roots.RESOURCE_OF[root] is resource

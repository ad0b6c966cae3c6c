"""Rows of credit currencies: who may spend, and how wallets are held (entitlements §2.5, §3, §9.8)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.catalog.enums import CreditCadence, WidgetType
from domain.catalog.model import CreditEntitlement, CustomCurrency
from domain.credits.model import Wallet, WalletKey
from domain.entitlements.check import check_currency
from domain.entitlements.enums import AccessDeniedReason as Reason
from domain.entitlements.enums import EntitlementsStateAccessDeniedReason as StateReason
from domain.entitlements.model import (
    CreditAnswer,
    CreditTerms,
    HeldCredits,
    Request,
    Scope,
    ScopeAnswers,
    ScopeView,
)
from domain.entitlements.resolution import Facts, credit_terms, resolve, stamped_terms
from domain.ids import CurrencyId, CustomerId
from domain.subscriptions.model import Subscription, SubscriptionEntitlement
from tests.builders import NOW, a_plan, an_addon, uid
from tests.domain.entitlements.test_worked_examples import added, subscribed

TOKENS = CurrencyId(uid("tokens"))
DAY = timedelta(days=1)
PORTAL = frozenset({WidgetType.CUSTOMER_PORTAL})
CURRENCY = CustomCurrency(
    id=TOKENS, currency_id="tokens", display_name="Tokens", created_at=NOW, updated_at=NOW
)


def held(
    granted: int, consumed: int = 0, *, next_change: Any = None, updated_at: Any = NOW
) -> HeldCredits:
    return HeldCredits(
        wallet=Wallet(
            key=WalletKey(CustomerId(uid("customer")), "", TOKENS),
            granted=Decimal(granted),
            consumed=Decimal(consumed),
            next_change=next_change,
            updated_at=updated_at,
        ),
        currency=CURRENCY,
    )


def view(*credits: HeldCredits, **given: Any) -> ScopeView:
    defaults: dict[str, Any] = {
        "scope": Scope(customer_ref_id="customer-1"),
        "customer_id": CustomerId(uid("customer")),
        "is_resource_known": True,
        "reason": None,
        "rows": {},
        "usages": {},
        "credits": credits,
    }
    return ScopeView(**defaults | given)


def ask(found: ScopeView, requested: int | None = None) -> CreditAnswer:
    usage = None if requested is None else Decimal(requested)
    return check_currency(found, "tokens", Request(usage=usage))


SOFT = CreditTerms(soft_currencies=frozenset({TOKENS}))


@pytest.mark.parametrize(
    ("granted", "consumed", "requested", "is_granted"),
    [
        (5, 0, None, True),
        (5, 5, None, False),
        (5, 6, None, False),
        (5, 0, 5, True),
        (5, 0, 6, False),
        (5, 5, 0, True),
        (5, 6, 0, False),
    ],
)
def test_a_hard_wallet_pays_what_it_holds(
    granted: int, consumed: int, requested: int | None, is_granted: bool
) -> None:
    hard = ask(view(held(granted, consumed)), requested)
    assert hard.reason is (None if is_granted else Reason.InsufficientCredits)
    assert hard.is_granted is is_granted
    soft = ask(view(held(granted, consumed), credit_terms=SOFT), requested)
    assert (soft.reason, soft.has_soft_limit) == (None, True)


def test_a_currency_is_denied_by_the_scope_before_its_wallet() -> None:
    for reason in (StateReason.CustomerNotFound, StateReason.CustomerIsArchived):
        denied = ask(view(reason=reason, is_resource_known=False))
        assert denied.reason
        assert denied.reason.value == reason.value
    unknown = ask(view(reason=StateReason.NoActiveSubscription, is_resource_known=False))
    assert unknown.reason is Reason.CustomerResourceNotFound
    missing = ask(view(currency=CURRENCY))
    assert (missing.reason, missing.currency) == (Reason.EntitlementNotFound, CURRENCY)
    assert ask(view(held(1), reason=StateReason.NoActiveSubscription)).is_granted


def test_a_row_holds_until_a_grant_or_a_subscription_changes_it() -> None:
    first, second = NOW + DAY, NOW + 2 * DAY
    for wallet, terms in ((first, second), (second, first), (first, None), (None, first)):
        found = view(held(1, next_change=wallet), credit_terms=CreditTerms(valid_until=terms))
        assert ask(found).valid_until == first
    assert ask(view(held(1))).valid_until is None


def test_a_row_was_updated_with_its_wallet_or_its_terms() -> None:
    for wallet, terms in ((NOW, NOW + DAY), (NOW + DAY, NOW)):
        found = view(held(1, updated_at=wallet), credit_terms=CreditTerms(updated_at=terms))
        assert ask(found).updated_at == NOW + DAY
    assert ask(view(held(1))).updated_at == NOW


# --- terms ----------------------------------------------------------------------------------


def gives(**given: Any) -> CreditEntitlement:
    defaults: dict[str, Any] = {
        "id": uid(f"credits:{sorted(given)}"),
        "currency_id": TOKENS,
        "amount": Decimal(10),
        "cadence": CreditCadence.MONTH,
        "has_soft_limit": True,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return CreditEntitlement(**defaults | given)


def overridden(*, is_soft: bool) -> SubscriptionEntitlement:
    return SubscriptionEntitlement(
        id=uid("override"),
        currency_id=TOKENS,
        amount=Decimal(1),
        has_soft_limit=is_soft,
        created_at=NOW,
        updated_at=NOW,
    )


def terms(*subscriptions: Subscription, packages: tuple[Any, ...] = ()) -> CreditTerms:
    facts = Facts(
        subscriptions=subscriptions,
        packages={package.id: package for package in packages},
        features={},
    )
    assert resolve(facts, NOW).credit_terms == credit_terms(facts, NOW)
    return credit_terms(facts, NOW)


def is_soft(*subscriptions: Subscription, packages: tuple[Any, ...] = ()) -> bool:
    return TOKENS in terms(*subscriptions, packages=packages).soft_currencies


def test_any_counted_entitlement_makes_a_currency_soft() -> None:
    soft, hard = gives(), gives(has_soft_limit=False)
    plan, other = a_plan("plan-a", entitlements=(hard,)), a_plan("plan-b", entitlements=(soft,))
    addon = an_addon("addon-a", entitlements=(soft,))
    assert not is_soft(subscribed(plan), packages=(plan,))
    assert is_soft(subscribed(plan), subscribed(other), packages=(plan, other))
    with_addon = subscribed(plan, addons=(added(addon),))
    assert is_soft(with_addon, packages=(plan, addon))
    assert not is_soft(with_addon, packages=(plan,))
    ended = subscribed(other, effective_end_date=NOW)
    assert not is_soft(ended, packages=(other,))


def test_of_a_plans_and_its_base_plans_the_nearest_counts() -> None:
    base = a_plan("plan-base", entitlements=(gives(),))
    for own, expected in (((), True), ((gives(has_soft_limit=False),), False)):
        child = a_plan("plan-child", entitlements=own, parent_plan_id=base.id)
        assert is_soft(subscribed(child), packages=(base, child)) is expected
    revoked = a_plan("plan-none", entitlements=(gives(is_granted=False),), parent_plan_id=base.id)
    assert not is_soft(subscribed(revoked), packages=(base, revoked))


def test_the_subscriptions_own_value_replaces_its_plans() -> None:
    for inherited in (True, False):
        plan = a_plan(entitlements=(gives(has_soft_limit=inherited),))
        for own in (True, False):
            subscription = subscribed(plan, entitlements=(overridden(is_soft=own),))
            assert is_soft(subscription, packages=(plan,)) is own
    bare = a_plan("plan-bare")
    assert is_soft(subscribed(bare, entitlements=(overridden(is_soft=True),)), packages=(bare,))


def test_what_every_source_hides_is_hidden() -> None:
    hidden = gives(hidden_from_widgets=tuple(PORTAL))
    plan, other = (
        a_plan("plan-a", entitlements=(hidden,)),
        a_plan("plan-b", entitlements=(gives(),)),
    )
    assert terms(subscribed(plan), packages=(plan,)).hidden_from == {TOKENS: PORTAL}
    override = subscribed(plan, entitlements=(overridden(is_soft=False),))
    assert terms(override, packages=(plan,)).hidden_from == {TOKENS: PORTAL}
    both = terms(subscribed(plan), subscribed(other), packages=(plan, other))
    assert both.hidden_from == {}
    found = view(held(1), credit_terms=CreditTerms(hidden_from={TOKENS: PORTAL}))
    listed = ScopeAnswers(view=found, features=(), credits=(ask(found),))
    assert listed.shown_in(WidgetType.PAYWALL) == listed
    assert listed.shown_in(WidgetType.CUSTOMER_PORTAL).credits == ()


def test_terms_hold_until_a_subscription_begins_or_ends() -> None:
    plan = a_plan(entitlements=(gives(),))
    assert terms(subscribed(plan), packages=(plan,)).valid_until is None
    ending = subscribed(plan, effective_end_date=NOW + DAY)
    assert terms(ending, packages=(plan,)).valid_until == NOW + DAY


def test_stamps_of_terms_change_with_them_alone() -> None:
    hard = CreditTerms()
    first = stamped_terms(hard, None, NOW)
    assert first.updated_at == NOW
    assert stamped_terms(hard, CreditTerms(), NOW).updated_at == NOW
    later = stamped_terms(CreditTerms(valid_until=NOW + DAY), first, NOW + DAY)
    assert (later.updated_at, later.valid_until) == (NOW, NOW + DAY)
    changed = stamped_terms(SOFT, first, NOW)
    assert changed.updated_at == NOW + timedelta(milliseconds=1)

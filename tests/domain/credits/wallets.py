"""Wallets and grants for tests of the domain."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.credits.enums import CreditGrantType
from domain.credits.model import CreditGrant, CreditGrantId, Usage, Wallet, WalletKey
from domain.credits.opened import OpenWallet
from domain.credits.wallet import burned, granted
from domain.ids import CurrencyId, CustomerId
from tests.builders import uid, utc

KEY = WalletKey(CustomerId(uid("customer")), "", CurrencyId(uid("currency")))
NOW = utc("2024-08-20")
NO_USAGE = Usage()


def a_grant(name: str, amount: int | str, **given: Any) -> CreditGrant:
    id = CreditGrantId(uid(name))
    defaults: dict[str, Any] = {
        "id": id,
        "grant_id": name,
        "customer_id": KEY.customer_id,
        "resource_id": KEY.resource_id,
        "currency_id": KEY.currency_id,
        "display_name": name,
        "grant_type": CreditGrantType.PAID,
        "amount": Decimal(amount),
        "effective_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return CreditGrant(**defaults | given)


def an_empty_wallet() -> OpenWallet:
    wallet = Wallet(key=KEY, updated_at=NOW)
    return OpenWallet(was=wallet, wallet=wallet, grants={})


def holding(*grants: CreditGrant) -> OpenWallet:
    wallet = an_empty_wallet()
    for grant in grants:
        wallet = granted(wallet, grant, NOW)
    return wallet


def burn(wallet: OpenWallet, amount: int | str, *, at: Any = NOW) -> OpenWallet:
    return burned(
        wallet,
        Decimal(amount),
        now=at,
        overdraft_id=CreditGrantId(uid(f"overdraft-{len(wallet.entries)}")),
        usage=NO_USAGE,
    )


def named(wallet: OpenWallet, name: str) -> CreditGrant:
    return wallet.grants[CreditGrantId(uid(name))]

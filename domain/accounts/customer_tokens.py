"""Customers' signed tokens, which hardened client access demands.

`HMAC-SHA256 <customerId>:<lower hex HMAC_SHA256(signingToken, customerId)>`.
Source: spec, platform §1.4.
"""

from __future__ import annotations

import hashlib
import hmac

SCHEME = "HMAC-SHA256"


def signature_of(customer_ref_id: str, signing_token: str) -> str:
    """The lower-case hex signature that the environment's owner computes."""
    return hmac.new(signing_token.encode(), customer_ref_id.encode(), hashlib.sha256).hexdigest()


def sign(customer_ref_id: str, signing_token: str) -> str:
    """The whole token, as it is sent."""
    return f"{SCHEME} {customer_ref_id}:{signature_of(customer_ref_id, signing_token)}"


def verified_customer(token: str, signing_token: str) -> str | None:
    """The customer that `token` names, or None unless its signature is right.

    Ids may hold colons nowhere, yet the token is split at the last one; signatures are compared
    in constant time.
    """
    scheme, _, rest = token.strip().partition(" ")
    customer_ref_id, colon, signature = rest.strip().rpartition(":")
    if scheme.upper() != SCHEME or not colon or not customer_ref_id:
        return None
    expected = signature_of(customer_ref_id, signing_token)
    # As bytes: texts with other than ASCII characters, which callers may send, do not compare.
    is_right = hmac.compare_digest(expected.encode(), signature.encode())
    return customer_ref_id if is_right else None

"""The sandbox's webhooks: JSON bodies signed with HMAC-SHA256, as `t=<unix s>,v1=<hex>`."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from domain.errors import BadSignature


def signature_of(body: bytes, *, secret: bytes, at: datetime) -> str:
    """The value of the signature header of `body` sent at `at`."""
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={_digest(stamp, body, secret)}"


def require_signature(body: bytes, signature: str, *, secret: bytes) -> None:
    """Raise BadSignature unless `signature` was made of `body` with `secret`.

    Its age is not looked at: a repeated webhook has no effect anyhow.
    """
    parts = dict(part.split("=", 1) for part in signature.split(",") if "=" in part)
    expected = _digest(parts.get("t", ""), body, secret)
    if not hmac.compare_digest(expected.encode(), parts.get("v1", "").encode()):
        raise BadSignature


def _digest(stamp: str, body: bytes, secret: bytes) -> str:
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()

"""Makes API tokens and keeps them readable for their owners only (spec, platform §1)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet

from domain.accounts.enums import ApiKeyType
from domain.accounts.model import SIGNING_TOKEN_HEX_DIGITS, TOKEN_BYTES, prefix_of


def new_token(key_type: ApiKeyType) -> str:
    """Prefix and 43 url-safe base64 characters (32 random bytes)."""
    return prefix_of(key_type) + secrets.token_urlsafe(TOKEN_BYTES)


def new_signing_token() -> str:
    """64 hex digits, the secret that customers' tokens are signed with."""
    return secrets.token_hex(SIGNING_TOKEN_HEX_DIGITS // 2)


def new_webhook_secret() -> str:
    """What a hook's receiver recognises this server by."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class FernetVault:
    """Seals tokens for storage: authenticated encryption under one key."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)
        self._key = key.encode()

    def derived(self, purpose: str) -> bytes:
        """A secret of its own for `purpose`, the same whenever the key is."""
        return hmac.new(self._key, purpose.encode(), hashlib.sha256).digest()

    def seal(self, token: str) -> bytes:
        return self._fernet.encrypt(token.encode())

    def open(self, sealed: bytes) -> str:
        """The token; a key other than the one it was sealed with raises `InvalidToken`."""
        return self._fernet.decrypt(sealed).decode()

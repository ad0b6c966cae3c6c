"""What can be configured, by command-line options or by `PLANGATE_…` environment variables.

An option wins over its variable. Units and bounds stand last in the names.
"""

import re
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ENCRYPTION_KEY_BYTES = 32
_SENDABLE = re.compile(r"[!-~]{8,255}")  # in a header
_SCHEMES = ("postgresql+asyncpg://", "postgresql://", "postgres://")


class Settings(BaseSettings):
    """The configuration of one server process."""

    model_config = SettingsConfigDict(
        env_prefix="PLANGATE_", env_ignore_empty=True, extra="forbid", frozen=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    """0 takes any free port."""
    public_url: str | None = None
    """How clients reach the server, where that differs from host and port (checkout pages)."""
    data_dir: Path = Path(".plangate")
    """Where the embedded PostgreSQL and the local secrets live."""
    database_url: str | None = None
    """Any PostgreSQL from version 15; without it an embedded one is started."""
    demo: bool = True
    """Load the demo catalogue into the development environment."""
    billing: Literal["manual", "sandbox"] = "manual"
    """`sandbox` imitates a payment provider in every environment that is not PRODUCTION."""
    server_key: SecretStr | None = None
    """The development environment's server key, pinned; known to a running server in any case."""
    client_key: SecretStr | None = None
    """The development environment's client key, pinned."""
    encryption_key: SecretStr | None = None
    """Encrypts stored tokens; without it one is kept in the data directory."""
    introspection: bool = True
    rate_limits: Literal["none", "reference"] = "none"
    operation_timeout_s: float = Field(default=30, gt=0)
    drain_timeout_s: int = Field(default=30, ge=0)
    """How long open requests may take to end after SIGTERM."""
    body_bytes_max: int = Field(default=10_000_000, gt=0)
    pool_size: int = Field(default=10, ge=1, le=100)
    worker: bool = True
    """Do background work (due transitions, webhooks) in the server; else run `plangate worker`."""
    webhooks_to_private_addresses: bool = False
    """Let hooks name addresses inside the server's own network."""
    event_log_retention_days: int | None = Field(default=None, ge=1)

    @field_validator("database_url")
    @classmethod
    def _asyncpg_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        for scheme in _SCHEMES:
            if url.startswith(scheme):
                rest = url.removeprefix(scheme).replace("sslmode=", "ssl=")
                return "postgresql+asyncpg://" + rest
        raise ValueError("is not a postgresql:// address")

    @field_validator("encryption_key")
    @classmethod
    def _fernet_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is None:
            return None
        try:
            decoded = urlsafe_b64decode(key.get_secret_value())
        except ValueError:
            decoded = b""
        if len(decoded) != ENCRYPTION_KEY_BYTES:
            raise ValueError("is not 32 bytes in url-safe base64")
        return key

    @field_validator("server_key", "client_key")
    @classmethod
    def _plausible_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not _SENDABLE.fullmatch(key.get_secret_value()):
            raise ValueError("needs 8 to 255 visible ASCII characters")
        return key

    @field_validator("client_key")
    @classmethod
    def _key_of_its_own(cls, key: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if key is not None and key == others.data.get("server_key"):
            raise ValueError("must differ from the server key")
        return key

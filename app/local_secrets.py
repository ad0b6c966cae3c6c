"""Secrets that a single machine makes for itself and keeps beside its data."""

import base64
import os
import secrets
from pathlib import Path


def encryption_key_in(data_dir: Path) -> str:
    """The key that stored tokens are encrypted with: 32 bytes, url-safe base64.

    Made at the first start, readable by its owner alone, and never half-written.
    """
    path = data_dir / "encryption.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        unfinished = data_dir / f"encryption.key.{os.getpid()}"
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(base64.urlsafe_b64encode(secrets.token_bytes(32)))
        try:
            os.link(unfinished, path)  # fails where another process was first
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
    return path.read_text(encoding="ascii").strip()

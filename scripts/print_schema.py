#!/usr/bin/env python3
"""Print the app's schema into schema.graphql; with --check, fail when the file differs."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.graphql.schema import schema  # noqa: E402 # needs the root on the path

PATH = ROOT / "schema.graphql"


def main() -> int:
    printed = schema.as_str() + "\n"
    if "--check" in sys.argv:
        stored = PATH.read_text()
        sys.stdout.writelines(
            difflib.unified_diff(stored.splitlines(True), printed.splitlines(True), "file", "app")
        )
        return int(stored != printed)
    PATH.write_text(printed)
    return 0


if __name__ == "__main__":
    sys.exit(main())

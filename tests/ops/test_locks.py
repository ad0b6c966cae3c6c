"""The lock files pin everything by hash and name no index, so that any mirror serves them."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PYTHON_LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-node.lock"]


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_python_locks_pin_by_hash_and_name_no_host(name: str) -> None:
    lock = (ROOT / name).read_text()

    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock
    for requirement in re.split(r"\n(?=\S)", lock.strip()):
        assert re.match(r"[a-z0-9.-]+(\[.*\])?==", requirement), requirement
        assert "--hash=sha256:" in requirement


def test_what_the_server_needs_is_pinned_alike_for_the_tests() -> None:
    runtime, dev = (set((ROOT / name).read_text().splitlines()) for name in PYTHON_LOCKS[:2])

    assert runtime <= dev


def test_the_explorers_lock_pins_by_hash_and_names_no_registry() -> None:
    packages = json.loads((ROOT / "app/explorer/package-lock.json").read_text())["packages"]
    packages.pop("")

    assert packages
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert package["integrity"].startswith("sha512-"), name

"""Bad input at the terminal: one clear sentence, a non-zero exit, nothing written."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import WAIT_S

ROOT = Path(__file__).parent.parent.parent


def plangate(
    *arguments: str, cwd: Path, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    pinned = {"PYTHONPATH": str(ROOT), "RES_OPTIONS": "timeout:1 attempts:1"}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        check=False,
        cwd=cwd,
        env=os.environ | pinned | (variables or {}),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["serve", "--colour", "red"], "No such option: --colour"),
        (["serve", "--port", "http"], "Invalid value for '--port'"),
        (["serve", "--port", "70000"], "--port or PLANGATE_PORT"),
        (["serve", "--billing", "stripe"], "--billing or PLANGATE_BILLING"),
        (["serve", "--database-url", "mysql://x/y"], "is not a postgresql:// address"),
        (["serve", "--host", "no-such-host.invalid"], "no-such-host.invalid is not known"),
        (["dance"], "No such command 'dance'"),
        ([], "Missing command"),
    ],
)
def test_bad_options_are_refused_in_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path
) -> None:
    refused = plangate(*arguments, cwd=tmp_path)

    assert refused.returncode != 0
    assert sentence in refused.stderr
    assert refused.stderr.startswith("plangate: ")
    assert refused.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_bad_variable_is_refused_by_its_name(tmp_path: Path) -> None:
    refused = plangate("serve", cwd=tmp_path, variables={"PLANGATE_SERVER_KEY": "short"})

    assert refused.returncode == 2
    assert "PLANGATE_SERVER_KEY: needs 8 to 255 visible" in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("server_key", "client_key", "sentence"),
    [
        ("server-öffentlich", "client-12345", "PLANGATE_SERVER_KEY: needs 8 to 255 visible ASCII"),
        ("server-with blank", "client-12345", "PLANGATE_SERVER_KEY: needs 8 to 255 visible ASCII"),
        ("the-same-key", "the-same-key", "PLANGATE_CLIENT_KEY: must differ from the server key"),
    ],
)
def test_keys_that_cannot_be_used_are_refused(
    tmp_path: Path, server_key: str, client_key: str, sentence: str
) -> None:
    variables = {"PLANGATE_SERVER_KEY": server_key, "PLANGATE_CLIENT_KEY": client_key}
    refused = plangate("serve", cwd=tmp_path, variables=variables)

    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["h:port/x", "127.0.0.1:99999/x", "u@[::bad/x"])
def test_a_malformed_address_is_one_sentence(tmp_path: Path, address: str) -> None:
    options = ("--port", "0", "--database-url", f"postgresql://{address}")
    refused = plangate("serve", *options, cwd=tmp_path)

    assert refused.returncode == 1
    assert refused.stderr.startswith("plangate: The database")
    assert refused.stderr.count("\n") == 1


def test_a_port_in_use_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = plangate("serve", "--port", str(port), cwd=tmp_path)

    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used: Address already in use" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_database_is_named_without_its_password(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # bound, but nobody listens
        url = f"postgresql://someone:secret@127.0.0.1:{port}/plangate"
        refused = plangate("serve", "--port", "0", "--database-url", url, cwd=tmp_path)

    assert refused.returncode == 1
    assert f"127.0.0.1:{port}/plangate cannot be reached" in refused.stderr
    assert "secret" not in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_data_directory_of_another_major_version_is_refused_untouched(tmp_path: Path) -> None:
    version = tmp_path / "data" / "postgres" / "PG_VERSION"
    version.parent.mkdir(parents=True)
    version.write_text("14\n")

    refused = plangate("serve", "--port", "0", "--data-dir", "data", cwd=tmp_path)

    assert refused.returncode == 1
    assert "was made by PostgreSQL 14, but this plangate carries PostgreSQL 18" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [version]


def test_help_names_every_option(tmp_path: Path) -> None:
    shown = plangate("serve", "--help", cwd=tmp_path)

    assert shown.returncode == 0
    for option in ("--host", "--port", "--data-dir", "--database-url", "--no-demo", "--billing"):
        assert option in shown.stdout

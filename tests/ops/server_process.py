"""A real server in a process of its own, as a user starts it."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent.parent
PLANGATE = (sys.executable, "-m", "app.cli")
SERVER_KEY = "server-pinned-for-tests"
CLIENT_KEY = "client-pinned-for-tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that said it is ready."""

    process: subprocess.Popen[str]
    welcome: str

    @property
    def explorer_url(self) -> str:
        found = re.search(r"Explorer\s+(http\S+)", self.welcome)
        assert found is not None
        return found[1]

    @property
    def url(self) -> str:
        return self.explorer_url.removesuffix("/graphql")

    def execute(self, document: str, variables: dict[str, Any] | None = None) -> Any:
        """The data that the development environment answers; any error fails the test."""
        answer = httpx.post(
            self.explorer_url,
            json={"query": document, "variables": variables or {}},
            headers={"X-API-KEY": SERVER_KEY},
            timeout=30,
        )
        body = answer.json()
        assert "errors" not in body, body
        return body["data"]


@contextmanager
def new_data_dir() -> Iterator[Path]:
    """Not pytest's own directory: that is closed to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="plangate-test-") as directory:
        yield Path(directory) / "data"


@contextmanager
def running_server(data_dir: Path, *options: str, **variables: str) -> Iterator[Server]:
    """`plangate serve` on a free port, stopped by SIGTERM at the end unless it ended before."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLANGATE_")}
    pinned = {"PLANGATE_SERVER_KEY": SERVER_KEY, "PLANGATE_CLIENT_KEY": CLIENT_KEY}
    process = subprocess.Popen(
        [*PLANGATE, "serve", "--port", "0", "--data-dir", str(data_dir), *options],
        cwd=ROOT,
        env=kept | pinned | variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            welcome = ""
            while not welcome.endswith("\n\n"):
                line = process.stdout.readline()
                assert line, "the server ended before it was ready"
                welcome += line
            yield Server(process=process, welcome=welcome)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=60)

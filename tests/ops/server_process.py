"""A real server in a process of its own, as a user starts it."""

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support import WAIT_S

ROOT = Path(__file__).parent.parent.parent
PLANGATE = (sys.executable, "-m", "app.cli")
SERVER_KEY = "server-pinned-for-tests"
CLIENT_KEY = "client-pinned-for-tests"


def http_client(url: str, key: str | None = None) -> httpx.Client:
    """A patient client of a server on this machine, whatever proxies the machine names."""
    headers = {} if key is None else {"X-API-KEY": key}
    return httpx.Client(base_url=url, headers=headers, timeout=WAIT_S, trust_env=False)


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
        asked = {"query": document, "variables": variables or {}}
        with http_client(self.url, SERVER_KEY) as client:
            body = client.post("/graphql", json=asked).json()
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
    pinned = {
        "PLANGATE_SERVER_KEY": SERVER_KEY,
        "PLANGATE_CLIENT_KEY": CLIENT_KEY,
        "PLANGATE_OPERATION_TIMEOUT_S": str(WAIT_S),
    }
    process = subprocess.Popen(
        [*PLANGATE, "serve", "--port", "0", "--data-dir", str(data_dir), *options],
        cwd=ROOT,
        env=os.environ | pinned | variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Server(process=process, welcome=_welcome_of(process))
        finally:
            process.terminate()
            with _killed_in_the_end(process):
                process.wait()


def _welcome_of(process: subprocess.Popen[str]) -> str:
    """What the server says once it is ready; ends in an empty line."""
    assert process.stdout is not None
    welcome = ""
    with _killed_in_the_end(process):
        while not welcome.endswith("\n\n"):
            line = process.stdout.readline()
            assert line, "the server ended before it was ready"
            welcome += line
    return welcome


@contextmanager
def _killed_in_the_end(process: subprocess.Popen[str]) -> Iterator[None]:
    """Kill a process that hangs, so that whoever waits for it goes on and fails."""
    timer = threading.Timer(WAIT_S, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()

"""A real server process with the demo catalogue, and a client that only knows HTTP."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tests.ops.server_process import SERVER_KEY, http_client, running_server

DOCUMENTS = Path(__file__).parent / "documents"


def document(name: str) -> str:
    """A client's document, verbatim."""
    return (DOCUMENTS / f"{name}.graphql").read_text()


@dataclass(frozen=True)
class Client:
    """Sends documents as a server-side SDK does."""

    url: str
    key: str

    def send(self, query: str, variables: Mapping[str, Any] | None = None) -> httpx.Response:
        with http_client(self.url, self.key) as client:
            return client.post("/graphql", json={"query": query, "variables": variables or {}})

    def data(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The answer's data; any error fails the test with its text."""
        response = self.send(query, variables)
        body = response.json()
        assert "errors" not in body, body["errors"]
        assert response.status_code == 200
        return body["data"]

    def error(self, query: str, variables: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """The first error's extensions; an answer without errors fails the test."""
        body = self.send(query, variables).json()
        assert "errors" in body, body
        extensions: Mapping[str, Any] = body["errors"][0]["extensions"]
        return extensions


@dataclass(frozen=True)
class Server:
    client: Client
    database_url: str


@pytest.fixture
async def empty_database(server_url: str) -> AsyncIterator[str]:
    """A database without a schema: the server migrates and fills it."""
    name = f"plangate_conformance_{secrets.token_hex(6)}"
    admin = create_async_engine(server_url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    async with admin.connect() as connection:
        await connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    await admin.dispose()


@pytest.fixture
def server(empty_database: str, tmp_path: Path) -> Iterator[Server]:
    """A running `plangate serve` with the demo catalogue and a known server key."""
    options = ("--database-url", empty_database)
    with running_server(tmp_path / "data", *options) as running:
        yield Server(Client(running.url, SERVER_KEY), empty_database)

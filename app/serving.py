"""Runs a server: socket, database, schema, first data, requests, and all of it down again.

The order matters. What can be refused without a trace (settings, a port in use) comes first; the
database stops last, after the requests have drained. What the machine refuses (a port, a database)
ends as one sentence on stderr and exit code 1.

Beside the composition root the one module of `app` that knows `persistence`: the database is made
and migrated before there is anything to compose.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import uvicorn
from cryptography.fernet import InvalidToken
from pydantic import SecretStr

from app.local_secrets import encryption_key_in
from app.settings import Settings
from persistence.embedded import DATABASE_NAME, EmbeddedPostgres
from persistence.errors import UnusableDatabaseError
from persistence.migrate import create_database, upgrade

if TYPE_CHECKING:
    from app.usecases.accounts import Bootstrapped

GARBAGE_LOOKED_FOR_AFTER = 5_000
"""New objects between two looks at the youngest."""
_REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - shown, not bound


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C; returns when requests have drained and all is stopped."""
    with _as_a_process(), _listener(settings.host, settings.port) as listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        with _database(settings) as ready:
            _run(ready, listener)


def migrate(settings: Settings) -> None:
    """Bring the database to this version's schema."""
    with _as_a_process(), _database(settings):
        pass


def work(settings: Settings) -> None:
    """Do background work until SIGTERM or Ctrl-C."""
    with _as_a_process(), _database(settings) as ready:
        from app.main import work as background_work

        asyncio.run(background_work(ready))


@contextmanager
def _database(settings: Settings) -> Iterator[Settings]:
    """The settings with a migrated database in them; an embedded one stops at the end."""
    if settings.database_url is not None:
        asyncio.run(upgrade(settings.database_url))
        yield _with_encryption_key(settings)
        return
    with EmbeddedPostgres(settings.data_dir) as server:
        asyncio.run(create_database(server.url_of("postgres"), DATABASE_NAME))
        asyncio.run(upgrade(server.url))
        yield _with_encryption_key(settings.model_copy(update={"database_url": server.url}))


def _with_encryption_key(settings: Settings) -> Settings:
    if settings.encryption_key is not None:
        return settings
    try:
        key = encryption_key_in(settings.data_dir)
    except OSError as error:
        raise UnusableDatabaseError(
            f"The data directory {settings.data_dir} cannot be written: {error.strerror}."
        ) from error
    return settings.model_copy(update={"encryption_key": SecretStr(key)})


@contextmanager
def _listener(host: str, port: int) -> Iterator[socket.socket]:
    """The bound socket; connections are accepted once the server is ready."""
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, endpoint = address[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    except OSError as error:
        _refuse(f"The host {host} is not known: {error.strerror}.")
    with listener:
        try:
            listener.bind(endpoint)
            listener.listen()
        except OSError as error:
            _refuse(
                f"Port {port} on {host} cannot be used: "
                f"{os.strerror(error.errno or 0)}; choose another --port."
            )
        yield listener


class _Server(uvicorn.Server):
    """uvicorn, saying where to go once it answers."""

    def __init__(self, config: uvicorn.Config, *, welcome: str) -> None:
        super().__init__(config)
        self._welcome = welcome

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _settle_memory()
            sys.stdout.write(self._welcome)
            sys.stdout.flush()


def _settle_memory() -> None:
    """Keep the collector away from what lives as long as the process: the schema above all.

    A full collection looks at every object there is, 300,000 of them for the schema alone, and
    nobody is answered meanwhile. Few are cyclic garbage after a request, so it may come seldom.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_LOOKED_FOR_AFTER)


def _run(settings: Settings, listener: socket.socket) -> None:
    # Imported late: building the schema takes seconds, and a bad database is refused before.
    from app.main import bootstrap_database, create_app, load_demo
    from app.usecases.accounts import DEVELOPMENT
    from domain.accounts.enums import ApiKeyType

    try:
        environments = asyncio.run(bootstrap_database(settings))
    except InvalidToken as error:
        raise UnusableDatabaseError(
            "The keys in the database were encrypted with another key: give the server the "
            "encryption.key that it had in its data directory, or PLANGATE_ENCRYPTION_KEY."
        ) from error
    if settings.demo:
        asyncio.run(load_demo(settings, environments[DEVELOPMENT]))
    development_key = environments[DEVELOPMENT].tokens[ApiKeyType.SERVER]
    settings = settings.model_copy(update={"server_key": SecretStr(development_key)})
    server = _Server(
        welcome=_welcome(settings, environments),
        config=uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            # A compressor a socket would be a third of what an idle one costs.
            ws_per_message_deflate=False,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=settings.drain_timeout_s,
        ),
    )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn handles SIGTERM and SIGINT while it runs and raises them again at its end.
    for number in (signal.SIGINT, *_stop_signals()):
        signal.signal(number, stop)
    server.run(sockets=[listener])


def _welcome(settings: Settings, environments: Mapping[str, "Bootstrapped"]) -> str:
    """Where to go and the keys to bring; ends in an empty line."""
    host = _REACHED_AT.get(settings.host, settings.host)
    host = f"[{host}]" if ":" in host else host
    lines = ["plangate is ready", f"  Explorer     http://{host}:{settings.port}/graphql"]
    for slug, environment in environments.items():
        name = slug
        for key_type, token in environment.tokens.items():
            lines.append(f"  {name:<11}  {key_type.value.lower()} key  {token}")
            name = ""
    return "\n".join((*lines, "", ""))


@contextmanager
def _as_a_process() -> Iterator[None]:
    """Turn signals into an exit that unwinds (as Ctrl-C does), so that the database is stopped.

    And what makes the database unusable into a sentence for whoever started the process.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, stop) for number in _stop_signals()}
    try:
        yield
    except UnusableDatabaseError as error:
        _refuse(str(error))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _refuse(sentence: str) -> NoReturn:
    sys.exit(f"plangate: {' '.join(sentence.split())}")


def _stop_signals() -> list[signal.Signals]:
    """SIGTERM, and SIGHUP (the terminal went away) unless `nohup` has it ignored."""
    hangs_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    return [signal.SIGTERM, *([signal.SIGHUP] if hangs_up else [])]

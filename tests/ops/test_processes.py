"""Several server processes on one database: news travels between them, deaths lose nothing."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tests.ops.server_process import ROOT, SERVER_KEY, Server, new_data_dir, running_server
from tests.support import WAIT_S

pytestmark = pytest.mark.server

GRAPHQL_WS = ROOT / "app" / "explorer" / "node_modules" / "graphql-ws" / "dist" / "index.js"
SUBSCRIPTION = "subscription { packagePublished { packageRefId packageType packageVersion } }"
# Where the machine's Node.js is too old, scripts/prepare.py has put another beside Python.
NODE = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
async def shared_url(server_url: str) -> AsyncIterator[str]:
    """A database of its own that several servers use."""
    name = f"plangate_processes_{secrets.token_hex(6)}"
    admin = create_async_engine(server_url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = make_url(server_url).set(database=name, drivername="postgresql")
    yield url.render_as_string(hide_password=False)
    async with admin.connect() as connection:
        await connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    await admin.dispose()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with new_data_dir() as directory:
        yield directory


def publish_a_plan(server: Server, ref_id: str) -> None:
    product = server.execute("{ products { edges { node { id } } } }")
    environment = server.execute("{ currentEnvironment }")["currentEnvironment"]
    created = server.execute(
        "mutation ($plan: PlanCreateInput!) { createOnePlan(input: $plan) { id } }",
        {
            "plan": {
                "refId": ref_id,
                "displayName": ref_id,
                "productId": product["products"]["edges"][0]["node"]["id"],
                "environmentId": environment,
                "pricingType": "FREE",
            }
        },
    )
    server.execute(
        "mutation ($input: PackagePublishInput!) { publishPlan(input: $input) { taskId } }",
        {"input": {"id": created["createOnePlan"]["id"], "migrationType": "NEW_CUSTOMERS"}},
    )


@pytest.mark.skipif(
    NODE is None or not GRAPHQL_WS.exists(),
    reason="needs Node and the Explorer's packages (scripts/serve installs them)",
)
async def test_graphql_ws_hears_a_change_made_by_another_process(
    shared_url: str, data_dir: Path
) -> None:
    def tell_and_hear() -> Any:
        with ExitStack() as stack:
            options = ("--no-demo", "--database-url", shared_url)
            here = stack.enter_context(running_server(data_dir, *options))
            there = stack.enter_context(running_server(data_dir, *options))
            url = there.url.replace("http", "ws", 1) + "/graphql"
            script = str(Path(__file__).parent / "subscribe.mjs")
            flags = ("--no-warnings", "--experimental-websocket")
            client = subprocess.Popen(
                [str(NODE), *flags, script, GRAPHQL_WS.as_uri(), url, SERVER_KEY, SUBSCRIPTION],
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(client.wait)
            stack.callback(client.kill)
            assert client.stdout is not None
            stack.callback(client.stdout.close)
            assert client.stdout.readline() == "connected\n"
            heard = threading.Event()

            def publish_until_heard() -> None:
                end = time.monotonic() + WAIT_S
                versions = count()
                try:
                    while not heard.wait(0.5) and time.monotonic() < end:
                        publish_a_plan(here, f"plan-{next(versions)}")
                finally:
                    if not heard.is_set():
                        client.kill()  # which ends the wait for its line

            publishing = threading.Thread(target=publish_until_heard)
            publishing.start()
            line = client.stdout.readline()
            heard.set()
            publishing.join()
            return json.loads(line)

    told = await asyncio.to_thread(tell_and_hear)
    published = told["data"]["packagePublished"]
    assert published["packageType"] == "Plan"
    assert published["packageRefId"].startswith("plan-")


@contextmanager
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An HTTP server on this machine that takes its time to say 200."""
    messages: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            messages.append(json.loads(body))
            time.sleep(0.05)  # slow enough that a killed server is in the middle of it
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", messages
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


CREATE_HOOK = """mutation ($endpoint: String!) {
  createOneHook(input: {hook: {endpoint: $endpoint, eventLogTypes: [CUSTOMER_CREATED]}}) { id }
}"""
CREATE_CUSTOMER = """mutation ($id: String!) {
  createOneCustomer(input: {customerId: $id}) { id }
}"""


async def test_a_killed_server_loses_no_event(shared_url: str, data_dir: Path) -> None:
    """What was claimed by the dead process is sent again, under the same messageId."""
    options = ("--no-demo", "--database-url", shared_url)
    private = {"PLANGATE_WEBHOOKS_TO_PRIVATE_ADDRESSES": "true"}
    ids = {f"c{number}" for number in range(30)}

    def kill_and_resume() -> list[dict[str, Any]]:
        with receiver() as (endpoint, messages):
            with running_server(data_dir, *options, **private) as server:
                server.execute(CREATE_HOOK, {"endpoint": endpoint})
                for id in sorted(ids):
                    server.execute(CREATE_CUSTOMER, {"id": id})
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
            with running_server(data_dir, *options, **private):
                end = time.monotonic() + WAIT_S
                while {m["id"] for m in messages} != ids and time.monotonic() < end:
                    time.sleep(0.2)
            return messages

    messages = await asyncio.to_thread(kill_and_resume)
    assert {message["id"] for message in messages} == ids
    by_customer: dict[str, set[str]] = {}
    for message in messages:
        by_customer.setdefault(message["id"], set()).add(message["messageId"])
    assert all(len(message_ids) == 1 for message_ids in by_customer.values())

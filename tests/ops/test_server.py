"""A server as its user sees it: started, asked, stopped, killed and started again."""

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.ops.server_process import (
    CLIENT_KEY,
    SERVER_KEY,
    http_client,
    new_data_dir,
    running_server,
)
from tests.support import WAIT_S

pytestmark = pytest.mark.server

FIND_CUSTOMER = """
query ($customerId: String!) {
  getCustomerByRefId(input: { customerId: $customerId }) { refId name }
}
"""
PLANS = "{ plans { edges { node { id refId status versionNumber updatedAt } } } }"
CREATE_CUSTOMER = """
mutation ($customerId: String!, $name: String!) {
  createOneCustomer(input: { customerId: $customerId, name: $name }) { refId }
}
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with new_data_dir() as directory:
        yield directory


def test_it_says_where_to_go_and_with_which_keys(data_dir: Path) -> None:
    with running_server(data_dir, "--no-demo") as server:
        assert server.welcome.startswith("plangate is ready\n")
        assert f"server key  {SERVER_KEY}\n" in server.welcome
        assert f"client key  {CLIENT_KEY}\n" in server.welcome
        assert re.search(r"production   server key  server-[\w-]{43}\n", server.welcome)
        with http_client(server.url) as client:
            assert client.get("/health").status_code == 200
            assert client.get("/ready").status_code == 200
        assert server.execute("{ __typename }") == {"__typename": "Query"}


def test_a_socket_costs_no_compressor(data_dir: Path) -> None:
    with (
        running_server(data_dir, "--no-demo") as server,
        connect(
            server.url.replace("http", "ws", 1) + "/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            compression="deflate",
            proxy=None,
            open_timeout=WAIT_S,
        ) as socket,
    ):
        assert socket.subprotocol == "graphql-transport-ws"
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


def test_a_first_start_loads_the_demo_catalogue_and_a_second_one_leaves_it(
    data_dir: Path,
) -> None:
    with running_server(data_dir) as server:
        first = server.execute(PLANS)["plans"]["edges"]
    assert {edge["node"]["refId"] for edge in first} == {
        "plan-revvenu-basic",
        "plan-revvenu-essentials",
        "plan-revvenu-growth",
        "plan-revvenu-enterprise",
    }

    with running_server(data_dir) as server:
        assert server.execute(PLANS)["plans"]["edges"] == first


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_leaves_no_database_running_and_keeps_the_keys(
    data_dir: Path, stop: signal.Signals
) -> None:
    with running_server(data_dir, "--no-demo") as server:
        first = server.welcome
        server.process.send_signal(stop)
        assert server.process.wait(WAIT_S) == 0
    assert not (data_dir / "postgres" / "postmaster.pid").exists()

    with running_server(data_dir, "--no-demo") as server:
        keys = re.compile(r"key  (\S+)")
        assert keys.findall(server.welcome) == keys.findall(first)


def test_a_killed_server_has_lost_nothing_it_acknowledged(data_dir: Path) -> None:
    customers = [f"customer-{number}" for number in range(5)]
    with running_server(data_dir, "--no-demo") as server:
        for customer in customers:
            server.execute(CREATE_CUSTOMER, {"customerId": customer, "name": customer.title()})
        server.process.kill()
        server.process.wait(WAIT_S)

    with running_server(data_dir, "--no-demo") as server:
        for customer in customers:
            found = server.execute(FIND_CUSTOMER, {"customerId": customer})
            assert found == {"getCustomerByRefId": {"refId": customer, "name": customer.title()}}


def test_a_request_under_way_is_answered_before_the_stop(data_dir: Path) -> None:
    body = b'{"query": "{ __typename }"}'
    with running_server(data_dir, "--no-demo") as server:
        address = httpx.URL(server.url)
        with socket.create_connection((address.host, address.port), WAIT_S) as connection:
            connection.sendall(
                b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                b"Content-Type: application/json\r\n"
                + f"X-API-KEY: {SERVER_KEY}\r\nContent-Length: {len(body)}\r\n".encode()
                + b"Expect: 100-continue\r\n\r\n"
            )
            # The server asks for the body: it is in the middle of this request now.
            assert connection.recv(1024).startswith(b"HTTP/1.1 100 Continue")
            server.process.terminate()
            connection.sendall(body)
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert server.process.wait(WAIT_S) == 0

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b'{"data":{"__typename":"Query"}}' in answer


def test_another_encryption_key_is_refused_in_one_sentence(
    data_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with running_server(data_dir, "--no-demo"):
        pass
    (data_dir / "encryption.key").unlink()

    with (
        pytest.raises(AssertionError, match="ended before it was ready"),
        running_server(data_dir, "--no-demo"),
    ):
        pass
    complaint = capfd.readouterr().err
    assert complaint.startswith("plangate: The keys in the database were encrypted with another")
    assert complaint.count("\n") == 1

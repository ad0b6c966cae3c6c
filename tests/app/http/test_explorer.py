"""The Explorer's page: prefilled for the server's own machine only, and without outside hosts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request

from app.http import explorer

PAGE = '<html><script id="plangate-config" type="application/json">{}</script></html>'
KEY = "server-key</script>"


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "index.html").write_text(PAGE)
    monkeypatch.setattr(explorer, "DIST", tmp_path)
    explorer._page.cache_clear()
    yield tmp_path
    explorer._page.cache_clear()


def request(
    *,
    peer: str = "127.0.0.1",
    host: str = "127.0.0.1:8080",
    query: str = "",
    origin: str | None = None,
) -> Request:
    origins = [] if origin is None else [(b"origin", origin.encode())]
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/graphql",
            "query_string": query.encode(),
            "headers": [(b"host", host.encode()), (b"accept", b"text/html,*/*"), *origins],
            "scheme": "http",
            "server": ("127.0.0.1", 8080),
            "client": (peer, 50_000),
        }
    )


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"])
def test_the_key_is_prefilled_on_the_servers_own_machine(host: str) -> None:
    page = explorer.explorer_response(request(host=host), development_key=KEY)

    assert b'{"key":"server-key\\u003c/script>"}' in page.body
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("192.0.2.7", "127.0.0.1:8080"),
        ("127.0.0.1", "plangate.example"),
        ("127.0.0.1", "rebound.example:8080"),
    ],
)
def test_the_key_is_given_to_nobody_else(peer: str, host: str) -> None:
    page = explorer.explorer_response(request(peer=peer, host=host), development_key=KEY)

    assert b"server-key" not in page.body


def test_the_key_is_not_given_to_a_foreign_pages_script() -> None:
    fetched = request(origin="https://elsewhere.example")
    page = explorer.explorer_response(fetched, development_key=KEY)

    assert page.status_code == 200
    assert b"server-key" not in page.body


def test_the_page_may_load_from_its_own_server_only() -> None:
    policy = explorer.explorer_response(request()).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "://" not in policy


def test_a_missing_build_says_how_to_build(built: Path) -> None:
    (built / "index.html").unlink()
    page = explorer.explorer_response(request(), development_key=KEY)

    assert page.status_code == 503
    assert b"npm run build" in page.body


def test_only_a_browsers_address_line_gets_the_page() -> None:
    assert explorer.wants_explorer(request())
    assert not explorer.wants_explorer(request(query="query={__typename}"))

"""The Explorer: GraphiQL's page and static files, all from this server.

`scripts/serve` builds them from `app/explorer` into `app/explorer/dist`; a server without them
says so at the page's address and serves the API all the same.
"""

import html
from functools import cache
from ipaddress import ip_address
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

DIST = Path(__file__).parent.parent / "explorer" / "dist"
ASSETS_PATH = "/explorer/assets"

# Monaco writes styles of its own and starts its workers from this server.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; "
    "img-src 'self' data:; "
    "connect-src 'self'; "
    "base-uri 'none'; "
    "form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",  # the page may hold a key
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept",
}
_EMPTY_CONFIG = '<script id="plangate-config" type="application/json">{}</script>'
_NOT_BUILT = """<!doctype html>
<meta charset="utf-8">
<title>plangate Explorer</title>
<h1>The Explorer is not built</h1>
<p>The GraphQL API answers at this address. Start the server by <code>scripts/serve</code>
to build this page too, or build it by hand:</p>
<pre>cd {directory}
npm ci
npm run build</pre>
"""


def wants_explorer(request: Request) -> bool:
    """Whether a `GET /graphql` comes from a browser's address line (spec, platform §4.3)."""
    return "query" not in request.query_params and "text/html" in request.headers.get("accept", "")


def explorer_response(request: Request, *, development_key: str | None = None) -> Response:
    """The Explorer's page.

    Its key field is prefilled with `development_key` only for a browser on the server's own
    machine, and only under a local name, so that neither a network neighbour nor a foreign page
    that rebinds its name to 127.0.0.1 is handed a key. Nor is a foreign page's script, which any
    origin may let call this address: its request names an Origin, an address line's does not.
    """
    page = _page()
    if page is None:
        text = _NOT_BUILT.format(directory=html.escape(str(DIST.parent)))
        return HTMLResponse(text, status_code=503, headers=_HEADERS)
    is_fetched = "origin" in request.headers
    if development_key is not None and _is_local(request) and not is_fetched:
        # `<` escaped: nothing in the value can end the script element
        config = orjson.dumps({"key": development_key}).decode().replace("<", "\\u003c")
        page = page.replace(_EMPTY_CONFIG, _EMPTY_CONFIG.replace("{}", config))
    return HTMLResponse(page, headers=_HEADERS)


def explorer_assets() -> Mount:
    """The scripts, styles, workers and fonts of the page; their names hold a hash."""
    return Mount(ASSETS_PATH, StaticFiles(directory=DIST / "assets", check_dir=False))


@cache
def _page() -> str | None:
    index = DIST / "index.html"
    return index.read_text(encoding="utf-8") if index.exists() else None


def _is_local(request: Request) -> bool:
    """Both the peer's address and the name that it asked for are this machine's."""
    return _is_loopback(request.client.host if request.client else "") and (
        _is_loopback(request.url.hostname or "") or request.url.hostname == "localhost"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

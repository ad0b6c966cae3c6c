"""POST to addresses that callers chose: one request, nothing followed, nothing private reached.

The name is resolved once and the connection goes to the very address that was checked, so that
a name cannot mean one host when judged and another when called. Source: spec, platform §7.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from domain.webhooks.model import ANSWER_TIMEOUT_S, Answer

LINE_BYTES_MAX = 8192
_DEFAULT_PORTS = {"http": 80, "https": 443}


class RefusedError(OSError):
    """The address is not one that webhooks may go to."""


class OutboundPost:
    """Implements `app.ports.Post`."""

    def __init__(self, *, allow_private: bool = False, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context()

    async def __call__(self, endpoint: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST `body`; whatever goes wrong is an answer without a code."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(urlsplit(endpoint), body, headers)
        except TimeoutError:
            return Answer(code=None, text=f"no answer within {self._timeout_s:g} s")
        except asyncio.LimitOverrunError:
            return Answer(code=None, text="the answer is not HTTP")
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            return Answer(code=None, text=str(error) or type(error).__name__)

    async def _post(self, url: SplitResult, body: bytes, headers: Mapping[str, str]) -> Answer:
        host = url.hostname or ""
        port = url.port or _DEFAULT_PORTS[url.scheme]
        is_tls = url.scheme == "https"
        reader, writer = await asyncio.open_connection(
            await self._resolved(host, port),
            port,
            ssl=self._tls if is_tls else None,
            server_hostname=host if is_tls else None,
            limit=LINE_BYTES_MAX,
        )
        try:
            writer.write(_head(url, len(body), headers) + body)
            await writer.drain()
            return _answer(await reader.readuntil(b"\n"))
        finally:
            writer.close()

    async def _resolved(self, host: str, port: int) -> str:
        """The first address of `host`; private ones are refused unless configured."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if not self._allow_private:
            addresses = [address for address in addresses if is_public(address)]
        if not addresses:
            raise RefusedError(f"{host} is a private address")
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether the address is one of the open internet's."""
    ip = ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    return ip.is_global and not ip.is_multicast


def _head(url: SplitResult, length: int, headers: Mapping[str, str]) -> bytes:
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    host = url.netloc.rpartition("@")[2]
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        "Connection: close",
        "User-Agent: plangate",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _answer(status_line: bytes) -> Answer:
    """The code of `HTTP/1.1 204 No Content`."""
    version, _, rest = status_line.decode("latin-1").strip().partition(" ")
    code, _, reason = rest.partition(" ")
    if not version.startswith("HTTP/") or not code.isdigit():
        raise ValueError("the answer is not HTTP")
    return Answer(code=int(code), text=reason or code)

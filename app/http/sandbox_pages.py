"""The sandbox provider's own pages: a checkout, an invoice, and a switch that takes it away.

Server-rendered, one form each, nothing loaded from anywhere. Their ids name the environment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import parse_qs
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.ports import Runtime
from app.usecases.billing import sandbox
from app.usecases.billing.providers import sandbox_in
from domain.billing.sandbox.model import (
    CheckoutState,
    InvoiceState,
    SandboxCheckout,
    SandboxInvoice,
)
from domain.billing.sandbox.tokens import DECLINED
from domain.errors import NotFound

RuntimeIn = Callable[[UUID], Awaitable[Runtime | None]]
_FORM_BYTES_MAX = 10_000
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 0; background: #f3f4f6; color: #111827 }}
main {{ max-width: 26rem; margin: 4rem auto; padding: 2rem; background: #fff;
  border: 1px solid #d1d5db; border-radius: .5rem }}
h1 {{ font-size: 1.25rem; margin: 0 }}
.amount {{ font-size: 2rem; margin: .5rem 0 1.5rem }}
.note {{ color: #4b5563; font-size: .875rem }}
.error {{ color: #b91c1c }}
button {{ display: block; width: 100%; padding: .75rem; margin-top: .75rem; font: inherit;
  border: 1px solid #d1d5db; border-radius: .375rem; background: #fff; cursor: pointer }}
button.main {{ background: #1d4ed8; border-color: #1d4ed8; color: #fff }}
</style></head><body><main>
<h1>{title}</h1>
{content}
<p class="note">Sandbox: no real money moves.</p>
</main></body></html>
"""
_BUTTON = '<button name="act" value="{value}"{kind}>{label}</button>'


def sandbox_pages(runtime_in: RuntimeIn) -> list[Route]:
    """The pages; without the sandbox as provider they are not found."""
    both = ["GET", "POST"]
    return [
        Route("/sandbox/checkout/{id}", _page_of(_checkout, runtime_in), methods=both),
        Route("/sandbox/invoice/{id}", _page_of(_invoice, runtime_in), methods=both),
        Route("/sandbox/status/{id}", _page_of(_status, runtime_in), methods=both),
    ]


def _page_of(
    page: Callable[[Request, Runtime], Awaitable[Response]], runtime_in: RuntimeIn
) -> Callable[[Request], Awaitable[Response]]:
    """The page in the environment that its address names; anything unknown is not found."""

    async def answer(request: Request) -> Response:
        runtime = await _runtime_of(request.path_params["id"], runtime_in)
        if runtime is None:
            return _not_found()
        try:
            return await page(request, runtime)
        except NotFound:
            return _not_found()

    return answer


async def _checkout(request: Request, runtime: Runtime) -> Response:
    checkout_id = request.path_params["id"]
    shown = await sandbox.show_checkout(checkout_id, runtime=runtime)
    if request.method != "POST":
        return _checkout_page(shown)
    act = await _act(request)
    if act == "cancel":
        return _leave(await sandbox.cancel_checkout(checkout_id, runtime=runtime))
    shown, declined = await sandbox.complete_checkout(checkout_id, act, runtime=runtime)
    return _checkout_page(shown, DECLINED) if declined else _leave(shown)


async def _invoice(request: Request, runtime: Runtime) -> Response:
    invoice_id = request.path_params["id"]
    if request.method == "POST":
        act = await _act(request)
        return _invoice_page(await sandbox.pay_invoice(invoice_id, act, runtime=runtime))
    return _invoice_page(await sandbox.show_invoice(invoice_id, runtime=runtime))


async def _status(request: Request, runtime: Runtime) -> Response:
    if request.method == "POST":
        await sandbox.set_outage(is_out=await _act(request) == "stop", runtime=runtime)
    return _status_page(is_out=await sandbox.has_outage(runtime=runtime))


async def _runtime_of(page_id: str, runtime_in: RuntimeIn) -> Runtime | None:
    """The runtime of the environment that a page's id names, if the sandbox is its provider.

    `cs_<environment>_<checkout>`, `in_<environment>_<invoice>`, or the environment's id alone.
    """
    parts = page_id.split("_")
    try:
        environment_id = UUID(hex=parts[min(1, len(parts) - 1)])
    except ValueError:
        return None
    runtime = await runtime_in(environment_id)
    if runtime is None:
        return None
    async with runtime.new_unit_of_work() as work:
        return runtime if sandbox_in(work) is not None else None


async def _act(request: Request) -> str:
    """Which button was pressed; without a word from the form, paying."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES_MAX:
            break
    form = parse_qs(body[:_FORM_BYTES_MAX].decode("utf-8", errors="replace"))
    return form.get("act", ["pm_ok"])[0]


def _leave(checkout: SandboxCheckout) -> Response:
    """Back to the shop: on to success, or to where the customer came from."""
    done = checkout.state is CheckoutState.COMPLETE
    address = checkout.success_url if done else checkout.cancel_url
    address = address.replace("{CHECKOUT_SESSION_ID}", checkout.id)
    return RedirectResponse(address, status_code=303, headers=_HEADERS)


def _checkout_page(checkout: SandboxCheckout, error: str | None = None) -> Response:
    if checkout.state is not CheckoutState.OPEN:
        return _page("Checkout", f"<p>This checkout is {checkout.state.lower()}.</p>")
    content = _amount(f"{checkout.amount_due:f} {checkout.currency.value}") + _form(
        (
            ("pm_ok", "Pay", ' class="main"'),
            ("pm_fail", "Pay with a card that is declined", ""),
            ("cancel", "Cancel", ""),
        ),
        error,
    )
    return _page(checkout.description, content)


def _invoice_page(invoice: SandboxInvoice) -> Response:
    amount = _amount(f"{invoice.amount_due:f} {invoice.currency.value}")
    lines = "".join(
        f"<li>{escape(line.description)}: {line.amount:f}</li>" for line in invoice.lines
    )
    content = f"{amount}<ul>{lines}</ul>"
    if invoice.state is InvoiceState.OPEN:
        content += _form(
            (
                ("pm_ok", "Pay", ' class="main"'),
                ("pm_fail", "Pay with a card that is declined", ""),
            ),
            invoice.error_message,
        )
    else:
        content += f"<p>This invoice is {invoice.state.lower()}.</p>"
    return _page("Invoice", content)


def _status_page(*, is_out: bool) -> Response:
    if is_out:
        said = "<p>The provider does not answer, and does nothing by itself.</p>"
        button = ("start", "Answer again", ' class="main"')
    else:
        said = "<p>The provider answers.</p>"
        button = ("stop", "Stop answering", "")
    return _page("Billing provider", said + _form((button,), None))


def _amount(text: str) -> str:
    return f'<p class="amount">{escape(text)}</p>'


def _form(buttons: tuple[tuple[str, str, str], ...], error: str | None) -> str:
    said = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    made = "".join(
        _BUTTON.format(value=value, label=escape(label), kind=kind)
        for value, label, kind in buttons
    )
    return f'{said}<form method="post">{made}</form>'


def _page(title: str, content: str, status: int = 200) -> Response:
    html = _PAGE.format(title=escape(title), content=content)
    return HTMLResponse(html, status_code=status, headers=_HEADERS)


def _not_found() -> Response:
    return _page("Not found", "<p>There is no such page.</p>", 404)

"""Widget settings through GraphQL (spec, catalog §1.1)."""

from __future__ import annotations

from typing import Any

from tests.conftest import Execute

SET = """mutation ($input: WidgetConfigurationUpdateInput!) {
  setWidgetConfiguration(input: $input) }"""
GET = """{ widgetConfiguration(input: {}) {
  paywall { customCss layout { alignment planWidth } palette { primary textColor }
    typography { fontFamily h1 { fontSize fontWeight } body { fontSize } } }
  customerPortal { palette { iconsColor } }
  checkout { content { collectPhoneNumber } } } }"""


async def configured(execute: Execute) -> Any:
    return (await execute(GET)).ok["widgetConfiguration"]


async def test_nothing_is_set_at_first(execute: Execute) -> None:
    assert await configured(execute) == {"paywall": None, "customerPortal": None, "checkout": None}


async def test_settings_are_merged_and_null_removes(execute: Execute) -> None:
    first = {
        "paywallConfiguration": {
            "customCss": "a {}",
            "layout": {"alignment": "CENTER", "planWidth": 320.5},
            "palette": {"primary": "#fff", "textColor": "#000"},
            "typography": {"fontFamily": "Inter", "h1": {"fontSize": 20, "fontWeight": "BOLD"}},
        },
        "checkoutConfiguration": {"content": {"collectPhoneNumber": True}},
    }
    assert (await execute(SET, {"input": first})).ok == {"setWidgetConfiguration": "ok"}
    second = {
        "paywallConfiguration": {"palette": {"primary": None}, "layout": None},
        "customerPortalConfiguration": {"palette": {"iconsColor": "red"}},
        "checkoutConfiguration": None,
    }
    assert (await execute(SET, {"input": second})).ok == {"setWidgetConfiguration": "ok"}
    assert await configured(execute) == {
        "paywall": {
            "customCss": "a {}",
            "layout": None,
            "palette": {"primary": None, "textColor": "#000"},
            "typography": {
                "fontFamily": "Inter",
                "h1": {"fontSize": 20.0, "fontWeight": "BOLD"},
                "body": None,
            },
        },
        "customerPortal": {"palette": {"iconsColor": "red"}},
        "checkout": None,
    }


async def test_endless_text_is_refused(execute: Execute) -> None:
    endless = {"paywallConfiguration": {"customCss": "x" * 65_537}}
    assert (await execute(SET, {"input": endless})).codes == ["BadUserInput"]

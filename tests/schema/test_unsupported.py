"""Fields that answer `UnsupportedParameter` so far, found by scanning: nothing pretends.

Who makes a field work takes its name out of the set of its area.
"""

import ast
from pathlib import Path

from app.graphql.errors import unsupported
from domain.errors import ErrorCode, InvalidInput

GRAPHQL = Path(__file__).resolve().parents[2] / "app" / "graphql"

UNSUPPORTED: dict[str, set[str]] = {}
"""Names by area, such as `"widgets/portal": {"customerPortal"}`; every root field answers now."""


def unsupported_in(path: Path) -> set[str]:
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "unsupported"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_unsupported_fields_are_the_listed_ones() -> None:
    found: dict[str, set[str]] = {}
    for path in GRAPHQL.rglob("*.py"):
        area = path.parent.relative_to(GRAPHQL).as_posix()
        found[area] = found.get(area, set()) | unsupported_in(path)

    assert {area: names for area, names in found.items() if names} == {
        area: names for area, names in UNSUPPORTED.items() if names
    }


def test_an_unsupported_field_answers_with_one_clear_code() -> None:
    error = unsupported("customerPortal")

    assert isinstance(error, InvalidInput)
    assert error.code is ErrorCode.UnsupportedParameter
    assert "customerPortal" in error.message

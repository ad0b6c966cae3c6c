"""No root field pretends: found by scanning, each does more than refuse."""

import ast
from pathlib import Path

GRAPHQL = Path(__file__).resolve().parents[2] / "app" / "graphql"


def stubs_in(source: str) -> list[str]:
    """Functions that, apart from their docstring, only raise, or do nothing at all."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not any(ast.unparse(one) == "overload" for one in node.decorator_list)
        and _only_refuses(node.body)
    ]


def _only_refuses(body: list[ast.stmt]) -> bool:
    said = [statement for statement in body if not _is_docstring(statement)]
    return len(said) <= 1 and all(isinstance(one, ast.Raise | ast.Pass) for one in said)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def test_no_resolver_only_refuses() -> None:
    found = {
        path.relative_to(GRAPHQL).as_posix(): stubs
        for path in GRAPHQL.rglob("*.py")
        if (stubs := stubs_in(path.read_text()))
    }
    assert found == {}


def test_a_stub_is_found() -> None:
    refusing = "async def stub(self):\n    'Docs.'\n    raise unsupported('stub')\n"
    honest = "async def field(self):\n    check()\n    raise Missing\n"
    assert stubs_in(refusing + honest) == ["stub"]

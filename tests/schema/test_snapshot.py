"""schema.graphql is the contract in the repository: what the app prints equals it."""

from pathlib import Path

from app.graphql.schema import schema

ROOT = Path(__file__).resolve().parents[2]


def test_the_app_prints_schema_graphql() -> None:
    stored = (ROOT / "schema.graphql").read_text()

    assert schema.as_str() + "\n" == stored, "run scripts/print_schema.py"

from __future__ import annotations

import pytest

from app.ports import Runtime
from tests.app.packages.authoring import Author
from tests.conftest import Execute


@pytest.fixture
def author(execute: Execute, runtime: Runtime) -> Author:
    """A pricing team in a fresh environment."""
    return Author(execute, runtime)

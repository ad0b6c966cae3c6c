"""Imports every rows module, so that the metadata is whole: migrations and tests start here."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages

import persistence.rows
from persistence.rows.base import Base

for _module in walk_packages(persistence.rows.__path__, "persistence.rows."):
    import_module(_module.name)

metadata = Base.metadata

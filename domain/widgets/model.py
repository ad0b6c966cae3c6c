"""How an environment's widgets look: presentation only, nothing here decides anything.

Each part is a tree of named settings as the contract spells them in snake case; an unset part is
None. Source: spec, catalog §1.1 (widgets) and §8 (`configuration`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.errors import bad_input
from domain.patch import Absent, Maybe

Settings = Mapping[str, object]

TEXT_LENGTH_MAX = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetConfiguration:
    """The stored settings of the three widgets."""

    paywall: Settings | None = None
    customer_portal: Settings | None = None
    checkout: Settings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetChanges:
    """What an update says; within a part, settings left out stay and null removes."""

    paywall: Maybe[Settings | None]
    customer_portal: Maybe[Settings | None]
    checkout: Maybe[Settings | None]


def change_widgets(old: WidgetConfiguration, changes: WidgetChanges) -> WidgetConfiguration:
    """Return the configuration with the changes merged in; raises BadUserInput."""
    return replace(
        old,
        paywall=_merged(old.paywall, changes.paywall, "paywall"),
        customer_portal=_merged(old.customer_portal, changes.customer_portal, "customerPortal"),
        checkout=_merged(old.checkout, changes.checkout, "checkout"),
    )


def _merged(old: Settings | None, new: Maybe[Settings | None], path: str) -> Settings | None:
    if isinstance(new, Absent):
        return old
    if new is None:
        return None
    merged = dict(old or {})
    for name, value in new.items():
        if isinstance(value, Mapping):
            below = merged.get(name)
            merged[name] = _merged(below if isinstance(below, Mapping) else None, value, path)
        else:
            merged[name] = _checked(value, f"{path}.{name}")
    return merged


def _checked(value: object, path: str) -> object:
    if isinstance(value, str) and len(value) > TEXT_LENGTH_MAX:
        raise bad_input(f"{path} must have at most {TEXT_LENGTH_MAX} characters")
    return value

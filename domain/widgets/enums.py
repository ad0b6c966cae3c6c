"""The words of widgets, spelled as the contract spells them: member name = value = wire."""

from __future__ import annotations

from enum import StrEnum


class Alignment(StrEnum):
    CENTER = "CENTER"
    LEFT = "LEFT"
    RIGHT = "RIGHT"


class FontWeight(StrEnum):
    BOLD = "BOLD"
    NORMAL = "NORMAL"

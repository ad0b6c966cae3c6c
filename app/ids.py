"""The only source of new identifiers and random text."""

from __future__ import annotations

import secrets
import time
import uuid

_COUNTER_MAX = 0xFFF


class RandomIds:
    """Ids for production: time-ordered UUIDs (RFC 9562, version 7), short hex for ref_ids.

    Lists break ties of one instant by id, and a test clock makes many things at one instant:
    ids that rise within a process keep them in the order in which they were made. They lie side
    by side in an index, too.
    """

    def __init__(self) -> None:
        self._ms = 0
        self._counter = 0

    def new_uuid(self) -> uuid.UUID:
        """A fresh UUID above the one before; 62 of its bits nobody can guess."""
        ms = time.time_ns() // 1_000_000
        if ms > self._ms:
            self._ms, self._counter = ms, 0
        elif self._counter < _COUNTER_MAX:
            self._counter += 1
        else:
            self._ms, self._counter = self._ms + 1, 0
        head = self._ms << 80 | 0x7 << 76 | self._counter << 64
        return uuid.UUID(int=head | 0b10 << 62 | secrets.randbits(62))

    def new_hex(self, digits: int) -> str:
        """`digits` lower-case hex characters, as in `customer-9a88b4`."""
        return secrets.token_hex((digits + 1) // 2)[:digits]

"""Work of this process that may outlive the request that asked for it.

What is under way when the process stops is given up; whoever starts such work must bear that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger("plangate.background")


@dataclass(slots=True)
class Background:
    """Keeps hold of what was started until it ends."""

    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, work: Coroutine[Any, Any, None], *, wait_s: float) -> None:
        """Do `work`, and wait for its end for at most `wait_s`; then it goes on by itself.

        What it raises is raised here as long as somebody waits, and logged later.
        """
        task = asyncio.create_task(work)
        self.under_way.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task}, timeout=wait_s)
        if task.done():
            task.result()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background work failed", exc_info=error)

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = list(self.under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

"""Numbers about this process at `/metrics`, in Prometheus' text format.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Metrics:
    """Counts of answers by status, a histogram of their times, and gauges read when asked."""

    gauges: Mapping[str, tuple[str, Callable[[], float]]] = field(default_factory=dict)
    _answers: Counter[int] = field(default_factory=Counter)
    _buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    _total_s: float = 0.0

    def answered(self, status: int, took_s: float) -> None:
        """Count one answer of `/graphql` over HTTP."""
        self._answers[status] += 1
        self._buckets[bisect_left(BUCKETS_S, took_s)] += 1
        self._total_s += took_s

    def text(self) -> str:
        """All of it, as a scraper reads it."""
        name = "plangate_http_requests_total"
        lines = [f"# HELP {name} Answers of /graphql by status.", f"# TYPE {name} counter"]
        lines += [f'{name}{{status="{s}"}} {count}' for s, count in sorted(self._answers.items())]
        name = "plangate_http_request_duration_seconds"
        lines += [f"# HELP {name} Time to answer /graphql.", f"# TYPE {name} histogram"]
        count = 0
        for bound, inside in zip((*BUCKETS_S, "+Inf"), self._buckets, strict=True):
            count += inside
            lines.append(f'{name}_bucket{{le="{bound}"}} {count}')
        lines += [f"{name}_sum {self._total_s}", f"{name}_count {count}"]
        for name, (text, read) in self.gauges.items():
            lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {read()}"]
        return "\n".join(lines) + "\n"

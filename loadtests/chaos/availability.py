"""Availability outside the windows of faults: pure arithmetic over the history and the windows.

An operation counts as outside when no moment of it lies in a window that may excuse it: one of the whole country, or one of its own
province; an operation that may have to ask any province is excused by any window. It was available when it had a definite answer within
`ANSWER_MAX_S`: acknowledged, or refused for good. Tries of one operation are one operation.
"""

import bisect
from collections.abc import Iterable, Sequence

import msgspec

from loadtests.chaos.history import OK, REFUSED, Operation
from loadtests.chaos.schedule import Scope

#: An operation without a definite answer by then was not available.
ANSWER_MAX_S = 5.0
#: Operations that ask the coordinator; what is promised of them is not the promise to tasks.
_NOT_OF_TASKS = ("list_kinds",)
#: Operations listed that were not available.
LISTED_MAX = 20


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which a fault excuses refusals."""

    begin_s: float
    end_s: float
    scope: Scope
    province: str = ""


class Availability(msgspec.Struct, kw_only=True):
    """What was found."""

    calm_s: float
    attempted: int = 0
    available: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0
    #: The first of those that were not available, in words.
    listed: list[str] = []

    @property
    def ratio(self) -> float:
        """Available of attempted; 0 when nothing was attempted."""
        return self.available / self.attempted if self.attempted else 0.0


def availability(history: Iterable[Operation], windows: Sequence[Window], seconds: float) -> Availability:
    """How available the system was outside the windows, during the first `seconds` of the run."""
    country = [window for window in windows if window.scope is Scope.COUNTRY]
    by_province: dict[str, _Spans] = {}
    every = _Spans([window for window in windows if window.scope is not Scope.NOBODY])
    found = Availability(calm_s=_calm_s(windows, seconds))
    latencies_ms: list[float] = []
    for operation in history:
        if operation.kind in _NOT_OF_TASKS or operation.invoked_s > seconds:
            continue
        spans = every
        if operation.province != "*":
            if operation.province not in by_province:
                own = [w for w in windows if w.scope is Scope.PROVINCE and w.province == operation.province]
                by_province[operation.province] = _Spans(country + own)
            spans = by_province[operation.province]
        ended_s = operation.ended_s if operation.ended_s >= 0 else float("inf")
        if spans.touch(operation.invoked_s, min(ended_s, operation.invoked_s + ANSWER_MAX_S)):
            continue
        _judge(operation, ended_s - operation.invoked_s, found, latencies_ms)
    latencies_ms.sort()
    if latencies_ms:
        found.p50_ms, found.p99_ms = (round(latencies_ms[int(len(latencies_ms) * q)], 1) for q in (0.5, 0.99))
        found.max_ms = round(latencies_ms[-1], 1)
    return found


def _judge(operation: Operation, took_s: float, found: Availability, latencies_ms: list[float]) -> None:
    found.attempted += 1
    if operation.outcome in (OK, REFUSED) and took_s <= ANSWER_MAX_S:
        found.available += 1
        latencies_ms.append(took_s * 1000)
    elif len(found.listed) < LISTED_MAX:
        found.listed.append(
            f"{operation.kind} of {operation.identity} at {operation.invoked_s:.1f} s took {took_s:.1f} s: "
            f"{operation.outcome} {operation.reason} {operation.task or operation.external_id}"
        )


def _calm_s(windows: Sequence[Window], seconds: float) -> float:
    """Seconds outside every window, whomever it excuses."""
    return seconds - sum(
        max(0.0, min(end_s, seconds) - min(begin_s, seconds)) for begin_s, end_s in _Spans(windows).merged
    )


class _Spans:
    """Windows joined where they overlap."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self.merged: list[tuple[float, float]] = []
        for window in sorted(windows, key=lambda window: window.begin_s):
            if self.merged and window.begin_s <= self.merged[-1][1]:
                begin_s, end_s = self.merged[-1]
                self.merged[-1] = (begin_s, max(end_s, window.end_s))
            else:
                self.merged.append((window.begin_s, window.end_s))
        self._begins = [begin_s for begin_s, _ in self.merged]

    def touch(self, from_s: float, to_s: float) -> bool:
        """Whether any moment from..to lies in a window."""
        place = bisect.bisect_right(self._begins, to_s) - 1
        return place >= 0 and self.merged[place][1] >= from_s

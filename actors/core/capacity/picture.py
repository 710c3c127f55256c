"""What each branch says of itself, filled from the model's state by the rules of the product's own summary (`actors.core.summary`).

What the model has nothing to say of stays at its default: experience and quality (people are alike), and how hard pressed the home is by its
matching model (0: sharing starts at the stated threshold and not before). Handle times are true means: statistics come to know them within days.
"""

import numpy as np

from actors.core.capacity.drawing import Floats
from actors.core.capacity.office import Office
from actors.core.capacity.scenario import LineOfWork
from actors.core.clock import MINUTE_MS
from actors.core.country import ProvinceStatus, SharingPolicy
from actors.core.ids import KindId
from actors.core.line_summary import LineSummary
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, KindSummary, ProvinceSummary

#: Arrivals are told as a rate over so many minutes.
ARRIVALS_MINUTES = 15


class Speaker:
    """Speaks for one office. Instants that it is asked about must rise."""

    def __init__(self, office: Office, line: LineOfWork, policy: SharingPolicy, arrived: Floats) -> None:
        """Takes the office's own arrivals, rising."""
        self._office, self._policy = office, policy
        self._line, self._kind = line.line, KindId(line.line.value)
        self._handle_ms = round(line.handle_minutes * MINUTE_MS)
        self._spans, self._span = office.duty.spans, 0
        last = int(arrived[-1]) + ARRIVALS_MINUTES + 2 if len(arrived) else 1
        #: By minute, tasks that had arrived when it began.
        self._arrived_by: list[int] = np.searchsorted(arrived, np.arange(last, dtype=np.float64)).tolist()
        self.is_out = False

    def arrivals_per_hour(self, now: float) -> int:
        """At the rate of the last quarter of an hour."""
        last = len(self._arrived_by) - 1
        minute = min(int(now), last)
        since = min(max(0, int(now) - ARRIVALS_MINUTES), last)
        return (self._arrived_by[minute] - self._arrived_by[since]) * 60 // ARRIVALS_MINUTES

    def opens_in_ms(self, now: float) -> int:
        """Until the branch's hours begin; 0: they run."""
        while self._span < len(self._spans) and self._spans[self._span][1] <= now:
            self._span += 1
        if self._span == len(self._spans):
            return WAIT_UNBOUNDED_MS
        return max(0, round((self._spans[self._span][0] - now) * MINUTE_MS))

    def summary(self, now: float) -> ProvinceSummary:
        """What the branch says of itself now."""
        office, opens_in_ms = self._office, self.opens_in_ms(now)
        people, free = office.people, office.free
        waiting = len(office.waiting) + len(office.guests)
        if not people:
            wait_ms = opens_in_ms or WAIT_UNBOUNDED_MS
        else:
            wait_ms = 0 if free and not waiting else waiting * self._handle_ms // people
        kind = KindSummary(
            kind=self._kind,
            line=self._line,
            waiting=waiting,
            eligible=0 if opens_in_ms else people,
            free_capacity=0 if opens_in_ms else free,
            expected_wait_ms=wait_ms,
            handle_ms=self._handle_ms,
        )
        line = LineSummary(
            line=self._line,
            arrivals_per_hour=self.arrivals_per_hour(now),
            signed_in=people,
            idle=free,
            is_open=opens_in_ms == 0 or people > 0,
            opens_in_ms=opens_in_ms,
        )
        return ProvinceSummary(
            province=office.duty.branch.code,
            time_ms=0,
            status=ProvinceStatus.UNREACHABLE if self.is_out else ProvinceStatus.ACTIVE,
            policy=self._policy,
            kinds=(kind,),
            lines=(line,),
            capacity=people,
            in_use=len(office.busy),
        )

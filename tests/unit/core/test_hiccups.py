"""A network that hangs for two seconds is no outage, whenever it begins; one that hangs for good is seen in time."""

from collections.abc import Sequence

import pytest

from actors.core import commands as c
from actors.core import events as e
from tests.unit.core.harness import BEAT_MS, TICK_MS, Branch, person, session_of

#: A gateway pauses for 300 ms (`gateway.desks`), and its loop takes a while to come round.
REPORT_MS = 320
NAMES = ("chen", "li", "zhao")
HICCUP_MS = 2_000
STEP_MS = 20
#: The network begins to hang so long after the first beat, and some, so that people have been heard.
BEFORE_MS = 5_000
WATCHED_MS = 6_000


class Site:
    """A branch whose people share one stream, the gateway that hears them, and the network between the two."""

    def __init__(self, report_from_ms: int) -> None:
        self.branch = Branch()
        self.branch.arrive(*(person(name) for name in NAMES))
        self._began_ms = self.branch.monotonic_ms
        self._report_at_ms = self._began_ms + report_from_ms
        self._heard = False

    def live(self, until_ms: int, hangs: tuple[int, int]) -> int | None:
        """Let time pass; when the site was called lost, ms from the beginning. The network hangs from the one instant to the other."""
        for now_ms in range(STEP_MS, until_ms, STEP_MS):
            self.branch.wall_ms += STEP_MS
            self.branch.monotonic_ms += STEP_MS
            self._beat(now_ms, hangs)
            self._report()
            if now_ms % TICK_MS == 0 and _is_lost(self.branch.tick()):
                return now_ms
        return None

    def _beat(self, now_ms: int, hangs: tuple[int, int]) -> None:
        hang, end = hangs
        if now_ms % BEAT_MS == 0 and not hang <= now_ms < end:
            self._heard = True
        # What was held back arrives at once.
        if now_ms == end and any(hang <= beat_ms < end for beat_ms in range(0, now_ms, BEAT_MS)):
            self._heard = True

    def _report(self) -> None:
        if self.branch.monotonic_ms < self._report_at_ms:
            return
        self._report_at_ms += REPORT_MS
        sessions = tuple(session_of(name) for name in NAMES) if self._heard else ()
        self._heard = False
        self.branch.do(c.HearDesks(who="gateway:gateway-1", gateway="gateway-1", sessions=sessions))


def _is_lost(events: Sequence[e.AnyEvent]) -> bool:
    return any(isinstance(event, e.SiteLost) for event in events)


@pytest.mark.parametrize("report_from_ms", [20, 120, 220])
def test_two_seconds_without_a_network_are_no_outage(report_from_ms: int) -> None:
    """Heartbeats and reports come at their own times; counted to now, one hiccup in fifty emptied a province."""
    for begins_ms in range(BEFORE_MS + STEP_MS, BEFORE_MS + BEAT_MS, 3 * STEP_MS):
        hangs = (begins_ms, begins_ms + HICCUP_MS)
        lost_ms = Site(report_from_ms).live(begins_ms + WATCHED_MS, hangs)
        assert lost_ms is None, f"a network that hung from {begins_ms} ms was taken for an outage at {lost_ms} ms"


@pytest.mark.parametrize("report_from_ms", [20, 120, 220])
def test_a_network_that_hangs_for_good_is_seen_in_time(report_from_ms: int) -> None:
    """The row allows four seconds, of which the way to whoever looks takes some."""
    for begins_ms in range(BEFORE_MS, BEFORE_MS + BEAT_MS, 9 * STEP_MS):
        lost_ms = Site(report_from_ms).live(begins_ms + WATCHED_MS, (begins_ms, 10**9))
        assert lost_ms is not None
        assert lost_ms - begins_ms <= 3_600

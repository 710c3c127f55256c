"""Will a person still be there when they are done? Learned as a share of days on which somebody was seen at this time of the day.

A task that is left for somebody who then goes home waits for the night. Duty rosters are not known here, but the hours at which people
are seen repeat from day to day. Each person has a share for each half hour of the day, pulled towards everybody's share with the weight
of `OTHERS_WEIGHT` days; what is used is the ratio of the share later to the share now, so on the first day and in places that never close
it is 1.

Refused: a hazard of leaving per minute. It charges waiting at ten in the morning for those who leave at five.
"""

from collections.abc import Iterable

import numpy as np

from actors.core.matching.assignment.result import BoolArray, FloatArray, IntArray

DAY_MINUTES = 24 * 60
#: Length of a time slot.
SLOT_MINUTES = 30
SLOTS = DAY_MINUTES // SLOT_MINUTES
#: A day's share in what is remembered, at least: old days fade.
DAY_SHARE_MIN = 0.15
#: Days that everybody's pattern is worth against one's own.
OTHERS_WEIGHT = 1.0
#: Minutes that a task loses when the person it was left for has gone.
AWAY_MINUTES = 480.0


class Presence:
    """Who is usually seen when."""

    def __init__(self) -> None:
        #: (people, slots) share of days; NaN-free: before the first day ends it is 0 with `_days` 0.
        self._shares = np.zeros((32, SLOTS))
        self._days = np.zeros(SLOTS)
        self._everybody = np.zeros(SLOTS)
        self._seen: BoolArray = np.zeros(32, np.bool_)
        self._slot: int | None = None

    def see(self, rows: Iterable[int] | IntArray, now: float) -> None:
        """Notes that people are on duty now. Time must not run backwards; if it does, what is seen counts for the latest slot."""
        slot = int(now // SLOT_MINUTES)
        if self._slot is None:
            self._slot = slot
        if slot > self._slot:
            self._close(slot)
        rows = np.asarray(rows, np.int64)
        if rows.size:
            self._make_room(int(rows.max()))
            self._seen[rows] = True

    def staying(self, rows: IntArray, now: float, ready_minutes: FloatArray) -> FloatArray:
        """(people,) probability that someone who is here now is still here so many minutes later."""
        if rows.size:
            self._make_room(int(rows.max()))
        slot = int(now // SLOT_MINUTES) % SLOTS
        # Of the day first: slots since an origin that is very far away are no whole numbers of 64 bits.
        later = ((now + ready_minutes) % DAY_MINUTES // SLOT_MINUTES).astype(np.int64) % SLOTS
        here, there = self._share(rows, np.full(rows.size, slot)), self._share(rows, later)
        known = (self._days[slot] > 0) & (self._days[later] > 0) & (here > 0)
        return np.where(known, np.minimum(1.0, there / np.where(here > 0, here, 1.0)), 1.0)

    def _share(self, rows: IntArray, slots: IntArray) -> FloatArray:
        days = np.minimum(self._days[slots], 1 / DAY_SHARE_MIN)
        return (OTHERS_WEIGHT * self._everybody[slots] + days * self._shares[rows, slots]) / (OTHERS_WEIGHT + days)

    def _close(self, slot: int) -> None:
        """Counts the slot that has passed, and those in which nobody was seen."""
        assert self._slot is not None
        passed = range(self._slot, min(slot, self._slot + SLOTS))
        for each in passed:
            at = each % SLOTS
            self._days[at] += 1
            rate = max(DAY_SHARE_MIN, 1 / self._days[at])
            self._shares[:, at] += rate * (self._seen - self._shares[:, at])
            self._everybody[at] = self._shares[:, at].sum() / max(1.0, (self._shares.max(axis=1) > 0).sum())
            self._seen[:] = False
        self._slot = slot

    def _make_room(self, row: int) -> None:
        while row >= len(self._seen):
            self._shares = np.concatenate([self._shares, np.zeros_like(self._shares)])
            self._seen = np.concatenate([self._seen, np.zeros_like(self._seen)])

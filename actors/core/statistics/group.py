"""What a person's numbers are drawn to: the sums of all colleagues, taken anew now and then.

The mean of a province changes with every decision, and what one person's value is drawn to would change with it; then nothing that was
worked out of a person could be kept. So the sums stand, for the minute like everything that matching reads of people (`standing`), and
longer: they are taken when a minute begins, once there have been so many more decisions and reviews (a quarter more than there had been;
later, half as many as there are people, at least `EVERY_MIN`). When that is depends on the events alone, so a replay has the same sums at
the same places, and a snapshot holds them.

Cost: a sum over the province takes a microsecond a person, so a decision pays two for it at most. Refused: running totals (half as many
additions again for every decision, and no standing still), and taking them every minute (a quiet journal is one event a minute).
"""

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from actors.core.country import Line
from actors.core.ids import KindId
from actors.core.statistics.storage import FloatArray

if TYPE_CHECKING:
    from actors.core.statistics.tables import Statistics

#: The sums stand for at least so many decisions and reviews, once there have been enough.
EVERY_MIN = 32


class GroupImage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The sums as they were taken, for a snapshot. As stored: not yet divided by the decay."""

    counted: int = 0
    due: int = 1
    lines: dict[Line, tuple[float, ...]] = {}
    people: tuple[float, ...] = ()
    reviews: tuple[float, ...] = ()
    kinds: dict[KindId, tuple[float, ...]] = {}


class GroupSums:
    """Sums over all operators of the province, those who have left included."""

    __slots__ = ("counted", "due", "kinds", "lines", "people", "reviews", "revision")

    def __init__(self) -> None:
        #: Decisions and reviews so far, and at how many the sums are taken next.
        self.counted = 0
        self.due = 1
        self.lines: dict[Line, FloatArray] = {}
        self.people: FloatArray = np.zeros(0)
        self.reviews: FloatArray = np.zeros(0)
        #: Sums of `KindTotalCell`.
        self.kinds: dict[KindId, tuple[float, ...]] = {}
        #: Changes so far, for whoever keeps something. Not hard state.
        self.revision = 0

    def count(self) -> None:
        """A decision or a review has been added."""
        self.counted += 1

    def begin_minute(self, statistics: "Statistics") -> None:
        """A minute begins: take the sums anew if there has been enough."""
        if self.counted >= self.due:
            self.take(statistics)

    def take(self, statistics: "Statistics") -> None:
        """Take the sums as they are now."""
        self.lines = {line: statistics.by_line.total(line) for line in Line}
        self.people = statistics.by_operator.total()
        self.reviews = statistics.by_review.total()
        totals = statistics.kind_totals
        self.kinds = {KindId(kind): tuple(totals.record(0, kind)) for kind in totals.row(0)}
        self.due = self.counted + min(max(1, self.counted // 4), max(EVERY_MIN, len(statistics.rows) // 2))
        self.revision += 1

    def capture(self) -> GroupImage:
        """As of now."""
        return GroupImage(
            counted=self.counted,
            due=self.due,
            lines={line: tuple(sums.tolist()) for line, sums in self.lines.items()},
            people=tuple(self.people.tolist()),
            reviews=tuple(self.reviews.tolist()),
            kinds=self.kinds,
        )

    def restore(self, image: GroupImage) -> None:
        """Become what was captured."""
        self.counted, self.due = image.counted, image.due
        self.lines = {line: np.array(sums) for line, sums in image.lines.items()}
        self.people, self.reviews = np.array(image.people), np.array(image.reviews)
        self.kinds = dict(image.kinds)
        self.revision += 1

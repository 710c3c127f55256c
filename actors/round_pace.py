"""How often a province matches: one round for many steps instead of one for each.

A round costs nearly the same for one pair as for a dozen. Held after every batch, it would mostly find the one person whom that batch has made
free. Measured with 240 people who decide at once, in six provinces on two cores, together with the rest after each commit
(`actors.province.REST_MAX_S`): 1,780 tasks a second through their lives at 1,060 us of CPU with 5 ms between rounds, 2,320 at 810 with 25,
2,500 at 750 with 40, 1,960 at 830 with 60, when people wait for work. Whoever comes after a pause is matched in the same batch, so a province with
little to do waits for nothing.
"""

#: Between the beginnings of two rounds, milliseconds: far below what a person notices.
PAUSE_MIN_MS = 40


class RoundPace:
    """When the next round may be held: after a pause as long as the last one took, so that at most half of the time goes into matching."""

    def __init__(self) -> None:
        #: The first instant for the next round, milliseconds of the monotonic clock.
        self.due_ms = 0

    def is_due(self, now_ms: int) -> bool:
        """Whether a round may be held."""
        return now_ms >= self.due_ms

    def note_held(self, began_ms: int, ended_ms: int) -> None:
        """A round was held."""
        took_ms = ended_ms - began_ms
        self.due_ms = max(began_ms + PAUSE_MIN_MS, ended_ms + took_ms)

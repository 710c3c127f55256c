"""What stands for a minute: the records of people as they were when the minute began.

The intuition: what somebody has done until a minute ago says as much of them as what they have done until now. A match reads the records of
people as of the beginning of the minute, so all that is worked out of them is worked out once a minute, for everybody at once, and stands
while decisions pour in. What must not wait (work in hand, free capacity, today's quota) is read as of now.

A record is copied when it is first touched in a minute (`PersonTable.place`), which costs 0.2 us, and forgotten when the next minute
begins. The copies are hard state and lie in snapshots: a decision can be made again from the journal, at any event of the minute.

Refused: learning with a minute's delay (a snapshot would have to hold the events that are not yet learned, with the tasks they are about);
copying everybody's records every minute (megabytes for nothing); letting kept values stand without the copies (nobody could make a decision
again who starts in the middle of a minute).
"""

from array import array

Records = dict[int, "array[float]"]


class Standing:
    """Copies of the records that were touched in the minute of the latest event."""

    __slots__ = ("begun", "evicted", "records", "seen_ms")

    def __init__(self) -> None:
        #: `PersonTable` number and place (`PersonTable.base`) -> the record when the minute began.
        self.records: Records = {}
        #: The time that counted for the decay when the minute began, Unix ms.
        self.seen_ms = 0
        #: Minutes begun so far, and records given up so far, for whoever keeps something. Not hard state.
        self.begun = 0
        self.evicted = 0

    def begin(self, seen_ms: int) -> None:
        """A minute begins: all records are what they are now."""
        self.records.clear()
        self.seen_ms = seen_ms
        self.begun += 1

    def capture(self) -> tuple[tuple[int, bytes], ...]:
        """As of now, in the order of touching."""
        return tuple((key, record.tobytes()) for key, record in self.records.items())

    def restore(self, kept: tuple[tuple[int, bytes], ...], seen_ms: int) -> None:
        """Become what was captured."""
        self.records.clear()
        self.records.update((key, array("d", record)) for key, record in kept)
        self.seen_ms = seen_ms

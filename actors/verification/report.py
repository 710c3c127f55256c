"""What a verification found."""

import msgspec

#: Problems listed; there may be more.
PROBLEMS_MAX = 100
#: What is said of the statistics: their bytes were checked only, or they were learned again from all frames.
STATISTICS_LEFT = "not recomputed (--thorough)"
STATISTICS_COMPARED = "recomputed and compared"


class Report(msgspec.Struct, kw_only=True):
    """What was found."""

    provinces: int = 0
    frames: int = 0
    events: int = 0
    #: Records and snapshots that were compared with what the frames give.
    records: int = 0
    snapshots: int = 0
    #: Provinces whose journal was compared with its anchor.
    anchors: int = 0
    #: Events of the headquarters; not among `events`.
    hq_events: int = 0
    tasks_created: int = 0
    tasks_decided: int = 0
    #: Ended undecided: returned or cancelled; not among the decided ones.
    tasks_ended: int = 0
    tasks_open: int = 0
    #: Of the open ones: on their way, held by no province.
    tasks_in_transit: int = 0
    tasks_lost: int = 0
    tasks_decided_twice: int = 0
    #: Decided by another province than their home.
    tasks_decided_shared: int = 0
    ledger_legs: int = 0
    ledger_sum_fen: int = 0
    #: Whether the statistics of the snapshots were compared with what the frames teach.
    statistics: str = STATISTICS_LEFT
    #: Processes that read, how long it took, and the events of provinces read in a second.
    processes: int = 1
    seconds: float = 0.0
    events_per_second: int = 0
    problems: list[str] = []

    @property
    def ok(self) -> bool:
        """Whether nothing at all was found."""
        return not self.problems

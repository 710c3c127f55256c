"""Tasks as columns.

Facts of a task that do not change with time are gathered once per version of the record and kept as bytes (`TaskFacts`): the tasks that
wait come round again in every match, and joining 50 kept rows costs 10 us where reading 50 records anew costs 150.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from actors.core.clock import MINUTE_MS
from actors.core.country import Line, TaskKind
from actors.core.ids import KindId, TaskId
from actors.core.queue import authority_needed
from actors.core.statistics.cells import PAGE_BANDS, KindTotalCell, amount_bucket, like_band
from actors.core.statistics.decay import local_hour_of_day
from actors.core.statistics.reading import Reading
from actors.core.statistics.shrinkage import REVIEWS
from actors.core.statistics.storage import FloatArray as Values
from actors.core.task import Task

NAN = float("nan")
Read = TypeVar("Read")
#: Tasks of which something is kept, or twice as many as were looked at last if that is more; beyond, only of these. A task takes 3 KB with its
#: record and keys, and nobody looks at it again once it is decided.
KEPT_MAX = 2_048
#: A task without kind in the table (it came with a newer table) has the promise and the standard of an ordinary one.
KIND_UNKNOWN = TaskKind(kind=KindId(""), line=Line.SERVICING)


class TaskColumns:
    """Facts of tasks, each (tasks,) float64. Instants are minutes since 1970; NaN is unknown. `describe` gives them in this order."""

    standard_minutes: Values
    complexity: Values
    page_count: Values
    policy_count: Values
    missing_document_count: Values
    amount_fen: Values
    #: 0..1.
    risk: Values
    fraud_alert_level: Values
    #: 1..4.
    privacy_level: Values
    #: The highest that the task, its kind or a referral asks for.
    required_authority: Values
    required_skill_count: Values
    dispute: Values
    priority: Values
    green_channel: Values
    customer_tier: Values
    vulnerable: Values
    complaint: Values
    disaster: Values
    #: When the dispatcher took it in (or its `not_before`): what ageing counts from.
    taken_in_minute: Values
    #: When the branch took it in.
    accepted_minute: Values
    queued_minute: Values
    due_minute: Values
    sla_minutes: Values
    hold_minutes: Values
    offer_attempts: Values
    handover_count: Values
    return_count: Values
    resubmitted: Values
    statutory_minute: Values
    breach_points: Values
    #: Row of the statistics of like tasks (`cells.like_band`).
    like_band: Values
    #: -1: no amount.
    amount_bucket: Values


COLUMNS = tuple(TaskColumns.__annotations__)


def describe(task: Task, kind: TaskKind) -> tuple[float, ...]:
    """The facts of one task, in the order of `TaskColumns`. 3 us."""
    spec = task.spec
    taken_in_ms, accepted_ms = task.taken_in_ms, spec.accepted_at_branch_ms
    return (
        kind.minutes_for(spec.complexity),
        spec.complexity or NAN,
        spec.page_count or NAN,
        spec.policy_count or NAN,
        spec.missing_document_count,
        spec.amount_fen,
        spec.risk_score_permille / 1_000,
        spec.fraud_alert_level,
        spec.privacy_level or 1,
        authority_needed(task, kind),
        len(spec.required_skills) + len(kind.required_skills),
        spec.dispute,
        spec.priority,
        spec.green_channel,
        spec.customer_tier or NAN,
        spec.vulnerable,
        spec.complaint,
        bool(spec.disaster_tag),
        taken_in_ms // MINUTE_MS,
        min(accepted_ms or taken_in_ms, taken_in_ms) // MINUTE_MS,
        task.queued_ms // MINUTE_MS,
        (spec.due_ms or task.promised_from_ms + kind.sla_minutes * MINUTE_MS) // MINUTE_MS,
        kind.sla_minutes,
        task.suspended_total_ms // MINUTE_MS,
        task.offer_attempts,
        task.handover_count,
        spec.return_count,
        spec.resubmitted,
        spec.statutory_due_ms // MINUTE_MS or NAN,
        kind.breach_points,
        like_band(spec.complexity, spec.page_count),
        amount_bucket(spec.amount_fen) if spec.amount_fen > 0 else -1,
    )


def is_too_many(kept: int, looked_at: int) -> bool:
    """Whether more tasks are kept than `KEPT_MAX` allows."""
    return kept > max(KEPT_MAX, 2 * looked_at)


class TaskFacts(Generic[Read]):
    """Facts of the tasks that were seen lately: as bytes, one row of float64 each, and whatever else `read` makes of a task."""

    __slots__ = ("_kept", "_kinds", "_read")

    def __init__(self, read: Callable[[Task, TaskKind], Read]) -> None:
        self._read = read
        self._kept: dict[TaskId, tuple[Task, bytes, Read]] = {}
        self._kinds: Mapping[KindId, TaskKind] | None = None

    def __len__(self) -> int:
        """Tasks of which facts are kept."""
        return len(self._kept)

    def of(self, tasks: Sequence[Task], kinds: Mapping[KindId, TaskKind]) -> tuple[Values, list[Read]]:
        """(facts, tasks) and what else was read of each. A record that has changed since, or a new table of kinds, is described anew."""
        if kinds is not self._kinds:
            self._kept.clear()
            self._kinds = kinds
        kept = self._kept
        rows: list[bytes] = []
        others: list[Read] = []
        for task in tasks:
            known = kept.get(task.task_id)
            if known is None or known[0] is not task:
                kind = kinds.get(task.spec.kind, KIND_UNKNOWN)
                row = array("d", describe(task, kind)).tobytes()
                known = kept[task.task_id] = (task, row, self._read(task, kind))
            rows.append(known[1])
            others.append(known[2])
        if is_too_many(len(kept), len(tasks)):
            self._kept = {task.task_id: kept[task.task_id] for task in tasks}
        return np.frombuffer(b"".join(rows)).reshape(len(rows), len(COLUMNS)).T, others


class LikeTasks:
    """What is known of like tasks, kept while it cannot have changed.

    Of a kind that is until the sums of its decisions and reviews are others, and of everything until the sums are read as of another time, the
    country's are others, or the table of kinds, whose standards stand for what is not known. Ranks of amounts rest on the amounts that have come alone.
    """

    __slots__ = ("_amounts", "_hour", "_kinds", "_known", "_national", "_stamp")

    def __init__(self) -> None:
        #: Kind -> the sums, and what was worked out of them: (what, detail) -> number.
        self._known: dict[KindId, tuple[bytes, dict[tuple[str, float], float]]] = {}
        #: Kind -> the amounts that have come, and the ranks of those that were asked for.
        self._amounts: dict[KindId, tuple[bytes, dict[int, float]]] = {}
        #: The table of hours, and the factor of this one.
        self._hour: tuple[bytes, float] | None = None
        self._stamp = (-1, -1)
        self._national: object = None
        self._kinds: Mapping[KindId, TaskKind] | None = None

    def begin(self, reading: Reading, kinds: Mapping[KindId, TaskKind]) -> None:
        """Begin a round: what may have changed is forgotten."""
        national, stamp = reading.statistics.national, (reading.minute_ms, reading.time_ms)
        if stamp != self._stamp or national is not self._national or kinds is not self._kinds:
            self._stamp, self._national, self._kinds = stamp, national, kinds
            self._known.clear()
            self._hour = None

    def of(self, reading: Reading, kind: KindId) -> dict[tuple[str, float], float]:
        """Numbers of a kind by what they are and a detail, as far as they were asked for; whoever asks for another adds it."""
        sums = reading.statistics.kind_totals.content(0, kind)
        known = self._known.get(kind)
        if known is None or known[0] != sums:
            known = self._known[kind] = (sums, {})
        return known[1]

    def amount_ranks(self, reading: Reading, kind: KindId) -> dict[int, float]:
        """Ranks of buckets of amounts of a kind (`Reading.amount_rank`), as far as they were asked for; whoever asks for another adds it."""
        amounts = reading.statistics.amounts.content(0, kind)
        known = self._amounts.get(kind)
        if known is None or known[0] != amounts:
            known = self._amounts[kind] = (amounts, {})
        return known[1]

    def hour_defect_factor(self, reading: Reading) -> float:
        """The factor of this hour of the day (`Reading.hour_defect_factor`)."""
        hours = reading.statistics.hours.cells.tobytes()
        if self._hour is None or self._hour[0] != hours:
            self._hour = (hours, reading.hour_defect_factor(local_hour_of_day(reading.minute_ms)))
        return self._hour[1]


class TaskView(TaskColumns):
    """The tasks of a round. All columns have shape (tasks,).

    Args:
        facts: (facts, tasks), from `TaskFacts.of`.
        like: what is known of like tasks.
        open_by_batch: open tasks of each batch here.
    """

    def __init__(
        self,
        facts: Values,
        tasks: Sequence[Task],
        kinds: Mapping[KindId, TaskKind],
        reading: Reading,
        open_by_batch: Mapping[str, int],
        like: LikeTasks,
    ) -> None:
        self.__dict__.update(zip(COLUMNS, facts, strict=True))
        self.now_minute = reading.minute_ms // MINUTE_MS
        self._tasks = tasks
        self._kinds = kinds
        self._reading = reading
        self._open_by_batch = open_by_batch
        self._like = like
        like.begin(reading, kinds)

    def minutes_since(self, instants: Values) -> Values:
        """Whole minutes that have passed, at least 0."""
        return np.maximum(self.now_minute - instants, 0.0)

    # --- statistics of like tasks: asked once for each kind (and band of it) among the tasks ---

    @cached_property
    def _kinds_here(self) -> tuple[list[TaskKind], list[int]]:
        """The distinct kinds of the tasks, and the place of each task's among them."""
        names: dict[KindId, int] = {}
        places = [names.setdefault(task.spec.kind, len(names)) for task in self._tasks]
        return [self._kinds.get(name, KIND_UNKNOWN) for name in names], places

    @cached_property
    def expected_handle_minutes(self) -> Values:
        """Median handle minutes of tasks of the kind, complexity and page band."""
        ask = self._reading.like_minutes
        bands: list[float] = self.like_band.tolist()
        return self._of_like(
            "median",
            bands,
            lambda kind, band: ask(kind.kind, kind.minutes_for(int(band) // PAGE_BANDS), int(band)).median,
        )

    @property
    def handle_minutes_p90(self) -> Values:
        """Minutes that nine in ten tasks of the kind need at most."""
        ask = self._reading.handle_minutes
        return self._by_kind("p90", lambda kind: ask(kind.kind, kind.standard_minutes).p90)

    @cached_property
    def _known_here(self) -> list[dict[tuple[str, float], float]]:
        return [self._like.of(self._reading, kind.kind) for kind in self._kinds_here[0]]

    def _of_like(self, what: str, details: Sequence[float], ask: Callable[[TaskKind, float], float]) -> Values:
        """A number for each task's kind and detail of it, asked only where it is not known yet."""
        (kinds, places), known = self._kinds_here, self._known_here
        numbers: list[float] = []
        for place, detail in zip(places, details, strict=True):
            key = (what, detail)
            number = known[place].get(key)
            if number is None:
                number = known[place][key] = ask(kinds[place], detail)
            numbers.append(number)
        return np.array(numbers)

    def _by_kind(self, what: str, ask: Callable[[TaskKind], float]) -> Values:
        """A number for each task's kind, asked only where it is not known yet."""
        (kinds, places), key = self._kinds_here, (what, 0.0)
        numbers: list[float] = []
        for kind, known in zip(kinds, self._known_here, strict=True):
            number = known.get(key)
            if number is None:
                number = known[key] = ask(kind)
            numbers.append(number)
        return np.array(numbers).take(places)

    @property
    def kind_defect_ratio(self) -> Values:
        """Reviews of the kind that failed over reviews, drawn to the country's; NaN where neither knows."""
        failed, reviewed = KindTotalCell.FAILED, KindTotalCell.REVIEWED
        return self._by_kind("defects", lambda kind: self._reading.kind_ratio(failed, reviewed, kind.kind, REVIEWS))

    @property
    def amount_percentile(self) -> Values:
        """Rank of the amount among those of the kind, 0..1; NaN: no amount, or none seen."""
        kinds, places = self._kinds_here
        known = [self._like.amount_ranks(self._reading, kind.kind) for kind in kinds]
        ranks: list[float] = []
        buckets: list[int] = self.amount_bucket.astype(np.int64).tolist()
        for place, bucket in zip(places, buckets, strict=True):
            rank = known[place].get(bucket)
            if rank is None:
                rank = self._reading.amount_rank(kinds[place].kind, bucket) if bucket >= 0 else NAN
                known[place][bucket] = rank
            ranks.append(rank)
        return np.array(ranks)

    @property
    def hour_defect_factor(self) -> Values:
        """Defect ratio of decisions at this hour of the day over the mean; the same for all."""
        return np.full(len(self._tasks), self._like.hour_defect_factor(self._reading))

    @property
    def batch_remaining(self) -> Values:
        """Other open tasks of the same batch; NaN without a batch."""
        batches = [task.spec.batch_id for task in self._tasks]
        return np.array([self._open_by_batch.get(batch, 1) - 1 if batch else NAN for batch in batches])

"""Tasks as columns.

Facts of a task that do not change with time are gathered once per version of the record and kept as bytes (`TaskFacts`): the tasks that
wait come round again in every match, and joining 50 kept rows costs 10 us where reading 50 records anew costs 150.
"""

from array import array
from collections.abc import Mapping, Sequence

import numpy as np

from actors.core.country import Line, TaskKind
from actors.core.ids import KindId, TaskId
from actors.core.matching.parameters.declaration import Values
from actors.core.queue import authority_needed
from actors.core.task import Task

NAN = float("nan")
MINUTE_MS = 60_000
#: Tasks whose facts are kept; beyond, all are gathered anew.
KEPT_MAX = 20_000
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


COLUMNS = tuple(TaskColumns.__annotations__)


def describe(task: Task, kind: TaskKind) -> tuple[float, ...]:
    """The facts of one task, in the order of `TaskColumns`. 3 us."""
    spec = task.spec
    taken_in_ms = max(task.created_ms, spec.not_before_ms)
    accepted_ms = spec.accepted_at_branch_ms
    return (
        kind.standard_minutes,
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
        (spec.due_ms or taken_in_ms + kind.sla_minutes * MINUTE_MS) // MINUTE_MS,
        kind.sla_minutes,
        task.suspended_total_ms // MINUTE_MS,
        task.offer_attempts,
        task.handover_count,
    )


class TaskFacts:
    """Facts of the tasks that were seen lately, as bytes: one row of float64 each."""

    __slots__ = ("_kinds", "_kept")

    def __init__(self) -> None:
        self._kept: dict[TaskId, tuple[Task, bytes]] = {}
        self._kinds: Mapping[KindId, TaskKind] | None = None

    def matrix(self, tasks: Sequence[Task], kinds: Mapping[KindId, TaskKind]) -> Values:
        """(facts, tasks). A record that has changed since, or a new table of kinds, is described anew."""
        if kinds is not self._kinds or len(self._kept) > KEPT_MAX:
            self._kept.clear()
            self._kinds = kinds
        kept = self._kept
        rows: list[bytes] = []
        for task in tasks:
            known = kept.get(task.task_id)
            if known is None or known[0] is not task:
                kind = kinds.get(task.spec.kind, KIND_UNKNOWN)
                known = kept[task.task_id] = (task, array("d", describe(task, kind)).tobytes())
            rows.append(known[1])
        return np.frombuffer(b"".join(rows)).reshape(len(rows), len(COLUMNS)).T


class TaskView(TaskColumns):
    """The tasks of a round.

    Args:
        facts: (facts, tasks), from `TaskFacts.matrix`.
        now_minute: minutes since 1970.
    """

    def __init__(self, facts: Values, now_minute: int) -> None:
        self.now_minute = now_minute
        self.__dict__.update(zip(COLUMNS, facts, strict=True))

    def minutes_since(self, instants: Values) -> Values:
        """Whole minutes that have passed, at least 0."""
        return np.maximum(self.now_minute - instants, 0.0)

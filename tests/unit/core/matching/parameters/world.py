"""A small province whose people, tasks and past come from events alone, and every parameter's value read from its state."""

from collections.abc import Callable, Hashable
from typing import Any

import msgspec
import numpy as np

from actors.core import events as e
from actors.core.applying import apply
from actors.core.clock import Instant
from actors.core.country import Line, TaskKind
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, SiteId, TaskId
from actors.core.matching.bank import Bank
from actors.core.matching.compiled import CompiledModel
from actors.core.matching.extras import extras_of
from actors.core.matching.hosting import Hosting, facts_of
from actors.core.matching.keys import KEYS, keys_of, said_of
from actors.core.matching.parameters import CATALOGUE, Attribute, Scope
from actors.core.matching.scoring import Problem, Scorer
from actors.core.matching.shipped import shipped_model
from actors.core.matching.views.duty import DutyBoard, DutyView
from actors.core.matching.views.provinces import LinkView, ProvinceView
from actors.core.matching.views.tasks import LikeTasks, TaskFacts, TaskView
from actors.core.operators import KindExperience, Operator, PresenceState
from actors.core.presence import Presence
from actors.core.review import Findings, ReviewVerdict, reviewed_decision
from actors.core.sharing.summary import ProvinceSummary
from actors.core.state import ProvinceState
from actors.core.statistics.reading import Reading, StandingReading
from actors.core.summary import summarise
from actors.core.task import Decision, MoveOut, Placement, Task, TaskSpec, Verdict
from tests.unit.core.harness import FUJIAN, JIANGXI, START_MS

MEDICAL, LARGE = KindId("claims-medical"), KindId("claims-large")
KINDS = (
    TaskKind(kind=MEDICAL, line=Line.CLAIMS, standard_minutes=12),
    TaskKind(kind=LARGE, line=Line.CLAIMS, standard_minutes=30),
)
MINUTE_MS = 60_000
#: Whom all values are of; the other one is a colleague.
ANN, BOB = OperatorId("ann"), OperatorId("bob")
MODEL = shipped_model()


class World:
    """One province with two people on duty. `now_ms` runs on with what happens."""

    def __init__(self, *, table: tuple[TaskKind, ...] = KINDS, **ann: Any) -> None:
        self.state = ProvinceState(FUJIAN)
        self.now_ms = START_MS
        self.taken_in = 0
        self.prices: dict[OperatorId, int] = {}
        self.silence: dict[OperatorId, float] = {}
        self.happen(e.TaskKindsAdopted(at_ms=self.now_ms, revision=1, kinds=table))
        self.arrive(ANN, **ann)
        self.arrive(BOB)

    def happen(self, event: e.AnyEvent) -> None:
        """Apply one event."""
        apply(self.state, event)

    def wait(self, minutes: float) -> "World":
        """Let time pass."""
        self.now_ms += round(minutes * MINUTE_MS)
        return self

    # --- people ---

    def arrive(self, operator: OperatorId, **changes: Any) -> None:
        """Enrol somebody and sign them in."""
        known: dict[str, Any] = {
            "operator": operator,
            "province": FUJIAN,
            "site": SiteId("fujian-1"),
            "team": "one",
            "kinds": {MEDICAL: KindExperience(), LARGE: KindExperience()},
            "capacity": 4,
        }
        self.happen(e.OperatorEnrolled(at_ms=self.now_ms, entry=Operator(**(known | changes))))
        self.happen(
            e.OperatorSignedIn(
                at_ms=self.now_ms,
                operator=operator,
                session=SessionId(f"g/{operator}"),
                presence=PresenceState.AVAILABLE,
            )
        )

    def rest(self, operator: OperatorId = ANN) -> None:
        """A break of ten minutes."""
        for presence in (PresenceState.BREAK, PresenceState.AVAILABLE):
            self.happen(e.PresenceChanged(at_ms=self.now_ms, operator=operator, presence=presence))
            self.wait(10)

    def leave(self, operator: OperatorId = ANN) -> None:
        """Sign out, and in again an hour later."""
        self.happen(e.OperatorSignedOut(at_ms=self.now_ms, operator=operator))
        self.wait(60)
        self.happen(
            e.OperatorSignedIn(
                at_ms=self.now_ms,
                operator=operator,
                session=SessionId(f"g/{operator}"),
                presence=PresenceState.AVAILABLE,
            )
        )

    # --- tasks ---

    def create(self, kind: KindId = MEDICAL, **spec: Any) -> TaskId:
        """A task that waits."""
        task_id = TaskId(f"fujian-{self.state.task_number + 1}")
        created = e.TaskCreated(at_ms=self.now_ms, who="branch:core", task_id=task_id, spec=TaskSpec(kind=kind, **spec))
        self.happen(created)
        return task_id

    def take_in(self, home: ProvinceCode = JIANGXI, **spec: Any) -> TaskId:
        """A task of another home that is ours to do."""
        self.taken_in += 1
        task_id = TaskId(f"{home}-{self.taken_in}")
        move = MoveOut(host=FUJIAN, generation=1, attempt=1, placement=Placement.SHARED, started_ms=self.now_ms)
        foreign = World().task_like(task_id, home, TaskSpec(kind=MEDICAL, **spec))
        self.happen(e.MoveAccepted(at_ms=self.now_ms, source=home, task=foreign, move=move))
        return task_id

    def task_like(self, task_id: TaskId, home: ProvinceCode, spec: TaskSpec) -> Task:
        """A task record as its home sends it."""
        mine = self.state.tasks[self.create()]
        return msgspec.structs.replace(mine, task_id=task_id, home=home, host=home, spec=spec)

    def offer(self, task_id: TaskId, operator: OperatorId = ANN) -> TaskId:
        """Offer a task."""
        token = self.state.tasks[task_id].token + 1
        self.happen(e.OfferMade(at_ms=self.now_ms, task_id=task_id, operator=operator, token=token))
        return task_id

    def assign(self, task_id: TaskId, operator: OperatorId = ANN, *, start: bool = True) -> TaskId:
        """Give a task to somebody, who begins."""
        token = self.state.tasks[task_id].token + 1
        self.happen(e.TaskAssigned(at_ms=self.now_ms, task_id=task_id, operator=operator, token=token))
        if start:
            self.happen(e.AssignmentStarted(at_ms=self.now_ms, task_id=task_id))
        return task_id

    def complete(
        self, task_id: TaskId, minutes: float = 10, operator: OperatorId = ANN, verdict: Verdict = Verdict.APPROVED
    ) -> Task:
        """Decide a task in hand; its record."""
        self.wait(minutes)
        task = self.state.tasks[task_id]
        person = self.state.operators[operator]
        decision = Decision(
            verdict=verdict,
            operator=operator,
            province=FUJIAN,
            time_ms=self.now_ms,
            handle_ms=self.now_ms - task.started_ms,
            work_units_milli=2_000,
            signed_in_for_ms=max(0, self.now_ms - person.signed_in_ms),
        )
        self.happen(e.TaskCompleted(at_ms=self.now_ms, task_id=task_id, decision=decision))
        return msgspec.structs.replace(task, decision=decision)

    def decide(self, minutes: float = 10, operator: OperatorId = ANN, kind: KindId = MEDICAL, **spec: Any) -> Task:
        """A task's whole life."""
        return self.complete(self.assign(self.create(kind, **spec), operator), minutes, operator)

    def review(self, task: Task, **findings: Any) -> None:
        """A review of a decided task."""
        known: dict[str, Any] = {"verdict": ReviewVerdict.PASSED}
        submitted = e.ReviewSubmitted(
            at_ms=self.now_ms, who="auditor", reviewed=reviewed_decision(task), findings=Findings(**(known | findings))
        )
        self.happen(submitted)

    # --- values ---

    @property
    def reading(self) -> Reading:
        """The statistics as of now."""
        return Reading(self.state.statistics, self.now_ms)

    def summary(self) -> ProvinceSummary:
        """What the province says of itself, once an event of the next minute has made the group's sums new."""
        self.wait(1)
        self.state.statistics.clock.advance(self.now_ms)
        now = Instant(wall_ms=self.now_ms, monotonic_ms=10_000)
        presence = Presence(0)
        presence.hear([SessionId("g/ann"), SessionId("g/bob")], 10_000)
        return summarise(self.state, presence, now, Hosting(MODEL))

    def problem(self, task_id: TaskId) -> Problem:
        """The round of one task and everybody."""
        people = [self.state.operators[name] for name in (ANN, BOB)]
        return Scorer(self.state, MODEL).problem(
            [self.state.tasks[task_id]], people, self.now_ms, prices=self.prices, silence_seconds=self.silence
        )

    def value(self, name: str, task_id: TaskId | None = None, **spec: Any) -> float:
        """The value of a parameter for Ann, a waiting task, this province, or its link with Jiangxi.

        Args:
            task_id: the task; none: a new one with `spec`.
        """
        parameter = CATALOGUE[name]
        if parameter.scope in (Scope.PROVINCE, Scope.LINK) or name == "hour_arrival_factor":
            return self._of_province(name)
        task = self.state.tasks[task_id or self.create(**spec)]
        if parameter.attribute is None:
            facts, _ = TaskFacts(lambda _task, _kind: ()).of([task], self.state.kinds)
            view = TaskView(facts, [task], self.state.kinds, self.reading, self.state.open_by_batch, LikeTasks())
            return float(parameter.function(view)[0])
        return self._of_pair(parameter.function, parameter.attribute, name, task)

    def _of_province(self, name: str) -> float:
        summary = self.summary()
        facts = facts_of(summary, Line.CLAIMS)
        view: object = ProvinceView([facts])
        if CATALOGUE[name].scope is Scope.LINK:
            # We are the home, or the host whose summary the home reads; Jiangxi is the other one in both cases.
            other = facts._replace(province=JIANGXI)
            home = JIANGXI if name == "link_shared_qa_gap" else FUJIAN
            view = LinkView(home, [other], Line.CLAIMS, self.reading)
        return float(CATALOGUE[name].function(view)[0])

    def _of_pair(self, function: Callable[[Any], Any], attribute: Attribute, name: str, task: Task) -> float:
        compiled = CompiledModel(MODEL)
        bank = Bank(self.state, compiled)
        # What the statistics say of people stands for the minute.
        self.wait(1)
        reading = StandingReading(self.state.statistics, self.now_ms)
        people = [self.state.operators[one] for one in (ANN, BOB)]
        rows = np.array([self.state.statistics.rows[person.operator] for person in people])
        board = DutyBoard([self.state.operators[one] for one in self.state.signed_in], self.state.statistics.rows)
        bank.begin(reading)
        keys: dict[Attribute, Hashable] = dict(
            zip(KEYS, keys_of(task, self.state.kinds[task.spec.kind], MODEL), strict=True)
        )
        left = (task.spec.due_ms or self.now_ms + 480 * MINUTE_MS) - self.now_ms
        keys[Attribute.SLACK] = (task.spec.kind, left // MINUTE_MS)
        ids = np.array([bank.keys.number(one, key) for one, key in keys.items() if key is not None])
        bank.refresh(ids[ids >= 0], people, rows, board, reading)
        candidates = bank.candidates(people, rows, board, reading)
        if attribute in keys:
            if keys[attribute] is None:
                return float("nan")
            return float(np.ravel(function(bank.view(attribute, [keys[attribute]], candidates)))[0])
        duty = DutyView(people, bank.known.signed_in_ms[rows], reading, self.prices, self.silence)
        for extra in extras_of(compiled, bank, candidates, duty, [task], [said_of(task)], self.now_ms):
            if name in extra.group.places:
                return float(extra.values[extra.group.places[name], 0, 0])
        return float("nan")

"""A province that lives by events made by hand, minute by minute, so that every cell has a known cause and a known value."""

from enum import IntEnum
from typing import Any

import numpy as np

from actors.core import events as e
from actors.core.applying import apply
from actors.core.country import Line
from actors.core.ids import OperatorId, ProvinceCode, SessionId, TaskId, task_id
from actors.core.matching.views.people import ROSTER_COLUMNS, PeopleView
from actors.core.operators import PresenceState, Shift
from actors.core.review import Findings, ReviewedDecision, ReviewVerdict
from actors.core.state import ProvinceState
from actors.core.statistics.reading import Reading
from actors.core.statistics.tables import NOBODY
from actors.core.task import Decision, MoveOut, Placement, Task, TaskState, Verdict
from tests.unit.core.harness import FUJIAN, JIANGXI, KINDS, MEDICAL, person, spec

CHEN, LIN = OperatorId("chen"), OperatorId("lin")
#: A Monday, ten in the morning in Shanghai.
TEN_MS = 1_767_578_400_000
MINUTE_MS = 60_000
#: Until eleven: at ten, its last two hours have begun.
SHIFT = Shift(start_minute=180, end_minute=660)


class World:
    """One province, two people on duty since ten o'clock, and the clock of its events."""

    def __init__(self) -> None:
        self.state = ProvinceState(FUJIAN)
        self.at_ms = TEN_MS
        self.happens(e.TaskKindsAdopted(at_ms=self.at_ms, revision=1, kinds=KINDS))
        for name in (CHEN, LIN):
            self.enrol(name)

    def enrol(self, name: OperatorId) -> None:
        """Put somebody on the roster and sign them in."""
        entry = person(name, capacity=9, shift=SHIFT)
        self.happens(e.OperatorEnrolled(at_ms=self.at_ms, entry=entry))
        session = SessionId(f"gateway-1/{name}")
        available = PresenceState.AVAILABLE
        self.happens(e.OperatorSignedIn(at_ms=self.at_ms, operator=name, session=session, presence=available))

    def happens(self, event: e.AnyEvent) -> None:
        """Apply an event."""
        apply(self.state, event)

    def wait(self, minutes: float = 0.0, *, days: float = 0.0) -> None:
        """Let time pass."""
        self.at_ms += round((minutes + days * 1_440) * MINUTE_MS)

    def create(self, **changes: Any) -> TaskId:
        """A task arrives."""
        task = task_id(FUJIAN, self.state.task_number + 1)
        kind = changes.pop("kind", MEDICAL)
        self.happens(e.TaskCreated(at_ms=self.at_ms, task_id=task, spec=spec(kind, **changes)))
        return task

    def take_in(self, home: ProvinceCode = JIANGXI, **changes: Any) -> TaskId:
        """A task of another province arrives, 4 s after its home had decided to share it."""
        task = self.foreign(home, **changes)
        move = MoveOut(host=FUJIAN, generation=1, attempt=1, placement=Placement.SHARED, started_ms=self.at_ms - 4_000)
        self.happens(e.MoveAccepted(at_ms=self.at_ms, source=home, task=task, move=move))
        return task.task_id

    def foreign(self, home: ProvinceCode = JIANGXI, **changes: Any) -> Task:
        """A task as another province has it."""
        return Task(
            task_id=task_id(home, 77),
            home=home,
            spec=spec(MEDICAL, **changes),
            line=KINDS[0].line,
            created_ms=self.at_ms,
            created_by="branch:test",
            host=home,
            state=TaskState.QUEUED,
        )

    def offer(self, task: TaskId, operator: OperatorId = CHEN) -> None:
        """A task is offered."""
        token = self.state.tasks[task].token + 1
        self.happens(e.OfferMade(at_ms=self.at_ms, task_id=task, operator=operator, token=token))

    def assign(self, task: TaskId, operator: OperatorId = CHEN, *, reassigned: bool = False) -> None:
        """A task is given to somebody."""
        token = self.state.tasks[task].token + 1
        event = e.TaskAssigned(at_ms=self.at_ms, task_id=task, operator=operator, token=token, reassigned=reassigned)
        self.happens(event)

    def start(self, task: TaskId) -> None:
        """The holder begins."""
        self.happens(e.AssignmentStarted(at_ms=self.at_ms, task_id=task))

    def begin(self, task: TaskId, operator: OperatorId = CHEN) -> None:
        """A task is given to somebody who begins at once."""
        self.assign(task, operator)
        self.start(task)

    def complete(self, task: TaskId, verdict: Verdict = Verdict.APPROVED) -> None:
        """The holder decides."""
        known = self.state.tasks[task]
        assert known.operator is not None
        decision = Decision(
            verdict=verdict,
            operator=known.operator,
            province=FUJIAN,
            time_ms=self.at_ms,
            handle_ms=known.worked_ms + self.at_ms - known.started_ms,
            work_units_milli=self.state.kinds[known.spec.kind].standard_minutes * 1000 // 6,
            signed_in_for_ms=self.at_ms - self.state.operators[known.operator].signed_in_ms,
        )
        self.happens(e.TaskCompleted(at_ms=self.at_ms, task_id=task, decision=decision))

    def decide(
        self,
        minutes: float = 12.0,
        *,
        operator: OperatorId = CHEN,
        verdict: Verdict = Verdict.APPROVED,
        **changes: Any,
    ) -> TaskId:
        """A task arrives, is given to somebody, and is decided after so many minutes."""
        task = self.create(**changes)
        self.begin(task, operator)
        self.wait(minutes)
        self.complete(task, verdict)
        return task

    def review(
        self, verdict: ReviewVerdict, *, operator: OperatorId = CHEN, about: dict[str, Any] | None = None, **found: Any
    ) -> None:
        """A decision made at ten is reviewed."""
        known: dict[str, Any] = {
            "task_id": task_id(FUJIAN, 1),
            "operator": operator,
            "province": FUJIAN,
            "verdict": Verdict.APPROVED,
            "decided_ms": TEN_MS,
            "line": KINDS[0].line,
            "kind": MEDICAL,
            "home": FUJIAN,
        }
        reviewed = ReviewedDecision(**(known | (about or {})))
        findings = Findings(verdict=verdict, **found)
        self.happens(e.ReviewSubmitted(at_ms=self.at_ms, reviewed=reviewed, findings=findings))

    def reading(self) -> Reading:
        """The numbers as of now."""
        return Reading(self.state.statistics, self.at_ms)

    def people(self, *names: OperatorId) -> PeopleView:
        """What matching reads of some people in claims, but for the roster."""
        rows = np.array([self.state.statistics.rows.get(name, NOBODY) for name in names])
        return PeopleView(np.zeros((len(ROSTER_COLUMNS), len(rows))), rows, [Line.CLAIMS], self.reading())

    def later(self) -> None:
        """A minute later something happens: what people's numbers are drawn to is taken anew then."""
        self.wait(1)
        self.create()


def value_of(world: World, table: str, record: tuple[Any, str], cell: IntEnum) -> float:
    """A cell as of the last event."""
    row, of = record
    place: int = world.state.statistics.rows[OperatorId(row)] if isinstance(row, str) else row
    stored = getattr(world.state.statistics, table).record(place, of)[cell]
    return stored / world.reading().divisor(cell)

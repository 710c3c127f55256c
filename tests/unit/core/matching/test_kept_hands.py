"""What is kept of people while work passes through their hands, against a scorer that keeps nothing."""

from typing import Any

import msgspec
import pytest

from actors.core import events as e
from actors.core.ids import OperatorId, TaskId
from actors.core.matching.scoring import Scorer
from actors.core.matching.shipped import shipped_model
from actors.core.operators import PresenceState
from actors.core.shadow import Shadow
from actors.core.task import Decision, Task, TaskState, Verdict
from tests.unit.core.matching.rounds_at_random import KINDS, RandomProvince
from tests.unit.core.matching.test_scoring import assert_same

MINUTE_MS = 60_000


class BusyDay(RandomProvince):
    """A province in which anything happens to people and their work within the minute."""

    enrolled = 0

    def step(self) -> None:
        """Something happens."""
        self.pick(self._take, self._take, self._go_on, self._go_on, self._go_on, self._person, self._arrive)()

    def _arrive(self) -> None:
        if self.chance(700):
            self.create()
        else:
            self.make_up()

    def make_up(self) -> TaskId:
        """A drill's shadow task that waits."""
        self.number += 1
        task_id = TaskId(f"fujian-{self.number}")
        shadow = Shadow("drill", self.now_ms + 3_600_000)
        self.happen(
            e.TaskCreated(at_ms=self.now_ms, who="system:drill", task_id=task_id, spec=self.spec(), shadow=shadow)
        )
        return task_id

    def _take(self) -> None:
        waiting = [task for task in self.state.tasks.values() if task.state is TaskState.QUEUED]
        if not waiting:
            return
        task = self.pick(*waiting)
        able = [one for one in self.state.free if task.spec.kind in self.state.operators[one].kinds]
        if able:
            made = self.pick(e.OfferMade, e.TaskAssigned, e.TaskAssigned)
            self._of(made, task, operator=OperatorId(self.pick(*able)), token=task.token + 1)

    def _go_on(self) -> None:
        held = [task for task in self.state.tasks.values() if task.operator is not None]
        if not held:
            return
        task = self.pick(*held)
        match task.state:
            case TaskState.OFFERED:
                if self.chance(500):
                    self._of(e.OfferAccepted, task)
                elif self.chance(500):
                    self._of(e.OfferDeclined, task, until_ms=self.now_ms + 90_000)
                else:
                    self._of(e.OfferWithdrawn, task, reason=self.pick("offer_expired", "site_lost"))
            case TaskState.ASSIGNED:
                self._of(e.AssignmentStarted, task)
            case TaskState.IN_PROGRESS:
                self.pick(self._complete, self._complete, self._release)(task)
            case _:
                pass

    def _complete(self, task: Task) -> None:
        assert task.operator is not None
        decision = Decision(
            verdict=Verdict.APPROVED,
            operator=task.operator,
            province=self.state.province,
            time_ms=self.now_ms,
            handle_ms=int(self.rng.integers(1, 40)) * MINUTE_MS,
            work_units_milli=2_000,
        )
        self._of(e.TaskCompleted, task, decision=decision)

    def _release(self, task: Task) -> None:
        self._of(e.AssignmentReleased, task, reason="tired")

    def _person(self) -> None:
        person = self.pick(*self.state.operators.values())
        what = int(self.rng.integers(5))
        if what == 0:
            new = self.entry(int(person.operator.split("-")[1]))
            edited = msgspec.structs.replace(
                person,
                version=person.version + 1,
                **{name: getattr(new, name) for name in ("kinds", "capacity", "shift", "daily_quota_milli", "mentor")},
            )
            self.happen(e.OperatorEnrolled(at_ms=self.now_ms, entry=edited))
        elif what == 1:
            self.enrolled += 1
            self.enrol(100 + self.enrolled)
        elif what == 2 and not self.state.holds.get(person.operator):
            self.happen(e.OperatorSignedOut(at_ms=self.now_ms, operator=person.operator))
            self.happen(e.OperatorRemoved(at_ms=self.now_ms, operator=person.operator))
        else:
            presence = self.pick(PresenceState.AVAILABLE, PresenceState.BREAK)
            self.happen(e.PresenceChanged(at_ms=self.now_ms, operator=person.operator, presence=presence))

    def _of(self, event: Any, task: Task, **said: Any) -> None:
        self.happen(event(at_ms=self.now_ms, task_id=TaskId(task.task_id), **said))

    def compare(self, kept: Scorer) -> None:
        """Score everybody against everything that is open, and so does a scorer that keeps nothing."""
        tasks, people = list(self.state.tasks.values()), list(self.state.operators.values())
        ours = kept.problem(tasks, people, self.now_ms)
        assert_same(ours, Scorer(self.state, kept.model).problem(tasks, people, self.now_ms))


@pytest.mark.parametrize("seed", range(4))
def test_what_rests_on_hands_stands_no_longer_than_they_hold_the_same(seed: int) -> None:
    """Somebody whose hands have filled, emptied or changed would be given work by what they were a moment ago."""
    day = BusyDay(seed, people=14, tasks=12, past=40)
    day.time_passes = False
    kept, model = Scorer(day.state, shipped_model()), shipped_model()
    start_ms = day.now_ms // MINUTE_MS * MINUTE_MS
    for step in range(120):
        # Ten steps a minute; one of them goes back into the one before.
        day.now_ms = start_ms + step // 10 * MINUTE_MS + (step % 10 * 5_000 if step % 10 != 7 else -20_000)
        for _ in range(int(day.rng.integers(4))):
            day.step()
        if step == 60:
            table = [msgspec.structs.replace(kind, standard_minutes=kind.standard_minutes + 3) for kind in KINDS]
            day.happen(e.TaskKindsAdopted(at_ms=day.now_ms, revision=day.state.kinds_revision + 1, kinds=tuple(table)))
        people, tasks = list(day.state.operators.values()), list(day.state.tasks.values())
        some, few = people[step % 3 :: 1 + step % 2], tasks[step % 2 :: 1 + step % 3] or tasks
        ours = kept.problem(few, some, day.now_ms)
        assert_same(ours, Scorer(day.state, model).problem(few, some, day.now_ms))


@pytest.mark.parametrize("is_made_up", [False, True])
def test_an_offer_that_nobody_learns_from_is_in_somebodys_hands(is_made_up: bool) -> None:
    """Who was silent for a moment would pass for having no room, and whom a drill gave work for having all of it, until the minute is over."""
    day = BusyDay(3, people=4, tasks=3)
    scorer, operator = Scorer(day.state, shipped_model()), next(iter(day.state.operators))
    task_id = day.make_up() if is_made_up else day.create()
    day.compare(scorer)
    day.happen(e.OfferMade(at_ms=day.now_ms, task_id=task_id, operator=operator, token=1))
    day.compare(scorer)
    day.happen(e.OfferWithdrawn(at_ms=day.now_ms, task_id=task_id, reason="site_lost"))
    day.compare(scorer)


def test_what_is_kept_of_tasks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A province would keep the facts of twenty thousand tasks that were decided long ago, 3 KB each."""
    monkeypatch.setattr("actors.core.matching.views.tasks.KEPT_MAX", 8)
    province = BusyDay(7, tasks=3)
    scorer = Scorer(province.state, shipped_model())
    most = 0
    for _ in range(40):
        for task_id in list(province.state.tasks):
            province.happen(e.TaskCancelled(at_ms=province.now_ms, task_id=task_id, reason="withdrawn"))
        for _ in range(3):
            province.create()
        tasks, people = list(province.state.tasks.values()), list(province.state.operators.values())
        kept = scorer.problem(tasks, people, province.now_ms)
        assert_same(kept, Scorer(province.state, shipped_model()).problem(tasks, people, province.now_ms))
        most = max(most, scorer.tasks_kept)
    assert 3 < most <= 8

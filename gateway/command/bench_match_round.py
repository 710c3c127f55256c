"""What a whole round costs in a province, for `sharedops bench match`.

Filters, the parameters of the shipped model, points, the solution, the record: all that `hold_round` does. The province has a past:
everybody has decided tasks of several kinds and some were reviewed, all through events, so that every table of the statistics answers as
it does in production. Three situations are timed, since what a round costs depends on what stands from the round before:

* `nothing_changed`: the round is held again;
* `three_changed`: three people have just decided a task, three tasks left the queue and three came;
* `new_minute`: the same, and it is the first round of a minute, in which what the statistics say of people is worked out anew.

Times are processor time of this process. The least of many tries is what the code costs, the median what it costs on this machine as it is.
"""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import msgspec
import numpy as np

from actors.core import events as e
from actors.core.applying import apply
from actors.core.country import TaskKind
from actors.core.ids import OperatorId, ProvinceCode, SessionId, SiteId, TaskId
from actors.core.matching.rounds import hold_round
from actors.core.matching.scoring import Problem, Scorer
from actors.core.matching.shipped import shipped_model
from actors.core.operators import KindExperience, Operator, PresenceState
from actors.core.review import Findings, ReviewVerdict, reviewed_decision
from actors.core.state import ProvinceState
from actors.core.task import Decision, TaskSpec, Verdict
from actors.country_file import load_country

#: Tasks x people.
SIZES = ((1, 1), (1, 12), (3, 10), (50, 200))
KINDS_PER_PERSON = 8
DECIDED_PER_PERSON = 6
#: Of the decided tasks, one in so many was reviewed.
REVIEWED_EVERY = 4
CHANGED = 3
MINUTE_MS = 60_000
START_MS = 1_767_571_200_000
CODE = ProvinceCode("fujian")


class TimedScorer(Scorer):
    """A scorer that notes what its latest round took, ms of processor time."""

    scoring_ms = 0.0

    def problem(self, *arguments: Any, **named: Any) -> Problem:
        """As `Scorer.problem`."""
        began = time.process_time()
        problem = super().problem(*arguments, **named)
        self.scoring_ms = (time.process_time() - began) * 1000
        return problem


class BusyProvince:
    """A province whose people have a past and whose tasks wait; `now_ms` is the wall clock."""

    def __init__(self, tasks: int, people: int, seed: int = 1) -> None:
        self._draw = np.random.default_rng(seed)
        self._kinds: Sequence[TaskKind] = load_country(None).kinds
        self._number = 0
        self.now_ms = START_MS
        self.state = ProvinceState(CODE)
        self._happen(e.TaskKindsAdopted(at_ms=self.now_ms, revision=1, kinds=tuple(self._kinds)))
        self._happen(e.MatchingModelAdopted(at_ms=self.now_ms, model=shipped_model()))
        self._people = [self._enrol(number) for number in range(people)]
        for number in range(DECIDED_PER_PERSON * people):
            self.now_ms += int(self._draw.integers(MINUTE_MS))
            self._decide(self._people[number % people], reviewed=number % REVIEWED_EVERY == 0)
        self._waiting = [self._create(self._people[number % people]) for number in range(tasks)]

    def go_on(self) -> None:
        """Some people decide a task each; as many tasks leave the queue, as many come."""
        for _ in range(min(CHANGED, len(self._waiting))):
            self._decide(self._people[int(self._draw.integers(len(self._people)))], reviewed=False)
            self._happen(e.TaskCancelled(at_ms=self.now_ms, task_id=self._waiting.pop(0), reason="withdrawn"))
            self._waiting.append(self._create(self._people[0]))

    def _happen(self, event: e.AnyEvent) -> None:
        apply(self.state, event)

    def _enrol(self, number: int) -> Operator:
        able = self._draw.choice(len(self._kinds), KINDS_PER_PERSON, replace=False)
        entry = Operator(
            operator=OperatorId(f"fujian-{number:04d}"),
            province=CODE,
            site=SiteId("fuzhou"),
            team=f"team-{number % 12}",
            kinds={self._kinds[place].kind: KindExperience(done_count=int(self._draw.integers(300))) for place in able},
            authority={kind.line: 9 for kind in self._kinds},
            skills=tuple(dict.fromkeys(skill for kind in self._kinds for skill in kind.required_skills)),
            capacity=2,
        )
        session = SessionId(f"bench/{entry.operator}")
        self._happen(e.OperatorEnrolled(at_ms=self.now_ms, entry=entry))
        self._happen(
            e.OperatorSignedIn(
                at_ms=self.now_ms, operator=entry.operator, session=session, presence=PresenceState.AVAILABLE
            )
        )
        return entry

    def _create(self, able: Operator) -> TaskId:
        """A task of a kind that somebody does."""
        draw, kinds = self._draw, list(able.kinds)
        self._number += 1
        task_id = TaskId(f"{CODE}-{self._number}")
        spec = TaskSpec(
            kind=kinds[int(draw.integers(len(kinds)))],
            priority=int(draw.integers(5)),
            amount_fen=int(draw.lognormal(14, 2)),
            complexity=int(draw.integers(1, 6)),
            page_count=int(draw.integers(1, 60)),
            product=f"product-{draw.integers(5)}",
            channel=f"channel-{draw.integers(5)}",
            hospital=f"hospital-{draw.integers(24)}",
            customer_id=f"customer-{draw.integers(10_000)}",
            customer_tier=int(draw.integers(1, 6)),
            risk_score_permille=int(draw.integers(1_000)),
        )
        self._happen(e.TaskCreated(at_ms=self.now_ms, who="branch:bench", task_id=task_id, spec=spec))
        return task_id

    def _decide(self, person: Operator, *, reviewed: bool) -> None:
        task_id, at_ms = self._create(person), self.now_ms
        self._happen(e.TaskAssigned(at_ms=at_ms, task_id=task_id, operator=person.operator, token=1))
        self._happen(e.AssignmentStarted(at_ms=at_ms, task_id=task_id))
        task = self.state.tasks[task_id]
        decision = Decision(
            verdict=Verdict.APPROVED,
            operator=person.operator,
            province=CODE,
            time_ms=at_ms,
            handle_ms=int(self._draw.lognormal(2, 0.8) * MINUTE_MS),
            work_units_milli=2_000,
        )
        self._happen(e.TaskCompleted(at_ms=at_ms, task_id=task_id, decision=decision))
        if reviewed:
            decided = reviewed_decision(msgspec.structs.replace(task, decision=decision))
            self._happen(
                e.ReviewSubmitted(at_ms=at_ms, reviewed=decided, findings=Findings(verdict=ReviewVerdict.PASSED))
            )


def rounds_ms(tries: int, sizes: Sequence[tuple[int, int]] = SIZES) -> dict[str, Any]:
    """Least and median times of whole rounds, ms, by size and situation; `scoring_least` is the part of the scorer."""
    return {f"round_{tasks}x{people}_ms": _situations(BusyProvince(tasks, people), tries) for tasks, people in sizes}


def _situations(province: BusyProvince, tries: int) -> dict[str, dict[str, float]]:
    def new_minute() -> None:
        province.now_ms += MINUTE_MS
        province.go_on()

    scorer = TimedScorer(province.state, province.state.model)
    befores = {"nothing_changed": lambda: None, "three_changed": province.go_on, "new_minute": new_minute}
    return {name: _timed(province, scorer, before, tries) for name, before in befores.items()}


def _timed(province: BusyProvince, scorer: TimedScorer, before: Callable[[], None], tries: int) -> dict[str, float]:
    totals: list[float] = []
    scorings: list[float] = []
    # The first try is not counted: it fills what is kept.
    for _ in range(tries + 1):
        before()
        heard = list(province.state.free)
        began = time.process_time()
        held = hold_round(scorer, heard, province.now_ms)
        totals.append((time.process_time() - began) * 1000)
        scorings.append(scorer.scoring_ms)
        assert held is not None and held.event.certified, "a round that gives nothing measures nothing"
    return {
        "least": round(min(totals[1:]), 3),
        "median": round(median(totals[1:]), 3),
        "scoring_least": round(min(scorings[1:]), 3),
    }

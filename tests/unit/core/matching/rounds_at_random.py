"""Provinces with people, tasks and a past drawn at random, all of it through events."""

from typing import Any

import msgspec
import numpy as np

from actors.core import events as e
from actors.core.applying import apply
from actors.core.country import Line, Skill, TaskKind
from actors.core.ids import KindId, OperatorId, SessionId, SiteId, TaskId
from actors.core.operators import Certificate, KindExperience, Operator, PresenceState, Shift
from actors.core.review import Findings, ReviewVerdict, Severity, reviewed_decision
from actors.core.state import ProvinceState
from actors.core.task import Decision, PriorReason, TaskSpec, Verdict
from tests.unit.core.harness import FUJIAN, START_MS

KINDS = tuple(
    TaskKind(
        kind=KindId(f"kind-{number}"),
        line=list(Line)[number % 3],
        standard_minutes=5 + 4 * number,
        sla_minutes=120 * (1 + number),
        breach_points=number,
    )
    for number in range(7)
)


class RandomProvince:
    """A province under construction; `now_ms` runs on with what happens."""

    def __init__(self, seed: int, people: int = 12, tasks: int = 8, past: int = 120) -> None:
        self.rng = np.random.default_rng(seed)
        self.state = ProvinceState(FUJIAN)
        self.now_ms = START_MS
        #: Whether time passes with what happens; else only the caller moves the clock.
        self.time_passes = True
        self.number = 0
        self.state.kinds = {kind.kind: kind for kind in KINDS}
        for number in range(people):
            self.enrol(number)
        for _ in range(past):
            self.decide()
        for _ in range(tasks):
            self.create()

    def happen(self, event: e.AnyEvent) -> None:
        """Apply one event."""
        apply(self.state, event)

    def chance(self, permille: int) -> bool:
        """True so often."""
        return bool(self.rng.integers(1_000) < permille)

    def pick(self, *choices: Any) -> Any:
        """One of them."""
        return choices[int(self.rng.integers(len(choices)))]

    def entry(self, number: int) -> Operator:
        """Anybody."""
        able = self.rng.choice(len(KINDS), 5, replace=False)
        return Operator(
            operator=OperatorId(f"op-{number}"),
            province=FUJIAN,
            site=SiteId("fujian-1"),
            team=f"team-{number % 3}",
            kinds={KINDS[kind].kind: KindExperience(done_count=int(self.rng.integers(300))) for kind in able},
            authority={line: int(self.rng.integers(7)) for line in Line if self.chance(900)},
            skills=(Skill("icd", int(self.rng.integers(1, 6))),) if self.chance(600) else (),
            languages=("min",) if self.chance(300) else (),
            capacity=int(self.rng.integers(1, 4)),
            share_opt_in=self.chance(800),
            probation=self.chance(200),
            certificates=(Certificate(Line.CLAIMS, START_MS + 10**9),) if self.chance(300) else (),
            hired_ms=START_MS - int(self.rng.integers(10**11)),
            hourly_cost_fen=int(self.rng.integers(3_000, 9_000)),
            daily_quota_milli=50_000 if self.chance(200) else 0,
            shift=Shift(480, 1_080) if self.chance(300) else None,
            conflicts=("customer-1",) if self.chance(100) else (),
            mentor=self.chance(100),
            training_kinds=(KINDS[0].kind,) if self.chance(200) else (),
        )

    def enrol(self, number: int) -> None:
        """Somebody new, signed in."""
        person = self.entry(number)
        operator = person.operator
        self.happen(e.OperatorEnrolled(at_ms=self.now_ms, entry=person))
        signed_in = e.OperatorSignedIn(
            at_ms=self.now_ms, operator=operator, session=SessionId(f"g/{operator}"), presence=PresenceState.AVAILABLE
        )
        self.happen(signed_in)

    def spec(self) -> TaskSpec:
        """Any task."""
        rng = self.rng
        return TaskSpec(
            kind=KINDS[int(rng.integers(len(KINDS)))].kind,
            priority=int(rng.integers(10)),
            green_channel=self.chance(100),
            amount_fen=int(rng.lognormal(14, 2)),
            required_authority=int(rng.integers(4)),
            required_skills=(Skill("icd", 2),) if self.chance(200) else (),
            complexity=int(rng.integers(6)),
            page_count=int(rng.integers(60)),
            missing_document_count=int(rng.integers(3)),
            product=f"product-{rng.integers(4)}" if self.chance(800) else "",
            channel=self.pick("agency", "banca", ""),
            customer_id=f"customer-{rng.integers(12)}",
            case_id=f"case-{rng.integers(15)}" if self.chance(500) else "",
            customer_tier=int(rng.integers(6)),
            risk_score_permille=int(rng.integers(1_000)),
            fraud_alert_level=int(rng.integers(4)) if self.chance(200) else 0,
            privacy_level=int(rng.integers(5)),
            dispute=self.chance(100),
            hospital=f"hospital-{rng.integers(3)}" if self.chance(500) else "",
            language=self.pick("min", "", ""),
            batch_id=self.pick("batch-1", "", ""),
            preferred_operator=self.pick("op-1", "", "", ""),
            excluded_operators=(OperatorId("op-2"),) if self.chance(100) else (),
            resubmitted=self.chance(100),
            return_count=int(rng.integers(3)),
            prior_operator=self.pick("op-3", "", ""),
            prior_reason=self.pick(PriorReason.NONE, PriorReason.APPEALED, PriorReason.SENT_BACK),
        )

    def create(self) -> TaskId:
        """A task that waits."""
        pause_ms = int(self.rng.integers(120_000))
        self.now_ms += pause_ms * self.time_passes
        self.number += 1
        task_id = TaskId(f"fujian-{self.number}")
        self.happen(e.TaskCreated(at_ms=self.now_ms, who="branch:core", task_id=task_id, spec=self.spec()))
        return task_id

    def decide(self) -> None:
        """A task's whole life, and now and then its review."""
        task_id = self.create()
        kind = self.state.tasks[task_id].spec.kind
        able = [person.operator for person in self.state.operators.values() if kind in person.kinds]
        operator = able[int(self.rng.integers(len(able)))]
        self.happen(e.TaskAssigned(at_ms=self.now_ms, task_id=task_id, operator=operator, token=1))
        self.happen(e.AssignmentStarted(at_ms=self.now_ms, task_id=task_id))
        handle_ms = int(self.rng.lognormal(2, 0.8) * 60_000)
        self.now_ms += handle_ms * self.time_passes
        decision = Decision(
            verdict=self.pick(Verdict.APPROVED, Verdict.APPROVED, Verdict.DECLINED),
            operator=operator,
            province=FUJIAN,
            time_ms=self.now_ms,
            handle_ms=handle_ms,
            work_units_milli=2_000,
        )
        task = self.state.tasks[task_id]
        self.happen(e.TaskCompleted(at_ms=self.now_ms, task_id=task_id, decision=decision))
        if self.chance(400):
            failed = self.chance(200)
            findings = Findings(
                verdict=ReviewVerdict.FAILED if failed else ReviewVerdict.PASSED,
                severity=Severity.MINOR if failed else Severity.NONE,
                amount_reviewed_fen=100_000,
                amount_error_fen=500 if failed else 0,
                note_complete=self.chance(900),
                blind_agreed=self.chance(900),
            )
            decided = msgspec.structs.replace(task, decision=decision)
            reviewed = reviewed_decision(decided)
            self.happen(e.ReviewSubmitted(at_ms=self.now_ms, reviewed=reviewed, findings=findings))

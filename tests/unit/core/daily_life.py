"""All that may befall a province, as steps that draw what they need: the commands of `test_province_model`.

`STEPS` says how often what happens: mostly work, so that work gets somewhere between two disturbances; a uniform choice of commands would
hardly ever complete a task. `possible` leaves out what could have no effect now.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from actors.core import commands as c
from actors.core.country import Bounds, Line, ProvinceSettings, ProvinceStatus, ShareOutMode, SharingPolicy, TimeLimits
from actors.core.ids import KindId, OperatorId, SessionId, SiteId, TaskId
from actors.core.matching.record import MatchingModel
from actors.core.operators import KindExperience, PresenceState
from actors.core.review import Findings, ReviewVerdict
from actors.core.sharing.summary import encode_picture
from actors.core.task import MoveOut, Placement, Task, TaskSpec, TaskState, Verdict
from tests.unit.core.comparison import Comparison
from tests.unit.core.harness import ADDRESS, FUJIAN, JIANGXI, KINDS, LARGE, MEDICAL, START_MS, person, spec
from tests.unit.core.journeys import picture_of
from tests.unit.core.life_table import HELD
from tests.unit.core.naive_province import QUOTA, Entry

LIMITS = TimeLimits(
    offer_duration_ms=4_000,
    lease_duration_ms=5_000,
    path_grace_ms=6_000,
    decline_memory_ms=10_000,
    move_retry_ms=500,
    observer_stall_ms=20_000,
)
BOUNDS = Bounds(open_tasks_max=9)
#: Time between two ticks while time passes, ms.
TICK_MS = 500
NAMES = tuple(OperatorId(name) for name in ("chen", "lin", "wu", "zhao"))
EVERYTHING = (MEDICAL, ADDRESS, LARGE)

#: What happens how often.
STEPS: dict[str, int] = {
    "create": 8,
    "work": 30,
    "resume": 3,
    "fetch": 3,
    "come_to_work": 8,
    "wait": 4,
    "be_answered": 4,
    "be_offered": 2,
    "lead": 6,
    "meddle": 4,
    "repeat": 3,
    "write": 4,
    "serve_again": 4,
    "gather": 2,
    "crash": 2,
    "flush": 1,
    "evacuate": 1,
    "change_session": 1,
    "change_presence": 1,
    "sign_out": 1,
    "change_entry": 2,
    "strike_off": 1,
    "stand_still": 2,
    "set_the_clock": 1,
    "lose_the_gateway": 1,
    "sleep_at_the_desk": 1,
    "set_status": 1,
    "set_policy": 1,
    "adopt_kinds": 1,
    "adopt_model": 1,
    "review": 3,
}
#: What the holder of a task in this state does next, as a rule.
NATURAL: dict[TaskState, tuple[str, ...]] = {
    TaskState.OFFERED: ("AcceptOffer", "AcceptOffer", "AcceptOffer", "DeclineOffer"),
    TaskState.ASSIGNED: ("StartAssignment", "StartAssignment", "StartAssignment", "ReleaseAssignment"),
    TaskState.IN_PROGRESS: (
        "CompleteAssignment",
        "CompleteAssignment",
        "SuspendAssignment",
        "ReferAssignment",
        "ReturnTask",
        "ReleaseAssignment",
    ),
}
#: Whatever else a holder's command needs.
CONTENT: dict[str, dict[str, Any]] = {
    "AcceptOffer": {},
    "DeclineOffer": {},
    "StartAssignment": {},
    "RenewAssignment": {},
    "SuspendAssignment": {"reason": "papers"},
    "CompleteAssignment": {"verdict": Verdict.APPROVED},
    "ReturnTask": {"reason": "not ours"},
    "ReferAssignment": {"required_authority": 5},
    "ReleaseAssignment": {},
}

#: How a step draws what it needs.
Draw = Callable[[st.SearchStrategy[Any]], Any]

names = st.sampled_from(NAMES)
#: Empty: no memory of the request is asked for.
request_ids = st.sampled_from(("", "", "1", "2", "3"))
truths = st.booleans()
#: Where somebody may sit; of some the desk is not told.
desks = st.sampled_from(("", "left", "right"))


class DailyLife:
    """A configured province with people at their desks, and what befalls it."""

    def __init__(self) -> None:
        self.both = Comparison(FUJIAN, LIMITS, BOUNDS)
        self.sessions = 0
        self.advice = 0
        settings = ProvinceSettings(province=FUJIAN, display_name="Fujian", display_name_zh="福建")
        self.both.site.handle(c.ConfigureProvince(settings=settings, limits=LIMITS))
        self.both.ask(c.AdoptTaskKinds(revision=1, kinds=KINDS))
        self.both.ask(c.UpdateSharingPolicy(policy=SharingPolicy(share_in_quota=QUOTA)))
        for name in NAMES:
            self.enrol(name, kinds=(MEDICAL, ADDRESS), capacity=1, authority=0, auto_accept=False, site=1)
        for name in NAMES[:3]:
            self.sign_in(name, self.new_session(name), PresenceState.AVAILABLE, desk="left")

    def possible(self) -> list[str]:
        """The steps that may have an effect now, each as often as it is wanted."""
        model, durable = self.both.model, self.both.durable
        idle = {
            "work": not self.tasks(*HELD),
            "resume": not self.tasks(TaskState.SUSPENDED),
            "be_answered": not self.tasks(TaskState.MOVING),
            "lead": not model.tasks,
            "meddle": not model.tasks,
            "review": not model.tasks,
            "repeat": not model.requests,
            "come_to_work": not self.away(),
            "serve_again": model.status is ProvinceStatus.ACTIVE,
            "gather": durable is not None,
            "flush": durable is not None,
            "write": durable is None,
        }
        return [step for step, times in STEPS.items() if not idle.get(step) for _ in range(times)]

    def tasks(self, *states: TaskState) -> list[tuple[TaskId, Entry]]:
        """The tasks in one of these states; all, if none is named."""
        return [item for item in self.both.model.tasks.items() if not states or item[1].state in states]

    def away(self) -> list[OperatorId]:
        """Who could be at work and is not."""
        people = self.both.model.people
        return [name for name in NAMES if name not in people or people[name].presence is not PresenceState.AVAILABLE]

    # --- branch systems and team leads ---

    def create(self, draw: Draw) -> None:
        """A branch sends a task."""
        asked = spec(
            draw(st.sampled_from((*[MEDICAL] * 4, ADDRESS, ADDRESS, LARGE, KindId("unheard-of")))),
            external_id=draw(st.sampled_from(("", "", "", "case-1", "case-2"))),
            excluded_operators=draw(st.sampled_from(((), (), (), NAMES[:1]))),
            home_only=draw(truths),
        )
        if draw(st.integers(0, 4)) == 4:
            asked = msgspec.structs.replace(asked, not_before_ms=self.both.clock.wall_ms + 2_000)
        self.both.ask(c.CreateTask(who="branch:core", request_id=draw(request_ids), spec=asked))

    def lead(self, draw: Draw) -> None:
        """Somebody else than the holder asks something about a task, perhaps with the etag of an older version."""
        task_id, entry = draw(st.sampled_from(self.tasks()))
        asked: dict[str, Any] = {
            "who": "lead:zhou",
            "request_id": draw(request_ids),
            "task_id": draw(st.sampled_from((*[task_id] * 9, TaskId("fujian-99")))),
            "etag": draw(st.sampled_from(("", "", "", entry.etag, "0.0"))),
        }
        what = draw(st.sampled_from((c.UpdateTask, c.CancelTask, c.ResumeTask, c.ReassignTask)))
        if what is c.UpdateTask:
            asked["priority"] = draw(st.integers(0, 9))
        if what is c.ReassignTask:
            asked["operator"] = draw(names)
        self.both.ask(what(**asked))

    def resume(self, draw: Draw) -> None:
        """The papers have come."""
        task_id, _ = draw(st.sampled_from(self.tasks(TaskState.SUSPENDED)))
        self.both.ask(c.ResumeTask(who="branch:core", task_id=task_id))

    def repeat(self, draw: Draw) -> None:
        """A caller that never saw the answer asks once more, or something else under the old id."""
        command = draw(st.sampled_from([command for command, _ in self.both.model.requests.values()]))
        if draw(truths):
            command = c.SignOut(who=command.who, request_id=command.request_id, operator=draw(names))
        self.both.ask(command)

    # --- holders ---

    def work(self, draw: Draw) -> None:
        """The holder of a task goes on with it."""
        task_id, entry = draw(st.sampled_from(self.tasks(*HELD)))
        what = draw(st.sampled_from(NATURAL[entry.state]))
        self.ask_as_holder(what, task_id, entry.holder, entry.token, draw(request_ids))

    def meddle(self, draw: Draw) -> None:
        """Somebody asks anything about any task, by a token that may be an old one, in a name that may be another's."""
        task_id, entry = draw(st.sampled_from(self.tasks()))
        who = draw(st.sampled_from((entry.holder, entry.holder, *NAMES)))
        token = entry.token - draw(st.integers(0, 2))
        self.ask_as_holder(draw(st.sampled_from(sorted(CONTENT))), task_id, who, token, draw(request_ids))

    def ask_as_holder(self, what: str, task_id: TaskId, who: OperatorId | None, token: int, request: str) -> None:
        """A holder's command."""
        operator = who or NAMES[0]
        kind: Any = getattr(c, what)
        asked = {"who": f"operator:{operator}", "request_id": request, "task_id": task_id, "operator": operator}
        self.both.ask(kind(**asked, token=token, **CONTENT[what]))

    def fetch(self, draw: Draw) -> None:
        """Somebody asks for work."""
        name = draw(names)
        self.both.ask(c.FetchNextTask(who=f"operator:{name}", request_id=draw(request_ids), operator=name))

    # --- people ---

    def come_to_work(self, draw: Draw) -> None:
        """Somebody who was away is there again."""
        name = draw(st.sampled_from(self.away()))
        if name not in self.both.model.people:
            self.enrol(name, kinds=EVERYTHING, capacity=2, authority=5, auto_accept=False, site=1)
        self.sign_in(name, self.new_session(name), PresenceState.AVAILABLE, desk="left")

    def change_session(self, draw: Draw) -> None:
        """Somebody signs in once more: at another desk, or at the workbench that many share."""
        name, presence = draw(names), draw(st.sampled_from(list(PresenceState)))
        known = self.both.model.people.get(name)
        sessions = [SessionId("gateway-1/bench"), self.new_session(name)]
        if known is not None and known.session is not None:
            sessions.append(known.session)
        where = {"desk": draw(desks), "resume": draw(truths)}
        self.sign_in(name, draw(st.sampled_from(sessions)), presence, draw(request_ids), **where)

    def new_session(self, name: OperatorId) -> SessionId:
        """A session that nobody has had."""
        self.sessions += 1
        return SessionId(f"gateway-1/{name}-{self.sessions}")

    def sign_in(
        self, name: OperatorId, session: SessionId, presence: PresenceState, request: str = "", **where: Any
    ) -> None:
        """A session begins, or moves."""
        asked = {"who": f"operator:{name}", "request_id": request, "operator": name}
        self.both.ask(c.SignIn(**asked, session=session, presence=presence, **where))

    def change_presence(self, draw: Draw) -> None:
        """A break, and back; or home."""
        name, presence = draw(names), draw(st.sampled_from(list(PresenceState)))
        asked = {"who": f"operator:{name}", "request_id": draw(request_ids), "operator": name}
        self.both.ask(c.SetPresence(**asked, presence=presence))

    def sign_out(self, draw: Draw) -> None:
        """Work in hand goes back."""
        name = draw(names)
        self.both.ask(c.SignOut(who=f"operator:{name}", request_id=draw(request_ids), operator=name))

    def change_entry(self, draw: Draw) -> None:
        """The roster says something new of somebody."""
        self.enrol(
            draw(names),
            kinds=draw(st.sampled_from((EVERYTHING, EVERYTHING, (MEDICAL,), (ADDRESS,), ()))),
            capacity=draw(st.integers(1, 3)),
            authority=draw(st.sampled_from((0, 5, 9))),
            auto_accept=draw(truths),
            site=draw(st.sampled_from((1, 1, 1, 2))),
        )

    def enrol(
        self, name: OperatorId, kinds: Sequence[KindId], capacity: int, authority: int, auto_accept: bool, site: int
    ) -> None:
        """A new entry for somebody; what they may not hold any longer goes back."""
        entry = person(
            name,
            kinds={kind: KindExperience() for kind in kinds},
            capacity=capacity,
            authority=dict.fromkeys(Line, authority),
            auto_accept=auto_accept,
            site=SiteId(f"fujian-{site}"),
        )
        self.both.ask(c.UpsertOperators(who="ops:duty", entries=(entry,)))
        held = [self.both.model.tasks[task] for task in self.both.model.held_by(name)]
        assert len(held) <= capacity and all(task.spec.kind in kinds for task in held)

    def strike_off(self, draw: Draw) -> None:
        """Somebody leaves the roster, if they have gone home."""
        self.both.ask(c.DeleteOperator(who="ops:duty", operator=draw(names)))

    # --- time ---

    def wait(self, draw: Draw) -> None:
        """Time passes; some desks are not heard meanwhile."""
        silent = draw(st.sampled_from(((), (), NAMES[:1], NAMES[:3], NAMES)))
        for _ in range(draw(st.sampled_from((500, 1_500, 3_500, 6_000))) // TICK_MS):
            heard = [known.session for name, known in self.both.model.people.items() if name not in silent]
            self.both.clock.go_on(TICK_MS)
            self.both.ask(c.HearDesks(sessions=tuple(session for session in heard if session is not None)))
            self.tick()

    def tick(self) -> None:
        """A turn of the clock."""
        self.both.ask(c.Tick(who="system:clock"))

    def stand_still(self, draw: Draw) -> None:
        """The process is stopped and goes on."""
        self.both.clock.go_on(draw(st.sampled_from((25_000, 3_600_000))))
        self.tick()

    def set_the_clock(self, draw: Draw) -> None:
        """The wall clock jumps; leases must not notice."""
        self.both.clock.wall_ms += draw(st.sampled_from((-3_600_000, 3_600_000)))
        self.tick()

    def lose_the_gateway(self, draw: Draw) -> None:
        """Silence proves nothing for a while."""
        del draw
        self.both.ask(c.LosePath(session_prefix="gateway-1/"))

    def sleep_at_the_desk(self, draw: Draw) -> None:
        """After ten minutes of silence sessions end by themselves."""
        del draw
        for _ in range(42):
            self.both.clock.go_on(15_000)
            self.tick()
        assert all(known.session is None for known in self.both.model.people.values())

    # --- the province ---

    def set_status(self, draw: Draw) -> None:
        """By hand."""
        status = draw(st.sampled_from((ProvinceStatus.DRAINING, ProvinceStatus.SUSPENDED, ProvinceStatus.ACTIVE)))
        self.both.ask(c.SetProvinceStatus(who="ops:duty", request_id=draw(request_ids), status=status))

    def serve_again(self, draw: Draw) -> None:
        """The duty officer resumes the province."""
        del draw
        self.both.ask(c.SetProvinceStatus(who="ops:duty", status=ProvinceStatus.ACTIVE))

    def set_policy(self, draw: Draw) -> None:
        """What may leave."""
        policy = SharingPolicy(share_out_mode=draw(st.sampled_from(list(ShareOutMode))), share_in_quota=QUOTA)
        self.both.ask(c.UpdateSharingPolicy(who="ops:duty", policy=policy, revision=draw(st.sampled_from((0, 0, 1)))))

    def adopt_kinds(self, draw: Draw) -> None:
        """The country's table changes, or an old one arrives."""
        first = msgspec.structs.replace(
            KINDS[0], required_authority=draw(st.sampled_from((0, 0, 5))), tariff_fen=draw(st.integers(0, 5_000))
        )
        revision = self.both.model.kinds_revision + draw(st.integers(-1, 1))
        named = (first, *KINDS[1:])[: draw(st.sampled_from((len(KINDS), len(KINDS), 1)))]
        self.both.ask(c.AdoptTaskKinds(who="system:country", revision=revision, kinds=named))

    def adopt_model(self, draw: Draw) -> None:
        """The country's matching model changes, or an old one arrives."""
        revision = self.both.model.model_revision + draw(st.integers(-1, 1))
        model = MatchingModel(revision=revision, ageing_per_minute=draw(st.integers(1, 9)))
        self.both.ask(c.AdoptMatchingModel(who="system:country", model=model))

    def review(self, draw: Draw) -> None:
        """An auditor has looked at a task, decided or not."""
        task_id, _ = draw(st.sampled_from(self.tasks()))
        findings = Findings(verdict=draw(st.sampled_from(list(ReviewVerdict))))
        named = draw(st.sampled_from((*[task_id] * 9, TaskId("fujian-99"))))
        asked = {"who": "auditor:lan", "request_id": draw(request_ids), "task_id": named}
        self.both.ask(c.SubmitReview(**asked, findings=findings))

    # --- other provinces ---

    def evacuate(self, draw: Draw) -> None:
        """Hosts are known, and everything that may leave, leaves."""
        self.advice += 1
        self.both.ask(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi", "hubei", revision=self.advice))))
        policy = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE, share_in_quota=QUOTA)
        self.both.ask(c.UpdateSharingPolicy(who="ops:duty", policy=policy))
        if draw(st.integers(0, 3)):
            self.both.ask(c.UpdateSharingPolicy(who="ops:duty", policy=SharingPolicy(share_in_quota=QUOTA)))

    def be_answered(self, draw: Draw) -> None:
        """A host's recorded answer, perhaps to an earlier attempt."""
        task_id, entry = draw(st.sampled_from(self.tasks(TaskState.MOVING)))
        assert entry.move is not None
        host, generation, attempt = entry.move
        attempt -= draw(st.sampled_from((0, 0, 1)))
        answer = {"task_id": task_id, "host": host, "generation": generation, "attempt": attempt}
        self.both.ask(c.SettleMove(who=f"province:{host}", **answer, accepted=draw(truths)))

    def be_offered(self, draw: Draw) -> None:
        """Jiangxi offers a task, perhaps one that it has offered before."""
        number, attempt = draw(st.integers(1, 4)), draw(st.integers(1, 2))
        task = Task(
            task_id=TaskId(f"jiangxi-{number}"),
            home=JIANGXI,
            host=JIANGXI,
            spec=TaskSpec(kind=(LARGE, MEDICAL, MEDICAL)[number % 3]),
            line=Line.CLAIMS,
            created_ms=START_MS,
            created_by="branch:core",
            state=TaskState.MOVING,
            token=number,
        )
        move = MoveOut(host=FUJIAN, generation=1, attempt=attempt, placement=Placement.SHARED, started_ms=START_MS)
        self.both.ask(c.AcceptMove(who="province:jiangxi", source=JIANGXI, task=task, move=move))

    # --- the disk ---

    def gather(self, draw: Draw) -> None:
        """The next commands are one frame."""
        del draw
        self.both.gather()

    def write(self, draw: Draw) -> None:
        """It reaches the disk."""
        del draw
        self.both.write()

    def crash(self, draw: Draw) -> None:
        """The process dies, and with it what was not written."""
        self.both.crash(use_snapshot=draw(truths))

    def flush(self, draw: Draw) -> None:
        """Records leave memory, or all of the state is snapshotted."""
        if draw(truths):
            self.both.site.take_snapshot()
        else:
            self.both.site.flush()

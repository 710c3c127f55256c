"""Three real provinces, the messages between them, and everything that may go wrong with either: the steps of `test_moves_model`.

Messages lie in a bag and are delivered in any order, twice, a month late or never; a province may die at rest, before what it decided is on
disk (then nothing of it leaves) or right after (then the answer is lost). Everybody is on a break, so that tasks wait until somebody fetches
them: what moves is what the steps say.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import strategies as st

from actors.core import commands as c
from actors.core import events as e
from actors.core import records
from actors.core.country import Bounds, ProvinceSettings, ProvinceStatus, Recall, ShareOutMode, SharingPolicy
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.invariants import validate
from actors.core.messages import Outgoing, settlement
from actors.core.operators import PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Elsewhere
from actors.core.sharing.flows import MoveFlow
from actors.core.sharing.summary import encode_picture
from actors.core.state import Away
from actors.core.task import HELD_STATES, TaskState, Verdict
from tests.unit.core.harness import FUJIAN, JIANGXI, KINDS, MEDICAL, person, session_of, spec
from tests.unit.core.incarnations import Clock, Incarnations
from tests.unit.core.journeys import picture_of
from tests.unit.core.ownership import Ownership

CODES = (FUJIAN, JIANGXI, ProvinceCode("hubei"))
#: Overflow may move a task this often: the walks are longer than any real task's way.
BOUNDS = Bounds(moves_per_task_max=1_000, moves_of_shared_max=1_000)
OPEN_TASKS_MAX = 6
#: Messages that may be under way at once; the oldest is lost beyond that.
BAG_MAX = 40
TICK_MS = 500
MONTH_MS = 30 * 86_400_000
#: With the faults off every move and notice settles within this (I9).
SETTLING_MAX_MS = 10_000
#: Signposts that one question follows.
HOPS_MAX = 6

#: What happens how often.
STEPS: dict[str, int] = {
    "create": 5,
    "send_out": 12,
    "repeat_advice": 1,
    "deliver": 30,
    "lose": 3,
    "wait": 5,
    "hear": 4,
    "let_a_month_pass": 1,
    "work": 14,
    "resume": 2,
    "cancel": 3,
    "ask_again": 6,
    "use_an_old_lease": 4,
    "doom": 5,
    "crash": 2,
    "refuse_more": 2,
    "refuse_no_more": 4,
    "evacuate": 3,
    "end_evacuation": 12,
    "flush": 2,
}

Draw = Callable[[st.SearchStrategy[Any]], Any]
codes = st.sampled_from(CODES)
truths = st.booleans()
fates = st.sampled_from(("before the disk", "after the disk"))


class Message(msgspec.Struct, frozen=True):
    """Something under way: a message of `sender`, or (with `reply`) the answer to it."""

    sender: ProvinceCode
    sent: Outgoing
    reply: AnyReply | None = None


class ThreeProvinces:
    """Provinces, bag, and who owns what."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.ownership = Ownership()
        self.bag: list[Message] = []
        #: All messages there ever were.
        self.sent: list[Message] = []
        #: Provinces that die at their next command: before the disk, or after it.
        self.doomed: dict[ProvinceCode, str] = {}
        self.requests: dict[str, tuple[c.CancelTask, bytes]] = {}
        self.advice: list[tuple[ProvinceCode, c.TakeAdvice]] = []
        self.sites = {code: Incarnations(code, self.clock, BOUNDS) for code in CODES}
        for code in CODES:
            settings = ProvinceSettings(province=code, display_name=code, display_name_zh=code)
            self.ask(code, c.ConfigureProvince(settings=settings))
            self.ask(code, c.AdoptTaskKinds(revision=1, kinds=KINDS))
            self.ask(code, c.UpsertOperators(entries=(person(operator_of(code), code, capacity=64),)))
            self.sign_in(code)

    # --- one command, one frame ---

    def ask(self, at: ProvinceCode, command: c.AnyCommand) -> AnyReply | None:
        """One command in a frame of its own; None when the answer never left."""
        site = self.sites[at]
        reply, own = site.handle(command)
        events = own + site.settle()
        fate = self.doomed.pop(at, "") if events else ""
        if fate == "before the disk":
            self.ownership.saw(f"died before {type(events[0]).__name__} was on disk")
            site.crash()
            return None
        leaving = site.write()
        for event in events:
            self.record(at, event)
        self.check(at)
        if isinstance(reply, Refused):
            assert not own, "a refusal caused something"
        if fate == "after the disk":
            self.ownership.saw(f"died after {type(events[0]).__name__} was on disk")
            site.crash()
            self.check(at)
            return None
        for outgoing in leaving:
            self.put(Message(at, outgoing))
        return reply

    def record(self, at: ProvinceCode, event: e.AnyEvent) -> None:
        """Tell the model."""
        task_id = TaskId(getattr(event, "task_id", ""))
        self.ownership.saw(type(event).__name__)
        self.ownership.recorded(at, event, self.sites[at].record(records.task_key(task_id)))

    def check(self, at: ProvinceCode) -> None:
        """What must hold after every frame."""
        assert validate(self.sites[at].province.state) == []
        self.ownership.check({code: site.province.state for code, site in self.sites.items()})

    def put(self, message: Message) -> None:
        """A message is under way."""
        self.bag = [*self.bag, message][-BAG_MAX:]
        self.sent.append(message)

    # --- what may happen now ---

    def possible(self) -> list[str]:
        """The steps that may have an effect now, each as often as it is wanted."""
        idle = {
            "create": len(self.live()) >= OPEN_TASKS_MAX,
            "send_out": not self.open_tasks(TaskState.QUEUED),
            "evacuate": not self.open_tasks(TaskState.QUEUED),
            "deliver": not self.bag,
            "lose": not self.bag,
            "repeat_advice": not self.advice,
            "work": not self.open_tasks(TaskState.QUEUED, *HELD_STATES),
            "resume": not self.open_tasks(TaskState.SUSPENDED),
            "cancel": not self.ownership.tasks,
            "ask_again": not self.requests,
            "use_an_old_lease": not self.ownership.leases,
            "end_evacuation": not self.evacuated(),
        }
        return [step for step, times in STEPS.items() if not idle.get(step) for _ in range(times)]

    def live(self) -> list[TaskId]:
        """Tasks that have not ended."""
        return [task_id for task_id, owned in self.ownership.tasks.items() if owned.outcome is None]

    def open_tasks(self, *states: TaskState) -> list[tuple[ProvinceCode, TaskId]]:
        """Where there are tasks in these states."""
        return [
            (code, task_id)
            for code, site in self.sites.items()
            for task_id, task in site.province.state.tasks.items()
            if task.state in states
        ]

    # --- work ---

    def create(self, draw: Draw) -> None:
        """A branch sends a task."""
        self.ask(draw(codes), c.CreateTask(who="branch:core", spec=spec(MEDICAL)))

    def work(self, draw: Draw) -> None:
        """Somebody fetches a task, or goes on with what they hold."""
        at, task_id = draw(st.sampled_from(self.open_tasks(TaskState.QUEUED, *HELD_STATES)))
        task = self.sites[at].province.state.tasks[task_id]
        who = operator_of(at)
        held: dict[str, Any] = {"who": f"operator:{who}", "task_id": task_id, "operator": who, "token": task.token}
        if task.state is TaskState.QUEUED:
            self.ask(at, c.FetchNextTask(who=f"operator:{who}", operator=who))
        elif task.state is TaskState.ASSIGNED:
            again = draw(st.integers(0, 2)) == 0
            self.ask(at, c.ReleaseAssignment(**held) if again else c.StartAssignment(**held))
        else:
            done = c.CompleteAssignment(**held, verdict=Verdict.APPROVED)
            others = (c.SuspendAssignment(**held, reason="papers"), c.ReturnTask(**held, reason="not ours"))
            self.ask(at, draw(st.sampled_from((done, done, c.ReleaseAssignment(**held), *others))))

    def resume(self, draw: Draw) -> None:
        """The papers have come."""
        at, task_id = draw(st.sampled_from(self.open_tasks(TaskState.SUSPENDED)))
        self.ask(at, c.ResumeTask(task_id=task_id))

    def use_an_old_lease(self, draw: Draw) -> None:
        """Somebody who once held a task decides it, wherever their desk is connected now (I3)."""
        task_id, operator, token = draw(st.sampled_from(self.ownership.leases))
        at = draw(codes)
        owned, task = self.ownership.tasks[task_id], self.sites[at].province.state.tasks.get(task_id)
        current = owned.token == token and owned.owner == at and task is not None and task.operator == operator
        done_already = owned.outcome is not None
        asked = c.CompleteAssignment(task_id=task_id, operator=operator, token=token, verdict=Verdict.DECLINED)
        reply = self.ask(at, asked)
        if reply is not None and not done_already and not current:
            assert isinstance(reply, Refused), "decided by a lease that was void"
            self.ownership.saw("a stale lease was refused")

    def cancel(self, draw: Draw) -> None:
        """A branch cancels, through its home, wherever the task is."""
        task_id = draw(st.sampled_from(list(self.ownership.tasks)))
        request = str(len(self.requests))
        self.follow(c.CancelTask(who="branch:core", request_id=request, task_id=task_id))

    def ask_again(self, draw: Draw) -> None:
        """The branch did not see the answer."""
        command, _ = draw(st.sampled_from(list(self.requests.values())))
        self.follow(command)

    def follow(self, command: c.CancelTask) -> None:
        """Ask the home, then where it points to, as the gateway does; a success is the same one for ever (I4)."""
        at = self.ownership.tasks[command.task_id].home
        for _ in range(HOPS_MAX):
            reply = self.ask(at, command)
            if not isinstance(reply, Elsewhere):
                break
            if reply.in_transit:
                self.ownership.saw("cancelled while it moved")
            at = reply.host
        else:
            return
        known = self.requests.get(command.request_id)
        unclear = reply is None or (isinstance(reply, Refused) and reply.reason is Reason.UNKNOWN_TASK)
        if known is not None and not unclear:
            assert records.encode(reply) == known[1], "the same request, another answer"
        elif reply is not None and not isinstance(reply, Refused):
            self.requests[command.request_id] = (command, records.encode(reply))

    # --- moves ---

    def send_out(self, draw: Draw) -> None:
        """The coordinator advises a flow."""
        source, _ = draw(st.sampled_from(self.open_tasks(TaskState.QUEUED)))
        host = draw(st.sampled_from([code for code in CODES if code != source]))
        flow = MoveFlow(source=source, host=host, kind=MEDICAL, count=draw(st.integers(1, 2)), reason="test")
        self.endanger(source, draw, one_in=10)
        self.advise(source, flow)

    def advise(self, source: ProvinceCode, *flows: MoveFlow) -> None:
        """A newer picture of the country, and what to send where."""
        others = [code for code in CODES if code != source]
        advice = c.TakeAdvice(picture=encode_picture(picture_of(*others, revision=len(self.advice) + 1)), flows=flows)
        self.advice.append((source, advice))
        self.ask(source, advice)

    def repeat_advice(self, draw: Draw) -> None:
        """A coordinator that died, or a slow network, says once more what was said before."""
        at, advice = draw(st.sampled_from(self.advice))
        self.ownership.saw("stale advice")
        self.ask(at, advice)

    def deliver(self, draw: Draw) -> None:
        """A message arrives; perhaps it will once more."""
        message = draw(st.sampled_from(self.bag))
        if draw(st.integers(0, 3)):
            self.bag.remove(message)
        else:
            self.ownership.saw("a doubled message")
        if message.reply is None:
            self.endanger(message.sent.destination, draw, one_in=10)
        else:
            self.endanger(message.sender, draw, one_in=4)
        self.arrive(message)

    def arrive(self, message: Message) -> None:
        """A message arrives at its destination and is answered, or an answer is back at its sender."""
        if message.reply is None:
            reply = self.ask(message.sent.destination, message.sent.command)
            if reply is not None:
                self.put(Message(message.sender, message.sent, reply))
            return
        command = settlement(message.sent, message.reply)
        if command is not None:
            self.ask(message.sender, command)

    def lose(self, draw: Draw) -> None:
        """A message is lost."""
        self.ownership.saw("a lost message")
        self.bag.remove(draw(st.sampled_from(self.bag)))

    def refuse_more(self, draw: Draw) -> None:
        """A province takes in nothing for a while: quota, status, or nobody on duty."""
        at, what = draw(codes), draw(st.sampled_from(("quota", "status", "people")))
        if what == "quota":
            self.ask(at, c.UpdateSharingPolicy(policy=SharingPolicy(share_in_quota=0)))
        elif what == "status":
            self.ask(at, c.SetProvinceStatus(status=ProvinceStatus.DRAINING))
        else:
            self.ask(at, c.SignOut(operator=operator_of(at)))

    def refuse_no_more(self, draw: Draw) -> None:
        """All is as usual there again."""
        self.put_right(draw(codes))

    def put_right(self, at: ProvinceCode) -> None:
        """Status, policy and people as usual."""
        self.ask(at, c.SetProvinceStatus(status=ProvinceStatus.ACTIVE))
        self.ask(at, c.UpdateSharingPolicy(policy=SharingPolicy(recall=Recall.UNBEGUN)))
        self.sign_in(at)

    def evacuate(self, draw: Draw) -> None:
        """A province sends everything away, what it holds as well as what waits."""
        at, _ = draw(st.sampled_from(self.open_tasks(TaskState.QUEUED)))
        self.advise(at)
        policy = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE, recall=Recall.UNBEGUN)
        self.ask(at, c.UpdateSharingPolicy(policy=policy))

    def evacuated(self) -> list[ProvinceCode]:
        """Provinces that have sent everything away, and some of it is elsewhere now."""
        states = {code: site.province.state for code, site in self.sites.items()}
        return [
            code
            for code, state in states.items()
            if state.policy.share_out_mode is ShareOutMode.EVACUATE and state.away
        ]

    def end_evacuation(self, draw: Draw) -> None:
        """All is as usual again where everything was sent away; what nobody has begun is called home."""
        self.put_right(draw(st.sampled_from(self.evacuated())))

    # --- time and death ---

    def sign_in(self, at: ProvinceCode) -> None:
        """Somebody is on duty, on a break: nothing is matched by itself."""
        who = operator_of(at)
        self.ask(at, c.SignIn(operator=who, session=session_of(who), presence=PresenceState.BREAK))

    def hear(self, draw: Draw) -> None:
        """Everybody's desk is heard."""
        del draw
        self.hear_all()

    def hear_all(self) -> None:
        """Everybody's desk is heard."""
        for code in CODES:
            self.ask(code, c.HearDesks(sessions=(session_of(operator_of(code)),)))

    def wait(self, draw: Draw) -> None:
        """Time passes; what was not answered is sent again."""
        self.pass_time(draw(st.sampled_from((500, 2_000, 6_000))))

    def pass_time(self, ms: int) -> None:
        """Ticks and heartbeats."""
        for _ in range(ms // TICK_MS):
            self.clock.go_on(TICK_MS)
            self.hear_all()
            for code in CODES:
                self.ask(code, c.Tick(who="system:clock"))

    def let_a_month_pass(self, draw: Draw) -> None:
        """What is in the bag now arrives a month late, if at all."""
        del draw
        if self.open_tasks(TaskState.MOVING):
            self.ownership.saw("a host away for a month")
        if self.bag:
            self.ownership.saw("a month-old message")
        for site in self.sites.values():
            site.flush()
        self.clock.go_on(MONTH_MS)
        self.pass_time(TICK_MS)

    def doom(self, draw: Draw) -> None:
        """A province will die over the next frame that it has to write."""
        self.doomed[draw(codes)] = draw(fates)

    def endanger(self, at: ProvinceCode, draw: Draw, *, one_in: int) -> None:
        """Now and then a province dies over its part of a move: left to `doom`, too few deaths would meet one."""
        if draw(st.integers(1, one_in)) == one_in:
            self.doomed[at] = draw(fates)

    def crash(self, draw: Draw) -> None:
        """A province dies at rest; what was on disk comes back exactly."""
        site = self.sites[draw(codes)]
        before = site.hard_state()
        site.crash(use_snapshot=draw(truths))
        assert site.hard_state() == before

    def flush(self, draw: Draw) -> None:
        """Records leave memory, or all of the state is snapshotted."""
        site = self.sites[draw(codes)]
        if draw(truths):
            site.take_snapshot()
        else:
            site.flush()

    # --- the end ---

    def come_to_rest(self) -> None:
        """With the faults off every move settles, every task gets decided, and every home knows."""
        self.doomed.clear()
        for code in CODES:
            self.put_right(code)
            self.advise(code)
        self.settle()
        for task_id in self.live():
            self.decide(task_id)
        self.settle()
        assert self.live() == []
        for code, site in self.sites.items():
            assert site.province.state.tasks == {} and site.province.state.away == {}, code
        late = self.sent[-BAG_MAX:]
        frames = {code: len(site.frames) for code, site in self.sites.items()}
        for message in late:
            self.arrive(message)
        assert {code: len(site.frames) for code, site in self.sites.items()} == frames, "an old message did something"

    def settle(self) -> None:
        """Deliver everything while time passes; in time nothing may be under way any more."""
        for _ in range(SETTLING_MAX_MS // TICK_MS):
            self.pass_time(TICK_MS)
            while self.bag:
                self.arrive(self.bag.pop(0))
            states = [site.province.state for site in self.sites.values()]
            if not any(state.moving or state.notices or state.recalls for state in states):
                break
        for code, site in self.sites.items():
            state = site.province.state
            assert not state.moving, f"{code} still moves {list(state.moving)}"
            assert not state.notices, f"{code} still has to tell {list(state.notices)}"
            assert not state.recalls, f"{code} still wants back {list(state.recalls)}"
        for task_id, owned in self.ownership.tasks.items():
            home = self.sites[owned.home]
            if owned.outcome is not None:
                assert home.record(records.task_key(task_id)) == owned.outcome, "the home does not know the outcome"
            elif owned.owner != owned.home:
                away = home.province.state.away.get(task_id)
                assert away == Away(host=owned.owner, generation=owned.generation), "the home does not know the host"
        balances = [site.province.state.balance_fen for site in self.sites.values()]
        total = {code: sum(balance.get(code, 0) for balance in balances) for code in CODES}
        assert sum(total.values()) == 0
        assert total == {code: self.ownership.balance_fen.get(code, 0) for code in CODES}

    def decide(self, task_id: TaskId) -> None:
        """Bring a task to its end where it is owned."""
        at = self.ownership.tasks[task_id].owner
        who = operator_of(at)
        tasks = self.sites[at].province.state.tasks
        if tasks[task_id].state is TaskState.SUSPENDED:
            self.ask(at, c.ResumeTask(task_id=task_id))
        if tasks[task_id].state is TaskState.QUEUED:
            self.ask(at, c.ReassignTask(task_id=task_id, operator=who))
        held: dict[str, Any] = {"task_id": task_id, "operator": who, "token": tasks[task_id].token}
        self.ask(at, c.StartAssignment(**held))
        self.ask(at, c.CompleteAssignment(**held, verdict=Verdict.APPROVED))


def operator_of(code: ProvinceCode) -> OperatorId:
    """The one person of a province."""
    return OperatorId(f"{code}-op")

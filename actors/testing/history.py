"""Years of work in minutes: real journals filled by the real core, without sockets and without waiting.

A start-up after a long life can only be measured on a long life. So some provinces live here in one process, each with the commit loop and
the journal that it has in production (snapshots, records, hash chain, fsync and all), on a clock that we turn. Only the pace is not
production's: a thousand commands a frame, a minute a round.

A round of a province: its desks are heard, a batch of tasks arrives, a few are advised away to the next province, the rest is matched; then
every desk starts and decides what it was given. Moves, answers, notices and outcomes travel between the provinces as they do between
actors, so that `verify` finds decisions in other provinces than the home, with their ledger legs. At the end everybody signs out, and
where a queue is wanted, tasks arrive that nobody takes.

Refused: writing frames of made-up events. Whatever the rules refuse would be in them, and replay would be tested against fiction.

Measured: 150 to 175 us of CPU a task (5 events, 4 records, fsync included); a million tasks in two processes take some 90 s.
"""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from actors.commit_loop import CommitBounds, CommitLoop
from actors.core import commands as c
from actors.core.clock import Instant
from actors.core.country import ProvinceSettings, Skill, TaskKind, TimeLimits
from actors.core.ids import OperatorId, ProvinceCode, SessionId, SiteId
from actors.core.matching.model import trivial_model
from actors.core.messages import Outgoing, settlement
from actors.core.operators import KindExperience, Operator
from actors.core.refusal import Refused
from actors.core.replies import AnyReply, DeskUpdate
from actors.core.sharing.flows import MoveFlow
from actors.core.sharing.summary import NationalPicture, encode_picture
from actors.core.task import TaskSpec, Verdict
from actors.journal import open_sqlite

#: Commands that one frame may hold here.
BATCH_MAX = 4_000
#: Tasks that arrive in a round of a province: as many as its desks can take at once.
ROUND_TASKS = 250
#: Desks of a province, and what each holds at once.
DESKS = 4
DESK_CAPACITY = 64
#: In every round of this number, this many tasks go to the next province.
MOVE_EVERY_ROUNDS = 3
MOVED_TASKS = 10
#: The clock goes on by this much a round, a second at a time within it.
ROUND_MS = 60_000
#: Rounds in which what is under way must come to rest.
SETTLE_ROUNDS_MAX = 50
_BRANCH = "branch:history"
_DESK = "desk:history"


class HistoryPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to write."""

    store_id: str
    #: Directory of the journals.
    journals: str
    provinces: tuple[ProvinceSettings, ...]
    kinds: tuple[TaskKind, ...]
    limits: TimeLimits
    #: Tasks to be created and decided in each province.
    tasks: dict[ProvinceCode, int]
    #: Tasks left waiting in a province at the end.
    queued: dict[ProvinceCode, int] = {}
    #: Wall clock at the beginning, Unix ms.
    start_ms: int
    round_tasks: int = ROUND_TASKS
    commit_bounds: CommitBounds = CommitBounds(batch_max=BATCH_MAX)


def write_history(plan: HistoryPlan, progress: Callable[[int], None] = lambda _: None) -> int:
    """Let the provinces of a plan live; the number of tasks decided.

    Args:
        progress: told after each round how many tasks have been created.

    Raises:
        JournalError: a journal cannot be written.
        RuntimeError: something did not come to rest.
    """
    clock = _Clock(plan.start_ms)
    branches = {entry.province: _Branch(plan, entry, clock) for entry in plan.provinces}
    for branch in branches.values():
        branch.open(branches)
    codes = list(branches)
    for number in itertools.count(1):
        for code, following in zip(codes, [*codes[1:], codes[0]], strict=True):
            guest = branches[following] if number % MOVE_EVERY_ROUNDS == 0 and len(codes) > 1 else None
            branches[code].live_a_round(guest)
        clock.turn(ROUND_MS)
        progress(sum(branch.created for branch in branches.values()))
        if all(not branch.left for branch in branches.values()):
            break
    _come_to_rest(branches, clock)
    for branch in branches.values():
        branch.end(plan.queued.get(branch.code, 0))
    return sum(branch.decided for branch in branches.values())


def _come_to_rest(branches: "dict[ProvinceCode, _Branch]", clock: "_Clock") -> None:
    """Let what is under way arrive and be decided."""
    for _ in range(SETTLE_ROUNDS_MAX):
        if not any(branch.is_busy for branch in branches.values()):
            return
        clock.turn(ROUND_MS)
        for branch in branches.values():
            branch.live_a_round(None)
    raise RuntimeError("history did not come to rest")


class _Clock:
    """The one clock of all provinces."""

    def __init__(self, start_ms: int) -> None:
        self._start_ms = start_ms
        self._passed_ms = 0

    def turn(self, by_ms: int) -> None:
        """Let time pass."""
        self._passed_ms += by_ms

    def __call__(self) -> Instant:
        """Now."""
        return Instant(wall_ms=self._start_ms + self._passed_ms, monotonic_ms=self._passed_ms)


class _Branch:
    """One province: its commit loop, its desks, and whoever sends it tasks. `Outputs` of its own loop."""

    def __init__(self, plan: HistoryPlan, settings: ProvinceSettings, clock: _Clock) -> None:
        self.code = settings.province
        self.left = plan.tasks[self.code]
        self.created = 0
        self.decided = 0
        self._plan = plan
        self._clock = clock
        self._settings = settings
        self._people = _people(self.code, plan.kinds)
        self._held: list[DeskUpdate] = []
        self._peers: dict[ProvinceCode, _Branch] = {}
        journal = open_sqlite(Path(plan.journals) / f"{self.code}.sqlite", store_id=plan.store_id, province=self.code)
        self.loop = CommitLoop(self.code, journal, clock=clock, outputs=self, commit_bounds=plan.commit_bounds)

    def open(self, peers: "dict[ProvinceCode, _Branch]") -> None:
        """Introduce the province and sign its desks in."""
        self._peers = peers
        self._ask(
            c.ConfigureProvince(who="system:country", limits=self._plan.limits, settings=self._settings),
            c.AdoptTaskKinds(who="system:country", revision=1, kinds=self._plan.kinds),
            c.AdoptMatchingModel(who="system:country", model=trivial_model()),
            c.UpsertOperators(who="system:country", entries=self._people),
            *(c.SignIn(who=_DESK, operator=one.operator, session=_session(one.operator)) for one in self._people),
        )

    @property
    def is_busy(self) -> bool:
        """Whether anything is open here or still to be told to others."""
        state = self.loop.province.state
        return bool(state.tasks or state.notices or self.loop.backlog)

    def live_a_round(self, guest: "_Branch | None") -> None:
        """Hear the desks, take a batch of tasks in, send some to `guest`, and decide what the desks were given."""
        count = min(self._plan.round_tasks, self.left)
        self.left -= count
        commands = [self._creation(self.created + number) for number in range(1, count + 1)]
        self.created += count
        self._ask(self._heartbeat(), *commands, *(self._advice(guest) if guest and count else ()))
        self._decide()

    def end(self, queued: int) -> None:
        """Sign everybody out, leave a queue, close the journal."""
        self._ask(*(c.SignOut(who=_DESK, operator=one.operator) for one in self._people))
        for first in range(0, queued, BATCH_MAX):
            numbers = range(first + 1, min(first + BATCH_MAX, queued) + 1)
            self._ask(*(self._creation(self.created + number, home_only=True) for number in numbers))
        self.loop.journal.close()

    def _creation(self, number: int, *, home_only: bool = False) -> c.CreateTask:
        kind = self._plan.kinds[number % len(self._plan.kinds)]
        spec = TaskSpec(
            kind=kind.kind,
            external_id=f"case-{number}",
            priority=number % 3,
            amount_fen=number % 1_000 * 100,
            home_only=home_only,
        )
        return c.CreateTask(who=_BRANCH, request_id=f"history-{number}", spec=spec)

    def _heartbeat(self) -> c.HearDesks:
        return c.HearDesks(who="system:history", sessions=tuple(_session(one.operator) for one in self._people))

    def _advice(self, guest: "_Branch") -> tuple[c.TakeAdvice]:
        """What a coordinator would say: this one has free people, send it some."""
        now = self._clock()
        guest._ask(guest._heartbeat())
        # Each province gives another kind away, so that what has just arrived does not travel on at once.
        place = self._plan.provinces.index(self._settings) + self.created // self._plan.round_tasks
        kind = self._plan.kinds[place % len(self._plan.kinds)].kind
        flow = MoveFlow(source=self.code, host=guest.code, kind=kind, count=MOVED_TASKS, reason="history")
        picture = NationalPicture(
            epoch=1, revision=now.monotonic_ms + 1, time_ms=now.wall_ms, provinces=(guest.loop.province.summary(now),)
        )
        return (c.TakeAdvice(who="system:history", picture=encode_picture(picture), flows=(flow,)),)

    def _decide(self) -> None:
        """Every desk starts and decides what it was given."""
        held, self._held = self._held, []
        commands: list[c.AnyCommand] = []
        for update in held:
            assert update.task is not None
            holder = {"who": _DESK, "task_id": update.task.task_id, "operator": update.operator, "token": update.token}
            commands.append(c.StartAssignment(**holder))
            name = f"decide-{update.task.task_id}-{update.token}"
            commands.append(c.CompleteAssignment(**holder, request_id=name, verdict=Verdict.APPROVED))
        self.decided += len(held)
        self._ask(*commands)

    def _ask(self, *commands: c.AnyCommand) -> None:
        for command in commands:
            self.loop.submit(command, _require_no_refusal)
        self.loop.commit()
        while self.loop.backlog:
            self.loop.commit()

    # --- outputs of the commit loop ---

    def frame_written(self, sequence: int, epoch: int, at_ms: int, payload: bytes) -> None:
        """Nobody follows."""

    def tell_desks(self, updates: tuple[DeskUpdate, ...]) -> None:
        """What the desks were given is decided later in the round."""
        self._held += [update for update in updates if update.what == "assigned"]

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Into the other province's mailbox; its answer comes back into ours."""
        for message in messages:
            self._peers[message.destination].loop.submit(message.command, self._settle(message))

    def _settle(self, sent: Outgoing) -> Callable[[AnyReply], None]:
        def answered(reply: AnyReply) -> None:
            command = settlement(sent, reply)
            if command is not None:
                self.loop.submit(command, _require_no_refusal)

        return answered

    def on_fatal(self, error: Exception) -> None:
        """The loop raises it as well."""


def _require_no_refusal(reply: AnyReply) -> None:
    """A refusal would mean that the history is another one than planned."""
    if isinstance(reply, Refused):
        raise TypeError(f"history was refused: {reply.message}")


def _session(operator: OperatorId) -> SessionId:
    return SessionId(f"history/{operator}/1")


def _people(code: ProvinceCode, kinds: Sequence[TaskKind]) -> tuple[Operator, ...]:
    """Desks that may do everything and take it without being asked."""
    experience = {kind.kind: KindExperience(done_count=100, quality_permille=970) for kind in kinds}
    levels = {kind.line: 9 for kind in kinds}
    skills = tuple(Skill(name, 5) for name in {skill.skill: None for kind in kinds for skill in kind.required_skills})
    return tuple(
        Operator(
            operator=OperatorId(f"{code}-history-{number}"),
            province=code,
            site=SiteId(f"{code}-history"),
            kinds=experience,
            authority=levels,
            skills=skills,
            capacity=DESK_CAPACITY,
            auto_accept=True,
        )
        for number in range(1, DESKS + 1)
    )

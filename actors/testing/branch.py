"""A branch system: creates tasks until each is acknowledged, then changes its mind about some of them."""

from collections.abc import Callable, Sequence

from actors.core import commands as c
from actors.core.ids import KindId, OperatorId, ProvinceCode, TaskId, home_of
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Elsewhere, TaskReply
from actors.core.task import TaskSpec, TaskState
from actors.testing.chance import Chance
from actors.testing.clock import START_WALL_MS, Scheduler
from actors.testing.portal import PASSING, Portal
from actors.testing.witness import Violation, Witness

REPEAT_MS = 500
LOOK_MS = 800
#: Signposts followed before asking the home again.
HOPS_MAX = 4


class Branch:
    """The client of one province."""

    def __init__(
        self,
        province: ProvinceCode,
        portal: Portal,
        scheduler: Scheduler,
        chance: Chance,
        witness: Witness,
        kinds: Sequence[KindId],
        operators: Sequence[OperatorId],
    ) -> None:
        self.is_moody = True
        self.asked_count = 0
        self.acknowledged: dict[TaskId, None] = {}
        self._province = province
        self._who = f"branch:{province}"
        self._portal = portal
        self._scheduler = scheduler
        self._chance = chance
        self._witness = witness
        self._kinds = kinds
        self._operators = operators
        self._answered: dict[str, None] = {}
        self._requests = 0
        #: The newest version of each task that it was told of: (generation, version).
        self._seen: dict[TaskId, tuple[int, int]] = {}
        scheduler.after(chance.between(1, LOOK_MS), self._look)

    @property
    def is_satisfied(self) -> bool:
        """Whether everything asked for was acknowledged."""
        return len(self.acknowledged) == self.asked_count

    def create(self) -> None:
        """Send one task, again and again until it is acknowledged."""
        self.asked_count += 1
        chance, request_id = self._chance, self._next_request()
        spec = TaskSpec(
            kind=chance.one_of(self._kinds),
            external_id=request_id if chance.below(2) else "",
            priority=chance.below(10),
            green_channel=chance.below(8) == 0,
            excluded_operators=(chance.one_of(self._operators),) if chance.below(6) == 0 else (),
            not_before_ms=START_WALL_MS + self._scheduler.now_ms + 2_000 if chance.below(10) == 0 else 0,
        )
        # A client without request ids is safe by its external id alone.
        with_id = not spec.external_id or chance.below(2) == 0
        command = c.CreateTask(who=self._who, request_id=request_id if with_id else "", spec=spec)
        self._repeat_until_answered(request_id, lambda: self._ask(self._province, command, self._created(request_id)))

    def _created(self, request_id: str) -> Callable[[AnyReply], None]:
        def answered(reply: AnyReply) -> None:
            if isinstance(reply, TaskReply):
                if reply.task.task_id not in self._witness.created:
                    raise Violation(f"{reply.task.task_id} was acknowledged and is not on disk")
                self._answered[request_id] = None
                self.acknowledged[reply.task.task_id] = None
            elif not (isinstance(reply, Refused) and reply.reason in (*PASSING, Reason.UNKNOWN_KIND)):
                # (The kinds are unknown while a full disk keeps a new province from taking them over.)
                raise Violation(f"CreateTask was answered with {reply}")

        return answered

    def _repeat_until_answered(self, request_id: str, send: Callable[[], None]) -> None:
        if request_id not in self._answered:
            send()
            self._scheduler.after(REPEAT_MS, lambda: self._repeat_until_answered(request_id, send))

    def _ask(self, province: ProvinceCode, command: c.AnyCommand, on_reply: Callable[[AnyReply], None]) -> None:
        self._portal.ask(self._who, province, command, on_reply)

    def _next_request(self) -> str:
        self._requests += 1
        return f"{self._province}-{self._requests}"

    # --- second thoughts ---

    def _look(self) -> None:
        """Resume what waits for papers; now and then cancel, amend, read or reassign."""
        self._scheduler.after(LOOK_MS, self._look)
        for task_id in list(self.acknowledged):
            if self._witness.has_ended(task_id):
                continue
            draw = self._chance.below(100) if self.is_moody else 99
            if self._is_suspended(task_id):
                self._follow(task_id, c.ResumeTask(who=self._who, request_id=self._next_request(), task_id=task_id))
            elif draw < 2:
                self._follow(task_id, c.CancelTask(who=self._who, request_id=self._next_request(), task_id=task_id))
            elif draw < 12:
                amend = c.UpdateTask(
                    who=self._who, request_id=self._next_request(), task_id=task_id, priority=self._chance.below(10)
                )
                self._change(task_id, amend)
            elif draw < 17:
                chosen = self._chance.one_of(self._operators)
                reassign = c.ReassignTask(
                    who=self._who, request_id=self._next_request(), task_id=task_id, operator=chosen
                )
                self._change(task_id, reassign)
            elif draw < 23:
                self._follow(task_id, c.GetTask(who=self._who, task_id=task_id))

    def _change(self, task_id: TaskId, command: c.AnyCommand) -> None:
        """Ask for a change, and sometimes ask again long after, as a client does that has lost the answer."""
        self._follow(task_id, command)
        if self._chance.hits(750):
            self._scheduler.after(self._chance.between(300, 4_000), lambda: self._follow(task_id, command))

    def _is_suspended(self, task_id: TaskId) -> bool:
        held = (state.tasks.get(task_id) for state in self._witness.states.values())
        return any(task is not None and task.state is TaskState.SUSPENDED for task in held)

    def _follow(
        self,
        task_id: TaskId,
        command: c.AnyCommand,
        asked: ProvinceCode | None = None,
        newest: TaskReply | None = None,
        hops: int = 0,
    ) -> None:
        """Ask the home, then whoever it points to; a task in transit is read at its new host, as the gateway does.

        Args:
            newest: what the provinces asked before had of the task. Two that send it to each other point to each other for a moment.
        """
        seen = self._seen.get(task_id, (0, 0))

        def answered(reply: AnyReply) -> None:
            is_older = newest is not None and isinstance(reply, TaskReply) and _version(reply) < _version(newest)
            last = newest if newest is not None and is_older else reply
            onwards = None if is_older else _pointed_to(last)
            if onwards is not None and hops < HOPS_MAX:
                onwards_from = last if isinstance(last, TaskReply) else newest
                self._follow(task_id, command, onwards, onwards_from, hops + 1)
            elif isinstance(last, Refused) and last.reason is Reason.UNKNOWN_TASK and not hops:
                raise Violation(f"{task_id} is unknown at its home")
            elif isinstance(last, TaskReply):
                self._note(task_id, last, seen, is_reading=isinstance(command, c.GetTask))

        self._ask(asked or home_of(task_id), command, answered)

    def _note(self, task_id: TaskId, reply: TaskReply, seen: tuple[int, int], *, is_reading: bool) -> None:
        """Whoever reads after an answer sees at least what the answer said."""
        version = _version(reply)
        if is_reading and version < seen:
            raise Violation(f"{task_id} was read as {version} after {seen} had been answered")
        self._seen[task_id] = max(version, self._seen.get(task_id, (0, 0)))


def _version(reply: TaskReply) -> tuple[int, int]:
    return reply.task.generation, reply.task.version


def _pointed_to(reply: AnyReply) -> ProvinceCode | None:
    """The province that has the task or will have it, if the answer is only a signpost."""
    if isinstance(reply, Elsewhere):
        return reply.host
    move = reply.task.move if isinstance(reply, TaskReply) and reply.task.state is TaskState.MOVING else None
    return move.host if move is not None else None

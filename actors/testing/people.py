"""Operators at their desks: they heartbeat, accept, work, decide, make mistakes, freeze and thaw with old knowledge.

Each has left another desk, which comes back by itself now and then (`SignIn.resume`), also when they have gone home.
"""

from collections.abc import Callable
from typing import Any

from actors.core import commands as c
from actors.core.ids import OperatorId, ProvinceCode, SessionId, TaskId
from actors.core.operators import PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, DeskUpdate, SessionReply, TaskReply
from actors.core.task import Task, TaskState, Verdict
from actors.testing.chance import Chance
from actors.testing.clock import Scheduler
from actors.testing.gateways import Gateway
from actors.testing.portal import PASSING, Portal
from actors.testing.witness import LEFT, Violation, Witness

BEAT_MS = 300
#: Unanswered commands are repeated after this.
REPEAT_MS = 700
#: Every so many beats a desk signs in again: also how it learns what it holds when news was lost.
SIGN_IN_EVERY = 5
#: Every so many beats the desk that somebody has left comes back, whether or not the one where they sit is frozen.
LEFT_EVERY = 17
#: Where they sit, by whichever gateway.
SEAT = "seat"
HOLDING = (TaskState.OFFERED, TaskState.ASSIGNED, TaskState.IN_PROGRESS)
#: What a desk with old knowledge may be told.
STALE = (Reason.STALE_TOKEN, Reason.ALREADY_DECIDED, Reason.WRONG_STATE, Reason.UNKNOWN_OPERATOR)


class Desk:
    """One operator's client. Knows only what it was told."""

    def __init__(
        self,
        operator: OperatorId,
        province: ProvinceCode,
        gateway: Gateway,
        portal: Portal,
        scheduler: Scheduler,
        chance: Chance,
        witness: Witness,
    ) -> None:
        self.operator = operator
        self.gateway = gateway
        self.is_frozen = False
        #: Whether it still makes mistakes and changes of mind.
        self.is_moody = True
        self.refused_stale = 0
        self._province = province
        self._portal = portal
        self._scheduler = scheduler
        self._chance = chance
        self._witness = witness
        self._held: dict[TaskId, Task] = {}
        #: Offers (task, token) that the person lets lie, though the desk is heard.
        self._ignored: set[tuple[TaskId, int]] = set()
        #: Open requests: task -> (command, when sent).
        self._asked: dict[TaskId, tuple[c.AnyCommand, int]] = {}
        self._requests = 0
        self._beats = self._left_beats = chance.below(SIGN_IN_EVERY)
        #: Whether they are known to sit here: then the desk only comes back.
        self._is_seated = False
        self._who = f"operator:{operator}"
        scheduler.after(chance.between(1, BEAT_MS), self._beat)

    @property
    def session(self) -> SessionId:
        """The work stream's session; another one after a change of gateway."""
        return SessionId(f"{self.gateway.name}/{self.operator}")

    def _beat(self) -> None:
        self._scheduler.after(BEAT_MS, self._beat)
        self._left_beats += 1
        if self.is_moody and self._left_beats % LEFT_EVERY == 0:
            session = SessionId(f"{self.session}-{LEFT}")
            self._ask(self._signing_in(session, LEFT, resume=True), _ignore)
        if self.is_frozen:
            return
        self._beats += 1
        if self._beats % SIGN_IN_EVERY == 1:
            self._sign_in()
        elif self.is_moody and self._chance.hits(10):
            pause = self._chance.one_of((PresenceState.BREAK, PresenceState.DRAINING, PresenceState.OFFLINE))
            self._ask(c.SetPresence(who=self._who, operator=self.operator, presence=pause), _ignore)
        self.gateway.hear(self._province, self.session)
        for task in list(self._held.values()):
            self._work_on(task)

    def _sign_in(self) -> None:
        self._ask(self._signing_in(self.session, SEAT, resume=self._is_seated), self._signed_in)

    def _signing_in(self, session: SessionId, desk: str, *, resume: bool) -> c.SignIn:
        return c.SignIn(who=self._who, operator=self.operator, session=session, desk=desk, resume=resume)

    def _ask(self, command: c.AnyCommand, on_reply: Callable[[AnyReply], None]) -> None:
        self._portal.ask(self.session, self._province, command, on_reply)

    def _signed_in(self, reply: AnyReply) -> None:
        if self.is_frozen:
            return
        if isinstance(reply, SessionReply):
            self._is_seated = True
            for task in reply.held:
                self._learn(task)
        elif isinstance(reply, Refused) and reply.reason is Reason.SIGNED_OUT:
            # They had gone home. Whoever sits down does so in person.
            self._is_seated = False

    def hear_news(self, update: DeskUpdate) -> None:
        """News from the province."""
        task = update.task
        if self.is_frozen or task is None:
            return
        known = self._held.get(task.task_id)
        if update.what != "revoked":
            self._learn(task)
        elif known is not None and known.token <= update.token:
            del self._held[task.task_id]

    def _learn(self, task: Task) -> None:
        known = self._held.get(task.task_id)
        if known is None or (task.token, task.version) > (known.token, known.version):
            self._held[task.task_id] = task

    def _work_on(self, task: Task) -> None:
        asked = self._asked.get(task.task_id)
        if asked is not None:
            command, sent_ms = asked
            if self._scheduler.now_ms - sent_ms < REPEAT_MS:
                return
        else:
            command = self._next_step(task)
        if command is None:
            return
        self._asked[task.task_id] = (command, self._scheduler.now_ms)
        self._ask(command, lambda reply: self._answered(task, command, reply))

    def _next_step(self, task: Task) -> c.AnyCommand | None:
        if (task.task_id, task.token) in self._ignored and task.state is TaskState.OFFERED:
            return None
        draw = self._chance.below(100) if self.is_moody else 99
        self._requests += 1
        common: dict[str, Any] = {
            "who": self._who,
            "request_id": f"{self.operator}-{self._requests}",
            "task_id": task.task_id,
            "operator": self.operator,
            "token": task.token,
        }
        if task.state is TaskState.OFFERED:
            return self._answer_offer(task, common, draw)
        if task.state is TaskState.ASSIGNED:
            if draw < 5:
                return c.CompleteAssignment(**common, verdict=Verdict.DECLINED)  # not begun yet: a mistake
            return c.ReleaseAssignment(**common) if draw < 10 else c.StartAssignment(**common)
        return self._go_on(common, draw)

    def _answer_offer(self, task: Task, common: dict[str, Any], draw: int) -> c.AnyCommand | None:
        if draw < 5:
            self._ignored.add((task.task_id, task.token))
            return None
        return c.DeclineOffer(**common, reason="busy") if draw < 18 else c.AcceptOffer(**common)

    def _go_on(self, common: dict[str, Any], draw: int) -> c.AnyCommand | None:
        """What may be done with a task in progress."""
        if draw < 30:
            return c.RenewAssignment(**common) if draw < 20 else None
        if draw < 36:
            return c.SuspendAssignment(**common, reason="papers")
        if draw < 40:
            return c.ReferAssignment(**common, required_authority=1)
        if draw < 43:
            return c.ReleaseAssignment(**common)
        if draw < 46:
            return c.ReturnTask(**common, reason="not ours")
        return c.CompleteAssignment(**common, verdict=Verdict.APPROVED, amount_fen=draw)

    def _answered(self, task: Task, command: c.AnyCommand, reply: AnyReply) -> None:
        if self.is_frozen:
            return
        asked = self._asked.get(task.task_id)
        if asked is not None and asked[0] is command:
            if isinstance(reply, Refused) and reply.reason in PASSING:
                return
            del self._asked[task.task_id]
        known = self._held.get(task.task_id)
        if isinstance(reply, TaskReply):
            self._check_acknowledged(command, reply)
            if reply.task.state in HOLDING and reply.task.operator == self.operator:
                self._learn(reply.task)
            elif known is not None and known.token <= task.token:
                del self._held[task.task_id]
        elif isinstance(reply, Refused) and reply.reason in STALE:
            self.refused_stale += 1
            if known is not None and known.token <= task.token:
                del self._held[task.task_id]
        elif not (isinstance(reply, Refused) and reply.reason in PASSING):
            raise Violation(f"{self.operator} asked {command} and was told {reply}")

    def _check_acknowledged(self, command: c.AnyCommand, reply: TaskReply) -> None:
        """I3: only a current token has an effect. I7: an acknowledged decision is on disk."""
        # What takes the task off the desk raises the token by one; everything else leaves it.
        if isinstance(command, c.HolderCommand) and reply.task.token - command.token not in (0, 1):
            raise Violation(f"{self.operator} showed token {command.token}, and {reply.task.token} was current")
        if isinstance(command, c.CompleteAssignment):
            if reply.task.token != command.token:
                raise Violation(f"{self.operator} decided by token {command.token}, {reply.task.token} was current")
            if reply.task.task_id not in self._witness.decided:
                raise Violation(f"{reply.task.task_id} was acknowledged as decided and is not on disk")


def _ignore(reply: AnyReply) -> None:
    del reply

"""A province beside the naive one: each command is put to both, and they must agree.

`ask` is the whole of it; what the machine of `test_province_model` does is choose the commands. Frames may be gathered without being
written (`gather`); a `crash` takes both back to what was on disk.
"""

import copy

from actors.core import commands as c
from actors.core import events as e
from actors.core import records, replies
from actors.core.country import Bounds, TimeLimits
from actors.core.ids import ProvinceCode
from actors.core.invariants import validate
from actors.core.operators import PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply
from actors.core.summary import summarise
from actors.core.task import TaskState
from tests.unit.core.expectations import Elsewhere, Expected, expects
from tests.unit.core.incarnations import Clock, Incarnations
from tests.unit.core.life_table import BATCH_CAUSES, CLOCK_CAUSES, ENDED
from tests.unit.core.naive_province import NaiveProvince


class Comparison:
    """The real province and the naive one, on one clock."""

    def __init__(self, code: ProvinceCode, limits: TimeLimits, bounds: Bounds) -> None:
        self.clock = Clock()
        self.site = Incarnations(code, self.clock, bounds)
        self.model = NaiveProvince(code, limits, bounds, self.clock.now)
        #: The model as of the last write, while a frame is being gathered.
        self.durable: NaiveProvince | None = None
        self._limits = limits
        self._asked_last_ms = self.clock.monotonic_ms

    def ask(self, command: c.AnyCommand) -> AnyReply:
        """One command in a batch of its own: what came of it must be what the model expects."""
        model = self.model
        model.now = self.clock.now
        gap_ms = self.clock.monotonic_ms - self._asked_last_ms
        self._asked_last_ms = self.clock.monotonic_ms
        if gap_ms > self._limits.observer_stall_ms:
            model.forgive(gap_ms)
        known = model.requests.get((command.who, command.request_id)) if command.request_id else None
        expected = None if known is not None else expects(model, command)
        reply, own = self.site.handle(command)
        if known is not None:
            self.check_repetition(command, known, reply, own)
        else:
            self.check(command, expected, reply, own)
        for event in self.site.settle():
            self.check_consequence(event)
        if self.durable is None:
            self.site.write()
        self.compare()
        return reply

    def check_repetition(
        self, command: c.AnyCommand, known: tuple[c.AnyCommand, bytes], reply: AnyReply, own: tuple[e.AnyEvent, ...]
    ) -> None:
        """I4: the same request id gives the same bytes for the same content, a refusal for other content; and causes nothing."""
        assert own == ()
        if known[0] == command:
            assert records.encode(reply) == known[1]
        else:
            assert isinstance(reply, Refused) and reply.reason is Reason.REQUEST_ID_REUSED

    def check(self, command: c.AnyCommand, expected: Expected, reply: AnyReply, own: tuple[e.AnyEvent, ...]) -> None:
        """The outcome is the expected one; a refusal caused nothing."""
        happened = sorted(
            type(event).__name__ for event in own if not isinstance(event, (e.RequestAnswered, e.MatchRoundHeld))
        )
        if isinstance(expected, Reason):
            assert isinstance(reply, Refused) and reply.reason is expected, (command, expected, reply)
            assert own == ()
        elif expected is Elsewhere:
            assert isinstance(reply, replies.Elsewhere), (command, reply)
            assert own == ()
        else:
            assert not isinstance(reply, (Refused, replies.Elsewhere)), (command, expected, reply)
            if isinstance(expected, list):
                assert happened == sorted(expected), (command, expected, happened)
        self.check_gift(command, own)
        for event in own:
            if expected is None:
                self.check_cause(command, event)
            self.model.happened(event)
        self.hear(command, expected)
        if isinstance(command, c.Tick):
            assert self.model.overdue() == []
            self.model.see_offers()
        if not isinstance(reply, (Refused, replies.Elsewhere)):
            self.remember(command, reply, happened)

    def check_cause(self, command: c.AnyCommand, event: e.AnyEvent) -> None:
        """Commands whose events are not foretold may cause only these."""
        if isinstance(command, c.Tick):
            allowed = CLOCK_CAUSES
        elif isinstance(command, c.UpsertOperators):
            allowed = ("OfferWithdrawn", "AssignmentReleased", "OperatorEnrolled")
        else:
            allowed = ("ProvinceStatusChanged", "SiteReturned")
        assert isinstance(event, e.RequestAnswered) or type(event).__name__ in allowed, (command, event)

    def check_gift(self, command: c.AnyCommand, own: tuple[e.AnyEvent, ...]) -> None:
        """Who fetches gets a waiting task that they may do; who is named by a team lead gets the task."""
        for event in own:
            if isinstance(event, e.TaskAssigned):
                assert isinstance(command, (c.FetchNextTask, c.ReassignTask))
                assert event.operator == command.operator
                entry = self.model.tasks[event.task_id]
                assert self.model.may_do(entry, event.operator) and self.model.has_room(event.operator)
                if isinstance(command, c.FetchNextTask):
                    assert entry.state is TaskState.QUEUED and not self.model.has_declined(entry, event.operator)

    def check_consequence(self, event: e.AnyEvent) -> None:
        """What follows from a batch: moves, and matches with people who may have the task now (I8)."""
        assert type(event).__name__ in BATCH_CAUSES, event
        if isinstance(event, (e.OfferMade, e.TaskAssigned)):
            assert self.model.may_be_given(event.task_id, event.operator), event
            takes_at_once = self.model.people[event.operator].entry.auto_accept
            assert takes_at_once == isinstance(event, e.TaskAssigned)
        self.model.happened(event)

    def hear(self, command: c.AnyCommand, expected: Expected) -> None:
        """Whoever asked with a right to is alive."""
        model = self.model
        if isinstance(command, c.HearDesks):
            model.hear(command.sessions)
        elif isinstance(command, c.LosePath):
            model.lose_path()
        elif isinstance(command, c.SignIn) and isinstance(expected, list):
            if command.presence is not PresenceState.OFFLINE:
                model.hear((command.session,))
        elif isinstance(command, (c.FetchNextTask, c.HolderCommand)):
            known = model.people.get(command.operator)
            # A holder is known by the token; one who repeats an old decision holds nothing any more.
            repeats = isinstance(command, c.CompleteAssignment) and expected == []
            held = expected is Reason.WRONG_STATE or (isinstance(expected, list) and not repeats)
            if known is not None and known.session and (held or isinstance(command, c.FetchNextTask)):
                model.hear((known.session,))

    def remember(self, command: c.AnyCommand, reply: AnyReply, happened: list[str]) -> None:
        """What the same request or the same external id must be answered with from now on."""
        encoded = records.encode(reply)
        creation = isinstance(command, c.CreateTask)
        if creation and command.spec.external_id:
            assert encoded == self.model.external_answers.setdefault(command.spec.external_id, encoded)
        if command.request_id:
            self.model.requests[command.who, command.request_id] = (command, encoded)
        if isinstance(reply, replies.TaskReply) and (happened or not creation):
            entry = self.model.tasks[reply.task.task_id]
            shown = (reply.task.state, reply.task.operator, reply.task.token)
            assert shown == (entry.state, entry.holder, entry.token), (command, reply)

    def compare(self) -> None:
        """Core and model say the same of every task, and nothing breaks an invariant."""
        state, model = self.site.province.state, self.model
        assert validate(state) == []
        here = {task_id: (task.state, task.operator, task.token) for task_id, task in state.tasks.items()}
        assert here == {task: (entry.state, entry.holder, entry.token) for task, entry in model.open_tasks().items()}
        sitting = {name: (person.session, person.presence, person.desk) for name, person in state.operators.items()}
        assert sitting == {name: (known.session, known.presence, known.desk) for name, known in model.people.items()}
        assert model.left_unmatched() == [], "somebody waits for work that waits for them"
        self.compare_summaries()
        for task_id, task in state.tasks.items():
            model.tasks[task_id].etag = task.etag
            assert model.versions.setdefault((task_id, task.etag), task) == task, "an etag names one version"
        for task_id, entry in model.tasks.items():
            if entry.state in (*ENDED, TaskState.MOVED):
                record = self.site.record(records.task_key(task_id))
                assert record is not None
                assert record == model.closed.setdefault(task_id, record), "what has ended never changes"
        assert (state.reviewed_count, state.model.revision) == (model.reviewed, model.model_revision)
        owed = {province: fen for province, fen in state.balance_fen.items() if fen}
        assert owed == {province: fen for province, fen in model.ledger.items() if fen}

    def compare_summaries(self) -> None:
        """What the province keeps of its last summary equals one that is worked out now, whatever came between them."""
        province, now = self.site.province, self.clock.now
        hosting = province.outbox.advice.hosting(province.state.model)
        assert province.summary(now) == summarise(province.state, province.presence, now, hosting)

    # --- the disk ---

    def gather(self) -> None:
        """Write nothing for now: what comes next will be one frame."""
        self.durable = copy.deepcopy(self.model)

    def write(self) -> None:
        """The gathered frame reaches the disk."""
        self.site.write()
        self.durable = None

    def crash(self, *, use_snapshot: bool) -> None:
        """The process dies: what was not written never happened, what was comes back exactly."""
        before = self.site.hard_state()
        if self.durable is not None:
            self.model, self.durable = self.durable, None
            self.site.crash(use_snapshot=use_snapshot)
        else:
            self.site.crash(use_snapshot=use_snapshot)
            assert self.site.hard_state() == before
        self._asked_last_ms = self.clock.monotonic_ms
        self.model.now = self.clock.now
        self.model.restart()

"""The hard state of a province: what its journal can rebuild, and the indexes over it.

It changes only through `applying.apply`. Tasks and operators are immutable records in dictionaries, so a snapshot is a list of references.
"""

from copy import copy
from typing import Any, cast

import msgspec

from actors.core import records
from actors.core.calendar import BranchCalendar
from actors.core.country import (
    Bounds,
    Line,
    ProvinceSettings,
    ProvinceStatus,
    ShareOutMode,
    SharingPolicy,
    TaskKind,
    TimeLimits,
)
from actors.core.ids import KindId, OperatorId, ProvinceCode, SiteId, TaskId
from actors.core.matching.record import MatchingModel
from actors.core.operators import Operator, PresenceState
from actors.core.policy_revisions import PolicyBook
from actors.core.queue import TaskQueue, authority_needed
from actors.core.service_gained import Gains
from actors.core.shadow import ShadowLoad
from actors.core.statistics.tables import Statistics
from actors.core.task import CLOSED_STATES, HELD_STATES, Task, TaskState
from actors.core.task_order import TaskOrder

replace = msgspec.structs.replace

# Asked for every event, so as sets and under names of their own: looking a member up in its class costs 0.1 us.
_CLOSED, _HELD = frozenset(CLOSED_STATES), frozenset(HELD_STATES)
_QUEUED, _SCHEDULED, _MOVING = TaskState.QUEUED, TaskState.SCHEDULED, TaskState.MOVING
_AVAILABLE = PresenceState.AVAILABLE

#: Answers that follow one task to its next host; older ones stay where they were given.
REQUEST_KEYS_MAX = 8


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """A task of this home that is open in another province."""

    host: ProvinceCode
    generation: int


class Evacuee(msgspec.Struct, frozen=True, array_like=True):
    """What decides when a task of ours that an evacuation took elsewhere is asked for again."""

    green_channel: bool
    #: When work must begin at the latest (`promise.latest_start_ms`).
    latest_start_ms: int
    #: None: an older version sent it away.
    line: Line | None = None

    @property
    def urgency(self) -> tuple[bool, int]:
        """Green channel and least slack come first."""
        return not self.green_channel, self.latest_start_ms


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something the home of a task must still be told: its new host, or (with `task`) its outcome."""

    home: ProvinceCode
    task_id: TaskId
    generation: int
    task: Task | None = None


def message_of(notice: Notice) -> str:
    """What a notice tells, as its message's key begins."""
    return "host" if notice.task is None else "outcome"


NoticeKey = tuple[TaskId, int, bool]
#: A message to another province that stays open until its answer is on record: "move", "host", "outcome" or "recall", task, generation, attempt.
MessageKey = tuple[str, TaskId, int, int]


class ProvinceState:
    """Everything a province knows that its journal can rebuild."""

    def __init__(self, province: ProvinceCode, bounds: Bounds | None = None) -> None:
        self.province = province
        self.bounds = bounds or Bounds()
        #: Which incarnation this is: told by the shell when it opens the journal, not part of what the journal rebuilds.
        self.epoch = 0
        self._begin_rules()
        self._begin_work()
        self._begin_indexes()

    def _begin_rules(self) -> None:
        """What the province goes by: what it was told, and how it is."""
        province = self.province
        self.settings = ProvinceSettings(province=province, display_name=province, display_name_zh=province)
        self.limits = TimeLimits()
        self.kinds: dict[KindId, TaskKind] = {}
        self.kinds_revision = 0
        #: Revision 0 has no weights: before the first one is adopted nobody is better than anybody.
        self.model = MatchingModel(revision=0)
        #: When the country's sums were adopted last, wall clock; 0: never. The sums themselves are in `statistics`.
        self.priors_adopted_ms = 0
        self.status = ProvinceStatus.ACTIVE
        self.status_reason = ""
        self.status_since_ms = 0
        #: What the province goes back to when its desks are heard again.
        self.status_before_outage = ProvinceStatus.ACTIVE
        #: The sharing policy in force; the journal says when another one came into force.
        self.policy = SharingPolicy()
        self.calendar = BranchCalendar()
        #: What the country file said last; the calendar in force has been made from it.
        self.calendar_told = BranchCalendar()
        self.policies = PolicyBook(self.policy)
        #: The last revision that has begun to evacuate; 0: none, or it begins anew.
        self.evacuation_revision = 0
        #: Sites whose desks fell silent together -> since when (wall clock, ms).
        self.lost_sites: dict[SiteId, int] = {}

    def _begin_work(self) -> None:
        """Tasks, people, and what came of both."""
        #: Number of the last task created here.
        self.task_number = 0
        self.tasks: dict[TaskId, Task] = {}
        self.away: dict[TaskId, Away] = {}
        self.notices: dict[NoticeKey, Notice] = {}
        #: Of the tasks that are away, those that an evacuation took there and that no host has refused to give back; and those asked for
        #: and not home yet -> with which generation.
        self.evacuated: dict[TaskId, Evacuee] = {}
        self.recalls: dict[TaskId, int] = {}
        #: What drills bring upon the province, oldest first, and whose shadow tasks it knows open: its own wherever they are, others' that are here.
        self.shadow_loads: dict[str, ShadowLoad] = {}
        self.shadows: dict[TaskId, str] = {}
        self.operators: dict[OperatorId, Operator] = {}
        #: What the journal has taught about people, kinds and provinces.
        self.statistics = Statistics()
        #: Net amount per province, fen; the legs of every frame sum to zero.
        self.balance_fen: dict[ProvinceCode, int] = {}
        self.ledger_legs = 0
        self.created_count = 0
        self.decided_count = 0
        self.decided_shared_count = 0
        self.reviewed_count = 0
        #: What others decided while a line was closed here.
        self.gains = Gains()
        #: Number of the last round of matching.
        self.round_number = 0
        #: Who was sought after in the last round that found prices -> points.
        self.shadow_prices: dict[OperatorId, int] = {}
        #: Records made since the shell last wrote them out.
        self.records: dict[str, bytes] = {}
        #: The task that was closed last, as its record has it: whoever has just closed one need not decode it. Not hard state.
        self.closed_last: Task | None = None

    def _begin_indexes(self) -> None:
        """What is derived from the work, and kept in step with it."""
        self.order = TaskOrder()
        self.queue = TaskQueue()
        self.holds: dict[OperatorId, dict[TaskId, None]] = {}
        self.scheduled: dict[TaskId, int] = {}
        self.moving: dict[TaskId, None] = {}
        #: How many of them are on their way to each host.
        self.moving_to: dict[ProvinceCode, int] = {}
        #: Open messages to other provinces that the outbox has not seen yet, in the order in which they were opened.
        self.opened: dict[MessageKey, None] = {}
        self.signed_in: dict[OperatorId, None] = {}
        #: Signed in, AVAILABLE, below capacity; whether their desk is alive is for `presence` to say.
        self.free: dict[OperatorId, None] = {}
        self.open_by_state: dict[TaskState, int] = {}
        #: Open tasks of each batch that has any.
        self.open_by_batch: dict[str, int] = {}
        self.shared_in = 0
        #: Counts changes of who is on duty or of what the roster says: whoever keeps something worked out of that sees that it is old.
        self.duty_revision = 0
        #: Counts people removed from the roster: whoever is enrolled again may begin at a version that somebody has kept something of.
        self.removals = 0

    def copied(self) -> "ProvinceState":
        """The same state, to try with what events do to tasks: whatever they change is copied, records and statistics are shared. O(tasks)."""
        twin = copy(self)
        attributes: dict[str, Any] = vars(self)
        dicts = {
            name: dict(cast("dict[object, object]", value))
            for name, value in attributes.items()
            if isinstance(value, dict)
        }
        vars(twin).update(dicts)
        twin.holds = {operator: dict(held) for operator, held in self.holds.items()}
        twin.order = self.order.copied()
        twin.queue = self.queue.copied()
        return twin

    @property
    def heard_within_ms(self) -> int:
        """How lately a desk must have been heard to be given work: by the country's limit, or by the matching model's if that is stricter."""
        stricter_ms = self.model.filters.heartbeat_seconds_max * 1_000
        return min(self.limits.heartbeat_fresh_ms, stricter_ms or self.limits.heartbeat_fresh_ms)

    def load_of(self, operator: OperatorId) -> int:
        """Tasks that count against the operator's capacity."""
        return len(self.holds.get(operator, ()))

    def put_operator(self, person: Operator) -> None:
        """Put the next version of a roster entry in place."""
        before = self.operators.get(person.operator)
        if before is None or before.presence is not person.presence or before.version != person.version:
            self.duty_revision += 1
        self.operators[person.operator] = person
        self._note_freedom(person.operator)

    def _note_freedom(self, operator: OperatorId) -> None:
        person = self.operators.get(operator)
        if person is not None and person.presence is _AVAILABLE and len(self.holds.get(operator, ())) < person.capacity:
            self.free[operator] = None
        else:
            self.free.pop(operator, None)

    def forget_evacuee(self, task_id: TaskId) -> None:
        """A task that is home again, has ended or stays where it is: there is nothing to ask for."""
        self.evacuated.pop(task_id, None)
        self.end_recall(task_id)

    # --- what other provinces must be told ---

    def begin_recall(self, task_id: TaskId) -> None:
        """Ask whoever has an evacuated task now for it."""
        generation = self.away[task_id].generation
        self.recalls[task_id] = generation
        self.opened["recall", task_id, generation, 0] = None

    def end_recall(self, task_id: TaskId) -> None:
        """Ask no longer, if it was asked for."""
        generation = self.recalls.pop(task_id, None)
        if generation is not None:
            self.opened.pop(("recall", task_id, generation, 0), None)

    def add_notice(self, notice: Notice) -> None:
        """Tell the home of a task until it has it on record."""
        is_outcome = notice.task is not None
        self.notices[notice.task_id, notice.generation, is_outcome] = notice
        self.opened[message_of(notice), notice.task_id, notice.generation, 0] = None

    def end_notice(self, key: NoticeKey) -> None:
        """The home has it on record."""
        notice = self.notices.pop(key, None)
        if notice is not None:
            self.opened.pop((message_of(notice), notice.task_id, notice.generation, 0), None)

    # --- the only three ways to change a task ---

    def add_task(self, task: Task) -> None:
        """Take an open task into the indexes."""
        self.note_shadow(task)
        self.tasks[task.task_id] = task
        self.order.add(task.task_id)
        self.open_by_state[task.state] = self.open_by_state.get(task.state, 0) + 1
        if task.home != self.province:
            self.shared_in += 1
        if task.spec.batch_id:
            self._count_batch(task.spec.batch_id, 1)
        self._index(task)

    def replace_task(self, new: Task) -> None:
        """Put the next version of an open task in place of the last one."""
        old = self.tasks[new.task_id]
        stays = new.operator is not None and new.operator == old.operator and self._stays_in_hand(old, new)
        if not stays:
            self._unindex(old)
        if new.state in _CLOSED:
            del self.tasks[new.task_id]
            self.order.remove(new.task_id)
            self._count(old.state, -1)
            if new.home != self.province:
                self.shared_in -= 1
            if new.spec.batch_id:
                self._count_batch(new.spec.batch_id, -1)
            self.note_shadow(new)
            self.records[records.task_key(new.task_id)] = records.encode(new)
            self.closed_last = new
            return
        self.tasks[new.task_id] = new
        if new.state is not old.state:
            self._count(old.state, -1)
            self._count(new.state, 1)
        if not stays:
            self._index(new)

    def _stays_in_hand(self, old: Task, new: Task) -> bool:
        """Whether the task is all that its operator holds, before as after: then nobody's freedom changes, only the order of `holds`."""
        if new.state not in _HELD or old.state not in _HELD:
            return False
        assert new.operator is not None
        held = self.holds[new.operator]
        if len(held) != 1:
            return False
        # In the place that taking it out and putting it in would give it.
        del self.holds[new.operator]
        self.holds[new.operator] = held
        return True

    def note_shadow(self, task: Task) -> None:
        """Keep in mind which shadow tasks are open: a home's own until their outcome is here, whoever has them."""
        if task.shadow is None:
            return
        if task.state in _CLOSED and (task.state is not TaskState.MOVED or task.home != self.province):
            self.shadows.pop(task.task_id, None)
        else:
            self.shadows[task.task_id] = task.shadow.drill

    def note_request(self, task_id: TaskId, key: str) -> None:
        """Let the answer to a request follow an open task to its next host. Touches no index."""
        task = self.tasks.get(task_id)
        if task is not None:
            self.tasks[task_id] = replace(task, request_keys=(*task.request_keys, key)[-REQUEST_KEYS_MAX:])

    def _count(self, state: TaskState, by: int) -> None:
        self.open_by_state[state] = self.open_by_state.get(state, 0) + by

    def _count_batch(self, batch: str, by: int) -> None:
        left = self.open_by_batch.get(batch, 0) + by
        if left:
            self.open_by_batch[batch] = left
        else:
            del self.open_by_batch[batch]

    def _index(self, task: Task) -> None:
        state = task.state
        if state is _QUEUED:
            self.queue.push(task, authority_needed(task, self.kinds.get(task.spec.kind)))
        elif state in _HELD:
            assert task.operator is not None
            self.holds.setdefault(task.operator, {})[task.task_id] = None
            self._note_freedom(task.operator)
        elif state is _SCHEDULED:
            self.scheduled[task.task_id] = task.spec.not_before_ms
        elif state is _MOVING:
            assert task.move is not None
            host = task.move.host
            self.moving[task.task_id] = None
            self.moving_to[host] = self.moving_to.get(host, 0) + 1
            self.opened[move_message(task)] = None

    def _unindex(self, task: Task) -> None:
        state = task.state
        if state is _QUEUED:
            self.queue.discard(task.task_id)
        elif state in _HELD:
            assert task.operator is not None
            held = self.holds[task.operator]
            del held[task.task_id]
            if not held:
                del self.holds[task.operator]
            self._note_freedom(task.operator)
        elif state is _SCHEDULED:
            del self.scheduled[task.task_id]
        elif state is _MOVING:
            assert task.move is not None
            host = task.move.host
            del self.moving[task.task_id]
            self.moving_to[host] -= 1
            if not self.moving_to[host]:
                del self.moving_to[host]
            self.opened.pop(move_message(task), None)


def move_message(task: Task) -> MessageKey:
    """The message that offers a task in transit to its host."""
    return "move", task.task_id, task.generation, task.move_attempts


def is_suspended(state: ProvinceState) -> bool:
    """Whether it hands out no work by order of operations staff. The order holds until they resume, also while its desks are silent."""
    status = state.status_before_outage if state.status is ProvinceStatus.UNREACHABLE else state.status
    return status is ProvinceStatus.SUSPENDED


def is_evacuated(state: ProvinceState) -> bool:
    """Whether everything that may leave the province leaves: its desks are silent, or its policy says so."""
    return state.status is ProvinceStatus.UNREACHABLE or state.policy.share_out_mode is ShareOutMode.EVACUATE

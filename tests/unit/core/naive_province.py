"""One province, written a second time from the trade's own table and as plainly as possible: the oracle of `test_province_model`.

It shares types with the core and no rule. It knows a task as (state, holder, token) and a person as what the roster says of them. Of every
event it says whether it may happen now; what must come of a command is said in `expectations`. It is slow, and forgets nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from actors.core import commands as c
from actors.core import events as e
from actors.core.clock import Instant
from actors.core.country import Bounds, ProvinceStatus, ShareOutMode, TaskKind, TimeLimits
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, SiteId, TaskId
from actors.core.operators import Operator, PresenceState
from actors.core.task import Task, TaskSpec, TaskState
from tests.unit.core.life_table import ENDED, HELD, LIFE, S

#: Tasks of other provinces that the policies of the tests let in.
QUOTA = 3


@dataclass
class Entry:
    """A task."""

    spec: TaskSpec
    home: ProvinceCode
    state: TaskState
    holder: OperatorId | None = None
    token: int = 0
    #: Raised by referrals.
    authority: int = 0
    #: When a tick saw the offer first, monotonic ms.
    offer_seen_ms: int | None = None
    #: Who declined it, and until when that counts (wall clock).
    declined: list[tuple[OperatorId, int]] = field(default_factory=list[tuple[OperatorId, int]])
    #: (operator, token, verdict, amount, note) of the decision.
    decision: tuple[Any, ...] | None = None
    is_reviewed: bool = False
    #: The move under way: (host, generation, attempt).
    move: tuple[ProvinceCode, int, int] | None = None
    #: Mark of the present version, as the core gave it out.
    etag: str = ""


@dataclass
class Person:
    """Somebody on the roster, and when their desk was heard (monotonic ms; None: not since the start)."""

    entry: Operator
    presence: PresenceState = PresenceState.OFFLINE
    session: SessionId | None = None
    #: Where they sit, or sat when they fell silent; empty: nowhere.
    desk: str = ""
    heard_ms: int | None = None
    path_lost_ms: int | None = None


class NaiveProvince:
    """The oracle. `wall_ms` and `monotonic_ms` are set before every step."""

    def __init__(self, code: ProvinceCode, limits: TimeLimits, bounds: Bounds, now: Instant) -> None:
        self.code = code
        self.limits = limits
        self.bounds = bounds
        self.now = now
        self.opened_ms = now.monotonic_ms
        self.number = 0
        self.rounds = 0
        self.tasks: dict[TaskId, Entry] = {}
        self.people: dict[OperatorId, Person] = {}
        self.kinds: dict[KindId, TaskKind] = {}
        self.kinds_revision = 0
        self.model_revision = 0
        self.reviewed = 0
        self.status = ProvinceStatus.ACTIVE
        #: By order, which an outage does not end.
        self.is_drained = self.is_suspended = False
        self.mode = ShareOutMode.OVERFLOW
        self.policy_revision = 1
        self.lost_sites: set[SiteId] = set()
        #: External id -> what was asked, and the answer's bytes.
        self.externals: dict[str, TaskSpec] = {}
        self.external_answers: dict[str, bytes] = {}
        #: (who, request id) -> what was asked, and the answer's bytes.
        self.requests: dict[tuple[str, str], tuple[c.AnyCommand, bytes]] = {}
        #: Records of ended tasks: they never change.
        self.closed: dict[TaskId, bytes] = {}
        #: (task, etag) -> the version that it names.
        self.versions: dict[tuple[TaskId, str], Task] = {}
        self.move_answers: dict[tuple[TaskId, int, int], bool] = {}
        self.ledger: dict[ProvinceCode, int] = {}

    # --- looking ---

    def open_tasks(self) -> dict[TaskId, Entry]:
        """What the province still has on its books."""
        return {key: entry for key, entry in self.tasks.items() if entry.state not in (*ENDED, S.MOVED)}

    def held_by(self, operator: OperatorId) -> list[TaskId]:
        """What counts against somebody's capacity."""
        return [key for key, entry in self.tasks.items() if entry.holder == operator and entry.state in HELD]

    def silent_ms(self, person: Person) -> int:
        """How long a desk has not been heard; since the start at most."""
        heard_ms = self.opened_ms if person.heard_ms is None else max(person.heard_ms, self.opened_ms)
        return self.now.monotonic_ms - heard_ms

    def is_fresh(self, person: Person) -> bool:
        """Whether new work may go to the desk."""
        if person.session is None or person.heard_ms is None:
            return False
        return self.now.monotonic_ms - person.heard_ms <= self.limits.heartbeat_fresh_ms

    def path_is_lost(self, person: Person) -> bool:
        """Whether silence proves nothing, since the gateway went."""
        lost_ms = person.path_lost_ms
        return lost_ms is not None and self.now.monotonic_ms - lost_ms <= self.limits.path_grace_ms

    def may_do(self, entry: Entry, operator: OperatorId) -> bool:
        """Right to the kind, authority, nobody excluded."""
        person, kind = self.people[operator].entry, self.kinds[entry.spec.kind]
        needed = max(entry.authority, entry.spec.required_authority, kind.required_authority)
        allowed = entry.spec.kind in person.kinds and person.authority.get(kind.line, 0) >= needed
        return allowed and operator not in entry.spec.excluded_operators

    def has_declined(self, entry: Entry, operator: OperatorId) -> bool:
        """Whether the task must not be offered to them again yet."""
        left_ms = [until_ms - self.now.wall_ms for who, until_ms in entry.declined if who == operator]
        # More than twice the term is left only of a decline whose clock has been set back since; that one is void.
        return any(0 < left <= 2 * self.limits.decline_memory_ms for left in left_ms)

    def has_room(self, operator: OperatorId) -> bool:
        """Whether one more task fits."""
        return len(self.held_by(operator)) < self.people[operator].entry.capacity

    def may_be_given(self, task: TaskId, operator: OperatorId) -> bool:
        """Whether the matcher may give a waiting task to somebody now."""
        entry, person = self.tasks[task], self.people[operator]
        return (
            entry.state is S.QUEUED
            and self.status not in (ProvinceStatus.SUSPENDED, ProvinceStatus.UNREACHABLE)
            and person.presence is PresenceState.AVAILABLE
            and self.is_fresh(person)
            and self.has_room(operator)
            and self.may_do(entry, operator)
            and not self.has_declined(entry, operator)
        )

    def site_is_silent(self, site: SiteId) -> bool:
        """Whether most desks of a site that were heard within a lease term fell silent together."""
        silences = [
            self.silent_ms(person)
            for person in self.people.values()
            if person.session and person.entry.site == site and person.heard_ms is not None
            if not self.path_is_lost(person) and self.silent_ms(person) < self.limits.lease_duration_ms
        ]
        silent = sum(silence >= self.limits.site_silence_ms for silence in silences)
        enough = len(silences) >= self.limits.site_desks_min
        return enough and silent * 1000 >= len(silences) * self.limits.site_silence_permille

    # --- what is heard, and time ---

    def hear(self, sessions: Iterable[SessionId]) -> None:
        """Desks are alive."""
        for person in self.people.values():
            if person.session is not None and person.session in sessions:
                person.heard_ms, person.path_lost_ms = self.now.monotonic_ms, None

    def lose_path(self) -> None:
        """The gateway of all desks went."""
        for person in self.people.values():
            if person.session is not None:
                person.path_lost_ms = self.now.monotonic_ms

    def forgive(self, gap_ms: int) -> None:
        """The province stood still; nobody was silent meanwhile."""
        self.opened_ms += gap_ms
        for person in self.people.values():
            if person.heard_ms is not None:
                person.heard_ms += gap_ms
            if person.path_lost_ms is not None:
                person.path_lost_ms += gap_ms

    def restart(self) -> None:
        """What a new incarnation cannot know is forgotten."""
        self.opened_ms = self.now.monotonic_ms
        for person in self.people.values():
            person.heard_ms = person.path_lost_ms = None
        for entry in self.tasks.values():
            entry.offer_seen_ms = None

    # --- what happens ---

    def happened(self, event: e.AnyEvent) -> None:
        """One event happened; it must be one that may happen now."""
        name = type(event).__name__
        if name in LIFE:
            self._lived(name, event)
        elif isinstance(event, e.TaskCreated):
            self.number += 1
            assert event.task_id == f"{self.code}-{self.number}"
            assert event.scheduled == (event.spec.not_before_ms > self.now.wall_ms)
            state = S.SCHEDULED if event.scheduled else S.QUEUED
            self.tasks[event.task_id] = Entry(spec=event.spec, home=self.code, state=state)
            if event.spec.external_id:
                self.externals[event.spec.external_id] = event.spec
        elif isinstance(event, e.MoveAccepted):
            entry = Entry(spec=event.task.spec, home=event.task.home, state=S.QUEUED, token=event.task.token + 1)
            self.tasks[event.task.task_id] = entry
            self.move_answers[event.task.task_id, event.move.generation, event.move.attempt] = True
        elif isinstance(event, e.MoveRefused):
            self.move_answers[event.task_id, event.move.generation, event.move.attempt] = False
        else:
            self._changed_around(event)

    def _lived(self, name: str, event: Any) -> None:
        """A step of a task's life."""
        entry = self.tasks[event.task_id]
        before, after, rise = LIFE[name]
        assert entry.state in before, f"{name} of a task that is {entry.state.value}"
        if name == "OfferWithdrawn":
            self._judge_withdrawal(entry, event.reason)
        if name in ("OfferWithdrawn", "AssignmentReleased") and event.reason == "evacuated":
            assert self.mode is ShareOutMode.EVACUATE and not entry.spec.home_only
            assert entry.state is not S.IN_PROGRESS, "what has begun stays where it is"
        if name == "AssignmentReleased":
            self._judge_release(entry, event.reason, event.who)
        entry.state, entry.token = after, entry.token + rise
        if isinstance(event, (e.OfferMade, e.TaskAssigned)):
            assert event.token == entry.token, "tokens rise by one"
            entry.holder = event.operator
        if isinstance(event, e.OfferDeclined):
            assert entry.holder is not None
            entry.declined.append((entry.holder, event.until_ms))
            assert event.until_ms == self.now.wall_ms + self.limits.decline_memory_ms
        if isinstance(event, e.AssignmentReferred):
            entry.authority = max(entry.authority, event.required_authority)
        if isinstance(event, e.MoveStarted):
            assert not entry.spec.home_only and self.mode is not ShareOutMode.CLOSED
            entry.move = (event.move.host, event.move.generation, event.move.attempt)
        if isinstance(event, e.TaskScheduleReached):
            assert entry.spec.not_before_ms <= self.now.wall_ms
        if isinstance(event, e.TaskCompleted):
            self._decided(entry, event)
        entry.offer_seen_ms = None
        if after not in (*HELD, *ENDED) or name == "TaskCancelled":
            entry.holder = None

    def _judge_withdrawal(self, entry: Entry, reason: str) -> None:
        assert entry.holder is not None
        person = self.people[entry.holder]
        if reason == "offer_expired":
            assert entry.offer_seen_ms is not None
            assert self.now.monotonic_ms - entry.offer_seen_ms >= self.limits.offer_duration_ms
        if reason == "lease_lost":
            assert self.silent_ms(person) >= self.limits.lease_duration_ms and not self.path_is_lost(person)

    def _judge_release(self, entry: Entry, reason: str, who: str) -> None:
        assert entry.holder is not None
        person = self.people[entry.holder]
        if reason == "lease_lost":
            assert self.silent_ms(person) >= self.limits.lease_duration_ms and not self.path_is_lost(person)
        if reason == "site_lost":
            assert not self.is_fresh(person)

    def _decided(self, entry: Entry, event: e.TaskCompleted) -> None:
        decision = event.decision
        assert entry.decision is None, "decided once, ever"
        assert decision.operator == entry.holder and decision.handle_ms >= 0
        entry.decision = (decision.operator, entry.token, decision.verdict, decision.amount_fen, decision.note)
        tariff = self.kinds[entry.spec.kind].tariff_fen if entry.home != self.code else 0
        legs = {leg.province: leg.amount_fen for leg in event.legs}
        assert legs == ({} if entry.home == self.code else {entry.home: -tariff, self.code: tariff})
        for province, amount in legs.items():
            self.ledger[province] = self.ledger.get(province, 0) + amount

    def _changed_around(self, event: e.AnyEvent) -> None:
        """People, sites, status, policy, kinds."""
        if isinstance(event, e.OperatorEnrolled):
            known = self.people.get(event.entry.operator)
            if known is None:
                self.people[event.entry.operator] = Person(event.entry)
            else:
                known.entry = event.entry
        elif isinstance(event, e.OperatorRemoved):
            del self.people[event.operator]
        elif isinstance(event, e.OperatorSignedIn):
            person = self.people[event.operator]
            person.session, person.presence, person.desk = event.session, event.presence, event.desk
        elif isinstance(event, e.OperatorSignedOut):
            person = self.people[event.operator]
            assert not self.held_by(event.operator), "who leaves holds nothing"
            if event.note == "drained":
                assert person.presence is PresenceState.DRAINING
            self.people[event.operator] = Person(person.entry, desk=person.desk if event.reason == "silent" else "")
        elif isinstance(event, e.PresenceChanged):
            self.people[event.operator].presence = event.presence
        elif isinstance(event, e.MatchRoundHeld):
            self.rounds += 1
            assert event.round == self.rounds
        elif isinstance(event, e.TaskKindsAdopted):
            known, self.kinds = self.kinds, {kind.kind: kind for kind in event.kinds}
            assert self.kinds.keys() >= known.keys(), "there may be work of it"
            self.kinds_revision = event.revision
        elif isinstance(event, e.MatchingModelAdopted):
            self.model_revision = event.model.revision
        elif isinstance(event, e.ReviewSubmitted):
            self._reviewed(event)
        elif isinstance(event, e.ProvinceStatusChanged):
            if event.status is not ProvinceStatus.UNREACHABLE:
                self.is_drained = event.status is ProvinceStatus.DRAINING
                self.is_suspended = event.status is ProvinceStatus.SUSPENDED
            self.status = event.status
        elif isinstance(event, e.SharingPolicyUpdated):
            self.mode = event.policy.share_out_mode
            self.policy_revision += 1
        elif isinstance(event, e.EvacuationBegun):
            assert self.mode is ShareOutMode.EVACUATE and event.revision == self.policy_revision
        elif isinstance(event, e.SiteLost):
            assert self.site_is_silent(event.site) and event.site not in self.lost_sites
            self.lost_sites.add(event.site)
        elif isinstance(event, e.SiteReturned):
            self.lost_sites.remove(event.site)
        else:
            assert isinstance(event, (e.RequestAnswered, e.TaskAmended)), event

    def _reviewed(self, event: e.ReviewSubmitted) -> None:
        reviewed = event.reviewed
        entry = self.tasks[reviewed.task_id]
        assert entry.decision is not None, "only a decision is reviewed"
        assert not entry.is_reviewed, "one review counts"
        entry.is_reviewed = True
        assert (reviewed.operator, reviewed.verdict) == (entry.decision[0], entry.decision[2])
        assert (reviewed.province, reviewed.home, reviewed.kind) == (self.code, entry.home, entry.spec.kind)
        self.reviewed += 1

    # --- what a tick must leave behind ---

    def see_offers(self) -> None:
        """A tick looks at every open offer; from the first look on its time runs."""
        for entry in self.tasks.values():
            if entry.state is S.OFFERED and entry.offer_seen_ms is None:
                entry.offer_seen_ms = self.now.monotonic_ms

    def overdue(self) -> list[str]:
        """What should have happened by the tick just made and did not (I9)."""
        found: list[str] = []
        for operator, person in self.people.items():
            if person.presence is PresenceState.DRAINING and not self.held_by(operator):
                found.append(f"{operator} is drained and signed in")
            silent_ms = self.silent_ms(person)
            if person.session is None or self.path_is_lost(person) or silent_ms < self.limits.lease_duration_ms:
                continue
            if self.held_by(operator):
                found.append(f"{operator} is silent for {silent_ms} ms and holds work")
        for task, entry in self.tasks.items():
            if entry.state is S.SCHEDULED and entry.spec.not_before_ms <= self.now.wall_ms:
                found.append(f"{task} was due")
            seen_ms = entry.offer_seen_ms
            if seen_ms is not None and self.now.monotonic_ms - seen_ms >= self.limits.offer_duration_ms:
                found.append(f"{task} is offered for too long")
        sites = {person.entry.site for person in self.people.values()} - self.lost_sites
        return found + [f"{site} is silent" for site in sorted(sites) if self.site_is_silent(site)]

    def left_unmatched(self) -> list[tuple[TaskId, OperatorId]]:
        """Waiting tasks and people who could have them; nothing may be left after a batch."""
        return [(task, who) for task in self.tasks for who in self.people if self.may_be_given(task, who)]

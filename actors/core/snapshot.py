"""The hard state as slices of bytes, and back.

Tasks and operators are immutable, so `capture` copies only references (5 ms for a million tasks) and the slices can be encoded one by
one between later frames, all of the same instant. The first slice holds everything but the tasks and the roster; indexes are not
stored, they are derived again.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import dropwhile

import msgspec

from actors.core.calendar import BranchCalendar
from actors.core.country import Bounds, ProvinceSettings, ProvinceStatus, SharingPolicy, TaskKind, TimeLimits
from actors.core.ids import OperatorId, ProvinceCode, SiteId, TaskId
from actors.core.matching.record import MatchingModel
from actors.core.operators import Operator
from actors.core.policy_revisions import PolicyBook, PolicyProposal, PolicyRevision
from actors.core.service_gained import GainedService, Gains
from actors.core.shadow import ShadowLoad
from actors.core.state import Away, Evacuee, Notice, ProvinceState
from actors.core.statistics import image
from actors.core.statistics.tables import Statistics
from actors.core.task import Task

#: Records per slice: about 0.5 ms of encoding.
SLICE_RECORDS = 1_000


class Head(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Everything of a province but its tasks and people."""

    province: ProvinceCode
    settings: ProvinceSettings
    limits: TimeLimits
    kinds: tuple[TaskKind, ...]
    kinds_revision: int
    status: ProvinceStatus
    status_reason: str
    status_since_ms: int
    policy: SharingPolicy
    lost_sites: dict[SiteId, int]
    task_number: int
    away: dict[TaskId, Away]
    notices: tuple[Notice, ...]
    balance_fen: dict[ProvinceCode, int]
    ledger_legs: int
    created_count: int
    decided_count: int
    decided_shared_count: int
    status_before_outage: ProvinceStatus = ProvinceStatus.ACTIVE
    reviewed_count: int = 0
    model: MatchingModel = MatchingModel(revision=0)
    priors_adopted_ms: int = 0
    round_number: int = 0
    shadow_prices: dict[OperatorId, int] = {}
    calendar: BranchCalendar = BranchCalendar()
    calendar_told: BranchCalendar = BranchCalendar()
    gained: tuple[GainedService, ...] = ()
    #: Empty in snapshots that were made before revisions were kept.
    policy_revisions: tuple[PolicyRevision, ...] = ()
    policy_proposals: tuple[PolicyProposal, ...] = ()
    policy_proposal_number: int = 0
    evacuated: dict[TaskId, Evacuee] = {}
    recalls: dict[TaskId, int] = {}
    evacuation_revision: int = 0
    #: Loads of drills, oldest first, and whose shadow tasks are open, those that are away included.
    shadow_loads: tuple[ShadowLoad, ...] = ()
    shadows: dict[TaskId, str] = {}


class Tasks(msgspec.Struct, frozen=True, tag=True):
    """Some of the open tasks."""

    tasks: tuple[Task, ...]


class People(msgspec.Struct, frozen=True, tag=True):
    """Some of the roster."""

    operators: tuple[Operator, ...]


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(
    Head | Tasks | People | image.StatisticsHead | image.StatisticsTable | image.Recollections
)


def capture(state: ProvinceState) -> Iterator[bytes]:
    """The state as of this call, encoded slice by slice as the iterator is advanced."""
    head = Head(
        province=state.province,
        settings=state.settings,
        limits=state.limits,
        kinds=tuple(state.kinds.values()),
        kinds_revision=state.kinds_revision,
        status=state.status,
        status_reason=state.status_reason,
        status_since_ms=state.status_since_ms,
        policy=state.policy,
        lost_sites=dict(state.lost_sites),
        task_number=state.task_number,
        away=dict(state.away),
        notices=tuple(state.notices.values()),
        balance_fen=dict(state.balance_fen),
        ledger_legs=state.ledger_legs,
        created_count=state.created_count,
        decided_count=state.decided_count,
        decided_shared_count=state.decided_shared_count,
        status_before_outage=state.status_before_outage,
        reviewed_count=state.reviewed_count,
        model=state.model,
        priors_adopted_ms=state.priors_adopted_ms,
        round_number=state.round_number,
        shadow_prices=dict(state.shadow_prices),
        calendar=state.calendar,
        calendar_told=state.calendar_told,
        gained=state.gains.kept(),
        policy_revisions=tuple(state.policies.revisions),
        policy_proposals=tuple(state.policies.proposals.values()),
        policy_proposal_number=state.policies.proposal_number,
        evacuated=dict(state.evacuated),
        recalls=dict(state.recalls),
        evacuation_revision=state.evacuation_revision,
        shadow_loads=tuple(state.shadow_loads.values()),
        shadows=dict(state.shadows),
    )
    learned = image.capture(state.statistics)
    return _slices(head, learned, list(state.tasks.values()), list(state.operators.values()))


def _slices(head: Head, learned: Iterator[image.Piece], tasks: list[Task], people: list[Operator]) -> Iterator[bytes]:
    yield _encode(head)
    yield from map(_encode, learned)
    for start in range(0, len(people), SLICE_RECORDS):
        yield _encode(People(tuple(people[start : start + SLICE_RECORDS])))
    for start in range(0, len(tasks), SLICE_RECORDS):
        yield _encode(Tasks(tuple(tasks[start : start + SLICE_RECORDS])))


def is_of(slices: Iterable[bytes], state: ProvinceState, *, is_taught: bool = True) -> bool:
    """Whether a stored snapshot holds exactly this state.

    Args:
        is_taught: whether the events taught the state its statistics; else those of the snapshot are compared with nothing, but must be such
            that a start can go on from them.

    Raises:
        msgspec.DecodeError, LookupError, ValueError: it is no snapshot.
    """
    stored, given = list(slices), list(capture(state))
    if not is_taught:
        stored, given = _without_statistics(stored), _without_statistics(given)
    if stored == given:
        return True
    known_head, *known, learned = _contents(capture(restore(stored)))
    expected_head, *expected, taught = _contents(given)
    kept = _head(stored).policy_revisions
    known_head, expected_head = (_with_last_revisions(head, len(kept)) for head in (known_head, expected_head))
    return (known_head, known) == (expected_head, expected) and (learned == taught or not has_statistics(stored))


def has_statistics(slices: Sequence[bytes]) -> bool:
    """Whether a snapshot tells what the journal has taught.

    The version before learned nothing. Its snapshots are sound, but whoever starts must learn from all frames, or the province
    would have forgotten what every replay of its journal knows.

    Raises:
        msgspec.DecodeError: the slice after the head is not one of ours.
    """
    return len(slices) > 1 and isinstance(_decoder.decode(slices[1]), image.StatisticsHead)


def _without_statistics(slices: Sequence[bytes]) -> list[bytes]:
    """The same slices without those between the head and the people, which are still taken in: what cannot be would keep a province from starting."""
    scratch = Statistics()
    return [*slices[:1], *dropwhile(lambda piece: _is_learned(piece, scratch), slices[1:])]


def _is_learned(piece: bytes, statistics: Statistics) -> bool:
    """Whether a slice is of the statistics; if so, they are taken in.

    Raises:
        msgspec.DecodeError: it is not one of ours.
        LookupError, ValueError: it is, but of no statistics that there can be.
    """
    decoded = _decoder.decode(piece)
    if not isinstance(decoded, image.Piece):
        return False
    image.restore(statistics, decoded)
    return True


def _contents(
    slices: Iterable[bytes],
) -> tuple[Head | None, dict[TaskId, Task], dict[OperatorId, Operator], list[image.Piece]]:
    """What is in a snapshot, whatever the order and the sizes of the slices of tasks and people."""
    head: Head | None = None
    learned: list[image.Piece] = []
    tasks: dict[TaskId, Task] = {}
    people: dict[OperatorId, Operator] = {}
    for piece in map(_decoder.decode, slices):
        if isinstance(piece, Head):
            head = piece
        elif isinstance(piece, Tasks):
            tasks |= {task.task_id: task for task in piece.tasks}
        elif isinstance(piece, People):
            people |= {person.operator: person for person in piece.operators}
        else:
            learned.append(piece)
    return head, tasks, people, learned


def _head(slices: Sequence[bytes]) -> Head:
    head = _decoder.decode(slices[0])
    assert isinstance(head, Head), "restored before"
    return head


def _with_last_revisions(head: Head | None, count: int) -> Head | None:
    """A head with the last `count` revisions of the policy.

    Who went on from a snapshot of the version that kept none knows fewer than a replay of all frames finds.
    """
    if head is None:
        return None
    return msgspec.structs.replace(head, policy_revisions=head.policy_revisions[-count:] if count else ())


def _policies(head: Head) -> PolicyBook:
    book = PolicyBook(head.policy)
    book.revisions = list(head.policy_revisions) or book.revisions
    book.proposals = {proposal.number: proposal for proposal in head.policy_proposals}
    book.proposal_number = head.policy_proposal_number
    return book


def restore(slices: Iterable[bytes], bounds: Bounds | None = None) -> ProvinceState:
    """The state that `capture` saw.

    Raises:
        msgspec.DecodeError: a slice is not one of ours.
        ValueError: the first slice is not the head.
    """
    decoded = (_decoder.decode(piece) for piece in slices)
    head = next(decoded, None)
    if not isinstance(head, Head):
        raise ValueError("a snapshot begins with its head")  # noqa: TRY004 - the bytes are wrong, not a caller
    state = ProvinceState(head.province, bounds)
    state.settings = head.settings
    state.limits = head.limits
    state.kinds = {kind.kind: kind for kind in head.kinds}
    state.kinds_revision = head.kinds_revision
    state.status = head.status
    state.status_reason = head.status_reason
    state.status_since_ms = head.status_since_ms
    state.policy = head.policy
    state.lost_sites = head.lost_sites
    state.task_number = head.task_number
    state.away = head.away
    state.notices = {(notice.task_id, notice.generation, notice.task is not None): notice for notice in head.notices}
    state.balance_fen = head.balance_fen
    state.ledger_legs = head.ledger_legs
    state.created_count = head.created_count
    state.decided_count = head.decided_count
    state.decided_shared_count = head.decided_shared_count
    state.status_before_outage = head.status_before_outage
    state.reviewed_count = head.reviewed_count
    state.model = head.model
    state.priors_adopted_ms = head.priors_adopted_ms
    state.round_number = head.round_number
    state.shadow_prices = head.shadow_prices
    state.calendar = head.calendar
    state.calendar_told = head.calendar_told
    state.gains = Gains(head.gained)
    state.policies = _policies(head)
    state.evacuated = head.evacuated
    state.recalls = head.recalls
    state.evacuation_revision = head.evacuation_revision
    state.shadow_loads = {load.drill: load for load in head.shadow_loads}
    state.shadows = head.shadows
    for piece in decoded:
        if isinstance(piece, Tasks):
            for task in piece.tasks:
                state.add_task(task)
        elif isinstance(piece, People):
            for person in piece.operators:
                state.put_operator(person)
                if person.signed_in:
                    state.signed_in[person.operator] = None
        elif not isinstance(piece, Head):
            image.restore(state.statistics, piece)
    return state

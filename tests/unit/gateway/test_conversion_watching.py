"""What desks and watchers see: sessions, offers, revocations, events."""

import msgspec
import pytest

from actors.core import codec
from actors.core import events as e
from actors.core.calendar import BranchCalendar
from actors.core.country import ProvinceStatus, SharingPolicy
from actors.core.ids import OperatorId, ProvinceCode, SessionId, SiteId, TaskId
from actors.core.operators import PresenceState
from actors.core.policy_revisions import PolicyProposal
from actors.core.refusal import Reason, Refused
from actors.core.replies import DeskUpdate, NoWork, SessionReply
from actors.core.task import MoveOut, Placement, TaskState
from actors.lives import EPOCHS_SKIPPED
from actors.protocol import FrameNews
from gateway import conversion
from gateway.conversion.event import NUMBERS_SKIPPED
from gateway.v1 import operator_pb2, task_pb2, work_pb2
from tests.unit.gateway.samples import PERSON, SPEC, TASK, changed

# --- desks ---


def test_a_session_lists_what_is_open_oldest_first() -> None:
    """A desk that reconnects goes on from this list alone."""
    offered = changed(task_id=TaskId("fujian-1"), state=TaskState.OFFERED, held_since_ms=900, decision=None)
    begun = changed(task_id=TaskId("fujian-2"), state=TaskState.IN_PROGRESS, held_since_ms=700, decision=None)
    given = changed(task_id=TaskId("fujian-3"), state=TaskState.ASSIGNED, held_since_ms=800, decision=None)
    person = msgspec.structs.replace(PERSON, presence=PresenceState.AVAILABLE, session=SessionId("s"), signed_in_ms=5)
    session = conversion.session_out(
        SessionReply(operator=person, held=(offered, given, begun)), 1_000, desk_id="desk-1"
    )
    assert [assignment.task.task_id for assignment in session.assignments] == ["fujian-2", "fujian-3"]
    assert session.assignments[0].lease_remaining_ms == 10_000
    (offer,) = session.offers
    assert offer.name == "provinces/fujian/tasks/fujian-1/offers/8"
    assert offer.remaining_ms == 900 + 30_000 - 1_000
    assert (session.presence, session.desk_id, session.sign_in_time_ms) == (
        operator_pb2.PRESENCE_AVAILABLE,
        "desk-1",
        5,
    )


@pytest.mark.parametrize("ahead_ms", [-10_000_000, 10_000_000])
def test_an_offer_never_shows_a_time_out_of_bounds(ahead_ms: int) -> None:
    """The gateway's clock is not the province's; a negative countdown makes desks throw the offer away."""
    task = changed(state=TaskState.OFFERED, held_since_ms=20_000_000)
    assert 0 <= conversion.offer_out(task, 20_000_000 + ahead_ms).remaining_ms <= 30_000


@pytest.mark.parametrize(
    ("state", "reason", "assignment", "shown"),
    [
        (TaskState.OFFERED, "offer_expired", False, work_pb2.REVOCATION_REASON_OFFER_EXPIRED),
        (TaskState.IN_PROGRESS, "lease_lost", True, work_pb2.REVOCATION_REASON_LEASE_EXPIRED),
        (TaskState.ASSIGNED, "site_lost", True, work_pb2.REVOCATION_REASON_EVACUATED),
        (TaskState.ASSIGNED, "something new", True, work_pb2.REVOCATION_REASON_SIGNED_OUT),
    ],
)
def test_a_revocation_says_what_is_gone_and_why(state: TaskState, reason: str, assignment: bool, shown: int) -> None:
    """An operator who is not told why calls the help desk."""
    update = DeskUpdate(
        operator=OperatorId("fujian-op-1"),
        session=SessionId("s"),
        what="revoked",
        task=changed(state=state),
        token=8,
        reason=reason,
    )
    revocation = conversion.desk_update_out(update, 0).revocation
    assert (revocation.assignment, revocation.reason, revocation.token) == (assignment, shown, 8)


def test_every_empty_answer_has_its_reason() -> None:
    """Nobody can tell why nothing routes: the first complaint about every comparable system."""
    operator = OperatorId("fujian-op-1")
    said = {
        "no task is waiting": work_pb2.NO_WORK_REASON_QUEUE_EMPTY,
        "filtered out: 3 by authority": work_pb2.NO_WORK_REASON_NOT_ELIGIBLE,
        "the province is suspended": work_pb2.NO_WORK_REASON_PROVINCE_NOT_ACTIVE,
    }
    for text, reason in said.items():
        wire = conversion.no_work_out(NoWork(operator=operator, reason=text))
        assert (wire.reason, wire.detail) == (reason, text)
    at_capacity = conversion.no_work_of_refusal(Refused(reason=Reason.AT_CAPACITY))
    assert at_capacity is not None and at_capacity.reason == work_pb2.NO_WORK_REASON_AT_CAPACITY
    assert conversion.no_work_of_refusal(Refused(reason=Reason.UNKNOWN_OPERATOR)) is None


# --- events ---


def frame(*events: e.AnyEvent, sequence: int = 5) -> FrameNews:
    """A frame on disk with these events."""
    return FrameNews(
        province=ProvinceCode("fujian"),
        sequence=sequence,
        epoch=2,
        at_ms=1,
        payload=codec.encode_events(events),
    )


def test_events_carry_the_request_that_caused_them() -> None:
    """A branch system matches what it sees to what it sent; the answer is recorded behind its events in the frame."""
    task = TaskId("fujian-7")
    found = conversion.frame_events_out(
        frame(
            e.TaskCreated(at_ms=1, who="branch:core", task_id=task, spec=SPEC, request_id="r-1"),
            e.AssignmentStarted(at_ms=1, who="operator:desk", task_id=task),
            e.RequestAnswered(at_ms=1, who="operator:desk", request_id="r-2", fingerprint=b"", answer=b""),
            e.OfferMade(at_ms=1, who="system:matcher", task_id=task, operator=OperatorId("fujian-op-1"), token=4),
        )
    )
    assert [(event.type, event.request_id, event.identity) for event in found] == [
        ("TaskCreated", "r-1", "branch:core"),
        ("AssignmentStarted", "r-2", "operator:desk"),
        ("OfferMade", "", "system:matcher"),
    ]
    assert [task_pb2.TaskState.Name(event.state) for event in found] == [
        "TASK_STATE_QUEUED",
        "TASK_STATE_IN_PROGRESS",
        "TASK_STATE_OFFERED",
    ]
    assert found[0].external_id == "case-1"
    assert (found[2].operator, found[2].token) == ("provinces/fujian/operators/fujian-op-1", 4)


def test_a_step_without_a_recorded_answer_is_not_taken_for_another_write() -> None:
    """All desks of a branch may have one identity: a decision was shown as caused by a colleague's refusal of an offer."""
    desk = "operator:desk"
    found = conversion.frame_events_out(
        frame(
            e.OperatorSignedIn(
                at_ms=1,
                who=desk,
                operator=OperatorId("fujian-op-1"),
                session=SessionId("g/1"),
                presence=PresenceState.AVAILABLE,
            ),
            e.AssignmentStarted(at_ms=1, who=desk, task_id=TaskId("fujian-7")),
            e.OfferDeclined(at_ms=1, who=desk, task_id=TaskId("fujian-8"), until_ms=9),
            e.RequestAnswered(at_ms=1, who=desk, request_id="r-1", fingerprint=b"", answer=b""),
            e.ProvinceStatusChanged(at_ms=1, who="ops:a", status=ProvinceStatus.ACTIVE),
            e.SiteReturned(at_ms=1, who="ops:a", site=SiteId("fujian-1")),
            e.RequestAnswered(at_ms=1, who="ops:a", request_id="r-2", fingerprint=b"", answer=b""),
        )
    )
    assert [(event.type, event.request_id) for event in found] == [
        ("OperatorSignedIn", ""),
        ("AssignmentStarted", ""),
        ("OfferDeclined", "r-1"),
        ("ProvinceStatusChanged", "r-2"),
        ("SiteReturned", "r-2"),
    ]


def test_a_site_that_somebody_put_back_is_not_said_to_be_heard() -> None:
    """Whoever resumes a province whose desks are silent was told, in their own name, that they are heard again."""
    site = SiteId("fujian-1")
    shown = conversion.frame_events_out(
        frame(e.SiteReturned(at_ms=1, who=e.CLOCK, site=site), e.SiteReturned(at_ms=1, who="ops:a", site=site))
    )
    assert [event.reason for event in shown] == [
        "desks of fujian-1 are heard again",
        "fujian-1 is not taken for lost any more: the province was resumed by hand",
    ]


def test_positions_rise_over_frames_and_a_reader_goes_on_behind_its_own() -> None:
    """A watch that resumes must neither repeat nor skip an event, in the middle of a frame too."""
    two = (e.TaskResumed(at_ms=1, task_id=TaskId("fujian-7")),) * 2
    first, second = conversion.frame_events_out(frame(*two))
    (rest,) = conversion.frame_events_out(frame(*two), after_position=first.position)
    assert rest == second
    later = conversion.frame_events_out(frame(*two, sequence=6))[0]
    assert 1 <= first.position < second.position < later.position
    assert list(conversion.frames_at(second.position)) == [(0, 5)]


def test_positions_rise_over_a_restore_and_tell_the_frames_of_two_lives_apart() -> None:
    """A reader of the lost life would take what happened instead for what it knows, and never ask for it."""
    event = e.TaskResumed(at_ms=1, task_id=TaskId("fujian-7"))
    old, new = (
        conversion.frame_events_out(msgspec.structs.replace(frame(event, sequence=sequence), epoch=epoch))[0]
        for sequence, epoch in ((7_000, 3), (5, EPOCHS_SKIPPED + 4))
    )
    assert old.position < new.position < 2**53
    assert list(conversion.frames_at(old.position)) == [(0, 7_000)]
    assert list(conversion.frames_at(new.position)) == [(1, 5), (0, NUMBERS_SKIPPED + 5)]
    assert list(conversion.frames_at(0)) == []


def test_an_event_says_why_somebody_wanted_it() -> None:
    """The contract asks for the reason of a change: whoever looks into it later must find it."""
    resumed, changed = conversion.frame_events_out(
        frame(
            e.TaskResumed(at_ms=1, task_id=TaskId("fujian-7"), reason="invoice came in"),
            e.CalendarUpdated(at_ms=1, calendar=BranchCalendar(revision=3), reason="spring festival"),
        )
    )
    assert (resumed.reason, changed.reason) == ("invoice came in", "revision 3; spring festival")


def test_a_move_that_has_ended_says_with_whom() -> None:
    """A branch that counts where its work is would find the host in one event of a move and not in the other."""
    host, task = "province:hunan", TaskId("fujian-7")
    shown = conversion.frame_events_out(
        frame(
            e.MoveHandedOver(at_ms=1, who=host, task_id=task),
            e.MoveTakenBack(at_ms=1, who=host, task_id=task, reason="full", retry_after_ms=0),
            e.RecallSettled(at_ms=1, who=host, task_id=task, generation=3, accepted=False, reason="begun"),
        )
    )
    assert [event.peer_province for event in shown] == ["hunan", "hunan", "hunan"]


def test_every_event_can_be_shown() -> None:
    """One type that fails to convert would stop every watch of its province for ever."""
    move = MoveOut(host=ProvinceCode("hunan"), generation=3, attempt=1, placement=Placement.SHARED, started_ms=1)
    decision = TASK.decision
    assert decision is not None
    examples: list[e.AnyEvent] = [
        e.TaskCompleted(at_ms=1, task_id=TASK.task_id, decision=decision),
        e.MoveStarted(at_ms=1, task_id=TASK.task_id, move=move, reason="wait"),
        e.MoveAccepted(at_ms=1, source=ProvinceCode("hunan"), task=TASK, move=move),
        e.MoveRefused(at_ms=1, source=ProvinceCode("hunan"), task_id=TASK.task_id, move=move, reason="full"),
        e.OutcomeNoted(at_ms=1, task=TASK, gained_ms=846 * 60_000),
        e.HostNoted(at_ms=1, task_id=TASK.task_id, host=ProvinceCode("hunan"), generation=4),
        e.OperatorEnrolled(at_ms=1, entry=PERSON),
        e.ProvinceStatusChanged(at_ms=1, status=ProvinceStatus.SUSPENDED, reason="x" * 900),
        e.SiteLost(at_ms=1, site=SiteId("fujian-1"), silent=9, signed_in=10, silent_for_ms=3_000),
        e.SharingPolicyUpdated(at_ms=1, policy=SharingPolicy()),
        e.CalendarAdopted(at_ms=1, told=BranchCalendar(), calendar=BranchCalendar(revision=2)),
        e.CalendarUpdated(at_ms=1, calendar=BranchCalendar(revision=3)),
        e.SharingPolicyUpdated(at_ms=1, policy=SharingPolicy(), reason="y" * 200, approved_by="ops:wang"),
        e.SharingPolicyProposed(
            at_ms=1,
            proposal=PolicyProposal(
                number=1, policy=SharingPolicy(), proposed_by="ops:li", proposed_ms=1, reason="z" * 200
            ),
        ),
        e.SharingPolicyProposalExpired(at_ms=1, number=1),
        e.SharingPolicyTookEffect(at_ms=1, revision=1),
        e.EvacuationBegun(at_ms=1, revision=1),
        e.TasksRecalled(at_ms=1, task_ids=(TASK.task_id,)),
        e.RecallAnswered(
            at_ms=1, source=ProvinceCode("hunan"), task_id=TASK.task_id, generation=3, accepted=False, reason="begun"
        ),
        e.RecallSettled(at_ms=1, task_id=TASK.task_id, generation=3, accepted=True),
    ]
    shown = conversion.frame_events_out(frame(*examples))
    assert [event.type for event in shown] == [type(event).__name__ for event in examples]
    assert all(len(event.reason) <= 200 for event in shown)
    assert shown[0].decision.amount_fen == 100
    assert shown[4].reason == "decided while the line was closed here: 846 minutes gained"
    assert [event.peer_province for event in shown[1:6]] == ["hunan", "hunan", "hunan", "jiangxi", "hunan"]

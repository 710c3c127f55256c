"""Events of the journals, for those who follow them.

A frame holds the events of one commit. Position = frame number x 2^20 + place in the frame: it rises, has gaps and survives restarts,
and a reader who comes back with a position knows the frame to go on from. 2^33 frames of it fit into the integers that JSON can hold.

The number is the frame's sequence, and 2^26 more for each time that the system was restored from a backup (`actors.lives`): the restored journal gives
the sequences of frames that were lost to others. 2^26 frames are a month of a commit every 40 ms, longer than any backup is old.
"""

from collections.abc import Iterator

import msgspec

from actors.core import codec
from actors.core import events as e
from actors.core.clock import MINUTE_MS
from actors.core.task import TaskState
from actors.lives import life_of
from actors.protocol import FrameNews
from gateway import names
from gateway.conversion.enums import PLACEMENTS_OUT, TASK_STATES_OUT
from gateway.conversion.task import decision_out
from gateway.v1 import event_pb2

#: Bits of a position that number the events of one frame.
PLACE_BITS = 20
#: Frame numbers that a restore skips.
NUMBERS_SKIPPED = 2**26
_IDENTITY_LENGTH_MAX = 64
_REASON_LENGTH_MAX = 200

#: Bookkeeping: of the protocol between processes, and of the match, whose results come as events of their own with the round in their basis.
_INTERNAL = (e.RequestAnswered, e.NoticeSettled, e.MatchRoundHeld)

#: State of a task after the event, where the type alone tells it.
_STATES: dict[type, TaskState] = {
    e.TaskScheduleReached: TaskState.QUEUED,
    e.OfferMade: TaskState.OFFERED,
    e.OfferAccepted: TaskState.ASSIGNED,
    e.OfferDeclined: TaskState.QUEUED,
    e.OfferWithdrawn: TaskState.QUEUED,
    e.TaskAssigned: TaskState.ASSIGNED,
    e.AssignmentStarted: TaskState.IN_PROGRESS,
    e.AssignmentReleased: TaskState.QUEUED,
    e.AssignmentReferred: TaskState.QUEUED,
    e.AssignmentSuspended: TaskState.SUSPENDED,
    e.TaskResumed: TaskState.QUEUED,
    e.TaskCompleted: TaskState.COMPLETED,
    e.TaskReturned: TaskState.RETURNED,
    e.TaskCancelled: TaskState.CANCELLED,
    e.MoveStarted: TaskState.MOVING,
    e.MoveAccepted: TaskState.QUEUED,
    e.MoveTakenBack: TaskState.QUEUED,
}


def position_of(frame: FrameNews, place: int) -> int:
    """Position of the event at `place` (from 0) of a frame."""
    return (frame.sequence + life_of(frame.epoch) * NUMBERS_SKIPPED << PLACE_BITS) | place


def end_of(frame: FrameNews) -> int:
    """The last position that lies in a frame."""
    return position_of(frame, (1 << PLACE_BITS) - 1)


def frames_at(position: int) -> Iterator[tuple[int, int]]:
    """(life, sequence) of each frame that may have a position, by rising sequence; none of positions before the first frame."""
    number = position >> PLACE_BITS
    if number > 0:
        newest = (number - 1) // NUMBERS_SKIPPED
        yield from ((life, number - life * NUMBERS_SKIPPED) for life in range(newest, -1, -1))


def frame_events_out(frame: FrameNews, after_position: int = 0) -> list[event_pb2.Event]:
    """The events of a frame behind `after_position`, in order, without our bookkeeping.

    Raises:
        msgspec.DecodeError: the payload is damaged.
    """
    decoded = codec.decode_events(frame.payload)
    request_ids = _request_ids(decoded)
    events = []
    for place, event in enumerate(decoded):
        position = position_of(frame, place)
        if position > after_position and not isinstance(event, _INTERNAL):
            events.append(event_out(event, frame, position, request_ids[place]))
    return events


def _request_ids(events: list[e.AnyEvent]) -> list[str]:
    """The write that caused each event: an answer is recorded right behind what its command brought about.

    Steps whose token says it all have no recorded answer. What they brought about may stand before, by the same identity, since all desks of
    a branch may have one; it is of another task or operator.
    """
    found = [""] * len(events)
    begin = 0
    for place, event in enumerate(events):
        if isinstance(event, e.TaskCreated):
            found[place] = event.request_id
            begin = place + 1
        elif isinstance(event, e.RequestAnswered):
            caused = [earlier for earlier in range(begin, place) if events[earlier].who == event.who]
            subject = _subject_of(events[caused[-1]]) if caused else ""
            for earlier in reversed(caused):
                if _subject_of(events[earlier]) != subject:
                    break
                found[earlier] = event.request_id
            begin = place + 1
    return found


def _subject_of(event: e.AnyEvent) -> str:
    """The task that an event is about, or else the operator; empty: the province."""
    return _task_of(event) or _operator_of(event)


def event_out(event: e.AnyEvent, frame: FrameNews, position: int, request_id: str = "") -> event_pb2.Event:
    """One event. Fields that do not apply to the type are empty."""
    wire = event_pb2.Event(
        province=frame.province,
        position=position,
        type=type(event).__name__,
        time_ms=event.at_ms,
        epoch=frame.epoch,
        identity=event.who[:_IDENTITY_LENGTH_MAX],
        request_id=request_id,
        task=names.task_name(task) if (task := _task_of(event)) else "",
        operator=names.operator_name(_operator_of(event)),
        peer_province=_peer_of(event),
        token=getattr(event, "token", 0),
        reason=_reason_of(event)[:_REASON_LENGTH_MAX],
    )
    state = _STATES.get(type(event))
    if state is not None:
        wire.state = TASK_STATES_OUT[state]
    _add_details(wire, event)
    wire.basis_json = _basis_of(event)
    if drill := _drill_of(event):
        wire.drill = names.drill_name(drill)
    return wire


def _basis_of(event: e.AnyEvent) -> str:
    """What a choice rested on, as JSON."""
    match event:
        case e.MoveStarted():
            return _json({"candidates": event.candidates})
        case e.OfferMade() | e.TaskAssigned() if event.routing is not None:
            return _json(event.routing)
        case e.SiteLost():
            return _json(event)
        case _:
            return ""


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _add_details(wire: event_pb2.Event, event: e.AnyEvent) -> None:
    match event:
        case e.TaskCreated():
            wire.external_id = event.spec.external_id
            wire.generation = 1
            wire.state = TASK_STATES_OUT[TaskState.SCHEDULED if event.scheduled else TaskState.QUEUED]
        case e.TaskCompleted():
            wire.decision.CopyFrom(decision_out(event.decision))
        case e.MoveStarted():
            wire.placement = PLACEMENTS_OUT[event.move.placement]
            wire.generation = event.move.generation
        case e.MoveAccepted():
            wire.external_id = event.task.spec.external_id
            wire.placement = PLACEMENTS_OUT[event.move.placement]
            wire.generation = event.move.generation + 1
            wire.token = event.task.token + 1
        case e.MoveRefused():
            wire.generation = event.move.generation
        case e.HostNoted() | e.RecallAnswered() | e.RecallSettled():
            wire.generation = event.generation
        case e.OutcomeNoted():
            wire.external_id = event.task.spec.external_id
            wire.state = TASK_STATES_OUT[event.task.state]
            wire.generation = event.task.generation
            wire.token = event.task.token
            wire.placement = PLACEMENTS_OUT[event.task.placement]
        case _:
            pass


def _task_of(event: e.AnyEvent) -> str:
    if isinstance(event, (e.MoveAccepted, e.OutcomeNoted)):
        return event.task.task_id
    if isinstance(event, e.ReviewSubmitted):
        return event.reviewed.task_id
    return getattr(event, "task_id", "")


def _drill_of(event: e.AnyEvent) -> str:
    """The drill that made the task up, or whose load it is."""
    match event:
        case e.TaskCreated():
            shadow = event.shadow
        case e.MoveAccepted() | e.OutcomeNoted():
            shadow = event.task.shadow
        case _:
            return getattr(event, "drill", "")
    return shadow.drill if shadow is not None else ""


def _operator_of(event: e.AnyEvent) -> str:
    if isinstance(event, e.TaskCompleted):
        return event.decision.operator
    if isinstance(event, e.OperatorEnrolled):
        return event.entry.operator
    if isinstance(event, e.OutcomeNoted):
        return event.task.decision.operator if event.task.decision else ""
    if isinstance(event, e.ReviewSubmitted):
        return event.reviewed.operator
    return getattr(event, "operator", "")


def _policy_reason(event: e.SharingPolicyUpdated) -> str:
    parts = [f"revision {event.policy.revision}: {event.policy.share_out_mode.value}"]
    parts += [f"as revision {event.rolled_back_to} was"] if event.rolled_back_to else []
    parts += [f"wanted by {event.policy.updated_by}"] if event.approved_by else []
    parts += [event.reason] if event.reason else []
    return "; ".join(parts)


def _peer_of(event: e.AnyEvent) -> str:
    match event:
        case e.MoveStarted():
            return event.move.host
        case e.MoveAccepted() | e.MoveRefused() | e.RecallAnswered():
            return event.source
        case e.MoveHandedOver() | e.MoveTakenBack() | e.RecallSettled():
            # Whoever answered.
            return event.who.removeprefix("province:")
        case e.HostNoted():
            return event.host
        case e.OutcomeNoted():
            return event.task.host
        case _:
            return ""


def _reason_of(event: e.AnyEvent) -> str:
    match event:
        case e.ProvinceStatusChanged():
            return f"{event.status.value}: {event.reason}" if event.reason else event.status.value
        case e.SiteLost():
            return f"{event.silent} of {event.signed_in} desks of {event.site} silent for {event.silent_for_ms} milliseconds"
        case e.ReviewSubmitted():
            return (
                f"{event.findings.verdict.value}: {event.findings.severity.value} {event.findings.defect_code}".rstrip()
            )
        case e.SiteReturned() if event.who != e.CLOCK:
            return f"{event.site} is not taken for lost any more: the province was resumed by hand"
        case e.SiteReturned():
            return f"desks of {event.site} are heard again"
        case e.MatchingModelAdopted():
            return f"revision {event.model.revision}"
        case e.SharingPolicyUpdated():
            return _policy_reason(event)
        case e.OutcomeNoted() if event.gained_ms:
            return f"decided while the line was closed here: {event.gained_ms // MINUTE_MS} minutes gained"
        case e.CalendarAdopted():
            return f"revision {event.calendar.revision}"
        case e.CalendarUpdated():
            return f"revision {event.calendar.revision}" + (f"; {event.reason}" if event.reason else "")
        case e.SharingPolicyProposed():
            return f"proposal {event.proposal.number}: {event.proposal.policy.share_out_mode.value}; {event.proposal.reason}"
        case e.SharingPolicyProposalExpired():
            return f"proposal {event.number}"
        case e.TasksRecalled():
            return f"{len(event.task_ids)} tasks"
        case e.RecallAnswered() | e.RecallSettled():
            return "accepted" if event.accepted else event.reason
        case e.ShadowLoadBegun():
            return f"arrivals x {event.factor_permille / 1_000:g}" if event.factor_permille > 1_000 else "made-up work"
        case e.SharingPolicyTookEffect() | e.EvacuationBegun():
            return f"revision {event.revision}"
        case e.OperatorSignedOut() if event.note:
            return f"{event.reason}: {event.note}"
        case e.OperatorSignedIn() | e.PresenceChanged():
            return event.presence.value
        case _:
            return getattr(event, "reason", "")

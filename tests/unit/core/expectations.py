"""What the rules say must come of each command, before it is decided: a refusal, a signpost, or the names of the events."""

from actors.core import commands as c
from actors.core.country import ProvinceStatus, ShareOutMode
from actors.core.ids import OperatorId
from actors.core.operators import PresenceState
from actors.core.refusal import Reason
from tests.unit.core.life_table import ENDED, HOLDER_ASKS, NOT_HERE, OTHERS_ASK, S
from tests.unit.core.naive_province import QUOTA, Entry, NaiveProvince


class Elsewhere:
    """Expected instead of a refusal: a signpost to the host."""


#: What must come of a command: a refusal, a signpost, or the names of its events. None: the events are judged one by one.
Expected = Reason | type[Elsewhere] | list[str] | None


def expects(model: NaiveProvince, command: c.AnyCommand) -> Expected:
    """What the rules say of `command`, before it is decided."""
    if isinstance(command, c.HolderCommand):
        return _expects_of_holder(model, command)
    if isinstance(command, (c.UpdateTask, c.CancelTask, c.ResumeTask, c.ReassignTask)):
        return _expects_about_task(model, command)
    if isinstance(command, (c.SignIn, c.SetPresence, c.SignOut, c.DeleteOperator)):
        return _expects_of_person(model, command)
    if isinstance(command, c.CreateTask):
        return _expects_creation(model, command)
    if isinstance(command, c.FetchNextTask):
        return _expects_fetch(model, command)
    if isinstance(command, c.AcceptMove):
        return _expects_offered_move(model, command)
    if isinstance(command, c.AdoptTaskKinds):
        return ["TaskKindsAdopted"] if command.revision > model.kinds_revision else []
    if isinstance(command, c.AdoptMatchingModel):
        return ["MatchingModelAdopted"] if command.model.revision > model.model_revision else []
    if isinstance(command, c.SubmitReview):
        return _expects_review(model, command)
    if isinstance(command, c.UpdateSharingPolicy):
        stale = bool(command.revision) and command.revision != model.policy_revision
        return Reason.ETAG_MISMATCH if stale else ["SharingPolicyUpdated"]
    if isinstance(command, c.SettleMove):
        return _expects_settlement(model, command)
    if isinstance(command, (c.UpsertOperators, c.SetProvinceStatus, c.Tick)):
        return None
    return []


def _expects_creation(model: NaiveProvince, command: c.CreateTask) -> Expected:
    spec = command.spec
    if spec.external_id in model.externals:
        return [] if model.externals[spec.external_id] == spec else Reason.EXTERNAL_ID_REUSED
    if model.is_drained:
        return Reason.PROVINCE_DRAINING
    if spec.kind not in model.kinds:
        return Reason.UNKNOWN_KIND
    return Reason.QUEUE_FULL if len(model.open_tasks()) >= model.bounds.open_tasks_max else ["TaskCreated"]


def _expects_review(model: NaiveProvince, command: c.SubmitReview) -> Expected:
    entry = model.tasks.get(command.task_id)
    if entry is None:
        return Reason.UNKNOWN_TASK
    if entry.state in NOT_HERE:
        return Elsewhere
    if entry.decision is None:
        return Reason.NOT_DECIDED
    return Reason.ALREADY_REVIEWED if entry.is_reviewed else ["ReviewSubmitted"]


def _expects_of_holder(model: NaiveProvince, command: c.HolderCommand) -> Expected:
    entry = model.tasks.get(command.task_id)
    if entry is None:
        return Reason.UNKNOWN_TASK
    if entry.state in ENDED:
        return [] if _is_the_decision(entry, command) else Reason.ALREADY_DECIDED
    if entry.state in NOT_HERE or (entry.holder, entry.token) != (command.operator, command.token):
        return Reason.STALE_TOKEN
    allowed, already, event = HOLDER_ASKS[type(command)]
    if entry.state in already:
        return []
    return [event] if entry.state in allowed else Reason.WRONG_STATE


def _expects_about_task(
    model: NaiveProvince, command: c.UpdateTask | c.CancelTask | c.ResumeTask | c.ReassignTask
) -> Expected:
    entry = model.tasks.get(command.task_id)
    if entry is None:
        return Reason.UNKNOWN_TASK
    if entry.state in ENDED:
        return Reason.ALREADY_DECIDED
    if entry.state in NOT_HERE:
        return Elsewhere
    allowed, event = OTHERS_ASK[type(command)]
    if command.etag not in ("", entry.etag):
        return Reason.ETAG_MISMATCH
    if entry.state not in allowed:
        return Reason.WRONG_STATE
    if isinstance(command, c.ReassignTask):
        return _refuses_person(model, entry, command.operator) or [event]
    return [event]


def _refuses_person(model: NaiveProvince, entry: Entry, operator: OperatorId) -> Reason | None:
    person = model.people.get(operator)
    if person is None:
        return Reason.UNKNOWN_OPERATOR
    if entry.holder == operator:
        return Reason.WRONG_STATE
    if person.presence is PresenceState.OFFLINE:
        return Reason.NOT_SIGNED_IN
    if not model.has_room(operator):
        return Reason.AT_CAPACITY
    return None if model.may_do(entry, operator) else Reason.NOT_ELIGIBLE


def _expects_of_person(
    model: NaiveProvince, command: c.SignIn | c.SetPresence | c.SignOut | c.DeleteOperator
) -> Expected:
    person = model.people.get(command.operator)
    if person is None:
        return Reason.UNKNOWN_OPERATOR
    held = [model.tasks[task] for task in model.held_by(command.operator)]
    away = person.presence is PresenceState.OFFLINE
    if isinstance(command, c.DeleteOperator):
        return ["OperatorRemoved"] if away and not held else Reason.OPERATOR_HAS_WORK
    if isinstance(command, c.SignIn) and command.resume:
        if person.desk not in ("", command.desk):
            return Reason.TAKEN_OVER
        if away and not person.desk:
            return Reason.SIGNED_OUT
    presence = PresenceState.OFFLINE if isinstance(command, c.SignOut) else command.presence
    if isinstance(command, c.SetPresence) and away:
        return Reason.NOT_SIGNED_IN
    if presence is PresenceState.OFFLINE:
        back = ["OfferWithdrawn" if entry.state is S.OFFERED else "AssignmentReleased" for entry in held]
        return [] if away else [*back, "OperatorSignedOut"]
    withdrawn = [] if presence is PresenceState.AVAILABLE else [entry for entry in held if entry.state is S.OFFERED]
    same = presence is person.presence
    if isinstance(command, c.SignIn):
        same = same and (command.session, command.desk) == (person.session, person.desk)
    event = "OperatorSignedIn" if isinstance(command, c.SignIn) else "PresenceChanged"
    return ["OfferWithdrawn"] * len(withdrawn) + ([] if same else [event])


def _expects_fetch(model: NaiveProvince, command: c.FetchNextTask) -> Expected:
    person = model.people.get(command.operator)
    if person is None:
        return Reason.UNKNOWN_OPERATOR
    if person.presence is PresenceState.OFFLINE:
        return Reason.NOT_SIGNED_IN
    if not model.has_room(command.operator):
        return Reason.AT_CAPACITY
    if model.is_suspended or person.presence is PresenceState.DRAINING:
        return []
    suits = any(
        entry.state is S.QUEUED
        and model.may_do(entry, command.operator)
        and not model.has_declined(entry, command.operator)
        for entry in model.tasks.values()
    )
    return ["TaskAssigned"] if suits else []


def _expects_offered_move(model: NaiveProvince, command: c.AcceptMove) -> Expected:
    task, move = command.task, command.move
    if (task.task_id, move.generation, move.attempt) in model.move_answers:
        return []
    entry = Entry(spec=task.spec, home=task.home, state=S.QUEUED)
    known = task.task_id in model.tasks
    shared = sum(other.home != model.code for other in model.open_tasks().values())
    takes = (
        not known
        and model.status is ProvinceStatus.ACTIVE
        and model.mode is not ShareOutMode.EVACUATE
        and task.spec.kind in model.kinds
        and shared < QUOTA
        and len(model.open_tasks()) < model.bounds.open_tasks_max
        and any(model.is_fresh(model.people[who]) and model.may_do(entry, who) for who in model.people)
    )
    return ["MoveAccepted"] if takes else ["MoveRefused"]


def _expects_settlement(model: NaiveProvince, command: c.SettleMove) -> Expected:
    entry = model.tasks.get(command.task_id)
    answered = (command.host, command.generation, command.attempt)
    if entry is None or entry.state is not S.MOVING or entry.move != answered:
        return []
    return ["MoveHandedOver" if command.accepted else "MoveTakenBack"]


def _is_the_decision(entry: Entry, command: c.HolderCommand) -> bool:
    """Whether a completion only repeats the one that decided the task."""
    if not isinstance(command, c.CompleteAssignment):
        return False
    return entry.decision == (command.operator, command.token, command.verdict, command.amount_fen, command.note)

"""A task's life as the trade tells it, as tables, written down independently of `actors.core.task.TRANSITIONS`."""

from actors.core import commands as c
from actors.core.task import TaskState

S = TaskState
#: Held by somebody, so that it counts against their capacity.
HELD = (S.OFFERED, S.ASSIGNED, S.IN_PROGRESS)
ENDED = (S.COMPLETED, S.RETURNED, S.CANCELLED)
NOT_HERE = (S.MOVING, S.MOVED)

#: What happens -> from which states, to which state, and by how much the token rises.
LIFE: dict[str, tuple[tuple[TaskState, ...], TaskState, int]] = {
    "TaskScheduleReached": ((S.SCHEDULED,), S.QUEUED, 0),
    "OfferMade": ((S.QUEUED,), S.OFFERED, 1),
    "OfferAccepted": ((S.OFFERED,), S.ASSIGNED, 0),
    "OfferDeclined": ((S.OFFERED,), S.QUEUED, 1),
    "OfferWithdrawn": ((S.OFFERED,), S.QUEUED, 1),
    "TaskAssigned": ((S.QUEUED, S.ASSIGNED, S.IN_PROGRESS), S.ASSIGNED, 1),
    "AssignmentStarted": ((S.ASSIGNED,), S.IN_PROGRESS, 0),
    "AssignmentReleased": ((S.ASSIGNED, S.IN_PROGRESS), S.QUEUED, 1),
    "AssignmentReferred": ((S.IN_PROGRESS,), S.QUEUED, 1),
    "AssignmentSuspended": ((S.IN_PROGRESS,), S.SUSPENDED, 1),
    "TaskResumed": ((S.SUSPENDED,), S.QUEUED, 0),
    "MoveStarted": ((S.QUEUED,), S.MOVING, 0),
    "MoveTakenBack": ((S.MOVING,), S.QUEUED, 0),
    "MoveHandedOver": ((S.MOVING,), S.MOVED, 0),
    "TaskCompleted": ((S.IN_PROGRESS,), S.COMPLETED, 0),
    "TaskReturned": ((S.IN_PROGRESS,), S.RETURNED, 0),
    "TaskCancelled": ((S.SCHEDULED, S.QUEUED, S.OFFERED, S.ASSIGNED, S.SUSPENDED), S.CANCELLED, 1),
}

#: What the holder of a task may ask -> from which states, in which states it has happened already, and what happens.
HOLDER_ASKS: dict[type, tuple[tuple[TaskState, ...], tuple[TaskState, ...], str]] = {
    c.AcceptOffer: ((S.OFFERED,), (S.ASSIGNED, S.IN_PROGRESS), "OfferAccepted"),
    c.DeclineOffer: ((S.OFFERED,), (), "OfferDeclined"),
    c.StartAssignment: ((S.ASSIGNED,), (S.IN_PROGRESS,), "AssignmentStarted"),
    c.RenewAssignment: ((), HELD, ""),
    c.SuspendAssignment: ((S.IN_PROGRESS,), (), "AssignmentSuspended"),
    c.CompleteAssignment: ((S.IN_PROGRESS,), (), "TaskCompleted"),
    c.ReturnTask: ((S.IN_PROGRESS,), (), "TaskReturned"),
    c.ReferAssignment: ((S.IN_PROGRESS,), (), "AssignmentReferred"),
    c.ReleaseAssignment: ((S.ASSIGNED, S.IN_PROGRESS), (), "AssignmentReleased"),
}

#: What branch systems and team leads may ask about a task -> from which states, and what happens.
OTHERS_ASK: dict[type, tuple[tuple[TaskState, ...], str]] = {
    c.UpdateTask: ((S.SCHEDULED, S.QUEUED, *HELD, S.SUSPENDED), "TaskAmended"),
    c.CancelTask: ((S.SCHEDULED, S.QUEUED, S.OFFERED, S.ASSIGNED, S.SUSPENDED), "TaskCancelled"),
    c.ResumeTask: ((S.SUSPENDED,), "TaskResumed"),
    c.ReassignTask: ((S.QUEUED, S.ASSIGNED, S.IN_PROGRESS), "TaskAssigned"),
}

#: What the clock may cause by itself, and what follows from a batch.
CLOCK_CAUSES = (
    "SiteLost",
    "SiteReturned",
    "ProvinceStatusChanged",
    "OfferWithdrawn",
    "AssignmentReleased",
    "OperatorSignedOut",
    "TaskScheduleReached",
    "SharingPolicyTookEffect",
    "SharingPolicyProposalExpired",
)
BATCH_CAUSES = (
    "MatchRoundHeld",
    "OfferMade",
    "TaskAssigned",
    "EvacuationBegun",
    "OfferWithdrawn",
    "AssignmentReleased",
    "MoveStarted",
    "TasksRecalled",
)

"""How each event changes the state: the only way in which a `ProvinceState` changes.

`apply` decides nothing and refuses nothing: an event that does not fit is a bug or a damaged journal, and raises. One function a type of
event, in `tasks`, `moves`, `people` and `shadows`; the table below names them all. What the event teaches (`statistics.learning`) is noted
first, while the state is still what it was; what happens to a drill's shadow tasks teaches nothing.

There is no switch that leaves the learning out: `apply` always learns. Only `verification.replayed`, whose states decide nothing, and
`previewing`, whose copies are thrown away, go to `APPLIERS` themselves.
"""

from collections.abc import Callable

from actors.core import events as e
from actors.core.applying import moves, people, shadows, tasks
from actors.core.state import ProvinceState
from actors.core.statistics.learning import LEARNERS, is_of_shadow, note_hands


def apply(state: ProvinceState, event: e.AnyEvent) -> None:
    """Change the state by one event.

    Raises:
        KeyError, AssertionError: the event does not fit the state: a bug of ours or a damaged journal.
    """
    kind = type(event)
    learn = LEARNERS.get(kind)
    if learn is not None:
        teach = note_hands if state.shadows and is_of_shadow(state, event) else learn
        teach(state, event)
    APPLIERS[kind](state, event)


#: Type of event -> what changes the hard state and learns nothing.
APPLIERS: dict[type, Callable[..., None]] = {
    e.TaskCreated: tasks.task_created,
    e.TaskScheduleReached: tasks.schedule_reached,
    e.TaskAmended: tasks.amended,
    e.OfferMade: tasks.offer_made,
    e.OfferAccepted: tasks.offer_accepted,
    e.OfferDeclined: tasks.offer_declined,
    e.OfferWithdrawn: tasks.offer_withdrawn,
    e.TaskAssigned: tasks.assigned,
    e.AssignmentStarted: tasks.started,
    e.AssignmentReleased: tasks.released,
    e.AssignmentReferred: tasks.referred,
    e.AssignmentSuspended: tasks.suspended,
    e.TaskResumed: tasks.resumed,
    e.TaskCompleted: tasks.completed,
    e.TaskReturned: tasks.returned,
    e.TaskCancelled: tasks.cancelled,
    e.MatchRoundHeld: tasks.round_held,
    e.MoveStarted: moves.move_started,
    e.MoveAccepted: moves.move_accepted,
    e.MoveRefused: moves.move_refused,
    e.MoveHandedOver: moves.handed_over,
    e.MoveTakenBack: moves.taken_back,
    e.EvacuationBegun: moves.evacuation_begun,
    e.TasksRecalled: moves.tasks_recalled,
    e.RecallAnswered: moves.recall_answered,
    e.RecallSettled: moves.recall_settled,
    e.HostNoted: moves.host_noted,
    e.OutcomeNoted: moves.outcome_noted,
    e.NoticeSettled: moves.notice_settled,
    e.OperatorEnrolled: people.enrolled,
    e.OperatorRemoved: people.removed,
    e.OperatorSignedIn: people.signed_in,
    e.OperatorSignedOut: people.signed_out,
    e.PresenceChanged: people.presence_changed,
    e.ReviewSubmitted: people.review_submitted,
    e.ProvinceConfigured: people.configured,
    e.TaskKindsAdopted: people.kinds_adopted,
    e.MatchingModelAdopted: people.model_adopted,
    e.PriorsAdopted: people.priors_adopted,
    e.ProvinceStatusChanged: people.status_changed,
    e.SiteLost: people.site_lost,
    e.SiteReturned: people.site_returned,
    e.SharingPolicyUpdated: people.policy_updated,
    e.CalendarAdopted: people.calendar_adopted,
    e.CalendarUpdated: people.calendar_updated,
    e.SharingPolicyProposed: people.policy_proposed,
    e.SharingPolicyProposalExpired: people.proposal_expired,
    e.SharingPolicyTookEffect: people.policy_took_effect,
    e.ShadowLoadBegun: shadows.load_begun,
    e.ShadowLoadEnded: shadows.load_ended,
    e.RequestAnswered: tasks.request_answered,
}

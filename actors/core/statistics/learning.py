"""Which event teaches what: the table of all `learning_*` functions, each called with the state before the event is applied.

Applying is the one path that every event takes, live, at a start, in `verify` and in the simulator, so the numbers cannot depend on where
an event came from. An event without an entry teaches nothing.

What happens to a drill's shadow task is nobody's experience, so it is left out once for all (`is_of_shadow`); but it is in somebody's hands, and
whoever keeps something worked out of them is to see that (`note_hands`). Two learners see one before the state knows it: its arrival counts as
load of the last minutes and as nothing else, and at a host it is taken in without a lesson.
"""

from collections.abc import Callable

from actors.core import events as e
from actors.core.ids import TaskId
from actors.core.state import ProvinceState
from actors.core.statistics import learning_arrivals as arrivals
from actors.core.statistics import learning_country as country
from actors.core.statistics import learning_decisions as decisions
from actors.core.statistics import learning_desk as desk
from actors.core.statistics import learning_links as links
from actors.core.statistics import learning_people as people
from actors.core.statistics import learning_reviews as reviews

LEARNERS: dict[type, Callable[..., None]] = {
    e.TaskCreated: arrivals.task_created,
    e.TaskScheduleReached: arrivals.schedule_reached,
    e.OfferMade: desk.offer_made,
    e.OfferAccepted: desk.offer_accepted,
    e.OfferDeclined: desk.offer_declined,
    e.OfferWithdrawn: desk.offer_withdrawn,
    e.TaskAssigned: desk.assigned,
    e.AssignmentStarted: desk.started,
    e.AssignmentReleased: desk.released,
    e.AssignmentReferred: desk.referred,
    e.AssignmentSuspended: desk.suspended,
    e.TaskReturned: desk.returned,
    e.TaskCompleted: decisions.completed,
    e.MoveAccepted: links.move_accepted,
    e.MoveHandedOver: links.handed_over,
    e.OutcomeNoted: links.outcome_noted,
    e.OperatorEnrolled: people.enrolled,
    e.OperatorRemoved: people.removed,
    e.OperatorSignedOut: people.signed_out,
    e.ReviewSubmitted: reviews.review_submitted,
    e.PriorsAdopted: country.priors_adopted,
}


def is_of_shadow(state: ProvinceState, event: e.AnyEvent) -> bool:
    """Whether an event is about a shadow task that the state knows. Asked only while it knows any."""
    task_id = event.task.task_id if isinstance(event, e.OutcomeNoted) else getattr(event, "task_id", None)
    return task_id in state.shadows


def note_hands(state: ProvinceState, event: e.AnyEvent) -> None:
    """Note an event of a shadow task for whoever it puts the task into the hands of, and for whoever holds it."""
    task = state.tasks.get(getattr(event, "task_id", TaskId("")))
    for operator in (task.operator if task else None, getattr(event, "operator", None)):
        state.statistics.note_change(operator)

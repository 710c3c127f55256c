"""The decision on a review: it is taken by the province that decided the task, since the person's statistics are there.

A review changes nothing of the task: decided is decided. Who drew the sample and whether the person may appeal is another matter.

A decision is reviewed once. What a second, blind reviewer found belongs into the one review (`Findings.blind_agreed`). Refused: to let a
newer review replace the older one, since running sums that decay cannot give back exactly what they took in; and to count both, which
would hold one mistake against a person twice, or for and against them at once.
"""

from actors.core import commands as c
from actors.core import events as e
from actors.core import records
from actors.core.deciding import Turn
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Elsewhere, ReviewReply
from actors.core.review import reviewed_decision
from actors.core.task import Task


def submit_review(turn: Turn, command: c.SubmitReview) -> AnyReply:
    """Take in a review of a task that was decided here, or say where it was decided."""
    # What is open comes first: a task that has come home again has left a tombstone of its first stay behind.
    task = turn.open_task(command.task_id)
    if isinstance(task, Refused) and task.reason is Reason.ALREADY_DECIDED:
        task = turn.closed_task(command.task_id)
        assert task is not None, "what has ended here has a record"
    if not isinstance(task, Task):
        return task
    if task.decision is None:
        return Refused(
            reason=Reason.NOT_DECIDED,
            message=f"Task {task.task_id} is {task.state.value}: only a decision can be reviewed.",
            metadata={"task": task.task_id, "state": task.state.value},
        )
    if task.shadow is not None:
        return Refused(
            reason=Reason.WRONG_STATE,
            message=f"Task {task.task_id} was made up by {task.shadow.drill}: nobody is judged by it.",
        )
    if task.decision.province != turn.state.province:
        return Elsewhere(task_id=task.task_id, host=task.decision.province, generation=task.generation)
    earlier = turn.record(records.review_key(task.task_id))
    if earlier is not None:
        return _reviewed_before(task, records.decode_review(earlier))
    reviewed, now_ms = reviewed_decision(task), turn.now.wall_ms
    turn.emit(e.ReviewSubmitted(at_ms=now_ms, who=command.who, reviewed=reviewed, findings=command.findings))
    return ReviewReply(reviewed=reviewed, findings=command.findings, reviewer=command.who, submitted_ms=now_ms)


def _reviewed_before(task: Task, earlier: records.RecordedReview) -> Refused:
    return Refused(
        reason=Reason.ALREADY_REVIEWED,
        message=f"Task {task.task_id} was reviewed by {earlier.reviewer} already: one review counts.",
        metadata={"task": task.task_id, "reviewer": earlier.reviewer, "submit_time_ms": str(earlier.submitted_ms)},
    )

"""The auditor: reviews tasks wherever they were decided, asks again when no answer comes, and now and then long after."""

from collections.abc import Callable

from actors.core import commands as c
from actors.core.ids import ProvinceCode, TaskId, home_of
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, Elsewhere, ReviewReply
from actors.core.review import Findings, ReviewVerdict, Severity
from actors.testing.chance import Chance
from actors.testing.clock import Scheduler
from actors.testing.portal import PASSING, Portal
from actors.testing.witness import Violation, Witness

REVIEW_EVERY_MS = 700
REPEAT_MS = 900
#: Times that a review is sent once more while no answer comes.
REPEATS_MAX = 3
#: Signposts followed before the review is given up until the task is drawn again.
HOPS_MAX = 4
WHO = "auditor:national"


class Auditor:
    """Asks the home of a task first, and follows its signposts to where the task was decided."""

    def __init__(self, portal: Portal, scheduler: Scheduler, chance: Chance, witness: Witness) -> None:
        self._portal = portal
        self._scheduler = scheduler
        self._chance = chance
        self._witness = witness
        #: One review a task, the same however often the task is drawn.
        self._reviews: dict[TaskId, c.SubmitReview] = {}
        self._answered: dict[TaskId, None] = {}
        scheduler.after(chance.between(1, REVIEW_EVERY_MS), self._review_one)

    def _review_one(self) -> None:
        """Draw a task: decided, in hand, in transit, or reviewed before, which must give the same answer and no second review."""
        self._scheduler.after(REVIEW_EVERY_MS, self._review_one)
        created = list(self._witness.created)
        if not created:
            return
        task_id = self._chance.one_of(created)
        review = self._reviews.get(task_id) or self._review_of(task_id)
        self._reviews[task_id] = review
        self._answered.pop(task_id, None)
        self._send(review, REPEATS_MAX)

    def _review_of(self, task_id: TaskId) -> c.SubmitReview:
        failed = self._chance.below(4) == 0
        findings = Findings(
            verdict=ReviewVerdict.FAILED if failed else ReviewVerdict.PASSED,
            defect_code="amount" if failed else "",
            severity=Severity.CRITICAL if failed else Severity.NONE,
            amount_error_fen=self._chance.below(1_000) if failed else 0,
            amount_reviewed_fen=10_000,
            sampling_permille=200,
            note_complete=None if failed else True,
        )
        return c.SubmitReview(who=WHO, request_id=f"review-{task_id}", task_id=task_id, findings=findings)

    def _send(self, review: c.SubmitReview, repeats: int) -> None:
        if review.task_id in self._answered:
            return
        self._ask(review, home_of(review.task_id), HOPS_MAX)
        if repeats:
            self._scheduler.after(REPEAT_MS, lambda: self._send(review, repeats - 1))

    def _ask(self, review: c.SubmitReview, province: ProvinceCode, hops: int) -> None:
        self._portal.ask(WHO, province, review, self._hear(review, province, hops))

    def _hear(self, review: c.SubmitReview, province: ProvinceCode, hops: int) -> Callable[[AnyReply], None]:
        def hear(reply: AnyReply) -> None:
            match reply:
                case ReviewReply():
                    self._check(review, province, reply)
                    self._answered[review.task_id] = None
                case Elsewhere():
                    if hops:
                        self._ask(review, reply.host, hops - 1)
                case Refused(reason=Reason.NOT_DECIDED):
                    self._answered[review.task_id] = None
                case Refused(reason=Reason.WRONG_STATE) if review.task_id in self._witness.shadows:
                    # Nobody is judged by what a drill made up.
                    self._answered[review.task_id] = None
                case Refused() if reply.reason in (*PASSING, Reason.UNKNOWN_TASK):
                    pass  # in transit, or not now
                case _:
                    raise Violation(f"{review} was answered by {province} with {reply}")

        return hear

    def _check(self, review: c.SubmitReview, province: ProvinceCode, reply: ReviewReply) -> None:
        if (reply.reviewed.task_id, reply.findings) != (review.task_id, review.findings):
            raise Violation(f"{review} was acknowledged as {reply}")
        if review.task_id in self._witness.shadows:
            raise Violation(f"{review} judges somebody by a task that a drill made up")
        if self._witness.reviewed.get(review.task_id) != province:
            raise Violation(f"the review of {review.task_id} was acknowledged by {province} and is not on its disk")

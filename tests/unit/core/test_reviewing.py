import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core.country import Line
from actors.core.ids import OperatorId, TaskId
from actors.core.operators import PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import Elsewhere, ReviewReply
from actors.core.review import Findings, ReviewedDecision, ReviewVerdict, Severity
from actors.core.task import TaskState, Verdict
from tests.unit.core.harness import FUJIAN, JIANGXI, MEDICAL, Branch, kinds_of, person
from tests.unit.core.journeys import OPEN_STATES, bring_to
from tests.unit.core.provinces import deliver, host, moving

CHEN = OperatorId("chen")
FAILED = Findings(
    verdict=ReviewVerdict.FAILED,
    defect_code="amount",
    severity=Severity.CRITICAL,
    amount_error_fen=900,
    amount_reviewed_fen=10_000,
    sampling_permille=50,
    note_complete=False,
)


def review(task_id: TaskId, request_id: str = "") -> c.SubmitReview:
    """What the auditor sends."""
    return c.SubmitReview(who="auditor:lan", request_id=request_id, task_id=task_id, findings=FAILED)


def test_a_review_carries_everything_of_the_decision_that_is_counted_by() -> None:
    """Statistics would have to look the task up, and a replay after retention could not."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.wait(60_000, heard=["chen"])
    task_id = branch.create(product="term-life", channel="agency", hospital="h-7", amount_fen=125_000, complexity=4)
    branch.start(task_id)
    branch.wait(5_000, heard=["chen"])
    branch.complete(task_id, amount_fen=99)
    decided_ms = branch.wall_ms
    branch.wait(1_000)
    reply = branch.did(review(task_id), ReviewReply)
    assert branch.events == (
        e.ReviewSubmitted(
            at_ms=branch.wall_ms,
            who="auditor:lan",
            reviewed=ReviewedDecision(
                task_id=task_id,
                operator=CHEN,
                province=FUJIAN,
                verdict=Verdict.APPROVED,
                decided_ms=decided_ms,
                line=Line.CLAIMS,
                kind=MEDICAL,
                home=FUJIAN,
                product="term-life",
                channel="agency",
                hospital="h-7",
                amount_fen=125_000,
                complexity=4,
                handle_ms=5_000,
                signed_in_for_ms=65_000,
            ),
            findings=FAILED,
        ),
    )
    assert (reply.findings, reply.reviewer, reply.submitted_ms) == (FAILED, "auditor:lan", branch.wall_ms)
    assert branch.state.reviewed_count == 1


@pytest.mark.parametrize("state", [*OPEN_STATES, TaskState.RETURNED, TaskState.CANCELLED])
def test_only_a_decision_can_be_reviewed(state: TaskState) -> None:
    """A verdict on a decision that nobody has made would count against whoever makes it later."""
    branch = Branch()
    task_id = bring_to(branch, state)
    if state is TaskState.MOVING:
        assert branch.did(review(task_id), Elsewhere).host == JIANGXI
    else:
        assert branch.refused(review(task_id)) is Reason.NOT_DECIDED


def test_a_task_that_nobody_knows_is_not_reviewed() -> None:
    """A typing error must be told, not journaled."""
    assert Branch().refused(review(TaskId("fujian-99"))) is Reason.UNKNOWN_TASK


def test_a_review_goes_to_where_the_task_was_decided() -> None:
    """The home would count a defect of somebody whom it does not know, and the host would never hear of it."""
    home, other = Branch(), host("jiangxi")
    task_id = home.create()
    _, sent = moving(home, "jiangxi", task_id)
    deliver(sent, other)
    assert home.did(review(task_id), Elsewhere).host == JIANGXI
    other.start(task_id)
    decided = other.complete(task_id)
    assert home.did(review(task_id), Elsewhere).host == JIANGXI
    home.did(c.SettleMove(task_id=task_id, host=JIANGXI, generation=1, attempt=1, accepted=True), object)
    home.did(c.NoteOutcome(task=decided), object)
    home.flush()
    assert home.did(review(task_id), Elsewhere).host == JIANGXI
    other.flush()
    assert other.did(review(task_id), ReviewReply).reviewed.home == FUJIAN


@pytest.mark.parametrize("batches", [1, 2])
def test_a_second_review_of_a_decision_is_refused_whoever_submits_it(batches: int) -> None:
    """Two contradicting verdicts would both count, and one mistake be held against somebody twice."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.COMPLETED)
    branch.did(review(task_id, "r-1"), ReviewReply)
    taken_ms = branch.wall_ms
    if batches > 1:
        branch.wait(1_000)
        branch.flush()
    passed = Findings(verdict=ReviewVerdict.PASSED)
    second = c.SubmitReview(who="auditor:wu", request_id="r-2", task_id=task_id, findings=passed)
    refused = branch.do(second)
    assert isinstance(refused, Refused) and refused.reason is Reason.ALREADY_REVIEWED
    assert refused.metadata == {"task": task_id, "reviewer": "auditor:lan", "submit_time_ms": str(taken_ms)}
    assert (branch.events, branch.state.reviewed_count) == ((), 1)


def test_a_repeated_review_counts_once() -> None:
    """A lost answer would double a person's defects."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.COMPLETED)
    first = branch.did(review(task_id, "r-1"), ReviewReply)
    assert kinds_of(branch.events) == ["ReviewSubmitted", "RequestAnswered"]
    branch.wait(1_000)
    branch.flush()
    assert branch.did(review(task_id, "r-1"), ReviewReply) == first
    assert branch.events == ()
    passed = Findings(verdict=ReviewVerdict.PASSED)
    other = c.SubmitReview(who="auditor:lan", request_id="r-1", task_id=task_id, findings=passed)
    assert branch.refused(other) is Reason.REQUEST_ID_REUSED
    assert branch.state.reviewed_count == 1


@pytest.mark.parametrize("by", ["presence", "sign-in"])
def test_the_return_from_a_break_is_remembered(by: str) -> None:
    """Minutes of continuous work could not be told from the journal."""
    branch = Branch()
    branch.arrive(person("chen"))
    assert branch.state.operators[CHEN].break_end_ms == 0
    branch.do(c.SetPresence(operator=CHEN, presence=PresenceState.BREAK))
    branch.wait(2_000, heard=["chen"])
    assert branch.state.operators[CHEN].break_end_ms == 0
    if by == "presence":
        branch.do(c.SetPresence(operator=CHEN, presence=PresenceState.AVAILABLE))
    else:
        branch.sign_in("chen")
    returned_ms = branch.wall_ms
    assert branch.state.operators[CHEN].break_end_ms == returned_ms
    branch.wait(1_000, heard=["chen"])
    branch.do(c.UpsertOperators(entries=(person("chen", display_name="Chen"),)))
    assert branch.state.operators[CHEN].break_end_ms == returned_ms

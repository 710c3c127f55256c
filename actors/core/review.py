"""A review (质检) of a decision: what was looked at, and what was found.

A review is evidence about the person who decided, so it carries everything of the decision that anybody ever counts by. It is copied
from the task's record once, when the review is submitted: replay needs no look-up, and a record that retention removes later takes no
statistics along. To name only the task and look it up when counting was refused for that reason.

What a reviewer could not tell is None (or -1), never false or zero: the unknown must not count against anybody.
"""

from enum import StrEnum

import msgspec

from actors.core.country import Line
from actors.core.ids import KindId, OperatorId, ProvinceCode, TaskId
from actors.core.task import Task, Verdict


class ReviewVerdict(StrEnum):
    """Whether the decision meets the operating standard."""

    PASSED = "passed"
    FAILED = "failed"


class Severity(StrEnum):
    """How bad a defect is (重大差错 is critical)."""

    NONE = "none"
    MINOR = "minor"
    CRITICAL = "critical"


class Findings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the reviewer found."""

    verdict: ReviewVerdict
    #: By the branch's own list of defects; empty: none.
    defect_code: str = ""
    severity: Severity = Severity.NONE
    #: How much too much or too little was decided, without sign, and of how much. Fen.
    amount_error_fen: int = 0
    amount_reviewed_fen: int = 0
    #: Chance that this decision had of being drawn, permille 1..1000: it weighs 1000/this in a ratio.
    sampling_permille: int = 1000
    #: The decision was changed because of the review.
    overturned: bool = False
    #: Reason and evidence were recorded in full.
    note_complete: bool | None = None
    #: A second reviewer who saw nothing of the decision came to the same.
    blind_agreed: bool | None = None
    #: On a planted item with a known answer: how much of it was right, permille; -1: no such item.
    benchmark_permille: int = -1
    comment: str = ""


class ReviewedDecision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The decision under review, as the task's record had it."""

    task_id: TaskId
    #: Who decided, where, what and when (Unix ms).
    operator: OperatorId
    province: ProvinceCode
    verdict: Verdict
    decided_ms: int
    line: Line
    kind: KindId
    home: ProvinceCode
    product: str = ""
    channel: str = ""
    hospital: str = ""
    #: What the task was about (not what was decided), fen.
    amount_fen: int = 0
    complexity: int = 0
    handle_ms: int = 0
    #: How long the operator had been signed in by then, ms.
    signed_in_for_ms: int = 0


def reviewed_decision(task: Task) -> ReviewedDecision:
    """What a review keeps of a decided task."""
    decision, spec = task.decision, task.spec
    assert decision is not None, "only a decision is reviewed"
    return ReviewedDecision(
        task_id=task.task_id,
        operator=decision.operator,
        province=decision.province,
        verdict=decision.verdict,
        decided_ms=decision.time_ms,
        line=task.line,
        kind=spec.kind,
        home=task.home,
        product=spec.product,
        channel=spec.channel,
        hospital=spec.hospital,
        amount_fen=spec.amount_fen,
        complexity=spec.complexity,
        handle_ms=decision.handle_ms,
        signed_in_for_ms=decision.signed_in_for_ms,
    )

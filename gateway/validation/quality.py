"""Rules of QualityService."""

from collections.abc import Mapping

from google.protobuf.message import Message

from gateway.conversion.enums import REVIEW_VERDICTS_IN, SEVERITIES_IN
from gateway.v1 import quality_pb2
from gateway.validation import checks as k
from gateway.validation.task import TASK_NAME

_VERDICT = k.one_of(REVIEW_VERDICTS_IN, ("REVIEW_VERDICT_PASSED", "REVIEW_VERDICT_FAILED"))
_SEVERITY = k.one_of(SEVERITIES_IN, ("DEFECT_SEVERITY_MINOR", "DEFECT_SEVERITY_CRITICAL"))


def _consistent(message: Message) -> k.Wrong:
    """A contradiction would count twice, for and against: better refused than guessed at."""
    assert isinstance(message, quality_pb2.ReviewFindings)
    wrong: list[tuple[str, str]] = []
    failed = message.verdict == quality_pb2.REVIEW_VERDICT_FAILED
    if failed and not message.severity:
        wrong.append(("severity", "is required when the verdict is REVIEW_VERDICT_FAILED"))
    if not failed and message.severity == quality_pb2.DEFECT_SEVERITY_CRITICAL:
        wrong.append(("severity", "DEFECT_SEVERITY_CRITICAL does not go with REVIEW_VERDICT_PASSED"))
    if bool(message.severity) is not bool(message.defect_code):
        wrong.append(("defect_code", "is required with a severity, and only then"))
    if message.amount_error_fen and not message.amount_reviewed_fen:
        wrong.append(("amount_reviewed_fen", "is required with amount_error_fen"))
    return wrong


_FINDINGS = k.Rules(
    {
        "verdict": _VERDICT,
        "defect_code": k.identifier(),
        "severity": _SEVERITY,
        "amount_error_fen": k.AMOUNT,
        "amount_reviewed_fen": k.AMOUNT,
        "sampling_permille": k.between(1, 1_000),
        "overturned": k.anything,
        "note_complete": k.anything,
        "blind_agreed": k.anything,
        "benchmark_permille": k.between(0, 1_000),
        "comment": k.free_text(2_000),
    },
    required=("verdict",),
    whole=_consistent,
)

RULES: Mapping[type[Message], k.Rules] = {
    quality_pb2.SubmitReviewRequest: k.Rules(
        {"task": TASK_NAME, "findings": _FINDINGS, "request_id": k.REQUEST_ID},
        required=("task", "findings", "request_id"),
    ),
}

"""Reviews: the findings in, the review out."""

from actors.core.replies import ReviewReply
from actors.core.review import Findings
from gateway import names
from gateway.conversion.enums import LINES_OUT, REVIEW_VERDICTS_IN, REVIEW_VERDICTS_OUT, SEVERITIES_IN, SEVERITIES_OUT
from gateway.v1 import quality_pb2


def findings_in(findings: quality_pb2.ReviewFindings) -> Findings:
    """What a reviewer has found. The message has passed `validation`."""
    return Findings(
        verdict=REVIEW_VERDICTS_IN[findings.verdict],
        defect_code=findings.defect_code,
        severity=SEVERITIES_IN[findings.severity],
        amount_error_fen=findings.amount_error_fen,
        amount_reviewed_fen=findings.amount_reviewed_fen,
        sampling_permille=findings.sampling_permille or 1000,
        overturned=findings.overturned,
        note_complete=findings.note_complete if findings.HasField("note_complete") else None,
        blind_agreed=findings.blind_agreed if findings.HasField("blind_agreed") else None,
        benchmark_permille=findings.benchmark_permille if findings.HasField("benchmark_permille") else -1,
        comment=findings.comment,
    )


def findings_out(findings: Findings) -> quality_pb2.ReviewFindings:
    """What a reviewer has found."""
    return quality_pb2.ReviewFindings(
        verdict=REVIEW_VERDICTS_OUT[findings.verdict],
        defect_code=findings.defect_code,
        severity=SEVERITIES_OUT[findings.severity],
        amount_error_fen=findings.amount_error_fen,
        amount_reviewed_fen=findings.amount_reviewed_fen,
        sampling_permille=findings.sampling_permille,
        overturned=findings.overturned,
        note_complete=findings.note_complete,
        blind_agreed=findings.blind_agreed,
        benchmark_permille=findings.benchmark_permille if findings.benchmark_permille >= 0 else None,
        comment=findings.comment,
    )


def review_out(review: ReviewReply) -> quality_pb2.Review:
    """A review as it was taken in."""
    reviewed = review.reviewed
    return quality_pb2.Review(
        task=names.task_name(reviewed.task_id),
        operator=names.operator_name(reviewed.operator),
        host_province=reviewed.province,
        kind=reviewed.kind,
        line=LINES_OUT[reviewed.line],
        decision_time_ms=reviewed.decided_ms,
        findings=findings_out(review.findings),
        reviewer=review.reviewer,
        submit_time_ms=review.submitted_ms,
    )

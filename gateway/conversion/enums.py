"""Enumerations of the contract and of the domain, value by value."""

from actors.core.country import Line, ProvinceStatus, Recall, ShareOutMode
from actors.core.matching.explained import WaitCause
from actors.core.matching.parameters import Dimension, Role, Scope
from actors.core.matching.wording import Language
from actors.core.operators import PresenceState
from actors.core.review import ReviewVerdict, Severity
from actors.core.task import Placement, PriorReason, TaskState, Verdict
from gateway.v1 import dispatch_pb2, operator_pb2, province_pb2, quality_pb2, task_pb2, work_pb2

LINES_OUT: dict[Line, operator_pb2.Line] = {
    Line.SERVICING: operator_pb2.LINE_SERVICING,
    Line.UNDERWRITING: operator_pb2.LINE_UNDERWRITING,
    Line.CLAIMS: operator_pb2.LINE_CLAIMS,
}
LINES_IN: dict[int, Line] = {wire: line for line, wire in LINES_OUT.items()}

PRESENCES_OUT: dict[PresenceState, operator_pb2.Presence] = {
    PresenceState.OFFLINE: operator_pb2.PRESENCE_OFFLINE,
    PresenceState.AVAILABLE: operator_pb2.PRESENCE_AVAILABLE,
    PresenceState.BREAK: operator_pb2.PRESENCE_BREAK,
    PresenceState.DRAINING: operator_pb2.PRESENCE_DRAINING,
}
PRESENCES_IN: dict[int, PresenceState] = {wire: presence for presence, wire in PRESENCES_OUT.items()}

TASK_STATES_OUT: dict[TaskState, task_pb2.TaskState] = {
    TaskState.SCHEDULED: task_pb2.TASK_STATE_SCHEDULED,
    TaskState.QUEUED: task_pb2.TASK_STATE_QUEUED,
    TaskState.OFFERED: task_pb2.TASK_STATE_OFFERED,
    TaskState.ASSIGNED: task_pb2.TASK_STATE_ASSIGNED,
    TaskState.IN_PROGRESS: task_pb2.TASK_STATE_IN_PROGRESS,
    TaskState.SUSPENDED: task_pb2.TASK_STATE_SUSPENDED,
    TaskState.MOVING: task_pb2.TASK_STATE_MOVING,
    # A tombstone is what a former host keeps; whoever reads it knows only that the task has gone on.
    TaskState.MOVED: task_pb2.TASK_STATE_MOVING,
    TaskState.COMPLETED: task_pb2.TASK_STATE_COMPLETED,
    TaskState.RETURNED: task_pb2.TASK_STATE_RETURNED,
    TaskState.CANCELLED: task_pb2.TASK_STATE_CANCELLED,
}
TASK_STATES_IN: dict[int, TaskState] = {
    wire: state for state, wire in TASK_STATES_OUT.items() if state is not TaskState.MOVED
}

PLACEMENTS_OUT: dict[Placement, task_pb2.Placement] = {
    Placement.HOME: task_pb2.PLACEMENT_HOME,
    Placement.SHARED: task_pb2.PLACEMENT_SHARED,
    Placement.EVACUATED: task_pb2.PLACEMENT_EVACUATED,
}

VERDICTS_OUT: dict[Verdict, task_pb2.Verdict] = {
    Verdict.APPROVED: task_pb2.VERDICT_APPROVED,
    Verdict.PARTIALLY_APPROVED: task_pb2.VERDICT_PARTIALLY_APPROVED,
    Verdict.DECLINED: task_pb2.VERDICT_DECLINED,
}
VERDICTS_IN: dict[int, Verdict] = {wire: verdict for verdict, wire in VERDICTS_OUT.items()}

PRIOR_REASONS_OUT: dict[PriorReason, task_pb2.PriorReason] = {
    PriorReason.NONE: task_pb2.PRIOR_REASON_UNSPECIFIED,
    PriorReason.REOPENED: task_pb2.PRIOR_REASON_REOPENED,
    PriorReason.APPEALED: task_pb2.PRIOR_REASON_APPEALED,
    PriorReason.SENT_BACK: task_pb2.PRIOR_REASON_SENT_BACK,
}
PRIOR_REASONS_IN: dict[int, PriorReason] = {wire: reason for reason, wire in PRIOR_REASONS_OUT.items()}

REVIEW_VERDICTS_OUT: dict[ReviewVerdict, quality_pb2.ReviewVerdict] = {
    ReviewVerdict.PASSED: quality_pb2.REVIEW_VERDICT_PASSED,
    ReviewVerdict.FAILED: quality_pb2.REVIEW_VERDICT_FAILED,
}
REVIEW_VERDICTS_IN: dict[int, ReviewVerdict] = {wire: verdict for verdict, wire in REVIEW_VERDICTS_OUT.items()}

SEVERITIES_OUT: dict[Severity, quality_pb2.DefectSeverity] = {
    Severity.NONE: quality_pb2.DEFECT_SEVERITY_UNSPECIFIED,
    Severity.MINOR: quality_pb2.DEFECT_SEVERITY_MINOR,
    Severity.CRITICAL: quality_pb2.DEFECT_SEVERITY_CRITICAL,
}
SEVERITIES_IN: dict[int, Severity] = {wire: severity for severity, wire in SEVERITIES_OUT.items()}

PROVINCE_STATES_OUT: dict[ProvinceStatus, province_pb2.ProvinceState] = {
    ProvinceStatus.ACTIVE: province_pb2.PROVINCE_STATE_ACTIVE,
    ProvinceStatus.DRAINING: province_pb2.PROVINCE_STATE_DRAINING,
    ProvinceStatus.SUSPENDED: province_pb2.PROVINCE_STATE_SUSPENDED,
    ProvinceStatus.UNREACHABLE: province_pb2.PROVINCE_STATE_UNREACHABLE,
}

SHARE_OUT_MODES_OUT: dict[ShareOutMode, province_pb2.ShareOutMode] = {
    ShareOutMode.CLOSED: province_pb2.SHARE_OUT_MODE_CLOSED,
    ShareOutMode.OVERFLOW: province_pb2.SHARE_OUT_MODE_OVERFLOW,
    ShareOutMode.BEST_MATCH: province_pb2.SHARE_OUT_MODE_BEST_MATCH,
    ShareOutMode.EVACUATE: province_pb2.SHARE_OUT_MODE_EVACUATE,
}
SHARE_OUT_MODES_IN: dict[int, ShareOutMode] = {wire: mode for mode, wire in SHARE_OUT_MODES_OUT.items()}

RECALLS_OUT: dict[Recall, province_pb2.Recall] = {
    Recall.NEVER: province_pb2.RECALL_NEVER,
    Recall.UNBEGUN: province_pb2.RECALL_UNBEGUN,
}
#: Unset, as clients of the contract before send it, is NEVER.
RECALLS_IN: dict[int, Recall] = {
    province_pb2.RECALL_UNSPECIFIED: Recall.NEVER,
    **{wire: recall for recall, wire in RECALLS_OUT.items()},
}

DIMENSIONS_OUT: dict[Dimension, dispatch_pb2.MatchingDimension] = {
    Dimension.EFFICIENCY: dispatch_pb2.MATCHING_DIMENSION_EFFICIENCY,
    Dimension.QUALITY: dispatch_pb2.MATCHING_DIMENSION_QUALITY,
    Dimension.EFFECTIVENESS: dispatch_pb2.MATCHING_DIMENSION_EFFECTIVENESS,
}

SCOPES_OUT: dict[Scope, dispatch_pb2.ParameterScope] = {
    Scope.TASK: dispatch_pb2.PARAMETER_SCOPE_TASK,
    Scope.OPERATOR: dispatch_pb2.PARAMETER_SCOPE_OPERATOR,
    Scope.PAIR: dispatch_pb2.PARAMETER_SCOPE_PAIR,
    Scope.PROVINCE: dispatch_pb2.PARAMETER_SCOPE_PROVINCE,
    Scope.LINK: dispatch_pb2.PARAMETER_SCOPE_LINK,
    Scope.TIME: dispatch_pb2.PARAMETER_SCOPE_TIME,
}

ROLES_OUT: dict[Role, dispatch_pb2.ParameterRole] = {
    Role.FILTER: dispatch_pb2.PARAMETER_ROLE_FILTER,
    Role.SCORE: dispatch_pb2.PARAMETER_ROLE_SCORE,
    Role.COST: dispatch_pb2.PARAMETER_ROLE_COST,
    Role.URGENCY: dispatch_pb2.PARAMETER_ROLE_URGENCY,
    Role.SHARES: dispatch_pb2.PARAMETER_ROLE_WEIGHT,
    Role.GUARD: dispatch_pb2.PARAMETER_ROLE_GUARD,
    Role.CONFIDENCE: dispatch_pb2.PARAMETER_ROLE_CONFIDENCE,
}

WAIT_CAUSES_OUT: dict[WaitCause, dispatch_pb2.WaitCause] = {
    WaitCause.PROVINCE_CLOSED: dispatch_pb2.WAIT_CAUSE_PROVINCE_CLOSED,
    WaitCause.NOBODY_QUALIFIED: dispatch_pb2.WAIT_CAUSE_NOBODY_QUALIFIED,
    WaitCause.NOBODY_ON_DUTY: dispatch_pb2.WAIT_CAUSE_NOBODY_ON_DUTY,
    WaitCause.ALL_BUSY: dispatch_pb2.WAIT_CAUSE_ALL_BUSY,
    WaitCause.DECLINED: dispatch_pb2.WAIT_CAUSE_DECLINED,
    WaitCause.FILTERED: dispatch_pb2.WAIT_CAUSE_FILTERED,
    WaitCause.YIELDS: dispatch_pb2.WAIT_CAUSE_YIELDS,
    WaitCause.NEXT: dispatch_pb2.WAIT_CAUSE_NEXT,
}

#: Unset is Chinese.
LANGUAGES_IN: dict[int, Language] = {
    dispatch_pb2.LANGUAGE_UNSPECIFIED: Language.ZH,
    dispatch_pb2.LANGUAGE_ZH: Language.ZH,
    dispatch_pb2.LANGUAGE_EN: Language.EN,
}

#: The core's words for why something was taken from a desk. What is not here counts as a signed-out desk.
REVOCATION_REASONS_OUT: dict[str, work_pb2.RevocationReason] = {
    "offer_expired": work_pb2.REVOCATION_REASON_OFFER_EXPIRED,
    "lease_lost": work_pb2.REVOCATION_REASON_LEASE_EXPIRED,
    "reassigned": work_pb2.REVOCATION_REASON_REASSIGNED,
    "cancelled": work_pb2.REVOCATION_REASON_CANCELLED,
    "site_lost": work_pb2.REVOCATION_REASON_EVACUATED,
    "evacuated": work_pb2.REVOCATION_REASON_EVACUATED,
    "recalled": work_pb2.REVOCATION_REASON_EVACUATED,
    "signed_out": work_pb2.REVOCATION_REASON_SIGNED_OUT,
    "silent": work_pb2.REVOCATION_REASON_SIGNED_OUT,
}

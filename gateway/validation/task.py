"""Rules of TaskService."""

import time
from collections.abc import Mapping

from google.protobuf.message import Message

from gateway import names
from gateway.conversion.enums import PRIOR_REASONS_IN
from gateway.v1 import task_pb2
from gateway.validation import checks as k

#: How far ahead a task may be scheduled.
SCHEDULE_MAX_MS = 366 * 24 * 3_600_000
#: Clocks of branch systems may be this much ahead of ours before "in the future" is an error.
CLOCK_SKEW_MAX_MS = 60_000

_ID = k.identifier()
PROVINCE_NAME = k.named(names.is_province_name, "provinces/{province}")
TASK_NAME = k.named(names.is_task_name, "provinces/{home}/tasks/{home}-{number}")
OPERATOR_NAME = k.named(names.is_operator_name, "provinces/{province}/operators/{operator}")
PARENT_OR_ALL = k.named(
    lambda text: text == names.ALL_PROVINCES or names.is_province_name(text), "provinces/{province} or provinces/-"
)
LANGUAGE = k.matching(r"[A-Za-z0-9-]{1,16}", "expected 1..16 characters of [A-Za-z0-9-]")
SKILL = k.Rules({"skill": _ID, "level": k.between(1, 5)}, required=("skill", "level"))


def _consistent(message: Message) -> k.Wrong:
    assert isinstance(message, task_pb2.Task)
    wrong = _prior(message) if message.prior_task or message.prior_operator or message.prior_reason else []
    if message.not_before_time_ms or message.accepted_at_branch_time_ms:
        wrong += _times(message)
    return wrong


def _prior(message: task_pb2.Task) -> list[tuple[str, str]]:
    if not message.prior_task:
        return [("prior_task", "is required with prior_reason and prior_operator")]
    return [] if message.prior_reason else [("prior_reason", "is required with prior_task")]


def _times(message: task_pb2.Task) -> list[tuple[str, str]]:
    now_ms = time.time_ns() // 1_000_000
    wrong: list[tuple[str, str]] = []
    if message.not_before_time_ms > now_ms + SCHEDULE_MAX_MS:
        wrong.append(("not_before_time_ms", "expected at most 366 days ahead"))
    if message.accepted_at_branch_time_ms > now_ms + CLOCK_SKEW_MAX_MS:
        wrong.append(("accepted_at_branch_time_ms", "expected a time that is not in the future"))
    return wrong


_SPEC: dict[str, k.Check] = {
    "external_id": _ID,
    "kind": _ID,
    "priority": k.between(0, 9),
    "green_channel": k.anything,
    "amount_fen": k.AMOUNT,
    "required_authority": k.between(0, 9),
    "required_skills": k.items(16, SKILL, key="skill"),
    "complexity": k.between(0, 5),
    "page_count": k.between(0, 100_000),
    "policy_count": k.between(0, 10_000),
    "missing_document_count": k.between(0, 1_000),
    "product": _ID,
    "channel": _ID,
    "customer_id": _ID,
    "customer_tier": k.between(0, 5),
    "case_id": _ID,
    "risk_score_permille": k.between(0, 1_000),
    "fraud_alert_level": k.between(0, 3),
    "privacy_level": k.between(0, 4),
    "vulnerable": k.anything,
    "complaint": k.anything,
    "dispute": k.anything,
    "disaster_tag": _ID,
    "hospital": _ID,
    "language": LANGUAGE,
    "batch_id": _ID,
    "preferred_operator": OPERATOR_NAME,
    "excluded_operators": k.items(16, OPERATOR_NAME),
    "not_before_time_ms": k.TIME,
    "accepted_at_branch_time_ms": k.TIME,
    "due_time_ms": k.TIME,
    "home_only": k.anything,
    "note": k.free_text(2_000),
    "resubmitted": k.anything,
    "statutory_due_time_ms": k.TIME,
    "return_count": k.between(0, 1_000),
    "prior_task": TASK_NAME,
    "prior_operator": OPERATOR_NAME,
    "prior_reason": k.one_of(
        PRIOR_REASONS_IN, ("PRIOR_REASON_REOPENED", "PRIOR_REASON_APPEALED", "PRIOR_REASON_SENT_BACK")
    ),
}
_OUTPUT_ONLY: dict[str, k.Check] = {
    field.name: k.anything for field in task_pb2.Task.DESCRIPTOR.fields if field.name not in _SPEC
}

NEW_TASK = k.Rules(_SPEC | _OUTPUT_ONLY, required=("external_id", "kind"), whole=_consistent)
# Only what the mask may name is read from an amended task; the rest of a task that a client read before and sends back is ignored.
_AMENDED_TASK = k.Rules(
    dict.fromkeys((*_SPEC, *_OUTPUT_ONLY), k.anything)
    | {"name": TASK_NAME, "priority": k.between(0, 9), "due_time_ms": k.TIME, "etag": k.ETAG},
    required=("name",),
)

CREATE_TASK = k.Rules(
    {"parent": PROVINCE_NAME, "task": NEW_TASK, "request_id": k.REQUEST_ID}, required=("parent", "task", "request_id")
)
REASSIGN_TASK = k.Rules(
    {
        "name": TASK_NAME,
        "operator": OPERATOR_NAME,
        "etag": k.ETAG,
        "reason": k.REASON,
        "request_id": k.REQUEST_ID,
    },
    required=("name", "operator", "reason", "request_id"),
)

#: Items of batches and streams are checked one by one by the service, so that each succeeds or fails by itself.
RULES: Mapping[type[Message], k.Rules] = {
    task_pb2.CreateTaskRequest: CREATE_TASK,
    task_pb2.BatchCreateTasksRequest: k.Rules(
        {"parent": PROVINCE_NAME, "requests": k.items(500)}, required=("requests",)
    ),
    task_pb2.IngestTasksRequest: k.Rules({"requests": k.items(500)}, required=("requests",)),
    task_pb2.GetTaskRequest: k.Rules({"name": TASK_NAME}, required=("name",)),
    task_pb2.ListTasksRequest: k.Rules(
        {"parent": PARENT_OR_ALL, **k.PAGE, **k.FILTER, **k.ORDER}, required=("parent",)
    ),
    task_pb2.UpdateTaskRequest: k.Rules(
        {
            "task": _AMENDED_TASK,
            "update_mask": k.mask_of("priority", "due_time_ms", "green_channel", required=True),
            "request_id": k.REQUEST_ID,
        },
        required=("task", "update_mask", "request_id"),
    ),
    task_pb2.CancelTaskRequest: k.Rules(
        {"name": TASK_NAME, "etag": k.ETAG, "reason": k.REASON, "request_id": k.REQUEST_ID},
        required=("name", "request_id"),
    ),
    task_pb2.ResumeTaskRequest: k.Rules(
        {"name": TASK_NAME, "etag": k.ETAG, "reason": k.REASON, "request_id": k.REQUEST_ID},
        required=("name", "request_id"),
    ),
    task_pb2.ReassignTaskRequest: REASSIGN_TASK,
    task_pb2.BatchReassignTasksRequest: k.Rules({"requests": k.items(100)}, required=("requests",)),
}

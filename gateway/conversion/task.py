"""Tasks: the specification in; tasks, briefs and decisions out."""

from collections.abc import Iterable

from actors.core.country import Skill
from actors.core.ids import KindId, TaskId
from actors.core.task import Decision, Task, TaskSpec, TaskState
from gateway import names
from gateway.conversion.enums import (
    LINES_OUT,
    PLACEMENTS_OUT,
    PRIOR_REASONS_IN,
    PRIOR_REASONS_OUT,
    TASK_STATES_OUT,
    VERDICTS_OUT,
)
from gateway.v1 import operator_pb2, task_pb2


def spec_in(task: task_pb2.Task) -> TaskSpec:
    """What a branch system says of a task. The message has passed `validation`; output-only fields are ignored."""
    return TaskSpec(
        kind=KindId(task.kind),
        external_id=task.external_id,
        priority=task.priority,
        green_channel=task.green_channel,
        amount_fen=task.amount_fen,
        required_authority=task.required_authority,
        required_skills=skills_in(task.required_skills) if task.required_skills else (),
        complexity=task.complexity,
        page_count=task.page_count,
        policy_count=task.policy_count,
        missing_document_count=task.missing_document_count,
        product=task.product,
        channel=task.channel,
        customer_id=task.customer_id,
        customer_tier=task.customer_tier,
        case_id=task.case_id,
        risk_score_permille=task.risk_score_permille,
        fraud_alert_level=task.fraud_alert_level,
        privacy_level=task.privacy_level,
        vulnerable=task.vulnerable,
        complaint=task.complaint,
        dispute=task.dispute,
        disaster_tag=task.disaster_tag,
        hospital=task.hospital,
        language=task.language,
        batch_id=task.batch_id,
        preferred_operator=names.parse_operator(task.preferred_operator)[1] if task.preferred_operator else "",
        excluded_operators=tuple(names.parse_operator(name)[1] for name in task.excluded_operators)
        if task.excluded_operators
        else (),
        not_before_ms=task.not_before_time_ms,
        accepted_at_branch_ms=task.accepted_at_branch_time_ms,
        due_ms=task.due_time_ms,
        home_only=task.home_only,
        note=task.note,
        resubmitted=task.resubmitted,
        statutory_due_ms=task.statutory_due_time_ms,
        return_count=task.return_count,
        prior_task=names.parse_task(task.prior_task) if task.prior_task else "",
        prior_operator=names.parse_operator(task.prior_operator)[1] if task.prior_operator else "",
        prior_reason=PRIOR_REASONS_IN[task.prior_reason],
    )


def skills_in(skills: Iterable[operator_pb2.SkillLevel]) -> tuple[Skill, ...]:
    """Skills held or required, in their order."""
    return tuple(Skill(skill=skill.skill, level=skill.level) for skill in skills)


def skills_out(skills: Iterable[Skill]) -> list[operator_pb2.SkillLevel]:
    """Skills held or required, in their order."""
    return [operator_pb2.SkillLevel(skill=skill.skill, level=skill.level) for skill in skills]


def task_out(task: Task) -> task_pb2.Task:
    """The whole task. A tombstone shows the province that the task went to."""
    spec = task.spec
    return task_pb2.Task(
        name=names.task_name(task.task_id),
        external_id=spec.external_id,
        kind=spec.kind,
        priority=spec.priority,
        green_channel=spec.green_channel,
        amount_fen=spec.amount_fen,
        required_authority=max(spec.required_authority, task.required_authority),
        required_skills=skills_out(spec.required_skills),
        complexity=spec.complexity,
        page_count=spec.page_count,
        policy_count=spec.policy_count,
        missing_document_count=spec.missing_document_count,
        product=spec.product,
        channel=spec.channel,
        customer_id=spec.customer_id,
        customer_tier=spec.customer_tier,
        case_id=spec.case_id,
        risk_score_permille=spec.risk_score_permille,
        fraud_alert_level=spec.fraud_alert_level,
        privacy_level=spec.privacy_level,
        vulnerable=spec.vulnerable,
        complaint=spec.complaint,
        dispute=spec.dispute,
        disaster_tag=spec.disaster_tag,
        hospital=spec.hospital,
        language=spec.language,
        batch_id=spec.batch_id,
        preferred_operator=names.operator_name(spec.preferred_operator),
        excluded_operators=[names.operator_name(operator) for operator in spec.excluded_operators],
        not_before_time_ms=spec.not_before_ms,
        accepted_at_branch_time_ms=spec.accepted_at_branch_ms,
        due_time_ms=spec.due_ms,
        home_only=spec.home_only,
        note=spec.note,
        resubmitted=spec.resubmitted,
        statutory_due_time_ms=spec.statutory_due_ms,
        return_count=spec.return_count,
        prior_task=names.task_name(TaskId(spec.prior_task)) if spec.prior_task else "",
        prior_operator=names.operator_name(spec.prior_operator),
        prior_reason=PRIOR_REASONS_OUT[spec.prior_reason],
        task_id=task.task_id,
        home_province=task.home,
        host_province=host_of(task),
        placement=PLACEMENTS_OUT[task.placement],
        generation=task.generation,
        line=LINES_OUT[task.line],
        state=TASK_STATES_OUT[task.state],
        token=task.token,
        operator=names.operator_name(holder_of(task)),
        create_time_ms=task.created_ms,
        queue_time_ms=task.queued_ms,
        start_time_ms=task.started_ms,
        finish_time_ms=task.finished_ms,
        decision=decision_out(task.decision) if task.decision else None,
        # The record of a task that was cancelled on hold keeps what it waited for.
        suspend_reason="" if task.state is TaskState.CANCELLED else task.suspend_reason,
        return_reason=task.return_reason,
        offer_attempts=task.offer_attempts,
        handover_count=task.handover_count,
        move_count=task.move_count,
        etag=task.etag,
        drill=names.drill_name(task.shadow.drill) if task.shadow else "",
    )


def host_of(task: Task) -> str:
    """The province that does the work, as this record knows it."""
    return task.move.host if task.state is TaskState.MOVED and task.move else task.host


def holder_of(task: Task) -> str:
    """Who holds the task, or who decided or returned it; empty while nobody does."""
    return task.decision.operator if task.decision else task.operator or ""


def decision_out(decision: Decision) -> task_pb2.Decision:
    """The one decision of a task."""
    return task_pb2.Decision(
        verdict=VERDICTS_OUT[decision.verdict],
        amount_fen=decision.amount_fen,
        note=decision.note,
        operator=names.operator_name(decision.operator),
        time_ms=decision.time_ms,
        handle_ms=decision.handle_ms,
        work_units_milli=decision.work_units_milli,
    )


def brief_out(task: Task) -> task_pb2.TaskBrief:
    """What a client needs to go on after a write."""
    return task_pb2.TaskBrief(
        name=names.task_name(task.task_id),
        state=TASK_STATES_OUT[task.state],
        etag=task.etag,
        host_province=host_of(task),
        token=task.token,
    )

"""Routing decisions, candidates, previews and diagnoses, as provinces tell them, on the wire."""

from collections.abc import Iterable, Mapping

from actors.core.matching.assignment.result import Method
from actors.core.matching.explained import (
    Candidate,
    Contribution,
    Diagnosis,
    HowChosen,
    MatchPreview,
    QueueDiagnosis,
    RoutingRecord,
    RoutingReplay,
)
from actors.core.matching.wording import Language
from actors.core.matching.wording.templates import parameter_words
from actors.core.matching.wording.waiting import wait_sentence
from gateway import names
from gateway.conversion.enums import WAIT_CAUSES_OUT
from gateway.conversion.matching import micro_of, shares_out
from gateway.v1 import dispatch_pb2

_DISPLAY_NAME_LENGTH_MAX = 100
_REASON_LENGTH_MAX = 200
_POINTS_MAX = 2**31 - 1


def match_preview_out(preview: MatchPreview) -> dispatch_pb2.MatchPreview:
    """Whom a task would go to now."""
    return dispatch_pb2.MatchPreview(
        name=names.task_name(preview.task_id),
        candidates=map(candidate_out, preview.candidates),
        removed=_filter_counts(preview.removed),
        urgency=preview.urgency,
        urgency_contributions=map(contribution_out, preview.urgency_contributions),
        shares=shares_out(preview.shares),
        model_revision=preview.model_revision,
    )


def candidate_out(candidate: Candidate) -> dispatch_pb2.Candidate:
    """One person as a candidate."""
    return dispatch_pb2.Candidate(
        operator=names.operator_name(candidate.operator),
        score=candidate.score,
        contributions=map(contribution_out, candidate.contributions),
        removed_by=candidate.removed_by,
        free_capacity=candidate.free_capacity,
        price=candidate.price,
        assigned_task=names.task_name(candidate.assigned_task) if candidate.assigned_task else "",
        display_name=candidate.display_name[:_DISPLAY_NAME_LENGTH_MAX],
    )


def contribution_out(part: Contribution) -> dispatch_pb2.Contribution:
    """One part of a sum."""
    return dispatch_pb2.Contribution(
        parameter=part.parameter,
        display_name_zh=parameter_words(part.parameter, Language.ZH),
        value_micro=0 if part.value is None else micro_of(part.value),
        unit=part.unit,
        sample_milli=part.sample_milli,
        # Of ageing they have no bound, the contract's integers have; the contribution, which has room for all of it, is what adds up.
        points=min(part.points, _POINTS_MAX),
        weight=part.weight,
        contribution=part.contribution,
        unknown=part.value is None,
        prior_only=part.is_prior_only,
    )


def _filter_counts(removed: Mapping[str, int]) -> Iterable[dispatch_pb2.FilterCount]:
    ordered = sorted(removed.items(), key=lambda entry: (-entry[1], entry[0]))
    return [dispatch_pb2.FilterCount(filter=name, operator_count=count) for name, count in ordered]


# --- what tasks wait for ---


def diagnosis_out(diagnosis: Diagnosis, language: Language) -> dispatch_pb2.TaskDiagnosis:
    """What one task waits for, in facts and in a sentence."""
    return dispatch_pb2.TaskDiagnosis(
        task=names.task_name(diagnosis.task_id),
        cause=WAIT_CAUSES_OUT[diagnosis.cause],
        sentence=wait_sentence(diagnosis, language),
        filter=diagnosis.filter,
        removed=_filter_counts(diagnosis.removed),
        tasks_before=diagnosis.tasks_before,
        waiting_ms=diagnosis.waiting_ms,
        qualified_count=diagnosis.qualified,
        on_duty_count=diagnosis.on_duty,
        free_count=diagnosis.free,
        next_opening_time_ms=diagnosis.opens_ms,
        stay_reason=diagnosis.stays.upper(),
        leaves_for_province=diagnosis.leaves_to,
    )


def queue_diagnosis_out(diagnosed: QueueDiagnosis, language: Language) -> dispatch_pb2.QueueDiagnosis:
    """What the tasks of a province wait for; the token of the next page is the caller's."""
    return dispatch_pb2.QueueDiagnosis(
        tasks=[diagnosis_out(diagnosis, language) for diagnosis in diagnosed.diagnoses],
        causes=[
            dispatch_pb2.CauseCount(cause=WAIT_CAUSES_OUT[cause], task_count=count)
            for cause, count in diagnosed.causes.items()
        ],
    )


# --- decisions of the past ---


def routing_out(record: RoutingRecord, replay: RoutingReplay | None = None) -> dispatch_pb2.RoutingDecision:
    """A routing decision as it was recorded and, where it was made again, with every candidate."""
    shown = dispatch_pb2.RoutingDecision(
        name=names.decision_name(record.task_id, record.token),
        task=names.task_name(record.task_id),
        province=record.province,
        time_ms=record.at_ms,
        operator=names.operator_name(record.operator),
        score=record.score,
        urgency=record.urgency,
        shares=shares_out(record.shares),
        method=_method(record),
        certified=record.certified,
        gap=record.gap,
        task_count=record.tasks,
        operator_count=record.people or record.considered,
        model_revision=record.model_revision,
        kinds_revision=record.kinds_revision,
        rules_version=record.rules_version,
        runners_up=[
            dispatch_pb2.Candidate(operator=names.operator_name(operator), score=points)
            for operator, points in record.runners_up
        ],
        removed=_filter_counts(record.removed),
        reason=_reason(record)[:_REASON_LENGTH_MAX],
    )
    if replay is not None:
        shown.candidates.extend(map(candidate_out, replay.candidates))
        shown.urgency_contributions.extend(map(contribution_out, replay.urgency_contributions))
        shown.reproduced = replay.reproduced
        shown.replay_rules_version = replay.rules_version
    return shown


def _method(record: RoutingRecord) -> dispatch_pb2.MatchMethod:
    if not record.round:
        return dispatch_pb2.MATCH_METHOD_UNSPECIFIED
    return dispatch_pb2.MATCH_METHOD_GREEDY if record.method == Method.GREEDY else dispatch_pb2.MATCH_METHOD_OPTIMAL


def _reason(record: RoutingRecord) -> str:
    """Who chose and why, where a person did."""
    if record.how is HowChosen.MATCHED:
        return ""
    return f"{record.how.value} by {record.who}" + (f": {record.reason}" if record.reason else "")
